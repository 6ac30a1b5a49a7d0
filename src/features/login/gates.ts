/**
 * The gates that a verified account passes to get in, whatever the way in: its own, and that of the community it opens.
 * No I/O. No clock.
 */
import type { CommunityStatus, Role } from '../../db/schema/index.ts'
import type { ErrorCode } from '../../http/error-codes.ts'
import type { LoginAccount } from './login-account.ts'

/** What keeps the members of a community out; nothing where the gate is open. */
const GATES: Record<CommunityStatus, ErrorCode | undefined> = {
  pending: 'community_not_approved',
  under_review: 'community_not_approved',
  approved: undefined,
  active: undefined,
  rejected: 'community_rejected',
  suspended: 'community_suspended',
}

export interface Passed {
  reason: 'passed'
  account: NonNullable<LoginAccount>
  role: Role
  community: { id: string; name: string; slug: string; status: CommunityStatus }
}

export interface Gate {
  reason: 'gate'
  code: ErrorCode
  userId: string
  communityId: string | null
}

/** The gates of a verified account, whatever the way in: what stops it, or what it opens. */
export function judgeGates(account: NonNullable<LoginAccount>): Gate | Passed {
  const { userId, role, communityId, communityName, communitySlug, communityStatus } = account
  const gate = (code: ErrorCode): Gate => ({ reason: 'gate', code, userId, communityId })
  if (account.disabledAt !== null) return gate('account_disabled')
  if (role === null || communityId === null || communityStatus === null)
    return gate('no_membership')
  const closed = gateOf(communityStatus)
  if (closed) return gate(closed)
  const community = {
    id: communityId,
    name: communityName ?? '',
    slug: communitySlug ?? '',
    status: communityStatus,
  }
  return { reason: 'passed', account, role, community }
}

/** What keeps the members of a community of this status out, or undefined. */
export function gateOf(status: CommunityStatus): ErrorCode | undefined {
  return GATES[status]
}
