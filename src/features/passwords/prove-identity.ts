/**
 * A signed-in person proves a second time that it is they, before something that a stolen session must not do: by the
 * password, counted by the account's guard exactly as at login, or by a code mailed to the address. Block and lock stop
 * both.
 */
import { type AuditContext, auditRow } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { codeDigests } from '../../lib/tokens.ts'
import { bookFailure, countRefusal } from '../login/outcomes.ts'
import { accountCodeFlow } from '../one-time-codes/account-code.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { findPasswordHash } from './repository.ts'

export type Evidence = { password: string } | { code: string }

export interface Proof {
  /** The hash that the password matched: the account's at the time of judging. Undefined after a code. */
  judgedHash: string | undefined
  /** Books how it ended, once the write that the proof was for is known to have succeeded or not. */
  book(outcome: 'success' | 'neutral'): Promise<unknown>
}

/** Throws wrong_password, code_invalid, code_expired, too_many_attempts or account_locked. */
export async function proveIdentity(
  deps: Deps,
  who: AuthenticatedSession,
  evidence: Evidence,
  audit: AuditContext,
): Promise<Proof> {
  return 'code' in evidence
    ? proveByCode(deps, who, evidence.code, audit)
    : proveByPassword(deps, who, evidence.password, audit)
}

async function proveByPassword(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  password: string,
  audit: AuditContext,
): Promise<Proof> {
  const { email } = user
  const reading = findPasswordHash(deps.db, user.id)
  // Met below by `await reading`; a refusal by the guard comes first.
  reading.catch(() => undefined)
  const verdict = await deps.guard.begin(email, session.deviceId)
  if (verdict.kind !== 'granted') throw refusedByGuard(deps, verdict, audit.now)
  const { ticket, knownDevice } = verdict
  const free = () => deps.guard.settle(email, ticket, 'neutral')
  try {
    const hash = await reading
    const { ok } = await deps.passwords.verify(hash, password)
    if (ok && hash !== null) {
      const book = (outcome: 'success' | 'neutral') =>
        deps.guard.settle(email, ticket, outcome, session.deviceId)
      return { judgedHash: hash, book }
    }
  } catch (error) {
    // An outage of ours is not the person's failure.
    await free().catch(() => undefined)
    throw error
  }
  const attempt = { email, ticket, knownDevice, now: audit.now, client: audit.client }
  await bookFailure(deps, attempt, user.id)
  throw new ApiError('wrong_password')
}

async function proveByCode(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  code: string,
  audit: AuditContext,
): Promise<Proof> {
  const flow = accountCodeFlow(session.id)
  const digests = codeDigests(deps.keys, flow, code)
  const verdict = await deps.guard.useCode(user.email, {
    flow,
    digests,
    deviceId: session.deviceId,
  })
  if (verdict.kind === 'right') return { judgedHash: undefined, book: async () => undefined }
  if (verdict.kind !== 'wrong' && verdict.kind !== 'expired') {
    throw refusedByGuard(deps, verdict, audit.now)
  }
  await deps.db.batch([
    auditRow(deps.db, 'otp_failed', audit, {
      actorId: user.id,
      userId: user.id,
      details: { purpose: 'account', reason: verdict.kind },
    }),
  ])
  throw new ApiError(verdict.kind === 'wrong' ? 'code_invalid' : 'code_expired')
}

type Refusal =
  | { kind: 'locked' }
  | { kind: 'blocked' | 'busy' | 'limited'; retryAfterSeconds: number }

function refusedByGuard(deps: Deps, verdict: Refusal, now: number): ApiError {
  countRefusal(deps, now)
  if (verdict.kind === 'locked') return new ApiError('account_locked')
  const { kind, retryAfterSeconds } = verdict
  return new ApiError('too_many_attempts', { retryAfterSeconds, reason: kind })
}
