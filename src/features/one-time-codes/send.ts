/**
 * A code and a link for an address, to log in with or to sign up with. The same calls and statements run for every
 * address, known or not; whether a mail is written is decided inside the insert, and nobody is told. The guard counts
 * what is asked for, per lane, and keeps the code's digest: strangers use up what strangers may.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { countEvent } from '../../db/count-event.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { mailLane, oneTimeTokens, outbox } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { newChallenge, newLinkToken } from '../../lib/tokens.ts'
import { MAILS_OF_A_KIND, outboxMail, underSendCaps } from '../../mail/outbox.ts'
import { isAccountAddress, isAdminsAddress, isLeftAddress } from '../account/addresses.ts'
import { guardFlow } from './flow.ts'

export interface SendRequest {
  /** To log in, an address must have an account; to sign up, it must have none. */
  purpose: 'login' | 'signup'
  email: string
  flowId: string
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
  /** For an address without an account. */
  locale: Locale
}

/**
 * Mails code and link if the address is one for it. Throws rate_limited after three in fifteen minutes, known or not.
 * Beyond what an address may be sent in a day nothing is made, and the code mailed before lives on.
 */
export async function sendCode(
  deps: Deps,
  { purpose, email, flowId, deviceId, locale }: SendRequest,
  audit: AuditContext,
): Promise<void> {
  const { db, keys, guard, lookup } = deps
  const { now } = audit
  const ttlSeconds = deps.config.otpTtlSeconds
  const flow = guardFlow(flowId)
  const { challengeId, keyVersion, digest } = newChallenge(keys, flow, now)
  const addressKey = lookup.address(email)
  const capOf = (lane: string) => underSendCaps({ template: 'otp_code', addressKey, lane, now })
  const verdict = await guard.issueCode(email, {
    flow,
    challengeId,
    digest,
    deviceId,
    ttlSeconds,
    perDay: MAILS_OF_A_KIND,
    isLaneFull: await isFull(db, capOf(mailLane(deviceId))),
  })
  if (verdict.kind === 'limited') {
    throw new ApiError('rate_limited', { retryAfterSeconds: verdict.retryAfterSeconds })
  }
  const isIssued = verdict.kind === 'allowed'
  const lane = mailLane(isIssued && verdict.knownDevice ? deviceId : undefined)
  const mailId = newId(now)
  const isMailed = sql`exists (select 1 from ${outbox} where ${outbox.id} = ${mailId})`
  const account = sql<string>`(select u.id from users u where u.email = ${email} and u.email_verified_at is not null)`
  await db.batch([
    outboxMail(
      db,
      {
        id: mailId,
        template: 'otp_code',
        locale: sql<Locale>`coalesce((select u.locale from users u where u.email = ${email}
          and u.email_verified_at is not null), ${locale})`,
        email,
        addressKey,
        lane,
        tokenId: challengeId,
        userId: account,
        payload: { challengeId, keyVersion },
        requestId: deps.requestId,
        createdAt: now,
        expiresAt: now + ttlSeconds * 1000,
      },
      sql`${isIssued ? 1 : 0} and ${isMeant(purpose, email, now)} and ${capOf(lane)}`,
    ),
    insertWhere(
      db,
      oneTimeTokens,
      {
        ...newLinkToken(keys, 'magic_link', { now, ttlSeconds, id: challengeId }),
        userId: account,
        email,
      },
      isMailed,
    ),
    auditRowWhere(db, 'otp_sent', audit, {
      userId: account,
      details: { purpose },
      condition: isMailed,
    }),
    countEvent(db, 'code_requested', now),
  ])
  deps.announceOutbox([mailId])
}

/** The lane may be mailed no code any more today. Asked before one is made: it would end the code that was mailed before. */
async function isFull(db: Database, cap: SQL): Promise<boolean> {
  const [row] = await db.select({ isOpen: sql<number>`${cap}` }).from(sql`(select 1)`)
  return row?.isOpen === 0
}

/** SQL: is this address to be mailed a code for that? Admins log in with their password only. */
function isMeant(purpose: SendRequest['purpose'], email: string, now: number): SQL {
  return purpose === 'login'
    ? sql`${isAccountAddress(email)} and not ${isAdminsAddress(email)}`
    : sql`not ${isAccountAddress(email)} and not ${isLeftAddress(email, now)}`
}
