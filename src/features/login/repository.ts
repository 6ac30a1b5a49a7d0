/** What a login reads, in one round trip: the account with the membership it would open, and the newest pending signup. */
import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  type CountedEvent,
  communities,
  hourlyCounters,
  memberships,
  users,
} from '../../db/schema/index.ts'

const HOUR_MS = 3_600_000

/** Value of `lock_until` for a lock that only a reset or an admin lifts: the last moment of the year 9999. */
export const LOCKED_UNTIL_RESET = 253_402_300_799_999

export type LoginAccount = Awaited<ReturnType<typeof findLoginAccount>>['account']

/**
 * `account`: the verified user of the address, with the community that the login opens: the one used last among
 * those approved or active, else the home community. `pendingHash`: password of the address's newest signup whose
 * link nobody has POSTed.
 */
export async function findLoginAccount(db: Database, email: string, pendingSince: number) {
  const [accounts, pending] = await db.batch([
    accountQuery(db, email),
    pendingQuery(db, email, pendingSince),
  ])
  return { account: accounts[0], pendingHash: pending[0]?.passwordHash ?? null }
}

function accountQuery(db: Database, email: string) {
  const isOpen = sql`${communities.status} in ('approved', 'active')`
  return db
    .select({
      userId: sql<string>`${users.id}`.as('user_id_'),
      email: sql<string>`${users.email}`.as('email_'),
      fullName: sql<string>`${users.fullName}`.as('full_name_'),
      locale: sql<'en' | 'zh'>`${users.locale}`.as('locale_'),
      passwordHash: sql<string | null>`${users.passwordHash}`.as('password_hash_'),
      disabledAt: sql<number | null>`${users.disabledAt}`.as('disabled_at_'),
      role: sql<(typeof memberships.$inferSelect)['role'] | null>`${memberships.role}`.as('role_'),
      communityId: sql<string | null>`${communities.id}`.as('community_id_'),
      communityName: sql<string | null>`${communities.name}`.as('community_name_'),
      communitySlug: sql<string | null>`${communities.slug}`.as('community_slug_'),
      communityStatus: sql<
        (typeof communities.$inferSelect)['status'] | null
      >`${communities.status}`.as('community_status_'),
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .leftJoin(
      communities,
      and(eq(communities.id, memberships.communityId), eq(communities.isDeleted, false)),
    )
    .where(and(eq(users.email, email), isNotNull(users.emailVerifiedAt)))
    .orderBy(
      sql`${isOpen} desc`,
      sql`case when ${isOpen} then ${memberships.lastUsedAt} end desc`,
      sql`${communities.id} = ${users.communityId} desc`,
      memberships.createdAt,
    )
    .limit(1)
}

/** A pending community that nobody verified is gone after its week, and this password with it. */
function pendingQuery(db: Database, email: string, pendingSince: number) {
  return db
    .select({ passwordHash: sql<string | null>`${users.passwordHash}`.as('pending_hash_') })
    .from(users)
    .innerJoin(communities, eq(communities.id, users.communityId))
    .where(
      and(
        eq(users.email, email),
        isNull(users.emailVerifiedAt),
        sql`(${communities.status} <> 'pending' or ${communities.createdAt} > ${pendingSince})`,
      ),
    )
    .orderBy(desc(users.createdAt), desc(users.id))
    .limit(1)
}

/** Mirrors a failure into the account's row. `lockUntil` only where a block or lock began with it. */
export function recordFailure(db: Database, userId: string, lockUntil: number | undefined) {
  return db
    .update(users)
    .set({
      failedLoginAttempts: sql`${users.failedLoginAttempts} + 1`,
      ...(lockUntil !== undefined && { lockUntil }),
    })
    .where(eq(users.id, userId))
}

/** The right password ends the row of failures; `newHash` takes the place of a hash with older parameters. */
export function recordRightPassword(db: Database, userId: string, newHash?: string) {
  return db
    .update(users)
    .set({ failedLoginAttempts: 0, lockUntil: null, ...(newHash && { passwordHash: newHash }) })
    .where(eq(users.id, userId))
}

/** Counts what leaves no audit row, by the hour. */
export function countEvent(db: Database, event: CountedEvent, now: number) {
  return db
    .insert(hourlyCounters)
    .values({ hour: now - (now % HOUR_MS), event, count: 1 })
    .onConflictDoUpdate({
      target: [hourlyCounters.hour, hourlyCounters.event],
      set: { count: sql`${hourlyCounters.count} + 1` },
    })
}

export function touchMembership(db: Database, userId: string, communityId: string, now: number) {
  return db
    .update(memberships)
    .set({ lastUsedAt: now })
    .where(and(eq(memberships.userId, userId), eq(memberships.communityId, communityId)))
}
