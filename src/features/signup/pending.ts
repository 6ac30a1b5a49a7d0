/**
 * A pending community that nobody verified is gone after seven days: its name, slug, addresses and domain are free
 * again. Readers ask `isGone` or `pendingSince`; the signup that needs such a name and the cron remove the rows, both
 * under this one condition. Order of deletion: memberships, users, communities.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { sqlNewId } from '../../db/conditions.ts'
import { communities, memberships, users } from '../../db/schema/index.ts'
import { discardLogo } from '../logos/garbage.ts'

export const PENDING_LIFETIME_MS = 7 * 24 * 3600 * 1000

/** A pending community made at or before this moment (ms UTC) is gone unless somebody verified it. */
export function pendingSince(now: number): number {
  return now - PENDING_LIFETIME_MS
}

/** SQL: this row of `communities` is a pending one whose week is over and whose owner never proved the mailbox. */
export function isGone(now: number): SQL {
  return sql`(${communities.status} = 'pending' and ${communities.createdAt} <= ${pendingSince(now)}
    and exists (select 1 from users u where u.id = ${communities.createdBy} and u.email_verified_at is null))`
}

/** Statements that remove every gone community among those `which` selects, with an audit row for each. */
export function removeGone(db: Database, which: SQL, audit: AuditContext) {
  const gone = sql`(select ${communities.id} from ${communities} where ${which} and ${isGone(audit.now)})`
  return [
    auditRowWhere(db, 'community_expired', audit, {
      id: sqlNewId(audit.now),
      userId: sql<string>`${communities.createdBy}`,
      communityId: sql<string>`${communities.id}`,
      details: sql<string>`json_object('slug', ${communities.slug})`,
      from: sql`${communities}`,
      condition: sql`${which} and ${isGone(audit.now)}`,
    }),
    discardLogo(db, sql`${which} and ${isGone(audit.now)}`, audit.now),
    db.delete(memberships).where(sql`${memberships.communityId} in ${gone}`),
    db
      .delete(users)
      .where(sql`${users.emailVerifiedAt} is null and ${users.communityId} in ${gone}`),
    // Its owner's row has just gone, so the community is told by having nobody left.
    db.delete(communities).where(
      sql`${which} and ${communities.status} = 'pending' and ${communities.createdAt} <= ${pendingSince(audit.now)}
        and not exists (select 1 from users u where u.id = ${communities.createdBy})
        and not exists (select 1 from memberships m where m.community_id = ${communities.id})`,
    ),
  ] as const
}
