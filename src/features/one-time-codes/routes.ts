import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { authenticate } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { sendAccountCode } from './account-code.ts'

export const oneTimeCodeRoutes = factory.createApp().post(
  '/account/code',
  describe({
    tag: 'Account',
    summary: 'Mail me a code',
    description:
      'Six digits that may stand for the password on every route that asks for one. A new code ends the older one of this session.',
    success: { status: 202, data: z.object({ expiresIn: z.number().int() }) },
    authenticated: true,
    errors: ['csrf_failed', 'rate_limited'],
  }),
  limitByIp('general'),
  csrf(),
  authenticate(),
  async (c) => {
    const deps = c.get('deps')
    await sendAccountCode(deps, c.get('auth'), auditContext(c))
    const expiresIn = deps.config.otpTtlSeconds
    return c.json(ok('A code is on its way to your mailbox.', { expiresIn }), 202)
  },
)
