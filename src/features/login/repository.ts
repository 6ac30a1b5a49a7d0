/** What a login reads, in one round trip: the account with the membership it would open, and the newest pending signup. */
import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { countEvent } from '../../db/count-event.ts'
import { communities, memberships, users } from '../../db/schema/index.ts'

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
      failedLoginAttempts: sql<number>`${users.failedLoginAttempts}`.as('failed_login_attempts_'),
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
    .where(isAccountOf(email))
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

/** SQL over a row of `users`: the account of this address. */
export function isAccountOf(email: string): SQL {
  return sql`${users.email} = ${email} and ${users.emailVerifiedAt} is not null`
}

/** Mirrors a failure into the account's row, if there is one. `blockUntil` only where a block began with it. */
export function recordFailure(db: Database, email: string, blockUntil: number | undefined) {
  return db
    .update(users)
    .set({
      failedLoginAttempts: sql`${users.failedLoginAttempts} + 1`,
      ...(blockUntil !== undefined && { lockUntil: blockUntil }),
    })
    .where(isAccountOf(email))
}

/** The same where there is none: a count by the hour. */
export function countUnknownFailure(db: Database, email: string, now: number) {
  const isUnknown = sql`not exists (select 1 from ${users} where ${isAccountOf(email)})`
  return countEvent(db, 'login_failed_unknown', now, isUnknown)
}

/**
 * The right password ends the row of failures; `newHash` takes the place of a hash with older parameters. What a known
 * device does lifts no block or lock of the strangers.
 */
export function recordRightPassword(
  db: Database,
  userId: string,
  { knownDevice, newHash }: { knownDevice: boolean; newHash?: string | undefined },
) {
  return db
    .update(users)
    .set({
      failedLoginAttempts: 0,
      ...(!knownDevice && { lockUntil: null }),
      ...(newHash && { passwordHash: newHash }),
    })
    .where(eq(users.id, userId))
}

export function touchMembership(db: Database, userId: string, communityId: string, now: number) {
  return db
    .update(memberships)
    .set({ lastUsedAt: now })
    .where(and(eq(memberships.userId, userId), eq(memberships.communityId, communityId)))
}
