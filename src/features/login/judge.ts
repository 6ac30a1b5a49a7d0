/**
 * Judges a password against what was read. An attempt without the account's right password computes two hashes, known
 * address or not; one that has it is told by its answer what stops it, and needs no second.
 */

import { type CommunityStatus, FAILURES_UNTIL_RESET, type Role } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { ErrorCode } from '../../http/error-codes.ts'
import type { findLoginAccount, LoginAccount } from './repository.ts'

/** What keeps the members of a community out; nothing where the gate is open. */
const GATES: Record<CommunityStatus, ErrorCode | undefined> = {
  pending: 'community_not_approved',
  under_review: 'community_not_approved',
  approved: undefined,
  active: undefined,
  rejected: 'community_rejected',
  suspended: 'community_suspended',
}

export interface RightPassword {
  reason: 'right'
  account: NonNullable<LoginAccount>
  /** The hash that the password matched. */
  hash: string
  needsRehash: boolean
  role: Role
  community: { id: string; name: string; slug: string; status: CommunityStatus }
}

export type Judgement =
  | RightPassword
  | { reason: 'wrong_password' }
  | { reason: 'switched_off'; userId: string }
  | { reason: 'pending_signup' }
  | { reason: 'gate'; code: ErrorCode; userId: string; communityId: string | null }

export async function judgeAttempt(
  deps: Pick<Deps, 'passwords'>,
  password: string,
  { account, pendingHash }: Awaited<ReturnType<typeof findLoginAccount>>,
): Promise<Judgement> {
  const hash = account?.passwordHash ?? null
  const verified = await deps.passwords.verify(hash, password)
  if (account && hash !== null && verified.ok) {
    return judgeGates(account, hash, verified.needsRehash)
  }
  const pending = await deps.passwords.verify(pendingHash, password)
  if (pending.ok) return { reason: 'pending_signup' }
  return { reason: 'wrong_password' }
}

function judgeGates(
  account: NonNullable<LoginAccount>,
  hash: string,
  needsRehash: boolean,
): Judgement {
  const { userId, role, communityId, communityName, communitySlug, communityStatus } = account
  if (account.failedLoginAttempts >= FAILURES_UNTIL_RESET) {
    return { reason: 'switched_off', userId }
  }
  const gate = (code: ErrorCode): Judgement => ({ reason: 'gate', code, userId, communityId })
  if (account.disabledAt !== null) return gate('account_disabled')
  if (role === null || communityId === null || communityStatus === null)
    return gate('no_membership')
  const closed = GATES[communityStatus]
  if (closed) return gate(closed)
  const community = {
    id: communityId,
    name: communityName ?? '',
    slug: communitySlug ?? '',
    status: communityStatus,
  }
  return { reason: 'right', account, hash, needsRehash, role, community }
}
