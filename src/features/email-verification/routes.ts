import * as z from 'zod'
import { clientInfo } from '../../http/client-info.ts'
import { deviceOf, writeDevice } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { resendVerification } from './resend.ts'
import { resendBody, verifyEmailBody, verifyEmailData } from './schemas.ts'
import { verifyEmail } from './service.ts'

export const emailVerificationRoutes = factory
  .createApp()
  .post(
    '/auth/verify-email',
    describe(
      HAS_DOCUMENT && {
        tag: 'Signup',
        summary: 'Prove the mailbox with the mailed link',
        description:
          'Only this POST uses the link up; opening it does not. Where the address has an account already, the community passes to that account. Sets the device cookie: this browser is known to the account from now on.',
        example: { token: 'from the link in the mail' },
        success: { status: 200, data: verifyEmailData },
        errors: ['token_invalid', 'token_expired', 'token_used', 'account_exists', ...BODY_ERRORS],
      },
    ),
    limitByIp('verification'),
    csrf({ setsCookies: true }),
    validate('json', verifyEmailBody),
    async (c) => {
      const { communityId, slug, status, deviceId } = await verifyEmail(c.get('deps'), {
        token: c.req.valid('json').token,
        deviceId: deviceOf(c),
        client: clientInfo(c),
      })
      writeDevice(c, deviceId)
      const message = say('email_confirmed')
      return c.json(ok(c, message, { communityId, slug, status }), 200)
    },
  )
  .post(
    '/auth/resend-verification',
    describe(
      HAS_DOCUMENT && {
        tag: 'Signup',
        summary: 'Mail a new verification link',
        description:
          'Answers alike for every address. Mails the newest signup of the address whose link nobody has POSTed, at most three times an hour, counted apart for a browser that the account of the address knows.',
        example: { email: 'mira@apexcircle.org' },
        success: { status: 202, data: z.null() },
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('resend'),
    csrf(),
    validate('json', resendBody),
    async (c) => {
      const { email } = c.req.valid('json')
      await resendVerification(c.get('deps'), { email, deviceId: deviceOf(c) })
      const message = say('verification_mailed')
      return c.json(ok(c, message, null), 202)
    },
  )
