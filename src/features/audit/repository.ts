/**
 * The audit log from its newest row back. Ids begin with the moment of their row, so that a span of time is a range of
 * ids, and every index of the log ends with the id: whatever is asked for is read in order, from where it begins.
 */
import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../db/client.ts'
import { type AuditAction, auditLogs, users } from '../../db/schema/index.ts'
import { firstIdAt } from '../../lib/ids.ts'

export interface AuditFilter {
  action?: AuditAction | undefined
  /** Who did it. */
  actorId?: string | undefined
  /** Whom it concerns. */
  userId?: string | undefined
  communityId?: string | undefined
  /** From this moment on, ms UTC. */
  from?: number | undefined
  /** Before this moment, ms UTC. */
  to?: number | undefined
}

export type AuditRow = Awaited<ReturnType<typeof selectAuditRows>>[number]

/** Behind every id: they are hexadecimal. */
const LAST = 'g'

/** Newest first, those before the id `before` alone. */
export function selectAuditRows(
  db: Database,
  filter: AuditFilter,
  page: { before?: string | undefined; limit: number },
) {
  const { from = 0, to } = filter
  const end = to === undefined ? LAST : firstIdAt(to)
  const { before = LAST, limit } = page
  return db
    .select({
      id: sql<string>`${auditLogs.id}`.as('log_id_'),
      action: sql<string>`${auditLogs.action}`.as('log_action_'),
      actorId: sql<string | null>`${auditLogs.actorId}`.as('log_actor_id_'),
      actorName: sql<string | null>`${users.fullName}`.as('log_actor_name_'),
      userId: sql<string | null>`${auditLogs.userId}`.as('log_user_id_'),
      communityId: sql<string | null>`${auditLogs.communityId}`.as('log_community_id_'),
      ip: sql<string | null>`${auditLogs.ip}`.as('log_ip_'),
      userAgent: sql<string | null>`${auditLogs.userAgent}`.as('log_user_agent_'),
      requestId: sql<string | null>`${auditLogs.requestId}`.as('log_request_id_'),
      details: sql`${auditLogs.details}`.mapWith(auditLogs.details).as('log_details_'),
      createdAt: sql<number>`${auditLogs.createdAt}`.as('log_created_at_'),
    })
    .from(auditLogs)
    .leftJoin(users, eq(users.id, auditLogs.actorId))
    .where(
      and(
        gte(auditLogs.id, firstIdAt(from)),
        lt(auditLogs.id, before < end ? before : end),
        ...isOf(filter),
      ),
    )
    .orderBy(desc(auditLogs.id))
    .limit(limit)
}

/** SQL: this admin has read the log since then (ms UTC), by the same filters. Looks at their own newest rows alone. */
export function isRecorded(adminId: string, details: object, since: number): SQL {
  return sql`exists (select 1 from ${auditLogs} where ${auditLogs.actorId} = ${adminId}
    and ${auditLogs.id} >= ${firstIdAt(since)} and +${auditLogs.action} = 'audit_read'
    and ${auditLogs.details} = ${JSON.stringify(details)})`
}

/** Of several conditions the one that fewest rows meet finds them by its index; a plus keeps the others from theirs. */
function isOf({ actorId, userId, communityId, action }: AuditFilter): SQL[] {
  const wanted: [SQLiteColumn, string | undefined][] = [
    [auditLogs.actorId, actorId],
    [auditLogs.userId, userId],
    [auditLogs.communityId, communityId],
    [auditLogs.action, action],
  ]
  return wanted
    .flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]))
    .map(({ column, value }, at) => (at === 0 ? eq(column, value) : sql`+${column} = ${value}`))
}
