import { inArray } from 'drizzle-orm'
import { communities } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { isGone, removeGone } from '../features/signup/pending.ts'

/** Each statement binds the ids once; D1 takes at most 100 parameters. */
const PER_RUN = 50

/**
 * Removes pending communities that nobody verified within their week, oldest first, at most 50 a run. The removal is
 * one batch under the condition that a signup uses too; twice at once removes once. Gives how many were due.
 */
export async function expireCommunities(
  deps: Pick<Deps, 'db' | 'clock' | 'requestId'>,
): Promise<number> {
  const { db, requestId } = deps
  const now = deps.clock()
  const due = await db
    .select({ id: communities.id })
    .from(communities)
    .where(isGone(now))
    .orderBy(communities.createdAt)
    .limit(PER_RUN)
  if (due.length === 0) return 0
  const which = inArray(
    communities.id,
    due.map(({ id }) => id),
  )
  const client = { ip: null, userAgent: null }
  await db.batch([...removeGone(db, which, { now, requestId, client })])
  return due.length
}
