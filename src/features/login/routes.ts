import { clientInfo } from '../../http/client-info.ts'
import { deviceOf } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIpBeside } from '../../middleware/rate-limit.ts'
import { answerSignedIn, signedInData } from '../sessions/answer.ts'
import { heldSessionOf } from '../sessions/presented-token.ts'
import { loginBody } from './schemas.ts'
import { logIn } from './service.ts'

export const loginRoutes = factory.createApp().post(
  '/auth/login',
  describe(
    HAS_DOCUMENT && {
      tag: 'Login',
      summary: 'Log in with address and password',
      description:
        'Unknown address and wrong password are answered alike. After five wrong passwords in a row the account is blocked for a while, after ten it is locked until the password is reset; a browser that the account knows is counted apart.',
      example: { email: 'mira@apexcircle.org', password: 'Velvet-Harbour-27' },
      success: { status: 200, data: signedInData },
      errors: [
        'invalid_credentials',
        'email_not_verified',
        'community_not_approved',
        'community_rejected',
        'community_suspended',
        'no_membership',
        'account_disabled',
        'account_locked',
        'too_many_attempts',
        ...BODY_ERRORS,
      ],
    },
  ),
  limitByIpBeside('login'),
  csrf({ setsCookies: true }),
  validate('json', loginBody),
  async (c) => {
    const { email, password, tokenTransport: transport, deviceToken } = c.req.valid('json')
    const opened = await logIn(c.get('deps'), c.get('admitted'), {
      email,
      password,
      deviceId: deviceOf(c, deviceToken),
      heldSessionId: transport === 'body' ? undefined : heldSessionOf(c),
      transport,
      client: clientInfo(c),
    })
    const data = answerSignedIn(c, transport, opened)
    return c.json(ok(c, say('logged_in'), data), 200)
  },
)
