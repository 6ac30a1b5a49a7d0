/** The statements of "this wasn't me": they act only where the same batch's first one has claimed the link. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens, sessions } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { isClaimed, type LinkClaim } from '../passwords/account-link.ts'

export interface Denial extends LinkClaim {
  sessionId: string
  deviceId: string
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
