/**
 * The review list. Without `q`, ids are read from the newest on, of one status by its own index, and no more than the
 * page shows. With `q`, ranges of three indexes find what begins with it; LIKE would refuse a pattern over 50 bytes.
 */
import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../db/client.ts'
import { type CommunityStatus, communities, users } from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'
import { communityNameKey } from '../../lib/community-name.ts'
import { canonicalEmail } from '../../lib/email-address.ts'
import { firstOwnerId, isReviewable } from './repository.ts'

export interface ReviewFilter extends Page {
  status?: CommunityStatus | undefined
  /** How name, slug or official address begin. */
  q?: string | undefined
}

export type ReviewRow = Awaited<ReturnType<typeof listCommunities>>[number]

/** Newest first; one more than the page holds where there are more. One round trip. */
export function listCommunities(db: Database, filter: ReviewFilter, now: number) {
  const { status, q, cursor, limit } = filter
  return db
    .select({
      id: communities.id,
      name: communities.name,
      slug: communities.slug,
      status: communities.status,
      officialEmail: communities.officialEmail,
      website: communities.website,
      country: communities.country,
      city: communities.city,
      riskSignals: communities.riskSignals,
      createdAt: communities.createdAt,
      updatedAt: communities.updatedAt,
      reviewedAt: communities.reviewedAt,
      owner: {
        id: users.id,
        fullName: users.fullName,
        email: users.email,
        emailVerifiedAt: users.emailVerifiedAt,
      },
    })
    .from(communities)
    .leftJoin(users, eq(users.id, firstOwnerId))
    .where(
      and(
        isReviewable(now),
        status && eq(communities.status, status),
        q ? beginsWith(q) : undefined,
        cursor === undefined ? undefined : lt(communities.id, cursor),
      ),
    )
    .orderBy(desc(communities.id))
    .limit(limit + 1)
}

/** Each range on its own, so that each is read by its index. */
function beginsWith(q: string): SQL {
  const lower = q.toLowerCase()
  const ranges = [
    startingWith(communities.nameKey, communityNameKey(q)),
    startingWith(communities.slug, lower),
    // A whole address may have its domain in Unicode.
    startingWith(communities.officialEmail, canonicalEmail(q) ?? lower),
  ]
  return sql`${communities.id} in (${sql.join(ranges, sql` union all `)})`
}

/** Ids whose column starts with `prefix`. No text holds the last code point: it is none of a character. */
function startingWith(column: SQLiteColumn, prefix: string): SQL {
  return sql`select ${communities.id} from ${communities}
    where ${column} >= ${prefix} and ${column} < ${`${prefix}\u{10ffff}`}`
}
