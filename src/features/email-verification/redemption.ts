/**
 * What a claimed token does for the address that it proves: the new user becomes its account, or the account it has gets
 * the community. These act only where the same batch's claim, marked with the request's id, succeeded.
 */
import { and, eq, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { communities, memberships, oneTimeTokens, users } from '../../db/schema/index.ts'
import { outboxGuardDevice } from '../../mail/outbox.ts'

export interface Redemption {
  tokenHash: string
  /** Marks the claim; unique to this request. */
  requestId: string
  now: number
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
    // An account that was a member of nothing any more has its home there.
    db
      .update(users)
      .set({ communityId: community })
      .where(
        sql`${users.id} = ${account} and ${newUser} <> ${account}
          and (select count(*) from memberships m where m.user_id = ${users.id}) = 1`,
      ),
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
