/**
 * A signed-in person wants another address. Whether it is taken changes neither the statements nor the answer: which of
 * two mails is written, the code or the notice to whom it belongs, is decided inside the insert. The code is kept by the
 * guard of the address that the account has, in a flow of this session.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { type MailTemplate, mailLane, oneTimeTokens, outbox, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { hashSecret, newChallenge, newRandomSecret } from '../../lib/tokens.ts'
import { findFullSince, outboxMail, underCapOfAll, underSendCaps } from '../../mail/outbox.ts'
import { say } from '../../messages/message.ts'
import { isTakenAddress } from '../account/addresses.ts'
import { isDenied, selectVerdicts } from '../email-domains/service.ts'
import type { Evidence } from '../passwords/evidence.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from '../passwords/prove-identity.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { askedToday, CHANGES_PER_DAY, DAY_MS, findAskedToday } from './repository.ts'

/** Codes of one session replace each other; those of other sessions live on. */
export function emailChangeFlow(sessionId: string): string {
  return `email:${sessionId}`
}

/** Counted together, so that what is left tells nobody whether the address is taken. */
const CHANGE_MAILS = ['email_change_code', 'email_change_taken'] as const

interface ChangeRequest {
  newEmail: string
  evidence: Evidence
}

/**
 * Mails a code to the new address. Throws validation_failed for the address one has, email_rejected and rate_limited
 * before anything is counted or used up, then what `proveIdentity` throws.
 */
export async function requestEmailChange(
  deps: Deps,
  who: AuthenticatedSession,
  { newEmail, evidence }: ChangeRequest,
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  if (newEmail === who.user.email) {
    throw new ApiError('validation_failed', { errors: { newEmail: say('email_is_yours') } })
  }
  const [verdicts, asked] = await Promise.all([
    selectVerdicts(db, [newEmail]),
    findAskedToday(db, who.user.id, audit.now),
  ])
  if (isDenied(newEmail, verdicts)) {
    throw new ApiError('email_rejected', { errors: { newEmail: say('email_not_lasting') } })
  }
  if (asked.count >= CHANGES_PER_DAY) throw usedUp(asked.firstAt, audit.now)
  const proof = await proveIdentity(deps, who, evidence, audit)
  await underProof(deps, proof, () => writeRequest(deps, who, { newEmail, proof }, audit))
}

async function writeRequest(
  deps: Deps,
  who: AuthenticatedSession,
  { newEmail, proof }: { newEmail: string; proof: Proof },
  audit: AuditContext,
): Promise<void> {
  const { db, config, lookup, requestId } = deps
  const { user, session, community } = who
  const { now } = audit
  const { challengeId, keyVersion } = await issueChallenge(deps, who, now)
  const expiresAt = now + config.otpTtlSeconds * 1000
  const mailId = newId(now)
  const addressKey = lookup.address(newEmail)
  // The lane of a person who is signed in: strangers cannot use up what it may have.
  const lane = mailLane(user.id)
  const isTaken = isTakenAddress(newEmail, now)
  const template = sql<MailTemplate>`iif(${isTaken}, 'email_change_taken', 'email_change_code')`
  const isAsked = sql`exists (select 1 from ${outbox} where ${outbox.id} = ${mailId})`
  const account = sql<string>`(select a.id from users a where a.email = ${newEmail} and a.email_verified_at is not null)`
  const [mailed] = await db.batch([
    outboxMail(
      db,
      {
        id: mailId,
        template,
        locale: sql<Locale>`coalesce((select a.locale from users a where a.id = ${account}), ${user.locale})`,
        email: newEmail,
        addressKey,
        lane,
        userId: sql<string>`coalesce(${account}, ${user.id})`,
        communityId: community.id,
        payload: { challengeId, keyVersion },
        requestId,
        createdAt: now,
        expiresAt: sql<number>`iif(${isTaken}, null, ${expiresAt})`,
      },
      sql`${isStillProven(who, proof, now)} and ${askedToday(user.id, now)} < ${CHANGES_PER_DAY}
        and ${underSendCaps({ template, addressKey, lane, now })}
        and ${underCapOfAll(CHANGE_MAILS, addressKey, now)}`,
      sql`${users}`,
    ),
    insertWhere(
      db,
      oneTimeTokens,
      {
        id: challengeId,
        purpose: 'email_change',
        keyVersion,
        // No link bears it: the code alone confirms.
        tokenHash: hashSecret(newRandomSecret()),
        userId: user.id,
        communityId: community.id,
        email: newEmail,
        createdAt: now,
        expiresAt,
      },
      isAsked,
    ),
    auditRowWhere(db, 'email_change_requested', audit, {
      actorId: user.id,
      userId: user.id,
      communityId: community.id,
      details: { sessionId: session.id },
      condition: isAsked,
    }),
  ])
  if (mailed.meta.changes === 0) {
    const asked = await findAskedToday(db, user.id, now)
    if (asked.count >= CHANGES_PER_DAY) throw usedUp(asked.firstAt, now)
    const mailedAt = await findFullSince(db, CHANGE_MAILS, addressKey, now)
    if (mailedAt !== undefined) throw mailedEnough(mailedAt, now)
    throw await whyNotProven(deps, who, proof, now)
  }
  deps.announceOutbox([mailId])
}

/** Throws rate_limited. */
async function issueChallenge(
  { keys, config, guard }: Deps,
  { user, session }: AuthenticatedSession,
  now: number,
) {
  const flow = emailChangeFlow(session.id)
  const { challengeId, keyVersion, digest } = newChallenge(keys, flow, now)
  const verdict = await guard.issueCode(user.email, {
    purpose: 'email_change',
    flow,
    challengeId,
    digest,
    deviceId: session.deviceId,
    ttlSeconds: config.otpTtlSeconds,
  })
  if (verdict.kind === 'limited') {
    throw new ApiError('rate_limited', { retryAfterSeconds: verdict.retryAfterSeconds })
  }
  return { challengeId, keyVersion }
}

function mailedEnough(firstAt: number, now: number): ApiError {
  return new ApiError('rate_limited', {
    message: say('new_address_mailed_enough'),
    retryAfterSeconds: Math.max(1, Math.ceil((firstAt + DAY_MS - now) / 1000)),
    reason: 'email_changes_to_address',
  })
}

function usedUp(firstAt: number, now: number): ApiError {
  return new ApiError('rate_limited', {
    message: say('email_changes_used_up', CHANGES_PER_DAY),
    retryAfterSeconds: Math.max(1, Math.ceil((firstAt + DAY_MS - now) / 1000)),
    reason: 'email_changes',
  })
}
