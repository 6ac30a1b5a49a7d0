/**
 * Statements around the sessions table. A session is opened only if, at that very moment, the account, its password,
 * the membership and the community still are what the login saw.
 */
import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { communities, memberships, sessions, users } from '../../db/schema/index.ts'
import type { AuthenticatedSession, MembershipSummary } from './authenticated-session.ts'
import { isLiving } from './living.ts'

type NewSession = typeof sessions.$inferInsert

/** Communities that one may log in to. */
export const OPEN_STATUSES = ['approved', 'active'] as const

/**
 * Opens a session and ends the device's earlier one of this user, and the one that the browser holds (`heldId`), whose
 * cookie is overwritten, whoever's it is. The one door to a session: whatever the way in, the account is verified and
 * not disabled, and its membership's community is open, at this very moment. `condition`: SQL over a row of `users`,
 * what the way in has judged. A constraint error rolls the batch back where any of it does not hold.
 */
export function openSession(
  db: Database,
  session: NewSession,
  condition: SQL,
  heldId: string | undefined,
) {
  return [
    db
      .update(sessions)
      .set({ revokedAt: session.createdAt, revokeReason: 'replaced' })
      .where(and(eq(sessions.id, heldId ?? ''), isNull(sessions.revokedAt))),
    db
      .update(sessions)
      .set({ revokedAt: session.createdAt, revokeReason: 'replaced' })
      .where(
        and(
          eq(sessions.userId, session.userId),
          eq(sessions.deviceId, session.deviceId),
          isNull(sessions.revokedAt),
        ),
      ),
    insertWhere(
      db,
      sessions,
      session,
      sql`${eq(users.id, session.userId)} and ${condition}
        and ${and(isNotNull(users.emailVerifiedAt), isNull(users.disabledAt))}
        and ${eq(communities.id, session.communityId)}
        and ${and(inArray(communities.status, [...OPEN_STATUSES]), eq(communities.isDeleted, false))}`,
      sql`${users} join ${memberships} on ${memberships.userId} = ${users.id}
        join ${communities} on ${communities.id} = ${memberships.communityId}`,
    ),
    ...assertOneChange(db),
  ] as const
}

/** Most living sessions that one user may have. */
export const SESSIONS_MAX = 10

/** Ends what is beyond the ten that were opened last, and notes the end of those that have run out. */
export function endSurplusSessions(db: Database, userId: string, now: number) {
  return db
    .update(sessions)
    .set({
      revokedAt: now,
      revokeReason: sql`iif(${isLiving(now)}, 'too_many', 'expired')`,
    })
    .where(
      sql`${sessions.userId} = ${userId} and ${sessions.revokedAt} is null and ${sessions.id} not in (
        select s.id from sessions s where s.user_id = ${userId} and s.revoked_at is null
          and min(s.idle_expires_at, s.absolute_expires_at) > ${now}
        order by s.created_at desc, s.id desc limit ${SESSIONS_MAX})`,
    )
}

export function endSession(db: Database, sessionId: string, now: number, reason: string) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: reason })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
}

/** Takes an opening back, where the guard could not be told of it: the sessions that it has replaced live again. */
export function undoOpening(
  db: Database,
  session: NewSession,
  heldId: string | undefined,
  now: number,
) {
  return [
    endSession(db, session.id, now, 'guard_unavailable'),
    db
      .update(sessions)
      .set({ revokedAt: null, revokeReason: null })
      .where(
        sql`${sessions.id} in (select ${heldId ?? ''} union all select r.id from sessions r
            where r.user_id = ${session.userId} and r.revoked_at = ${session.createdAt} and r.device_id = ${session.deviceId})
          and ${sessions.revokedAt} = ${session.createdAt} and ${sessions.revokeReason} = 'replaced'
          and not exists (select 1 from sessions s where s.user_id = sessions.user_id
            and s.device_id = sessions.device_id and s.revoked_at is null)`,
      ),
  ] as const
}

/** The community that the next login opens. */
export function touchMembership(db: Database, userId: string, communityId: string, now: number) {
  return db
    .update(memberships)
    .set({ lastUsedAt: now })
    .where(and(eq(memberships.userId, userId), eq(memberships.communityId, communityId)))
}

/** Ends every living session of a community. One update, whatever their number. */
export function endSessionsOfCommunity(
  db: Database,
  communityId: string,
  now: number,
  reason: string,
) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: reason })
    .where(and(eq(sessions.communityId, communityId), isNull(sessions.revokedAt)))
}

/** Session, user, membership and community in one query; undefined unless all four exist and the session lives. */
export async function findLivingSession(
  db: Database,
  sessionId: string,
  options: { now: number; withMemberships: boolean },
): Promise<AuthenticatedSession | undefined> {
  const rows = await db
    .select({
      user: { id: users.id, email: users.email, fullName: users.fullName, locale: users.locale },
      role: memberships.role,
      community: {
        id: communities.id,
        name: communities.name,
        slug: communities.slug,
        status: communities.status,
      },
      session: {
        id: sessions.id,
        deviceId: sessions.deviceId,
        expiresAt: sql<number>`min(${sessions.idleExpiresAt}, ${sessions.absoluteExpiresAt})`,
      },
      memberships: options.withMemberships ? membershipList() : sql<string>`'[]'`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .innerJoin(
      memberships,
      and(
        eq(memberships.userId, sessions.userId),
        eq(memberships.communityId, sessions.communityId),
      ),
    )
    .innerJoin(communities, eq(communities.id, sessions.communityId))
    .where(
      and(
        eq(sessions.id, sessionId),
        isLiving(options.now),
        isNull(users.disabledAt),
        inArray(communities.status, [...OPEN_STATUSES]),
        eq(communities.isDeleted, false),
      ),
    )
  const [row] = rows
  return row && { ...row, memberships: JSON.parse(row.memberships) as MembershipSummary[] }
}

function membershipList() {
  return sql<string>`(
    select json_group_array(json_object(
      'communityId', c.id, 'name', c.name, 'slug', c.slug, 'status', c.status, 'role', m.role))
    from memberships m join communities c on c.id = m.community_id
    where m.user_id = ${users.id} and c.is_deleted = 0)`
}
