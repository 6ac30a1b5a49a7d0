/**
 * The batch of a signup: community, unverified owner, membership, token, mail, audit, trace and idempotency row, all or
 * nothing. A constraint error means that a name, address, domain or key was taken in the meantime.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow, auditRowWhere } from '../../audit.ts'
import { communities } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import { pickLocale } from '../../lib/locale.ts'
import { slugBase } from '../../lib/slug.ts'
import { outboxMail, signupTemplate, underSendCaps } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { newVerificationToken } from '../email-verification/verification-token.ts'
import type { proveHuman } from './human-check.ts'
import { claimKey, type IdempotentRequest } from './idempotency.ts'
import { removeGone } from './pending.ts'
import { claimProof, redeemProof } from './proof.ts'
import { type Claimed, holdsAny, insertCommunity, insertOwner, insertToken } from './repository.ts'
import { insertTrace, isSuspicious, riskScore, riskSignals, risksOfForm, traceOf } from './risk.ts'
import type { SignupAnswer, SignupRequest } from './service.ts'

interface Prepared {
  claimed: Claimed
  logo: string | null
  /** None where the owner has proven the address and chose none. */
  passwordHash: string | null
  humanCheck: Awaited<ReturnType<typeof proveHuman>>
  /** With a signupToken: of the browser that proved the address. */
  deviceId: string | undefined
  /** ms UTC. */
  now: number
}

const NOTHING = [] as const

/** Writes the signup and tells the queue of its mail. */
export async function writeSignup(
  deps: Deps,
  request: SignupRequest,
  { claimed, logo, passwordHash, humanCheck, deviceId, now }: Prepared,
): Promise<SignupAnswer> {
  const { db } = deps
  const { community, owner, signupToken } = request.signup
  const ids = { community: newId(now), owner: newId(now), mail: newId(now), device: newId(now) }
  const audit: AuditContext = { now, requestId: deps.requestId, client: request.client }
  const locale = pickLocale(request.signup.locale, request.acceptLanguage)
  const concerned = { userId: ids.owner, communityId: ids.community }
  const trace = traceOf(deps.lookup, request.client, {
    email: owner.email,
    officialEmail: claimed.officialEmail,
  })
  const risks = risksOfForm(community, owner)
  if (humanCheck === 'skipped') risks.push('human_check_skipped')
  const proven = signupToken !== undefined && deviceId !== undefined && { signupToken, deviceId }
  const results = await db.batch([
    ...(proven
      ? claimProof(deps, proven.signupToken, { ...concerned, email: owner.email }, now)
      : NOTHING),
    ...removeGone(db, holdsAny(claimed), audit),
    insertCommunity(db, {
      ...community,
      id: ids.community,
      ...claimed,
      slugBase: slugBase(community.name),
      website: community.website?.url ?? null,
      timezone: community.timezone ?? request.client.timezone,
      logo,
      riskSignals: riskSignals(risks, trace, now),
      createdBy: ids.owner,
      createdAt: now,
      updatedAt: now,
    }),
    ...insertOwner(
      db,
      {
        id: ids.owner,
        email: owner.email,
        passwordHash,
        fullName: owner.fullName,
        profile: owner.profile,
        acceptedTermsAt: now,
        locale,
        createdAt: now,
      },
      ids.community,
    ),
    ...(proven
      ? NOTHING
      : signupMail(deps, { ...concerned, mailId: ids.mail, email: owner.email, locale, now })),
    auditRow(db, 'community_signup', audit, concerned),
    auditRow(db, 'user_created', audit, concerned),
    ...(proven
      ? redeemProof(
          deps,
          proven.signupToken,
          { deviceId: proven.deviceId, rowId: ids.device },
          audit,
        )
      : NOTHING),
    insertTrace(db, trace, ids.community, now),
    recordSuspicion(db, audit, concerned),
    ...claim(deps, request.idempotent, ids.community, now),
    selectAnswer(deps, ids.community),
  ])
  if (proven) {
    await tellGuard(deps, ids.device, () => deps.guard.rememberDevice(owner.email, proven.deviceId))
  } else deps.announceOutbox([ids.mail])
  const [answer] = results.at(-1) as unknown as [SignupAnswer]
  return answer
}

/** An audit row where the score says so; the signals are in it, no address is. */
function recordSuspicion(
  db: Deps['db'],
  audit: AuditContext,
  concerned: { userId: string; communityId: string },
) {
  return auditRowWhere(db, 'suspicious_signup', audit, {
    ...concerned,
    details: sql<string>`json_object('score', ${riskScore()}, 'signals', json(${communities.riskSignals}))`,
    from: sql`${communities}`,
    condition: sql`${communities.id} = ${concerned.communityId} and ${isSuspicious()}`,
  })
}

/** Token and outbox row. Which of the two mails it is, is decided inside the insert, so that a taken address costs the same. */
function signupMail(
  deps: Deps,
  to: {
    userId: string
    communityId: string
    mailId: string
    email: string
    locale: 'en' | 'zh'
    now: number
  },
) {
  const { userId, communityId, email, locale, now } = to
  const token = newVerificationToken(deps, now)
  const template = signupTemplate(email)
  const addressKey = deps.lookup.address(email)
  return [
    insertToken(deps.db, { ...token, userId, communityId, email }),
    outboxMail(
      deps.db,
      {
        id: to.mailId,
        template,
        locale: sql<'en' | 'zh'>`coalesce((select u.locale from users u where u.email = ${email}
          and u.email_verified_at is not null), ${locale})`,
        email,
        addressKey,
        tokenId: token.id,
        userId,
        communityId,
        requestId: deps.requestId,
        createdAt: now,
        expiresAt: token.expiresAt,
      },
      underSendCaps({ template, addressKey, now }),
    ),
  ] as const
}

function claim(
  deps: Deps,
  request: IdempotentRequest | undefined,
  communityId: string,
  now: number,
) {
  if (!request) return []
  return claimKey(deps.db, deps.keys, {
    request,
    now,
    status: 201,
    data: sql`json_object('communityId', ${communities.id}, 'slug', ${communities.slug}, 'status', ${communities.status})`,
    from: sql`${communities}`,
    condition: sql`${communities.id} = ${communityId}`,
  })
}

function selectAnswer({ db }: Pick<Deps, 'db'>, communityId: string) {
  return db
    .select({
      communityId: communities.id,
      slug: communities.slug,
      status: communities.status,
    })
    .from(communities)
    .where(sql`${communities.id} = ${communityId}`)
}
