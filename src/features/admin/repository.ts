import { and, eq, ne, not, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  type CommunityStatus,
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../db/schema/index.ts'
import { isUuid } from '../../lib/ids.ts'
import { isGone } from '../signup/pending.ts'

export type CommunityRow = typeof communities.$inferSelect

/**
 * A community by id or slug and its owner, in one round trip; never the reserved one, never a pending one whose week
 * is over. A slug never looks like an id.
 */
export async function findCommunityWithOwner(db: Database, idOrSlug: string, now: number) {
  const isNamed = isUuid(idOrSlug) ? eq(communities.id, idOrSlug) : eq(communities.slug, idOrSlug)
  const isReviewable = and(
    isNamed,
    ne(communities.id, PLATFORM_COMMUNITY_ID),
    eq(communities.isDeleted, false),
    not(isGone(now)),
  )
  const [rows, owners] = await db.batch([
    db.select().from(communities).where(isReviewable),
    db
      .select({
        id: sql<string>`${users.id}`.as('owner_id_'),
        email: sql<string>`${users.email}`.as('owner_email_'),
        locale: sql<'en' | 'zh'>`${users.locale}`.as('owner_locale_'),
      })
      .from(communities)
      .innerJoin(memberships, eq(memberships.communityId, communities.id))
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(and(isReviewable, eq(memberships.role, 'CommunityOwner'))),
  ])
  return { community: rows[0], owner: owners[0] }
}

export type Owner = Awaited<ReturnType<typeof findCommunityWithOwner>>['owner']

/** Changes the status only if nobody has changed it since it was read. */
export function changeStatus(
  db: Database,
  seen: Pick<CommunityRow, 'id' | 'status' | 'version'>,
  change: { to: CommunityStatus; reason: string | null; reviewerId: string; now: number },
) {
  return db
    .update(communities)
    .set({
      status: change.to,
      statusReason: change.reason,
      reviewedBy: change.reviewerId,
      reviewedAt: change.now,
      updatedAt: change.now,
      version: sql`${communities.version} + 1`,
    })
    .where(
      and(
        eq(communities.id, seen.id),
        eq(communities.status, seen.status),
        eq(communities.version, seen.version),
      ),
    )
}
