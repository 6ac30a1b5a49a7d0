/**
 * The statements that redeem a verification link. All of them are one batch: the first claims the token under every
 * condition, the others act only where that claim, marked with the request's id, succeeded. So twenty requests at once
 * have one winner, and a refused one changes nothing.
 */
import { and, eq, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { communities, memberships, oneTimeTokens, users } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { outboxGuardDevice } from '../../mail/outbox.ts'
import { isGone } from '../signup/pending.ts'

export interface Redemption {
  tokenHash: string
  /** Marks the claim; unique to this request. */
  requestId: string
  now: number
}

/** Claims the token if it is a living link of a living signup and its address may become an account. */
export function claimToken(db: Database, keys: KeyRing, { tokenHash, requestId, now }: Redemption) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId })
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'verify_email'
        and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${now} and ${hasActiveKey(keys)}
        and exists (select 1 from ${users} where ${users.id} = one_time_tokens.user_id and ${users.emailVerifiedAt} is null)
        and exists (select 1 from ${communities} where ${communities.id} = one_time_tokens.community_id
          and ${communities.isDeleted} = 0 and not ${isGone(now)})
        and not ${isTaken(now)}`,
    )
}

/** SQL over a row of `one_time_tokens`: its address belongs to an admin, or an undo link for it lives. */
function isTaken(now: number) {
  return sql`(exists (select 1 from users a join memberships m on m.user_id = a.id
      where a.email = one_time_tokens.email and a.email_verified_at is not null and m.role = 'Admin')
    or exists (select 1 from one_time_tokens t where t.email = one_time_tokens.email
      and t.purpose = 'revert_email' and t.used_at is null and t.expires_at > ${now}))`
}

/** SQL: one column of the token that this request has claimed; NULL where it has claimed none. */
function claimed(
  column: 'user_id' | 'community_id' | 'email',
  { tokenHash, requestId }: Redemption,
) {
  return sql<string>`(select ${sql.identifier(column)} from one_time_tokens
    where token_hash = ${tokenHash} and used_by = ${requestId})`
}

/** SQL: the verified account of the claimed token's address, once the new one has had its chance to become it. */
function accountOf(redemption: Redemption) {
  return sql<string>`(select a.id from users a
    where a.email = ${claimed('email', redemption)} and a.email_verified_at is not null)`
}

/** The new user becomes the account of the address, unless there is one. */
export function verifyOwner(db: Database, redemption: Redemption) {
  return db
    .update(users)
    .set({ emailVerifiedAt: redemption.now })
    .where(
      sql`${users.id} = ${claimed('user_id', redemption)} and ${users.emailVerifiedAt} is null
        and not exists (select 1 from users a where a.email = users.email and a.email_verified_at is not null)`,
    )
}

/** Where there is an account, the community passes to it and the new user, with the password sent at signup, goes. */
export function handOver(db: Database, redemption: Redemption) {
  const account = accountOf(redemption)
  const newUser = claimed('user_id', redemption)
  const community = claimed('community_id', redemption)
  return [
    db
      .update(memberships)
      .set({ userId: account })
      .where(
        sql`${memberships.userId} = ${newUser} and ${memberships.communityId} = ${community}
          and ${newUser} <> ${account}`,
      ),
    db
      .update(communities)
      .set({ createdBy: account, updatedAt: redemption.now })
      .where(and(eq(communities.id, community), sql`${newUser} <> ${account}`)),
    db.delete(users).where(and(eq(users.id, newUser), sql`${users.emailVerifiedAt} is null`)),
  ] as const
}

export function recordVerification(db: Database, redemption: Redemption, audit: AuditContext) {
  const account = accountOf(redemption)
  return auditRowWhere(db, 'email_verified', audit, {
    actorId: account,
    userId: account,
    communityId: claimed('community_id', redemption),
    details: sql<string>`json_object('handedOver', json(iif(${claimed('user_id', redemption)} = ${account}, 'false', 'true')))`,
    condition: sql`${claimed('user_id', redemption)} is not null`,
  })
}

/** Tells the account's guard about the device, should the direct call fail. */
export function queueDevice(
  db: Database,
  redemption: Redemption,
  row: { id: string; deviceId: string; addressKey: string },
) {
  const { now, requestId, tokenHash } = redemption
  return outboxGuardDevice(
    db,
    { ...row, email: sql<string>`${oneTimeTokens.email}`, requestId, createdAt: now },
    sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.usedBy} = ${requestId}`,
    sql`${oneTimeTokens}`,
  )
}

/** How the token stands after the batch, for the answer. */
export function selectOutcome(db: Database, keys: KeyRing, { tokenHash, now }: Redemption) {
  return db
    .select({
      usedBy: sql<string | null>`${oneTimeTokens.usedBy}`.as('used_by_'),
      usedAt: sql<number | null>`${oneTimeTokens.usedAt}`.as('used_at_'),
      expiresAt: sql<number>`${oneTimeTokens.expiresAt}`.as('expires_at_'),
      email: sql<string>`${oneTimeTokens.email}`.as('email_'),
      isTaken: sql<number>`${isTaken(now)}`.as('is_taken_'),
      communityId: sql<string | null>`${communities.id}`.as('community_id_'),
      slug: sql<string | null>`${communities.slug}`.as('slug_'),
      status: sql<(typeof communities.$inferSelect)['status'] | null>`${communities.status}`.as(
        'status_',
      ),
    })
    .from(oneTimeTokens)
    .leftJoin(
      communities,
      sql`${communities.id} = ${oneTimeTokens.communityId} and ${communities.isDeleted} = 0 and not ${isGone(now)}`,
    )
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'verify_email'
        and ${hasActiveKey(keys)}`,
    )
}
