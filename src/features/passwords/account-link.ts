/**
 * A link that was mailed to an account (a reset, "this wasn't me"), as its POST redeems it: the first statement of the
 * batch claims it under every condition, the others act only where that claim, marked with the request's id, succeeded.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens } from '../../db/schema/index.ts'
import { ApiError } from '../../http/errors.ts'

export interface LinkClaim {
  tokenHash: string
  /** Marks the claim; unique to this request. */
  requestId: string
  /** The account, and the address that it must still have. */
  userId: string
  email: string
  now: number
}

/** A link that may be used now. Throws token_invalid where there is none, token_used or token_expired. No I/O. */
export function judgeLink<T extends { usedAt: number | null; expiresAt: number }>(
  link: T | undefined,
  now: number,
): T {
  if (!link) throw new ApiError('token_invalid')
  if (link.usedAt !== null) throw new ApiError('token_used')
  if (link.expiresAt <= now) throw new ApiError('token_expired')
  return link
}

/** Uses the link up, unless somebody was faster, its time is over or the account's address has changed. */
export function claimLink(
  db: Database,
  purpose: 'reset_password' | 'not_me',
  { tokenHash, requestId, userId, email, now }: LinkClaim,
) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId })
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = ${purpose}
        and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${now}
        and exists (select 1 from users u where u.id = ${userId} and u.email = ${email})`,
    )
    .returning({ id: oneTimeTokens.id })
}

/** SQL: this very request has claimed the link. */
export function isClaimed({ tokenHash, requestId }: LinkClaim): SQL {
  return sql`exists (select 1 from ${oneTimeTokens} where ${oneTimeTokens.tokenHash} = ${tokenHash}
    and ${oneTimeTokens.usedBy} = ${requestId})`
}
