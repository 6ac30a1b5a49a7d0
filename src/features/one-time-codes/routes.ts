import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { sendAccountCode } from './account-code.ts'

const ON_ITS_WAY = 'A code is on its way to your mailbox.'
const ENOUGH_FOR_TODAY =
  'Your mailbox has had its codes for today. Use the newest one, or your password; tomorrow there are new ones.'

export const oneTimeCodeRoutes = factory.createApp().post(
  '/account/code',
  describe({
    tag: 'Account',
    summary: 'Mail me a code',
    description:
      'Six digits that may stand for the password on every route that asks for one. A new code ends the older one of this session. At most three in fifteen minutes and five a day are mailed.',
    success: { status: 202, data: z.object({ expiresIn: z.number().int() }) },
    authenticated: true,
    errors: ['csrf_failed', 'rate_limited'],
  }),
  limitByIp('general'),
  csrf(),
  authenticate(),
  permit('account.own'),
  async (c) => {
    const deps = c.get('deps')
    const isMailed = await sendAccountCode(deps, c.get('auth'), auditContext(c))
    const expiresIn = deps.config.otpTtlSeconds
    return c.json(ok(isMailed ? ON_ITS_WAY : ENOUGH_FOR_TODAY, { expiresIn }), 202)
  },
)
