/** Statements around a password. Those of a reset act only where the same batch's first one has claimed the link. */
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens, sessions, users } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { outboxMail } from '../../mail/outbox.ts'
import { isClaimed, type LinkClaim } from './account-link.ts'

/** What a reset link stands for, and the words that its new password must not hold; undefined where it is none, or its address has changed. */
export async function findReset(db: Database, keys: KeyRing, tokenHash: string) {
  const [row] = await db
    .select({
      userId: users.id,
      email: users.email,
      fullName: users.fullName,
      usedAt: oneTimeTokens.usedAt,
      expiresAt: oneTimeTokens.expiresAt,
      communityNames: communityNamesOf(sql`${users.id}`),
      isAdmin: isAdmin(sql`${users.id}`),
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'reset_password'
        and ${users.email} = ${oneTimeTokens.email} and ${users.emailVerifiedAt} is not null
        and ${hasActiveKey(keys)}`,
    )
  return row && { ...row, communityNames: JSON.parse(row.communityNames) as string[] }
}

/** The hash, and the failures since the last success: too many of them switch it off. */
export async function findPassword(db: Database, userId: string) {
  const [row] = await db
    .select({ hash: users.passwordHash, failures: users.failedLoginAttempts })
    .from(users)
    .where(eq(users.id, userId))
  return { hash: row?.hash ?? null, failures: row?.failures ?? 0 }
}

/** Sets the password; the row of failures begins anew. `liftsLock`: so does the mirror of block and lock. */
export function setPassword(
  db: Database,
  userId: string,
  { passwordHash, liftsLock }: { passwordHash: string; liftsLock: boolean },
  condition: SQL,
) {
  return db
    .update(users)
    .set({ passwordHash, failedLoginAttempts: 0, ...(liftsLock && { lockUntil: null }) })
    .where(and(eq(users.id, userId), condition))
}

export function endSessionsByReset(db: Database, reset: LinkClaim) {
  return db
    .update(sessions)
    .set({ revokedAt: reset.now, revokeReason: 'password_reset' })
    .where(and(eq(sessions.userId, reset.userId), isNull(sessions.revokedAt), isClaimed(reset)))
}

/** No link that was mailed before may set the password again. */
export function voidResetLinks(db: Database, email: string, condition: SQL) {
  return db.delete(oneTimeTokens).where(
    sql`${oneTimeTokens.purpose} = 'reset_password' and ${oneTimeTokens.email} = ${email}
        and ${oneTimeTokens.usedAt} is null and ${condition}`,
  )
}

interface Notice {
  /** Of the outbox row. */
  id: string
  userId: string
  addressKey: string
  condition: SQL
}

/** Audit row and mail of a password that was reset or changed. The mail always goes out. */
export function tellOfNewPassword(
  db: Database,
  action: 'password_reset' | 'password_changed',
  { id, userId, addressKey, condition }: Notice,
  audit: AuditContext,
) {
  const isUser = sql`${users.id} = ${userId} and ${condition}`
  return [
    auditRowWhere(db, action, audit, { actorId: userId, userId, condition }),
    outboxMail(
      db,
      {
        id,
        template: 'password_changed',
        locale: sql<'en' | 'zh'>`${users.locale}`,
        email: sql<string>`${users.email}`,
        addressKey,
        userId,
        communityId: sql<string>`${users.communityId}`,
        requestId: audit.requestId,
        createdAt: audit.now,
      },
      isUser,
      sql`${users}`,
    ),
  ] as const
}

function communityNamesOf(userId: SQL) {
  return sql<string>`(select json_group_array(c.name) from memberships m
    join communities c on c.id = m.community_id where m.user_id = ${userId})`
}

function isAdmin(userId: SQL) {
  return sql<number>`exists (select 1 from memberships m where m.user_id = ${userId} and m.role = 'Admin')`
}
