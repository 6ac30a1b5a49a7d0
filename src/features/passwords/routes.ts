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
import { changePassword } from './change.ts'
import { requestReset } from './forgot.ts'
import { isResetToken, resetPassword } from './reset.ts'
import { changeBody, forgotBody, resetBody, resetCheckData, tokenBody } from './schemas.ts'

export const passwordRoutes = factory
  .createApp()
  .post(
    '/auth/forgot-password',
    describe(
      HAS_DOCUMENT && {
        tag: 'Passwords',
        summary: 'Mail me a link to choose a new password',
        description:
          'Answers alike for every address. At most three links an hour are mailed to an address, counted apart for a browser that the account knows; the newest one works.',
        example: { email: 'mira@apexcircle.org' },
        success: { status: 202, data: z.null() },
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('forgot'),
    csrf(),
    validate('json', forgotBody),
    async (c) => {
      const input = { email: c.req.valid('json').email, deviceId: deviceOf(c) }
      await requestReset(c.get('deps'), input, auditContext(c))
      const message = say('reset_mailed')
      return c.json(ok(c, message, null), 202)
    },
  )
  .post(
    '/auth/verify-reset-token',
    describe(
      HAS_DOCUMENT && {
        tag: 'Passwords',
        summary: 'Does this link still work?',
        description: 'Uses nothing up.',
        example: { token: 'from the link in the mail' },
        success: { status: 200, data: resetCheckData },
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('general'),
    csrf(),
    validate('json', tokenBody),
    async (c) => {
      const valid = await isResetToken(c.get('deps'), c.req.valid('json').token)
      const message = valid ? say('link_works') : say('link_broken')
      return c.json(ok(c, message, { valid }), 200)
    },
  )
  .post(
    '/auth/reset-password',
    describe(
      HAS_DOCUMENT && {
        tag: 'Passwords',
        summary: 'Choose a new password with the mailed link',
        description:
          'Ends every session of the account, lifts block and lock, and forgets the devices that it knew, but for this one. Does not log in. A refused password does not use the link up.',
        example: {
          token: 'from the link in the mail',
          password: 'Quiet-Lantern-64',
          confirmPassword: 'Quiet-Lantern-64',
        },
        success: { status: 200, data: z.null() },
        errors: [
          'token_invalid',
          'token_expired',
          'token_used',
          'password_rejected',
          ...BODY_ERRORS,
        ],
      },
    ),
    // Who is refused for the password holds a genuine link: that is no guess, and counts as anything else does.
    limitByIp('reset', { forgives: ['password_rejected'] }),
    csrf({ setsCookies: true }),
    validate('json', resetBody),
    async (c) => {
      const { token, password } = c.req.valid('json')
      const input = { token, password, deviceId: deviceOf(c) }
      const deviceId = await resetPassword(c.get('deps'), input, auditContext(c))
      writeDevice(c, deviceId)
      return c.json(ok(c, say('password_set'), null), 200)
    },
  )
  .post(
    '/account/password',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Change my password',
        description:
          'Proven by `currentPassword`, which is counted like a login, or by a `code` of `/account/code`. The other sessions end; this one goes on.',
        example: { currentPassword: 'Velvet-Harbour-27', newPassword: 'Quiet-Lantern-64' },
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: [
          'code_invalid',
          'code_expired',
          'password_rejected',
          'wrong_password',
          'account_locked',
          'too_many_attempts',
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate({ withMemberships: true }),
    permit('account.own'),
    validate('json', changeBody),
    async (c) => {
      await changePassword(c.get('deps'), c.get('auth'), c.req.valid('json'), auditContext(c))
      return c.json(ok(c, say('password_changed'), null), 200)
    },
  )
