/** What a login reads, in one round trip: the account with the membership it would open, and the newest pending signup. */
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { countEvent } from '../../db/count-event.ts'
import { communities, users } from '../../db/schema/index.ts'
import { isAccountOf, selectLoginAccount } from './login-account.ts'

/**
 * `account`: the verified user of the address, with the community that the login opens: the one used last among
 * those approved or active, else the home community. `pendingHash`: password of the address's newest signup whose
 * link nobody has POSTed.
 */
export async function findLoginAccount(db: Database, email: string, pendingSince: number) {
  const [accounts, pending] = await db.batch([
    selectLoginAccount(db, email),
    pendingQuery(db, email, pendingSince),
  ])
  return { account: accounts[0], pendingHash: pending[0]?.passwordHash ?? null }
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
