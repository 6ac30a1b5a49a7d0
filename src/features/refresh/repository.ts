/**
 * The one batch of a refresh. The rotation is a conditional update; what a reused token sets off hangs on its audit
 * row, which is written only where that token is older than the grace allows and its session may go on. So of twenty
 * requests at once one rotates, and the end of the sessions is committed although the answer is a refusal.
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import {
  memberships,
  PLATFORM_COMMUNITY_ID,
  type Role,
  sessions,
  type TokenTransport,
  users,
} from '../../db/schema/index.ts'
import type { Locale } from '../../lib/locale.ts'
import type { RefreshToken } from '../../lib/tokens.ts'
import { outboxGuardForget } from '../../mail/outbox.ts'
import { mayGoOn } from '../sessions/living.ts'
import { idleSecondsOf } from '../sessions/service.ts'

export interface Presented {
  token: RefreshToken
  /** SHA-256 of its secret. */
  hash: string
  /** SHA-256 of the successor under the signing key. */
  successorHash: string
  /** Of the audit row that a reuse writes. */
  auditId: string
  now: number
  graceMs: number
}

/** Puts the successor in the place of the token that is presented, if that one is current and may go on. */
export function rotate(db: Database, presented: Presented, config: Config) {
  const { token, hash, successorHash, now } = presented
  const idleMs = (role: Role) => idleSecondsOf(config, role) * 1000
  return db
    .update(sessions)
    .set({
      previousTokenHash: sql`${sessions.tokenHash}`,
      tokenHash: successorHash,
      generation: sql`${sessions.generation} + 1`,
      rotatedAt: now,
      lastActiveAt: now,
      // Only admins are members of the reserved community.
      idleExpiresAt: sql`${now} + iif(${sessions.communityId} = ${PLATFORM_COMMUNITY_ID}, ${idleMs('Admin')}, ${idleMs('Member')})`,
    })
    .where(
      and(
        eq(sessions.id, token.sessionId),
        eq(sessions.generation, token.generation),
        eq(sessions.tokenHash, hash),
        mayGoOn(now),
      ),
    )
}

/** The token is older than its session's current one, and it is not the parent within the grace. Only generation and grace decide. */
export function recordReuse(db: Database, presented: Presented, audit: AuditContext) {
  const { token, now, graceMs, auditId } = presented
  return auditRowWhere(db, 'refresh_reused', audit, {
    id: sql<string>`${auditId}`,
    userId: sql<string>`${sessions.userId}`,
    communityId: sql<string>`${sessions.communityId}`,
    details: sql<string>`json_object('sessionId', ${sessions.id}, 'generation', ${token.generation}, 'current', ${sessions.generation})`,
    condition: sql`${sessions.id} = ${token.sessionId} and ${sessions.generation} > ${token.generation}
      and not (${sessions.generation} = ${token.generation} + 1 and ${sessions.rotatedAt} >= ${now - graceMs})
      and ${mayGoOn(now)}`,
    from: sql`${sessions}`,
  })
}

/** SQL: the user whose token was reused; NULL where none was. */
export function victimOf({ auditId }: Presented) {
  return sql<string>`(select user_id from audit_logs where id = ${auditId})`
}

/** Whoever holds the second copy may have signed in from any of them. */
export function forgetVictimsDevices(
  db: Database,
  presented: Presented,
  row: { id: string; requestId: string },
) {
  const { now } = presented
  const email = sql<string>`${users.email}`
  return outboxGuardForget(
    db,
    { ...row, email, addressKey: '', createdAt: now, before: now },
    sql`${users.id} = ${victimOf(presented)}`,
    sql`${users}`,
  )
}

export function endSessionsOfVictim(db: Database, presented: Presented) {
  return db
    .update(sessions)
    .set({ revokedAt: presented.now, revokeReason: 'refresh_reused' })
    .where(and(eq(sessions.userId, victimOf(presented)), isNull(sessions.revokedAt)))
}

/** The session as it is after the batch. */
export function selectOutcome(db: Database, presented: Presented) {
  return db
    .select({
      generation: sql<number>`${sessions.generation}`.as('generation_'),
      tokenHash: sql<string>`${sessions.tokenHash}`.as('token_hash_'),
      transport: sql<TokenTransport>`${sessions.transport}`.as('transport_'),
      userId: sql<string>`${sessions.userId}`.as('user_id_'),
      communityId: sql<string>`${sessions.communityId}`.as('community_id_'),
      deviceId: sql<string>`${sessions.deviceId}`.as('device_id_'),
      expiresAt: sql<number>`min(${sessions.idleExpiresAt}, ${sessions.absoluteExpiresAt})`.as(
        'expires_at_',
      ),
      mayGoOn: sql<number>`${mayGoOn(presented.now)}`.as('may_go_on_'),
      wasReused: sql<number>`${victimOf(presented)} is not null`.as('was_reused_'),
      email: sql<string>`${users.email}`.as('email_'),
      locale: sql<Locale>`${users.locale}`.as('locale_'),
      role: sql<Role | null>`${memberships.role}`.as('role_'),
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(
      memberships,
      and(
        eq(memberships.userId, sessions.userId),
        eq(memberships.communityId, sessions.communityId),
      ),
    )
    .where(eq(sessions.id, presented.token.sessionId))
}
