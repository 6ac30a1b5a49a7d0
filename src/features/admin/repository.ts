import { and, desc, eq, gt, not, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { isNamed } from '../../db/named-community.ts'
import {
  auditLogs,
  type CommunityStatus,
  communities,
  isOfCommunityLife,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../db/schema/index.ts'
import { isGone } from '../signup/pending.ts'

export type CommunityRow = typeof communities.$inferSelect

/** The newest rows of a history; more than a community ever gathers, unless admins play with it. */
const HISTORY_MAX = 200

/** SQL over a row of `communities`: its owner; of two, the one who came first. */
export const firstOwnerId = sql`(select m.user_id from memberships m
  where m.community_id = ${communities.id} and m.role = 'CommunityOwner'
  order by m.created_at, m.user_id limit 1)`

/**
 * SQL over a row of `communities`: a reviewer may see it. Never the reserved one, never a pending one whose week is
 * over. The reserved id sorts before every other, and as the end of a range it lets the index of ids be searched.
 */
export function isReviewable(now: number): SQL | undefined {
  return and(
    gt(communities.id, PLATFORM_COMMUNITY_ID),
    eq(communities.isDeleted, false),
    not(isGone(now)),
  )
}

/** A community by id or slug and its owner, in one round trip; undefined where no reviewer may see it. */
export async function findCommunityWithOwner(db: Database, idOrSlug: string, now: number) {
  const isMeant = and(isNamed(idOrSlug), isReviewable(now))
  const [rows, owners] = await db.batch([
    db.select().from(communities).where(isMeant),
    selectOwner(db, isMeant),
  ])
  return { community: rows[0], owner: owners[0] }
}

/** The same with what happened to it, newest first. */
export async function findCommunityWithHistory(db: Database, idOrSlug: string, now: number) {
  const isMeant = and(isNamed(idOrSlug), isReviewable(now))
  const [rows, owners, history] = await db.batch([
    db.select().from(communities).where(isMeant),
    selectOwner(db, isMeant),
    selectHistory(db, isMeant),
  ])
  return { community: rows[0], owner: owners[0], history }
}

export type Owner = Awaited<ReturnType<typeof findCommunityWithOwner>>['owner']
export type HistoryRow = Awaited<ReturnType<typeof findCommunityWithHistory>>['history'][number]

function selectOwner(db: Database, isMeant: SQL | undefined) {
  return db
    .select({
      id: sql<string>`${users.id}`.as('owner_id_'),
      fullName: sql<string>`${users.fullName}`.as('owner_full_name_'),
      email: sql<string>`${users.email}`.as('owner_email_'),
      emailVerifiedAt: sql<number | null>`${users.emailVerifiedAt}`.as('owner_verified_at_'),
      locale: sql<'en' | 'zh'>`${users.locale}`.as('owner_locale_'),
      profile: sql`${users.profile}`.mapWith(users.profile).as('owner_profile_'),
    })
    .from(communities)
    .innerJoin(users, eq(users.id, firstOwnerId))
    .where(isMeant)
}

function selectHistory(db: Database, isMeant: SQL | undefined) {
  const communityId = db.select({ id: communities.id }).from(communities).where(isMeant)
  return db
    .select({
      action: sql`${auditLogs.action}`.mapWith(auditLogs.action).as('history_action_'),
      details: sql`${auditLogs.details}`.mapWith(auditLogs.details).as('history_details_'),
      createdAt: sql<number>`${auditLogs.createdAt}`.as('history_created_at_'),
      actorId: sql<string | null>`${users.id}`.as('history_actor_id_'),
      actorName: sql<string | null>`${users.fullName}`.as('history_actor_name_'),
    })
    .from(auditLogs)
    .leftJoin(users, eq(users.id, auditLogs.actorId))
    .where(and(eq(auditLogs.communityId, communityId), isOfCommunityLife))
    .orderBy(desc(auditLogs.id))
    .limit(HISTORY_MAX)
}

/** Changes the status only if nobody has changed it since it was read, and `may` holds. */
export function changeStatus(
  db: Database,
  seen: Pick<CommunityRow, 'id' | 'status' | 'version'>,
  change: { to: CommunityStatus; reason: string | null; reviewerId: string; now: number; may: SQL },
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
        change.may,
      ),
    )
}
