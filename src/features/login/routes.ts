import { clientInfo } from '../../http/client-info.ts'
import { deviceOf } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIpBeside } from '../../middleware/rate-limit.ts'
import { heldSessionOf } from '../sessions/presented-token.ts'
import { deliverDevice, deliverTokens } from '../sessions/tokens.ts'
import { toCommunityView, toSessionView, toUserView } from '../sessions/views.ts'
import { loginBody, loginData } from './schemas.ts'
import { logIn } from './service.ts'

export const loginRoutes = factory.createApp().post(
  '/auth/login',
  describe({
    tag: 'Login',
    summary: 'Log in with address and password',
    description:
      'Unknown address and wrong password are answered alike. After five wrong passwords in a row the account is blocked for a while, after ten it is locked until the password is reset; a browser that the account knows is counted apart.',
    example: { email: 'mira@apexcircle.org', password: 'Velvet-Harbour-27' },
    success: { status: 200, data: loginData },
    errors: [
      'invalid_json',
      'invalid_credentials',
      'email_not_verified',
      'community_not_approved',
      'community_rejected',
      'community_suspended',
      'no_membership',
      'account_disabled',
      'csrf_failed',
      'payload_too_large',
      'unsupported_media_type',
      'validation_failed',
      'account_locked',
      'rate_limited',
      'too_many_attempts',
    ],
  }),
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
    const data = {
      user: toUserView(opened.user, opened.role),
      community: toCommunityView(opened.community),
      session: toSessionView(opened.session),
      ...deliverTokens(c, transport, opened.tokens, opened.refreshSeconds),
      ...deliverDevice(c, transport, opened.tokens),
    }
    return c.json(ok('You are logged in.', data), 200)
  },
)
