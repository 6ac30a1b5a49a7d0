/**
 * Proof of the mailbox: the POSTed link makes the new owner an account, or, where the address has one, gives that
 * account the community. One batch; the browser that POSTed is known to the account's guard from then on.
 */

import type { CommunityStatus } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import {
  handOver,
  queueDevice,
  type Redemption,
  recordVerification,
  verifyOwner,
} from './redemption.ts'
import { claimToken, selectOutcome } from './repository.ts'

export interface VerifiedSignup {
  communityId: string
  slug: string
  status: CommunityStatus
  /** Known to the account from now on; a new one where the browser brought none. */
  deviceId: string
}

/** Redeems a link. Throws token_invalid, token_expired, token_used or account_exists; none of them changes anything. */
export async function verifyEmail(
  deps: Deps,
  input: { token: string; deviceId: string | undefined; client: ClientInfo },
): Promise<VerifiedSignup> {
  const { db, requestId } = deps
  const now = deps.clock()
  const redemption: Redemption = { tokenHash: hashSecret(input.token), requestId, now }
  const deviceId = input.deviceId ?? newId(now)
  const rowId = newId(now)
  const results = await db.batch([
    claimToken(db, deps.keys, redemption),
    verifyOwner(db, redemption),
    ...handOver(db, redemption),
    recordVerification(db, redemption, { now, requestId, client: input.client }),
    // The guard is no mail: no cap counts it, so its row needs no key of the address.
    queueDevice(db, redemption, { id: rowId, deviceId, addressKey: '' }),
    selectOutcome(db, deps.keys, redemption),
  ])
  const outcome = results[8][0]
  const { communityId, slug, status } = judgeOutcome(outcome, redemption)
  if (outcome) {
    await tellGuard(deps, rowId, () => deps.guard.rememberDevice(outcome.email, deviceId))
  }
  return { communityId, slug, status, deviceId }
}

type Outcome = Awaited<ReturnType<typeof selectOutcome>>[number]

function judgeOutcome(outcome: Outcome | undefined, { requestId, now }: Redemption) {
  if (!outcome) throw new ApiError('token_invalid')
  const { communityId, slug, status } = outcome
  if (outcome.usedBy === requestId && communityId !== null && slug !== null && status !== null) {
    return { communityId, slug, status }
  }
  if (outcome.usedAt !== null) throw new ApiError('token_used')
  // A signup whose week is over took its link along.
  if (outcome.expiresAt <= now || communityId === null) throw new ApiError('token_expired')
  if (outcome.isHeld) throw new ApiError('account_exists')
  throw new ApiError('token_invalid')
}
