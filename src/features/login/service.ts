/**
 * Login. Every attempt takes a place in the account's guard before it is judged, and costs the same whether or not the
 * address is known: a judged attempt that does not sign in computes two hashes, always. What is wrong beyond the
 * password is told only to one who has the right password.
 */

import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { OpenedSession, SigningIn } from '../sessions/opening.ts'
import { pendingSince } from '../signup/pending.ts'
import { type Judgement, judgeAttempt, type RightPassword } from './judge.ts'
import {
  bookFailure,
  bookNeutral,
  bookRefusal,
  bookRefusedByGate,
  bookSwitchedOff,
} from './outcomes.ts'
import { findLoginAccount } from './repository.ts'
import { forgetStranger, signIn } from './sign-in.ts'

export interface LoginInput extends Omit<SigningIn, 'now'> {
  email: string
  password: string
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
}

/** One attempt that the guard has let in. */
export interface Attempt extends LoginInput {
  ticket: string
  knownDevice: boolean
  /** The browser's own, or the one that it gets. */
  ownDeviceId: string
  now: number
}

const SIGN_IN_TRIES = 2

/**
 * Signs in. `admitted` is the IP limit's verdict, asked beside the first read. Throws too_many_attempts,
 * account_locked, invalid_credentials, email_not_verified or the code of the gate that stopped it.
 */
export async function logIn(
  deps: Deps,
  admitted: Promise<void>,
  input: LoginInput,
): Promise<OpenedSession> {
  const now = deps.clock()
  const reading = findLoginAccount(deps.db, input.email, pendingSince(now))
  // Met below by `await reading`; a refusal by the limit or the guard comes first.
  reading.catch(() => undefined)
  await admitted
  const ownDeviceId = input.deviceId ?? newId(now)
  const attempt: Attempt = { ...input, ...(await takePlace(deps, input, now)), ownDeviceId, now }
  const acting = actOn(deps, attempt, reading)
  // Whoever hangs up has had an attempt all the same: it is judged and booked to its end.
  deps.later(() => acting.catch(() => undefined))
  return acting
}

async function actOn(
  deps: Deps,
  attempt: Attempt,
  reading: ReturnType<typeof findLoginAccount>,
): Promise<OpenedSession> {
  try {
    return await judgeAndAct(deps, attempt, await reading)
  } catch (error) {
    // An outage of ours is not the visitor's failure.
    if (!(error instanceof ApiError)) await bookNeutral(deps, attempt).catch(() => undefined)
    throw error
  }
}

async function takePlace(deps: Deps, input: LoginInput, now: number) {
  const verdict = await deps.guard.begin(input.email, input.deviceId)
  if (verdict.kind === 'granted') {
    return { ticket: verdict.ticket, knownDevice: verdict.knownDevice }
  }
  bookRefusal(deps, { ...input, now }, verdict.kind === 'locked')
  if (verdict.kind === 'locked') throw new ApiError('account_locked')
  const { kind, retryAfterSeconds } = verdict
  throw new ApiError('too_many_attempts', { retryAfterSeconds, reason: kind })
}

async function judgeAndAct(
  deps: Deps,
  attempt: Attempt,
  found: Awaited<ReturnType<typeof findLoginAccount>>,
): Promise<OpenedSession> {
  const first = await judgeAttempt(deps, attempt.password, found)
  let judgement = first
  for (let left = SIGN_IN_TRIES; left > 0 && judgement.reason === 'right'; left--) {
    const opened = await trySignIn(deps, attempt, judgement)
    if (opened) return opened
    // Something about the account changed between judging and writing: judge what it is now.
    const fresh = await findLoginAccount(deps.db, attempt.email, pendingSince(attempt.now))
    judgement = await judgeAttempt(deps, attempt.password, fresh)
  }
  if (judgement !== first) await forgetStranger(deps, attempt)
  return refuse(deps, attempt, judgement)
}

async function trySignIn(deps: Deps, attempt: Attempt, right: RightPassword) {
  try {
    return await signIn(deps, attempt, right)
  } catch (error) {
    await forgetStranger(deps, attempt)
    throw error
  }
}

async function refuse(deps: Deps, attempt: Attempt, judgement: Judgement): Promise<never> {
  if (judgement.reason === 'wrong_password') {
    await bookFailure(deps, attempt)
    throw new ApiError('invalid_credentials')
  }
  if (judgement.reason === 'pending_signup') {
    await bookNeutral(deps, attempt)
    throw new ApiError('email_not_verified')
  }
  if (judgement.reason === 'gate') {
    await bookRefusedByGate(deps, attempt, judgement)
    throw new ApiError(judgement.code)
  }
  if (judgement.reason === 'switched_off') {
    await bookSwitchedOff(deps, attempt, judgement.userId)
    throw new ApiError('account_locked', { reason: judgement.reason })
  }
  // The password is right, but the account kept changing under our hands.
  judgement.reason satisfies 'right'
  throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'account_changing' })
}
