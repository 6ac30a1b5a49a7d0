/**
 * A code or a link that was mailed, as it comes back. The guard judges it and uses it up first, so that of any number
 * at once one is right; a database that fails then costs one code. Whoever holds it passes every gate that a password
 * passes, or, without an account, gets a token to sign up with. Admins never get in this way.
 */
import { sql } from 'drizzle-orm'
import { auditRow } from '../../audit.ts'
import { countEvent } from '../../db/count-event.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { oneTimeTokens, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { CodeVerdict, LinkVerdict } from '../../durable-objects/guard-contract.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { codeDigests, deriveLinkToken, hashSecret, newLinkToken } from '../../lib/tokens.ts'
import { isAccountAddress } from '../account/addresses.ts'
import { judgeGates } from '../login/gates.ts'
import { auditOfAccount } from '../login/lock.ts'
import type { LoginAccount } from '../login/login-account.ts'
import { judgeLink } from '../passwords/account-link.ts'
import { refusedByGuard } from '../passwords/prove-identity.ts'
import { type OpenedSession, openJudged, type SigningIn } from '../sessions/opening.ts'
import { guardFlow } from './flow.ts'
import { endLink, findAccount, findLink } from './repository.ts'

export interface UseInput extends Omit<SigningIn, 'now'> {
  /** Of this browser, or undefined. */
  flowId: string | undefined
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
}

/** What the holder of a mailbox gets who has no account: good for one signup. */
export interface SignupProof {
  signupToken: string
  expiresIn: number
}

export type Used = { opened: OpenedSession } | { proof: SignupProof }

/** The mailbox of this address is proven. */
interface Proven extends UseInput {
  email: string
  challengeId: string
  knownDevice: boolean
  method: 'code' | 'magic_link'
  now: number
}

const TRIES = 2
/** Told like a code that was never right. */
const ADMIN = { reason: 'admin' } as const

/**
 * Judges a code. `admitted` is the IP limit's verdict, asked beside the first read. Throws code_invalid, code_expired,
 * too_many_attempts, account_locked or the code of the gate that stopped it.
 */
export async function useCode(
  deps: Deps,
  admitted: Promise<void>,
  input: UseInput & { email: string; code: string },
): Promise<Used> {
  const now = deps.clock()
  const { email, flowId, deviceId } = input
  const reading = findAccount(deps.db, email)
  // Met below by `await reading`; a refusal by the limit or the guard comes first.
  reading.catch(() => undefined)
  await admitted
  if (flowId === undefined) throw new ApiError('code_invalid', { reason: 'no_flow' })
  const flow = guardFlow(flowId)
  const digests = codeDigests(deps.keys, flow, input.code)
  const verdict = await deps.guard.useCode(email, { flow, digests, deviceId })
  if (verdict.kind !== 'right') throw await refused(deps, { ...input, now }, verdict)
  const { challengeId, knownDevice } = verdict
  const proven: Proven = { ...input, now, challengeId, knownDevice, method: 'code' }
  return letIn(deps, proven, await reading)
}

/** Judges a link. Throws token_invalid, token_expired, token_used, wrong_browser, and what `useCode` throws beyond the code. */
export async function useLink(
  deps: Deps,
  admitted: Promise<void>,
  input: UseInput & { token: string },
): Promise<Used> {
  const now = deps.clock()
  const reading = findLink(deps.db, deps.keys, hashSecret(input.token))
  reading.catch(() => undefined)
  await admitted
  const { link: found, account } = await reading
  const link = judgeLink(found, now)
  const { flowId, deviceId } = input
  if (flowId === undefined) throw new ApiError('wrong_browser', { reason: 'no_flow' })
  const { email } = link
  const followed = { flow: guardFlow(flowId), challengeId: link.id, deviceId }
  const verdict = await deps.guard.useLink(email, followed)
  if (verdict.kind !== 'right') throw await refused(deps, { ...input, email, now }, verdict)
  const { knownDevice } = verdict
  const proven = { ...input, email, now, challengeId: link.id, knownDevice }
  return letIn(deps, { ...proven, method: 'magic_link' }, account)
}

/** What an attempt answers that the guard has refused. Alike for every address: what is written, nobody can tell from outside. */
async function refused(
  deps: Deps,
  met: UseInput & { email: string; now: number },
  verdict: Exclude<CodeVerdict | LinkVerdict, { kind: 'right' }>,
): Promise<ApiError> {
  const { kind } = verdict
  if (kind === 'blocked' || kind === 'locked' || kind === 'limited') {
    return refusedByGuard(deps, verdict, met)
  }
  await deps.db.batch([
    auditOfAccount(deps, met, {
      action: 'otp_failed',
      details: { purpose: 'sign_in', reason: kind },
    }),
    countEvent(deps.db, 'code_refused', met.now),
  ])
  if (kind === 'wrong_browser') return new ApiError('wrong_browser')
  const isLink = 'token' in met
  if (kind === 'expired') return new ApiError(isLink ? 'token_expired' : 'code_expired')
  return new ApiError(isLink ? 'token_invalid' : 'code_invalid')
}

async function letIn(deps: Deps, proven: Proven, found: LoginAccount): Promise<Used> {
  let account = found
  for (let left = TRIES; left > 0; left--) {
    const used = account ? await signIn(deps, proven, account) : await giveProof(deps, proven)
    if (used) return used
    // An account came, went or changed between judging and writing: judge what is there now.
    account = await findAccount(deps.db, proven.email)
  }
  throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'account_changing' })
}

async function signIn(
  deps: Deps,
  proven: Proven,
  account: NonNullable<LoginAccount>,
): Promise<Used | undefined> {
  const { challengeId, method, now } = proven
  const audit = { now, requestId: deps.requestId, client: proven.client }
  const ended = endLink(deps.db, challengeId, deps.requestId, now)
  const gates = account.isAdmin ? ADMIN : judgeGates(account)
  if (gates.reason !== 'passed') {
    await deps.db.batch([
      ended,
      auditRow(deps.db, 'login_failed', audit, {
        userId: account.userId,
        communityId: account.communityId,
        details: { method, reason: gates.reason === 'gate' ? gates.code : gates.reason },
      }),
    ])
    if (gates.reason === 'gate') throw new ApiError(gates.code)
    throw new ApiError(method === 'code' ? 'code_invalid' : 'token_invalid', { reason: 'admin' })
  }
  const opened = await openJudged(deps, {
    ...proven,
    account: gates.account,
    role: gates.role,
    community: gates.community,
    device: { id: proven.deviceId ?? newId(now), isKnown: proven.knownDevice },
    condition: sql`not exists (select 1 from memberships a
      where a.user_id = ${users.id} and a.role = 'Admin')`,
    before: [ended],
  })
  return opened && { opened }
}

/** A token that stands for the proof, for one signup with this address; undefined where it has an account by now. */
async function giveProof(deps: Deps, proven: Proven): Promise<Used | undefined> {
  const { db, keys, config } = deps
  const { email, challengeId, now } = proven
  const expiresIn = config.signupTokenTtlSeconds
  const row = newLinkToken(keys, 'signup', { now, ttlSeconds: expiresIn })
  const signupToken = deriveLinkToken(keys, 'link.signup', row.id, row.keyVersion)
  if (signupToken === undefined) throw new Error('the signing version has a key by definition')
  const [, given] = await db.batch([
    endLink(db, challengeId, deps.requestId, now),
    insertWhere(db, oneTimeTokens, { ...row, email }, sql`not ${isAccountAddress(email)}`),
  ])
  return given.meta.changes > 0 ? { proof: { signupToken, expiresIn } } : undefined
}
