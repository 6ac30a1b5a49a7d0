/**
 * Signup: what stands in its way, then one batch (write.ts). Whoever the owner's address belongs to, the same happens:
 * only the POSTed link decides who gets the community. Two D1 round trips for whoever wins; a loser of a race pays one
 * more to learn why.
 */
import { isConstraintError } from '../../db/client.ts'
import type { Deps } from '../../deps.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { ApiError } from '../../http/errors.ts'
import { communityNameKey } from '../../lib/community-name.ts'
import { newId } from '../../lib/ids.ts'
import { type Said, say } from '../../messages/message.ts'
import { isDenied } from '../email-domains/service.ts'
import { proveHuman } from './human-check.ts'
import { type IdempotentRequest, isSameBody, type StoredAnswer } from './idempotency.ts'
import { refuseProof } from './proof.ts'
import { type Claimed, findEarlier } from './repository.ts'
import type { Signup } from './schemas.ts'
import { writeSignup } from './write.ts'

export { type Claimed, holdsAny } from './repository.ts'

export interface SignupRequest {
  signup: Signup
  client: ClientInfo
  acceptLanguage: string | undefined
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
  idempotent: IdempotentRequest | undefined
}

export interface SignupAnswer {
  communityId: string
  slug: string
  status: 'pending'
}

const LASTING_ADDRESS = say('email_not_lasting')

export interface SignupResult {
  replayed: boolean
  answer: SignupAnswer
  /** By which the account knows this browser from now on, where the address is proven already. */
  deviceId?: string
}

/** Signs a community up. Throws email_rejected, community_exists, idempotency_key_reused, validation_failed (no human), token_* or account_exists (signupToken), or unavailable. */
export async function signUp(deps: Deps, request: SignupRequest): Promise<SignupResult> {
  const now = deps.clock()
  const claimed: Claimed = {
    nameKey: communityNameKey(request.signup.community.name),
    officialEmail: request.signup.community.officialEmail,
    domain: request.signup.community.website?.domain ?? null,
  }
  const replay = await answerFromEarlier(deps, request, claimed, now)
  if (replay) return replay
  const humanCheck = await proveHuman(deps, {
    token: request.signup.turnstileToken,
    ip: request.client.ip,
    keyHash: request.idempotent?.keyHash,
  })
  const [logo, passwordHash] = await Promise.all([
    request.signup.logo ? deps.logos.put(request.signup.logo) : null,
    request.signup.owner.password === undefined
      ? null
      : deps.passwords.hash(request.signup.owner.password),
  ])
  const deviceId = request.signup.signupToken && (request.deviceId ?? newId(now))
  const prepared = { claimed, logo, passwordHash, humanCheck, deviceId, now }
  try {
    return { replayed: false, answer: await writeSignup(deps, request, prepared), deviceId }
  } catch (error) {
    // After an outage nobody knows whether the batch was committed: its logo may be in use, and the sweep will tell.
    if (!isConstraintError(error)) throw error
    if (logo !== null) deps.later(() => deps.logos.remove([logo]))
    const won = await answerFromEarlier(deps, request, claimed, now)
    if (won) return won
    await refuseProof(deps, request.signup, now)
    // The winner of the race is gone again: the client may simply try once more.
    throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'signup_race', cause: error })
  }
}

/** The stored answer to the same request, or undefined where nothing stands in the way. Throws where something does. */
async function answerFromEarlier(
  deps: Deps,
  { signup, idempotent }: SignupRequest,
  claimed: Claimed,
  now: number,
): Promise<SignupResult | undefined> {
  const { stored, holders, verdicts } = await findEarlier(deps.db, claimed, {
    keyHash: idempotent?.keyHash,
    emails: [signup.owner.email, claimed.officialEmail],
    now,
  })
  if (stored && idempotent) return replay(deps, stored, idempotent)
  refuseDeniedDomains(signup, verdicts)
  if (holders.length > 0) throw communityExists(claimed, holders)
  return undefined
}

type Earlier = Awaited<ReturnType<typeof findEarlier>>

function refuseDeniedDomains({ owner, community }: Signup, verdicts: Earlier['verdicts']): void {
  const errors: Record<string, Said> = {}
  if (isDenied(owner.email, verdicts)) errors.email = LASTING_ADDRESS
  if (isDenied(community.officialEmail, verdicts)) errors.officialEmail = LASTING_ADDRESS
  if (Object.keys(errors).length > 0) throw new ApiError('email_rejected', { errors })
}

/** What the client is told of values that others hold, by the fields of the form. */
export function communityExists(
  claimed: Claimed,
  holders: readonly { [K in keyof Claimed]: string | null }[],
): ApiError {
  const errors: Record<string, Said> = {}
  for (const holder of holders) {
    if (holder.nameKey === claimed.nameKey) {
      errors.communityName = say('name_taken')
    }
    if (holder.officialEmail === claimed.officialEmail) {
      errors.officialEmail = say('official_email_taken')
    }
    if (claimed.domain !== null && holder.domain === claimed.domain) {
      errors.communityWebsite = say('website_taken')
    }
  }
  return new ApiError('community_exists', { errors })
}

function replay(deps: Deps, stored: StoredAnswer, request: IdempotentRequest): SignupResult {
  if (!isSameBody(deps.keys, stored, request)) throw new ApiError('idempotency_key_reused')
  return { replayed: true, answer: stored.response as unknown as SignupAnswer }
}
