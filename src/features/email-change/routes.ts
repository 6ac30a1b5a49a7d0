import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { deviceOf, writeDevice } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { toUserView } from '../sessions/views.ts'
import { confirmEmailChange } from './confirm.ts'
import { requestEmailChange } from './request.ts'
import { revertEmail } from './revert.ts'
import { confirmBody, confirmedData, requestBody, requestedData, revertBody } from './schemas.ts'

const GUARD_ERRORS = [
  'code_invalid',
  'code_expired',
  'account_locked',
  'too_many_attempts',
] as const

export const emailChangeRoutes = factory
  .createApp()
  .post(
    '/account/email',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Use another address',
        description:
          'Mails a code to the new address; `POST /account/email/verify` takes it. Answers alike where the address belongs to somebody, who is told. At most five a day. Proven by the password, or by a code from `POST /account/code`.',
        example: { newEmail: 'mira@harbour.example', password: 'Velvet-Harbour-27' },
        success: { status: 202, data: requestedData },
        authenticated: true,
        errors: ['email_rejected', 'wrong_password', ...GUARD_ERRORS, ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('json', requestBody),
    async (c) => {
      const deps = c.get('deps')
      await requestEmailChange(deps, c.get('auth'), c.req.valid('json'), auditContext(c))
      const expiresIn = deps.config.otpTtlSeconds
      return c.json(ok(c, say('email_change_mailed'), { expiresIn }), 202)
    },
  )
  .post(
    '/account/email/verify',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Confirm the new address',
        description:
          'With the code that was mailed to it, in the session that asked. All other sessions end; the old address gets a mail whose link undoes the change for seven days.',
        example: { code: '123456' },
        success: { status: 200, data: confirmedData },
        authenticated: true,
        errors: ['account_exists', ...GUARD_ERRORS, ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('json', confirmBody),
    async (c) => {
      const { user, role } = c.get('auth')
      const { code } = c.req.valid('json')
      const email = await confirmEmailChange(c.get('deps'), c.get('auth'), code, auditContext(c))
      const data = { user: toUserView({ ...user, email }, role) }
      return c.json(ok(c, say('email_changed'), data), 200)
    },
  )
  .post(
    '/auth/revert-email',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Undo the change of my address',
        description:
          'With the token of the mail to the old address: the address comes back, the password is cleared, all sessions end and all devices are forgotten; a link to choose a new password is mailed. Sets the device cookie.',
        example: { token: 'from the link in the mail' },
        success: { status: 200, data: z.null() },
        errors: ['token_invalid', 'token_expired', 'token_used', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf({ setsCookies: true }),
    validate('json', revertBody),
    async (c) => {
      const undo = { token: c.req.valid('json').token, deviceId: deviceOf(c) }
      writeDevice(c, await revertEmail(c.get('deps'), undo, auditContext(c)))
      return c.json(ok(c, say('email_reverted'), null), 200)
    },
  )
