/** Audit rows. A row is written in the batch of the command that it tells of, so that neither exists without the other. */
import { type SQL, sql } from 'drizzle-orm'
import type { Context } from 'hono'
import type { Database } from './db/client.ts'
import { insertWhere } from './db/insert-where.ts'
import { type AuditAction, auditLogs } from './db/schema/index.ts'
import { type ClientInfo, clientInfo } from './http/client-info.ts'
import type { AppEnv } from './http/factory.ts'
import { newId } from './lib/ids.ts'

export interface AuditContext {
  now: number
  requestId: string
  client: Pick<ClientInfo, 'ip' | 'userAgent'>
}

/** Of the request at hand. */
export function auditContext(c: Context<AppEnv>): AuditContext {
  const { clock, requestId } = c.get('deps')
  return { now: clock(), requestId, client: clientInfo(c) }
}

export interface AuditFields {
  /** Who did it; left out for the system and for people without an account. */
  actorId?: string | SQL<string> | null
  /** Whom it concerns. */
  userId?: string | SQL<string> | null
  communityId?: string | SQL<string> | null
  /** Facts for the reviewer; never a person's address, a password or a token. */
  details?: Record<string, unknown> | SQL<string>
  /** Id of the row, where the database makes it. */
  id?: SQL<string>
}

/** The insert of one audit row. */
export function auditRow(
  db: Database,
  action: AuditAction,
  context: AuditContext,
  fields: AuditFields = {},
) {
  return db.insert(auditLogs).values(rowOf(action, context, fields))
}

/** The insert of an audit row for each row of `from` that meets `condition`; once where there is no `from`. */
export function auditRowWhere(
  db: Database,
  action: AuditAction,
  context: AuditContext,
  source: AuditFields & { condition: SQL; from?: SQL },
) {
  const { condition, from, ...fields } = source
  return insertWhere(db, auditLogs, rowOf(action, context, fields), condition, from)
}

/** An audit row that a batch may write, and whether it did: what follows it in the batch asks for that. */
export function newMark({ now }: AuditContext) {
  const id = newId(now)
  return {
    id: sql<string>`${id}`,
    isMade: sql`exists (select 1 from ${auditLogs} where ${auditLogs.id} = ${id})`,
  }
}

function rowOf(action: AuditAction, context: AuditContext, fields: AuditFields) {
  return {
    id: fields.id ?? newId(context.now),
    action,
    actorId: fields.actorId ?? null,
    userId: fields.userId ?? null,
    communityId: fields.communityId ?? null,
    ip: context.client.ip,
    userAgent: context.client.userAgent,
    requestId: context.requestId,
    details: fields.details ?? null,
    createdAt: context.now,
  }
}
