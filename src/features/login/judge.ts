/**
 * Judges a password against what was read. An attempt without the account's right password computes two hashes, known
 * address or not; one that has it is told by its answer what stops it, and needs no second.
 */

import { FAILURES_UNTIL_RESET } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { type Gate, judgeGates, type Passed } from './gates.ts'
import type { findLoginAccount } from './repository.ts'

export interface RightPassword extends Omit<Passed, 'reason'> {
  reason: 'right'
  /** The hash that the password matched. */
  hash: string
  needsRehash: boolean
}

export type Judgement =
  | RightPassword
  | { reason: 'wrong_password' }
  | { reason: 'switched_off'; userId: string }
  | { reason: 'pending_signup' }
  | Gate

export async function judgeAttempt(
  deps: Pick<Deps, 'passwords'>,
  password: string,
  { account, pendingHash }: Awaited<ReturnType<typeof findLoginAccount>>,
): Promise<Judgement> {
  const hash = account?.passwordHash ?? null
  const verified = await deps.passwords.verify(hash, password)
  if (account && hash !== null && verified.ok) {
    if (account.failedLoginAttempts >= FAILURES_UNTIL_RESET) {
      return { reason: 'switched_off', userId: account.userId }
    }
    const gates = judgeGates(account)
    return gates.reason === 'gate'
      ? gates
      : { ...gates, reason: 'right', hash, needsRehash: verified.needsRehash }
  }
  const pending = await deps.passwords.verify(pendingHash, password)
  if (pending.ok) return { reason: 'pending_signup' }
  return { reason: 'wrong_password' }
}
