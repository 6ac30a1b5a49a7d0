import { clientInfo } from '../../http/client-info.ts'
import { deviceOf, writeDevice } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { toIdempotentRequest } from './idempotency.ts'
import { refuseWeakOwnerPassword } from './password-check.ts'
import {
  SIGNUP_MAX_BYTES,
  signupBody,
  signupData,
  signupExample,
  signupHeaders,
} from './schemas.ts'
import { signUp } from './service.ts'

const PATH = '/auth/signup-community'

export const signupRoutes = factory.createApp().post(
  PATH,
  describe(
    HAS_DOCUMENT && {
      tag: 'Signup',
      summary: 'Sign a community up',
      description:
        'The community is pending until its owner has POSTed the mailed link and an admin has approved it. An owner address that already has an account is answered like a new one. With `Idempotency-Key`, a repeated request gets the first answer again for 24 hours, with `Idempotent-Replayed: true`.',
      example: signupExample,
      success: { status: 201, data: signupData },
      errors: [
        'token_invalid',
        'token_expired',
        'token_used',
        'password_rejected',
        'email_rejected',
        'community_exists',
        'account_exists',
        'idempotency_key_reused',
        ...BODY_ERRORS,
      ],
    },
  ),
  limitByIp('general'),
  csrf({ setsCookies: true }),
  validate('header', signupHeaders),
  validate('json', signupBody, { maxBytes: SIGNUP_MAX_BYTES }),
  refuseWeakOwnerPassword,
  limitByIp('signup'),
  async (c) => {
    const key = c.req.valid('header')['idempotency-key']
    const { replayed, answer, deviceId } = await signUp(c.get('deps'), {
      signup: c.req.valid('json'),
      client: clientInfo(c),
      acceptLanguage: c.req.header('Accept-Language'),
      deviceId: deviceOf(c),
      idempotent:
        key === undefined
          ? undefined
          : toIdempotentRequest(`POST ${PATH}`, key, await c.req.text()),
    })
    if (deviceId) writeDevice(c, deviceId)
    if (replayed) c.header('Idempotent-Replayed', 'true')
    const { communityId, slug, status } = answer
    const message = say(c.req.valid('json').signupToken ? 'signed_up_proven' : 'signed_up')
    return c.json(ok(c, message, { communityId, slug, status }), 201)
  },
)
