import type { Context } from 'hono'
import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { type AppEnv, factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { preferredType } from '../../lib/media-types.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { auditLogData, auditQuery } from './schemas.ts'
import { exportAuditLog, listAuditLog } from './service.ts'
import { EXPORTS, type ExportType, toAuditItem } from './views.ts'

export const auditRoutes = factory.createApp().get(
  '/admin/audit-logs',
  describe(
    HAS_DOCUMENT && {
      tag: 'Admin',
      summary: 'Who did what, when and from where',
      description:
        'Newest first. Several filters combine. As `text/csv` or `application/x-ndjson`, if `Accept` asks for it, everything that matches comes as one file, whatever `limit` and `cursor` say; one that breaks off is not whole. Each export is on record itself, and so is the reading of pages, once an hour and filter.',
      success: {
        status: 200,
        data: auditLogData,
        content: { 'text/csv': z.string(), 'application/x-ndjson': z.string() },
      },
      authenticated: true,
      errors: ['forbidden', 'validation_failed', 'rate_limited'],
    },
  ),
  limitByIp((c) => (exportTypeOf(c) ? 'export' : 'general')),
  authenticate(),
  permit('audit.read'),
  validate('query', auditQuery),
  async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    c.header('Vary', 'Accept')
    const type = exportTypeOf(c)
    if (type) return answerFile(c, type, filter)
    const by = { adminId: c.get('auth').user.id, context: auditContext(c) }
    const rows = await listAuditLog(c.get('deps'), filter, { limit, cursor }, by)
    return c.json(ok(c, say('audit_log'), toPage(rows, { limit }, toAuditItem)), 200)
  },
)

function exportTypeOf(c: Context<AppEnv>): ExportType | undefined {
  const types = ['application/json', 'text/csv', 'application/x-ndjson'] as const
  const type = preferredType(c.req.header('Accept'), types)
  return type === 'application/json' ? undefined : type
}

/** Its type is left to be inferred: called a mere Response, it would take that of the list with it. */
async function answerFile(
  c: Context<AppEnv>,
  type: ExportType,
  filter: Parameters<typeof exportAuditLog>[1],
) {
  const context = auditContext(c)
  const adminId = c.get('auth').user.id
  // To a HEAD nothing leaves: so nothing is read, and nothing is on record.
  const body =
    c.req.method === 'HEAD'
      ? null
      : await exportAuditLog(c.get('deps'), filter, { type, adminId, context })
  const { extension, contentType } = EXPORTS[type]
  const name = `audit-${isoTime(context.now).replaceAll(/[:.]/g, '-')}.${extension}`
  c.header('Content-Type', contentType)
  c.header('Content-Disposition', `attachment; filename="${name}"`)
  return body === null ? c.body(null, 200) : c.body(body, 200)
}
