import * as z from 'zod'
import { clientInfo } from '../../http/client-info.ts'
import { readCookie, writeCookie } from '../../http/cookies.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { formatDeviceToken, parseDeviceToken } from '../../lib/tokens.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { DEVICE_COOKIE_SECONDS } from '../sessions/tokens.ts'
import { resendVerification } from './resend.ts'
import { resendBody, verifyEmailBody, verifyEmailData } from './schemas.ts'
import { verifyEmail } from './service.ts'

const BODY_ERRORS = [
  'invalid_json',
  'csrf_failed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
  'rate_limited',
] as const

export const emailVerificationRoutes = factory
  .createApp()
  .post(
    '/auth/verify-email',
    describe({
      tag: 'Signup',
      summary: 'Prove the mailbox with the mailed link',
      description:
        'Only this POST uses the link up; opening it does not. Where the address has an account already, the community passes to that account. Sets the device cookie: this browser is known to the account from now on.',
      example: { token: 'from the link in the mail' },
      success: { status: 200, data: verifyEmailData },
      errors: ['token_invalid', 'token_expired', 'token_used', 'account_exists', ...BODY_ERRORS],
    }),
    limitByIp('verification'),
    csrf({ setsCookies: true }),
    validate('json', verifyEmailBody),
    async (c) => {
      const deps = c.get('deps')
      const device = readCookie(c, 'device')
      const { communityId, slug, status, deviceId } = await verifyEmail(deps, {
        token: c.req.valid('json').token,
        deviceId: device === undefined ? undefined : parseDeviceToken(deps.keys, device),
        client: clientInfo(c),
      })
      writeCookie(c, 'device', formatDeviceToken(deps.keys, deviceId), DEVICE_COOKIE_SECONDS)
      const message = 'Your email address is confirmed. We review your community and write to you.'
      return c.json(ok(message, { communityId, slug, status }), 200)
    },
  )
  .post(
    '/auth/resend-verification',
    describe({
      tag: 'Signup',
      summary: 'Mail a new verification link',
      description:
        'Answers alike for every address. Mails the newest signup of the address whose link nobody has POSTed, at most three times an hour.',
      example: { email: 'mira@apexcircle.org' },
      success: { status: 202, data: z.null() },
      errors: BODY_ERRORS,
    }),
    limitByIp('resend'),
    csrf(),
    validate('json', resendBody),
    async (c) => {
      await resendVerification(c.get('deps'), c.req.valid('json').email)
      const message = 'If this address has a signup to confirm, a new link is on its way.'
      return c.json(ok(message, null), 202)
    },
  )
