import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { sessions } from '../../db/schema/index.ts'

/** Only a living session speaks for its user: a token of one that has ended is no button to log a stranger out with. */
export function endAllOfSameUser(db: Database, sessionId: string, now: number) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: 'logout_all' })
    .where(
      sql`${sessions.revokedAt} is null and ${sessions.userId} = (
        select s.user_id from sessions s where s.id = ${sessionId} and s.revoked_at is null
          and min(s.idle_expires_at, s.absolute_expires_at) > ${now})`,
    )
}

/** The statement right after one of those above: written if that one ended anything. */
export function recordLogout(
  db: Database,
  sessionId: string,
  audit: AuditContext,
  scope: 'one' | 'all',
) {
  return auditRowWhere(db, 'logout', audit, {
    actorId: sql<string>`${sessions.userId}`,
    userId: sql<string>`${sessions.userId}`,
    communityId: sql<string>`${sessions.communityId}`,
    details: sql<string>`json_object('sessionId', ${sessions.id}, 'scope', ${scope}, 'ended', changes())`,
    condition: sql`changes() > 0 and ${sessions.id} = ${sessionId}`,
    from: sql`${sessions}`,
  })
}
