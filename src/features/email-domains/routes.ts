import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPageBy } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import {
  domainParam,
  emailDomainData,
  type emailDomainSchema,
  emailDomainsData,
  listQuery,
  verdictBody,
} from './schemas.ts'
import {
  decideEmailDomain,
  type EmailDomainRow,
  listEmailDomains,
  removeEmailDomain,
} from './service.ts'

export const emailDomainRoutes = factory
  .createApp()
  .get(
    '/admin/email-domains',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Domains that addresses may or may not have',
        description:
          'In the order of the alphabet. An entry holds for its domain and for what is beneath it; of several, the longest decides. `decidedBy` and `decidedAt` are null for entries of the list of disposable addresses.',
        success: { status: 200, data: emailDomainsData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('email_domains.edit'),
    validate('query', listQuery),
    async (c) => {
      const query = c.req.valid('query')
      const rows = await listEmailDomains(c.get('deps').db, query)
      const data = toPageBy(rows, query, ({ domain }) => domain, toItem)
      return c.json(ok(c, say('domains'), data), 200)
    },
  )
  .put(
    '/admin/email-domains/:domain',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Allow or deny the addresses of a domain',
        description:
          'And of everything beneath it that has no entry of its own. Stays, whatever a later list of disposable addresses says. May be repeated. What everybody registers domains beneath (`co.uk`) cannot be denied.',
        example: { verdict: 'deny' },
        success: { status: 200, data: emailDomainData },
        authenticated: true,
        errors: ['forbidden', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('email_domains.edit'),
    validate('param', domainParam),
    validate('json', verdictBody),
    async (c) => {
      const { domain } = c.req.valid('param')
      const { verdict } = c.req.valid('json')
      const row = await decideEmailDomain(
        c.get('deps'),
        c.get('auth'),
        { domain, verdict },
        auditContext(c),
      )
      return c.json(ok(c, say('verdict_set'), { domain: toItem(row) }), 200)
    },
  )
  .delete(
    '/admin/email-domains/:domain',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Remove the entry of a domain',
        description:
          'What holds for the domain above it holds again. A later list of disposable addresses may bring the entry back; to keep a domain allowed, set `allow`.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'validation_failed', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('email_domains.edit'),
    validate('param', domainParam),
    async (c) => {
      const { domain } = c.req.valid('param')
      await removeEmailDomain(c.get('deps'), c.get('auth'), domain, auditContext(c))
      return c.json(ok(c, say('entry_removed'), null), 200)
    },
  )

function toItem(row: EmailDomainRow): z.infer<typeof emailDomainSchema> {
  return {
    domain: row.domain,
    verdict: row.verdict,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt === null ? null : isoTime(row.decidedAt),
  }
}
