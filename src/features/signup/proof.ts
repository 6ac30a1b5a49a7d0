/**
 * A signup whose address is proven already: the token that `verify-otp` gave is used up in the signup's own batch, under
 * every condition that the mailed link has, and then does what the POSTed link would do.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { hasActiveKey } from '../../db/active-key.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { oneTimeTokens } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { isHeldAddress } from '../account/addresses.ts'
import {
  handOver,
  queueDevice,
  type Redemption,
  recordVerification,
  verifyOwner,
} from '../email-verification/redemption.ts'
import { judgeLink } from '../passwords/account-link.ts'
import type { Signup } from './schemas.ts'

interface Owner {
  userId: string
  communityId: string
  email: string
}

/** First of the batch: a constraint error rolls all of it back unless the token is good for this address, now. */
export function claimProof(deps: Deps, token: string, owner: Owner, now: number) {
  const { db, keys, requestId } = deps
  const { userId, communityId, email } = owner
  return [
    db
      .update(oneTimeTokens)
      .set({ usedAt: now, usedBy: requestId, userId, communityId })
      .where(
        sql`${oneTimeTokens.tokenHash} = ${hashSecret(token)} and ${oneTimeTokens.purpose} = 'signup'
          and ${oneTimeTokens.email} = ${email} and ${oneTimeTokens.usedAt} is null
          and ${oneTimeTokens.expiresAt} > ${now} and ${hasActiveKey(keys)} and not ${isHeldAddress(sql`one_time_tokens.email`, now)}`,
      ),
    ...assertOneChange(db),
  ] as const
}

/** Once community and owner are there: the owner becomes the account of the address, or its account gets the community. */
export function redeemProof(
  deps: Deps,
  token: string,
  device: { deviceId: string; rowId: string },
  audit: AuditContext,
) {
  const { db, requestId } = deps
  const redemption: Redemption = { tokenHash: hashSecret(token), requestId, now: audit.now }
  return [
    verifyOwner(db, redemption),
    ...handOver(db, redemption),
    recordVerification(db, redemption, audit),
    queueDevice(db, redemption, { id: device.rowId, deviceId: device.deviceId, addressKey: '' }),
  ] as const
}

/** Why a signup's token was not good, after the batch has failed. Throws token_invalid, token_expired, token_used or account_exists; nothing where it is. */
export async function refuseProof(
  { db, keys }: Pick<Deps, 'db' | 'keys'>,
  { signupToken, owner }: Signup,
  now: number,
): Promise<void> {
  if (signupToken === undefined) return
  const [found] = await db
    .select({
      usedAt: oneTimeTokens.usedAt,
      expiresAt: oneTimeTokens.expiresAt,
      isHeld: sql<number>`${isHeldAddress(sql`one_time_tokens.email`, now)}`,
    })
    .from(oneTimeTokens)
    .where(
      sql`${oneTimeTokens.tokenHash} = ${hashSecret(signupToken)} and ${oneTimeTokens.purpose} = 'signup'
        and ${oneTimeTokens.email} = ${owner.email} and ${hasActiveKey(keys)}`,
    )
  if (judgeLink(found, now).isHeld) throw new ApiError('account_exists')
}
