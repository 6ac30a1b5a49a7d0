import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { clearCookie } from '../../http/cookies.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { streamOk } from '../../http/stream-json.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { clearTokens } from '../sessions/tokens.ts'
import { eraseAccount } from './erase.ts'
import { exportPersonalData } from './export.ts'
import { eraseBody, personalData } from './schemas.ts'

export const personalDataRoutes = factory
  .createApp()
  .get(
    '/account/export',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'All that is stored of me',
        description:
          'Account, memberships, communities that I own, devices, sessions, links, mails, and what the audit log says of me. Written while it is read: a transfer that breaks off is no whole answer.',
        success: { status: 200, data: personalData },
        authenticated: true,
        errors: ['rate_limited'],
      },
    ),
    limitByIp('export'),
    authenticate(),
    permit('account.own'),
    async (c) => {
      // To a HEAD nothing leaves: so nothing is read, and nothing is on record.
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'application/json' })
      const { facts, lists } = await exportPersonalData(
        c.get('deps'),
        c.get('auth'),
        auditContext(c),
      )
      return streamOk<z.infer<typeof personalData>>(c, say('personal_data'), facts, lists)
    },
  )
  .delete(
    '/account',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Erase me',
        description:
          'At once and for good: the person, memberships, sessions, links and client addresses go; the audit log keeps ids. The only owner of a community hands it over first, or closes it in the same request by `closeCommunity`; communities that were never approved close with their owner. A mail confirms it. Proven by the password, or by a code from `POST /account/code`.',
        example: { password: 'Velvet-Harbour-27' },
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: [
          'code_invalid',
          'code_expired',
          'wrong_password',
          'forbidden',
          'last_owner',
          'account_locked',
          'too_many_attempts',
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('json', eraseBody),
    async (c) => {
      const who = c.get('auth')
      const { evidence, closeCommunity: closesCommunity } = c.req.valid('json')
      await eraseAccount(c.get('deps'), who, { evidence, closesCommunity }, auditContext(c))
      clearTokens(c, who.session.id)
      clearCookie(c, 'device')
      return c.json(ok(c, say('account_erased'), null), 200)
    },
  )
