/** What reviewers read. Never the reserved community, never a pending one whose week is over. */
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import { findCommunityWithHistory } from './repository.ts'
import { listCommunities, type ReviewFilter } from './review-list.ts'

/** One page, newest first, and one row more where there are more. */
export function listForReview({ db, clock }: Pick<Deps, 'db' | 'clock'>, filter: ReviewFilter) {
  return listCommunities(db, filter, clock())
}

/** A community by id or slug, its owner and its history. Throws not_found. */
export async function readForReview({ db, clock }: Pick<Deps, 'db' | 'clock'>, idOrSlug: string) {
  const { community, owner, history } = await findCommunityWithHistory(db, idOrSlug, clock())
  if (!community) throw noSuchCommunity()
  return { community, owner, history }
}

export function noSuchCommunity(): ApiError {
  return new ApiError('not_found', { message: say('no_such_community') })
}
