/**
 * Signup. Community, unverified owner, membership, token, mail, audit and idempotency row are one batch: all or
 * nothing. Whoever the owner's address belongs to, the same happens: only the POSTed link decides who gets the
 * community. Two D1 round trips for whoever wins; a loser of a race pays one more to learn why.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { communities } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { ApiError } from '../../http/errors.ts'
import { communityNameKey } from '../../lib/community-name.ts'
import { newId } from '../../lib/ids.ts'
import { pickLocale } from '../../lib/locale.ts'
import { slugBase } from '../../lib/slug.ts'
import { outboxMail, signupTemplate, underSendCaps } from '../../mail/outbox.ts'
import { newVerificationToken } from '../email-verification/verification-token.ts'
import { claimKey, type IdempotentRequest, isSameBody, type StoredAnswer } from './idempotency.ts'
import { removeGone } from './pending.ts'
import {
  type Claimed,
  findEarlier,
  holdsAny,
  insertCommunity,
  insertOwner,
  insertToken,
} from './repository.ts'
import type { Signup } from './schemas.ts'

export interface SignupRequest {
  signup: Signup
  client: ClientInfo
  acceptLanguage: string | undefined
  idempotent: IdempotentRequest | undefined
}

export interface SignupAnswer {
  communityId: string
  slug: string
  status: 'pending'
}

export type SignupResult = { replayed: boolean; answer: SignupAnswer }

/** Signs a community up. Throws community_exists, idempotency_key_reused or unavailable. */
export async function signUp(deps: Deps, request: SignupRequest): Promise<SignupResult> {
  const now = deps.clock()
  const claimed: Claimed = {
    nameKey: communityNameKey(request.signup.community.name),
    officialEmail: request.signup.community.officialEmail,
    domain: request.signup.community.website?.domain ?? null,
  }
  const replay = await answerFromEarlier(deps, request, claimed, now)
  if (replay) return replay
  const [logo, passwordHash] = await Promise.all([
    request.signup.logo ? deps.logos.put(request.signup.logo) : null,
    deps.passwords.hash(request.signup.owner.password),
  ])
  try {
    return {
      replayed: false,
      answer: await write(deps, request, { claimed, logo, passwordHash, now }),
    }
  } catch (error) {
    // After an outage nobody knows whether the batch was committed: its logo may be in use, and the sweep will tell.
    if (!isConstraintError(error)) throw error
    if (logo !== null) deps.later(() => deps.logos.remove([logo]))
    const won = await answerFromEarlier(deps, request, claimed, now)
    if (won) return won
    // The winner of the race is gone again: the client may simply try once more.
    throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'signup_race', cause: error })
  }
}

/** The stored answer to the same request, or undefined where nothing stands in the way. Throws where something does. */
async function answerFromEarlier(
  deps: Deps,
  { idempotent }: SignupRequest,
  claimed: Claimed,
  now: number,
): Promise<SignupResult | undefined> {
  const { stored, holders } = await findEarlier(deps.db, claimed, {
    keyHash: idempotent?.keyHash,
    now,
  })
  if (stored && idempotent) return replay(deps, stored, idempotent)
  if (holders.length === 0) return undefined
  const errors: Record<string, string> = {}
  for (const holder of holders) {
    if (holder.nameKey === claimed.nameKey) {
      errors.communityName = 'A community with this name exists already.'
    }
    if (holder.officialEmail === claimed.officialEmail) {
      errors.officialEmail = 'A community with this official address exists already.'
    }
    if (claimed.domain !== null && holder.domain === claimed.domain) {
      errors.communityWebsite = 'A community with a website on this domain exists already.'
    }
  }
  throw new ApiError('community_exists', { errors })
}

function replay(deps: Deps, stored: StoredAnswer, request: IdempotentRequest): SignupResult {
  if (!isSameBody(deps.keys, stored, request)) throw new ApiError('idempotency_key_reused')
  return { replayed: true, answer: stored.response as unknown as SignupAnswer }
}

interface Prepared {
  claimed: Claimed
  logo: string | null
  passwordHash: string
  now: number
}

async function write(
  deps: Deps,
  request: SignupRequest,
  { claimed, logo, passwordHash, now }: Prepared,
): Promise<SignupAnswer> {
  const { db } = deps
  const { community, owner } = request.signup
  const ids = { community: newId(now), owner: newId(now), mail: newId(now) }
  const audit: AuditContext = { now, requestId: deps.requestId, client: request.client }
  const locale = pickLocale(request.signup.locale, request.acceptLanguage)
  const concerned = { userId: ids.owner, communityId: ids.community }
  const results = await db.batch([
    ...removeGone(db, holdsAny(claimed), audit),
    insertCommunity(db, {
      ...community,
      id: ids.community,
      ...claimed,
      slugBase: slugBase(community.name),
      website: community.website?.url ?? null,
      timezone: community.timezone ?? request.client.timezone,
      logo,
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
    ...signupMail(deps, { ...concerned, mailId: ids.mail, email: owner.email, locale, now }),
    auditRow(db, 'community_signup', audit, concerned),
    auditRow(db, 'user_created', audit, concerned),
    ...claim(deps, request.idempotent, ids.community, now),
    selectAnswer(deps, ids.community),
  ])
  deps.announceOutbox([ids.mail])
  const [answer] = results.at(-1) as unknown as [SignupAnswer]
  return answer
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
