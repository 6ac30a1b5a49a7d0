import { ApiError } from '../../http/errors.ts'

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
