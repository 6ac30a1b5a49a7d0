/**
 * A signed-in person proves a second time that it is they, before something that a stolen session must not do: by the
 * password, counted by the account's guard exactly as at login, or by a code mailed to the address. Block and lock stop
 * both.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { FAILURES_UNTIL_RESET, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { codeDigests } from '../../lib/tokens.ts'
import { errorFields } from '../../log.ts'
import { bookFailure, bookRefusal, bookSwitchedOff } from '../login/outcomes.ts'
import { accountCodeFlow } from '../one-time-codes/account-code.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { isLivingSession } from '../sessions/living.ts'
import type { Evidence } from './evidence.ts'
import { findPassword } from './repository.ts'

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
  const reading = findPassword(deps.db, user.id)
  // Met below by `await reading`; a refusal by the guard comes first.
  reading.catch(() => undefined)
  const verdict = await deps.guard.begin(email, session.deviceId)
  if (verdict.kind !== 'granted')
    throw refusedByGuard(deps, verdict, { email: user.email, ...audit })
  const { ticket, knownDevice } = verdict
  const attempt = { email, ticket, knownDevice, now: audit.now, client: audit.client }
  const judged = await judgePassword(deps, reading, password).catch(async (error: unknown) => {
    // An outage of ours is not the person's failure.
    await deps.guard.settle(email, ticket, 'neutral').catch(() => undefined)
    throw error
  })
  if (judged === 'wrong') {
    await bookFailure(deps, attempt)
    throw new ApiError('wrong_password')
  }
  if (judged === 'switched_off') {
    await bookSwitchedOff(deps, attempt, user.id)
    throw new ApiError('account_locked', { reason: judged })
  }
  return {
    judgedHash: judged.hash,
    book: (outcome) => deps.guard.settle(email, ticket, outcome, session.deviceId),
  }
}

async function judgePassword(
  deps: Deps,
  reading: ReturnType<typeof findPassword>,
  password: string,
): Promise<'wrong' | 'switched_off' | { hash: string }> {
  const { hash, failures } = await reading
  const { ok } = await deps.passwords.verify(hash, password)
  if (!ok || hash === null) return 'wrong'
  return failures >= FAILURES_UNTIL_RESET ? 'switched_off' : { hash }
}

async function proveByCode(
  deps: Deps,
  who: AuthenticatedSession,
  code: string,
  audit: AuditContext,
): Promise<Proof> {
  const flow = accountCodeFlow(who.session.id)
  await useOwnCode(deps, who, { flow, code, purpose: 'account' }, audit)
  return { judgedHash: undefined, book: async () => undefined }
}

/**
 * Uses up a code that this session asked for, and gives its challenge. Throws code_invalid, code_expired,
 * too_many_attempts or account_locked; a wrong one is on record.
 */
export async function useOwnCode(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  { flow, code, purpose }: { flow: string; code: string; purpose: 'account' | 'email_change' },
  audit: AuditContext,
): Promise<string> {
  const digests = codeDigests(deps.keys, flow, code)
  const entered = { flow, digests, deviceId: session.deviceId }
  const verdict = await deps.guard.useCode(user.email, entered)
  if (verdict.kind === 'right') return verdict.challengeId
  if (verdict.kind !== 'wrong' && verdict.kind !== 'expired') {
    throw refusedByGuard(deps, verdict, { email: user.email, ...audit })
  }
  await deps.db.batch([
    auditRow(deps.db, 'otp_failed', audit, {
      actorId: user.id,
      userId: user.id,
      details: { purpose, reason: verdict.kind },
    }),
  ])
  throw new ApiError(verdict.kind === 'wrong' ? 'code_invalid' : 'code_expired')
}

/** SQL over a row of `users`: whoever proved it is signed in still, at the address and with the password that were judged. */
export function isStillProven(
  { user, session }: AuthenticatedSession,
  { judgedHash }: Proof,
  now: number,
): SQL {
  const isPassword =
    judgedHash === undefined
      ? sql`true`
      : sql`${users.passwordHash} = ${judgedHash} and ${users.failedLoginAttempts} < ${FAILURES_UNTIL_RESET}`
  return sql`(${users.id} = ${user.id} and ${users.email} = ${user.email} and ${isPassword}
    and ${isLivingSession(session.id, now)})`
}

/** Which of that holds no more, after a write refused it. `now` in ms UTC. */
export async function whyNotProven(
  { db }: Pick<Deps, 'db'>,
  { user, session }: AuthenticatedSession,
  { judgedHash }: Proof,
  now: number,
): Promise<ApiError> {
  const { hash, failures } = await findPassword(db, user.id)
  const living = await db
    .select({ id: users.id })
    .from(users)
    .where(sql`${users.id} = ${user.id} and ${isLivingSession(session.id, now)}`)
  if (living.length === 0) return new ApiError('session_ended')
  // A code was for the address that the account had.
  if (judgedHash === undefined) return new ApiError('code_invalid')
  const isOff = hash === judgedHash && failures >= FAILURES_UNTIL_RESET
  return new ApiError(isOff ? 'account_locked' : 'wrong_password')
}

/** Does what the proof was for, and books the proof: as a success only where it was done. */
export async function underProof<T>(
  deps: Pick<Deps, 'log'>,
  proof: Proof,
  act: () => Promise<T>,
): Promise<T> {
  let result: T
  try {
    result = await act()
  } catch (error) {
    // What was right when it was judged is no success by now: it makes no device known.
    await proof.book('neutral').catch(() => undefined)
    throw error
  }
  // It is done; a place that nobody settles lapses into one failure of ten.
  await proof.book('success').catch((error: unknown) => {
    deps.log.warn('guard_unavailable', errorFields(error))
  })
  return result
}

export type Refusal =
  | { kind: 'locked' }
  | { kind: 'blocked' | 'busy' | 'limited'; retryAfterSeconds: number }

/** What a guard's refusal answers; counted, and its owner told of a lock that nobody has told of. */
export function refusedByGuard(
  deps: Deps,
  verdict: Refusal,
  met: Pick<AuditContext, 'now' | 'client'> & { email: string },
): ApiError {
  bookRefusal(deps, met, verdict.kind === 'locked')
  if (verdict.kind === 'locked') return new ApiError('account_locked')
  const { kind, retryAfterSeconds } = verdict
  return new ApiError('too_many_attempts', { retryAfterSeconds, reason: kind })
}
