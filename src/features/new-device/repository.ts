/** The statements of "this wasn't me": the first claims the link, the others act only where that claim succeeded. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens, sessions } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'

export interface Denial {
  tokenHash: string
  /** Marks the claim; unique to this request. */
  requestId: string
  userId: string
  email: string
  sessionId: string
  deviceId: string
  now: number
}

/** What the link tells of; undefined for one that does not exist. */
export async function findNotMeToken(db: Database, keys: KeyRing, tokenHash: string) {
  const [token] = await db
    .select()
    .from(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.tokenHash, tokenHash),
        eq(oneTimeTokens.purpose, 'not_me'),
        hasActiveKey(keys),
      ),
    )
  return token
}

export function claimNotMeToken(db: Database, denial: Denial) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: denial.now, usedBy: denial.requestId })
    .where(
      sql`${oneTimeTokens.tokenHash} = ${denial.tokenHash} and ${oneTimeTokens.purpose} = 'not_me'
        and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${denial.now}
        and exists (select 1 from users u where u.id = ${denial.userId} and u.email = ${denial.email})`,
    )
    .returning({ id: oneTimeTokens.id })
}

/** SQL: this very request has claimed the link. */
export function isClaimed({ tokenHash, requestId }: Denial) {
  return sql`exists (select 1 from ${oneTimeTokens} where ${oneTimeTokens.tokenHash} = ${tokenHash}
    and ${oneTimeTokens.usedBy} = ${requestId})`
}

/** The session that the mail told of, and any that has replaced it on that device. */
export function endSessionsOfDevice(db: Database, denial: Denial) {
  return db
    .update(sessions)
    .set({ revokedAt: denial.now, revokeReason: 'not_me' })
    .where(
      and(
        eq(sessions.userId, denial.userId),
        isNull(sessions.revokedAt),
        sql`(${sessions.id} = ${denial.sessionId} or ${sessions.deviceId} = ${denial.deviceId})`,
        isClaimed(denial),
      ),
    )
}

export function recordDenial(db: Database, denial: Denial, audit: AuditContext) {
  return auditRowWhere(db, 'session_revoked', audit, {
    userId: denial.userId,
    details: { reason: 'not_me', sessionId: denial.sessionId },
    condition: isClaimed(denial),
  })
}
