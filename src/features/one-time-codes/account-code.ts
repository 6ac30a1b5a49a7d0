/**
 * A code for someone who is signed in: it may stand for the password on every route that asks for one. The code is
 * derived from its challenge's id as the mail is rendered; the guard keeps a keyed digest, database and queue keep ids.
 */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { mailLane, outbox, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { newChallenge } from '../../lib/tokens.ts'
import { outboxMail, underSendCaps } from '../../mail/outbox.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'

/** Codes of one session replace each other; those of other sessions live on. */
export function accountCodeFlow(sessionId: string): string {
  return `account:${sessionId}`
}

/**
 * Mails a code, and says whether it did: beyond the address's cap for a day the code mailed before lives on, and none is
 * made that nobody is mailed. Throws rate_limited after three in fifteen minutes.
 */
export async function sendAccountCode(
  deps: Deps,
  { user, session, community }: AuthenticatedSession,
  audit: AuditContext,
): Promise<boolean> {
  const { db, keys, config, guard, lookup, requestId } = deps
  const { now } = audit
  const addressKey = lookup.address(user.email)
  const lane = mailLane(user.id)
  const cap = underSendCaps({ template: 'otp_code', addressKey, lane, now })
  if (!(await isUnderCap(db, user.id, cap))) return false
  const flow = accountCodeFlow(session.id)
  const { challengeId, keyVersion, digest } = newChallenge(keys, flow, now)
  const verdict = await guard.issueCode(user.email, {
    flow,
    challengeId,
    digest,
    deviceId: session.deviceId,
    ttlSeconds: config.otpTtlSeconds,
  })
  if (verdict.kind === 'limited') {
    throw new ApiError('rate_limited', { retryAfterSeconds: verdict.retryAfterSeconds })
  }
  const mailId = newId(now)
  const [mailed] = await db.batch([
    outboxMail(
      db,
      {
        id: mailId,
        template: 'otp_code',
        locale: user.locale,
        email: user.email,
        addressKey,
        lane,
        userId: user.id,
        communityId: community.id,
        payload: { challengeId, keyVersion },
        requestId,
        createdAt: now,
        expiresAt: now + config.otpTtlSeconds * 1000,
      },
      cap,
    ),
    auditRowWhere(db, 'otp_sent', audit, {
      actorId: user.id,
      userId: user.id,
      details: { purpose: 'account' },
      condition: sql`exists (select 1 from ${outbox} where ${outbox.id} = ${mailId})`,
    }),
  ])
  if (mailed.meta.changes === 0) {
    // Others took the last place at the same moment: a code that nobody is mailed must not wait to be guessed.
    await guard.useCode(user.email, { flow, digests: [digest], deviceId: session.deviceId })
    return false
  }
  deps.announceOutbox([mailId])
  return true
}

async function isUnderCap(db: Database, userId: string, cap: SQL<boolean>): Promise<boolean> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), cap))
  return rows.length > 0
}
