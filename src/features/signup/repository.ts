/** Reads and statements of a signup. Uniqueness lies in the indexes and the slug is chosen inside the insert; nothing is read first and trusted later. */
import { and, eq, not, or, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  communities,
  memberships,
  oneTimeTokens,
  type RiskSignal,
  users,
} from '../../db/schema/index.ts'
import { firstSlugNumber } from '../../lib/slug.ts'
import { selectVerdicts } from '../email-domains/service.ts'
import { selectStoredAnswer } from './idempotency.ts'
import { isGone } from './pending.ts'

/** What no two communities share. */
export interface Claimed {
  nameKey: string
  officialEmail: string
  domain: string | null
}

export type NewCommunity = Omit<
  typeof communities.$inferInsert,
  'slugNumber' | 'status' | 'officialEmail' | 'riskSignals'
> & { officialEmail: string; domain: string | null; riskSignals?: SQL<RiskSignal[]> }

/** SQL: this row of `communities` holds one of the claimed values. Each term has its own index. */
export function holdsAny(claimed: Claimed): SQL {
  const { nameKey, officialEmail, domain } = claimed
  const held = [eq(communities.nameKey, nameKey), eq(communities.officialEmail, officialEmail)]
  if (domain !== null) held.push(eq(communities.domain, domain))
  return sql`(${or(...held)})`
}

/** In one round trip: the answer stored for this key, who holds a claimed value now, and what holds for the addresses' domains. */
export async function findEarlier(
  db: Database,
  claimed: Claimed,
  asked: { keyHash: string | undefined; emails: readonly string[]; now: number },
) {
  const [stored, holders, verdicts] = await db.batch([
    selectStoredAnswer(db, asked.keyHash, asked.now),
    db
      .select({
        nameKey: communities.nameKey,
        officialEmail: communities.officialEmail,
        domain: communities.domain,
      })
      .from(communities)
      .where(and(holdsAny(claimed), not(isGone(asked.now)))),
    selectVerdicts(db, asked.emails),
  ])
  return { stored: stored[0], holders, verdicts }
}

export function insertCommunity(db: Database, community: NewCommunity) {
  return db.insert(communities).values({
    ...community,
    status: 'pending',
    slugNumber: nextSlugNumber(community.slugBase),
  })
}

export function insertOwner(
  db: Database,
  owner: Omit<typeof users.$inferInsert, 'communityId'>,
  communityId: string,
) {
  return [
    db.insert(users).values({ ...owner, communityId }),
    db.insert(memberships).values({
      userId: owner.id,
      communityId,
      role: 'CommunityOwner',
      createdAt: owner.createdAt,
    }),
  ] as const
}

export function insertToken(db: Database, token: typeof oneTimeTokens.$inferInsert) {
  return db.insert(oneTimeTokens).values(token)
}

/** Starts beyond the highest number in use and steps over slugs that other names hold (`apex-1` may be somebody's name). */
function nextSlugNumber(base: string): SQL<number> {
  return sql<number>`(
    with recursive candidate(n) as (
      select max(${firstSlugNumber(base)},
        coalesce((select max(slug_number) + 1 from communities where slug_base = ${base}), 0))
      union all
      select n + 1 from candidate
      where exists (select 1 from communities
        where slug = case n when 0 then ${base} else ${base} || '-' || n end)
    )
    select max(n) from candidate)`
}
