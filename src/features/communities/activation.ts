import { and, eq, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { communities } from '../../db/schema/index.ts'

/** An approved community turns active at its owner's first login: the update, its audit row if it did, and the status after both. */
export function activateAtOwnersLogin(
  db: Database,
  who: { userId: string; communityId: string },
  audit: AuditContext,
) {
  return [
    db
      .update(communities)
      .set({
        status: 'active',
        version: sql`${communities.version} + 1`,
        updatedAt: audit.now,
      })
      .where(
        and(
          eq(communities.id, who.communityId),
          eq(communities.status, 'approved'),
          sql`exists (select 1 from memberships m where m.user_id = ${who.userId}
            and m.community_id = ${who.communityId} and m.role = 'CommunityOwner')`,
        ),
      ),
    auditRowWhere(db, 'community_activated', audit, {
      actorId: who.userId,
      communityId: who.communityId,
      details: { from: 'approved', to: 'active' },
      condition: sql`changes() = 1`,
    }),
  ] as const
}

export function selectCommunityStatus(db: Database, communityId: string) {
  return db
    .select({ status: communities.status })
    .from(communities)
    .where(eq(communities.id, communityId))
}
