/** Statements around an address that moves. A request is a row of `one_time_tokens` with the id of its code's challenge. */
import { eq, type SQL, sql } from 'drizzle-orm'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens, outbox, sessions, users } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { isTakenAddress } from '../account/addresses.ts'

/** Changes that one person may ask for within 24 hours. */
export const CHANGES_PER_DAY = 5
export const DAY_MS = 24 * 3600 * 1000

/** SQL: how many changes the user has asked for within 24 hours. */
export function askedToday(userId: string, now: number): SQL<number> {
  return sql<number>`(select count(*) from one_time_tokens t where t.user_id = ${userId}
    and t.purpose = 'email_change' and t.created_at > ${now - DAY_MS})`
}

/** When the first of those was asked for, ms UTC; null where there is none. */
export async function findAskedToday(db: Database, userId: string, now: number) {
  const [row] = await db
    .select({
      count: askedToday(userId, now),
      firstAt: sql<number | null>`(select min(t.created_at) from one_time_tokens t
        where t.user_id = ${userId} and t.purpose = 'email_change' and t.created_at > ${now - DAY_MS})`,
    })
    .from(sql`(select 1)`)
  return { count: row?.count ?? 0, firstAt: row?.firstAt ?? now }
}

export interface Confirmation {
  challengeId: string
  /** Marks the claim; unique to this request. */
  requestId: string
  userId: string
  now: number
}

/** Uses the request up, where its address is nobody's at this moment and `condition` holds. */
export function claimChange(
  db: Database,
  { challengeId, requestId, userId, now }: Confirmation,
  condition: SQL,
) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId })
    .where(
      sql`${oneTimeTokens.id} = ${challengeId} and ${oneTimeTokens.purpose} = 'email_change'
        and ${oneTimeTokens.userId} = ${userId} and ${oneTimeTokens.usedAt} is null
        and ${oneTimeTokens.withdrawnAt} is null and ${oneTimeTokens.expiresAt} > ${now} and ${condition}
        and not ${isTakenAddress(sql`one_time_tokens.email`, now)}`,
    )
}

/** The address moves, proven. Failures in a row stay counted; block and lock were the old address's. */
export function moveAddress(
  db: Database,
  { userId, email, now }: { userId: string; email: string | SQL; now: number },
) {
  return db
    .update(users)
    .set({ email: sql`${email}`, emailVerifiedAt: now, lockUntil: null })
    .where(eq(users.id, userId))
}

/** What was mailed to the user before and is not used yet, and what waits for a code: none of it works any more. */
export function voidSecrets(
  db: Database,
  { userId, now }: { userId: string; now: number },
  condition: SQL,
) {
  const isOpen = sql`${oneTimeTokens.userId} = ${userId} and ${oneTimeTokens.usedAt} is null and ${condition}`
  return [
    db
      .delete(oneTimeTokens)
      .where(
        sql`${oneTimeTokens.purpose} in ('reset_password', 'magic_link', 'not_me') and ${isOpen}`,
      ),
    // These stay, for they are counted.
    db
      .update(oneTimeTokens)
      .set({ withdrawnAt: now })
      .where(sql`${oneTimeTokens.purpose} = 'email_change' and ${isOpen}`),
  ] as const
}

interface Left {
  userId: string
  email: string
  /** Keyed hash of the address. */
  addressKey: string
  /** The moment from which on it was theirs, ms UTC. */
  since: number | SQL
}

/**
 * What was written to an address that an account leaves, and names nobody or somebody who has gone, names the account
 * from now on: nothing else would tell an export or an erasure whose it was. A signup that nobody verified names whoever
 * waits for its proof, and stays theirs.
 */
export function nameHolder(
  db: Database,
  { userId, email, addressKey, since }: Left,
  condition: SQL,
) {
  const isNobodys = (named: SQL) =>
    sql`(${named} is null or not exists (select 1 from users u where u.id = ${named}))
      and created_at >= ${since} and ${condition}`
  return [
    db
      .update(oneTimeTokens)
      .set({ userId })
      .where(sql`${oneTimeTokens.email} = ${email} and ${isNobodys(sql`${oneTimeTokens.userId}`)}`),
    db
      .update(outbox)
      .set({ userId })
      .where(sql`${outbox.addressKey} = ${addressKey} and ${isNobodys(sql`${outbox.userId}`)}`),
  ] as const
}

/** SQL: when the user last got this address by a change, ms UTC; NULL where they did not. */
export function movedAt(userId: string, email: string): SQL<number | null> {
  return sql<number | null>`(select max(t.used_at) from one_time_tokens t
    where t.user_id = ${userId} and t.purpose = 'email_change' and t.email = ${email})`
}

/** The links that bring back what the address was moved to after `since` (ms UTC). */
export function voidLaterUndos(
  db: Database,
  { userId, since }: { userId: string; since: number },
  condition: SQL,
) {
  return db.delete(oneTimeTokens).where(
    sql`${oneTimeTokens.userId} = ${userId} and ${oneTimeTokens.purpose} = 'revert_email'
      and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.createdAt} > ${since} and ${condition}`,
  )
}

/** Where a change would go, for the mail and the answer; undefined for one that is not the user's. */
export async function findChange(db: Database, { challengeId, userId, now }: Confirmation) {
  const [row] = await db
    .select({
      email: oneTimeTokens.email,
      expiresAt: oneTimeTokens.expiresAt,
      isTaken: sql<number>`${isTakenAddress(sql`one_time_tokens.email`, now)}`,
    })
    .from(oneTimeTokens)
    .where(
      sql`${oneTimeTokens.id} = ${challengeId} and ${oneTimeTokens.purpose} = 'email_change'
        and ${oneTimeTokens.userId} = ${userId}`,
    )
  return row
}

/** An undo link with the address that the user has now; undefined where there is none. */
export async function findUndo(db: Database, keys: KeyRing, tokenHash: string) {
  const [row] = await db
    .select({
      userId: users.id,
      email: oneTimeTokens.email,
      leftEmail: sql<string>`${users.email}`.as('left_email_'),
      usedAt: oneTimeTokens.usedAt,
      createdAt: oneTimeTokens.createdAt,
      expiresAt: oneTimeTokens.expiresAt,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'revert_email'
        and ${users.emailVerifiedAt} is not null and ${hasActiveKey(keys)}`,
    )
  return row
}

export function endSessionsByUndo(db: Database, userId: string, now: number, condition: SQL) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: 'email_change_reverted' })
    .where(sql`${sessions.userId} = ${userId} and ${sessions.revokedAt} is null and ${condition}`)
}
