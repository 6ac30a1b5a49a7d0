/**
 * An admin changes what was reviewed: name, official address, website. No two communities share any of them: the indexes
 * say so at the write, as they do at signup. Of two admins who have seen the same version one wins, if they are one
 * still; the slug stays.
 */
import { and, eq, ne, not, type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { isNamed } from '../../db/named-community.ts'
import { communities } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { communityNameKey } from '../../lib/community-name.ts'
import { say } from '../../messages/message.ts'
import { isDenied, selectVerdicts } from '../email-domains/service.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import { isGone, removeGone } from '../signup/pending.ts'
import { type Claimed, communityExists, holdsAny } from '../signup/service.ts'
import { type CommunityRow, isReviewable } from './repository.ts'
import { noSuchCommunity } from './service.ts'

/** By the names that the signup form has; what is left out stays. */
export interface NewFacts {
  communityName?: string | undefined
  officialEmail?: string | undefined
  communityWebsite?: { url: string; domain: string | null } | null | undefined
  /** The version that the admin has seen. */
  version?: number | undefined
}

interface Facts extends Claimed {
  name: string
  website: string | null
}

/**
 * Changes what is given and differs; nothing is written where nothing does. Throws not_found, email_rejected,
 * community_exists, or invalid_transition where the community has changed since it was looked at; and session_ended or
 * forbidden where that became so meanwhile.
 */
export async function changeReviewedFacts(
  { db }: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  idOrSlug: string,
  given: NewFacts,
  audit: AuditContext,
): Promise<CommunityRow> {
  const { now } = audit
  const [rows, verdicts] = await db.batch([
    db
      .select()
      .from(communities)
      .where(and(isNamed(idOrSlug), isReviewable(now))),
    selectVerdicts(db, given.officialEmail === undefined ? [] : [given.officialEmail]),
  ])
  const [seen] = rows
  if (!seen) throw noSuchCommunity()
  if (given.version !== undefined && given.version !== seen.version) throw changedMeanwhile()
  const facts = factsAfter(seen, given)
  if (facts.officialEmail !== seen.officialEmail && isDenied(facts.officialEmail, verdicts)) {
    throw new ApiError('email_rejected', { errors: { officialEmail: say('email_not_lasting') } })
  }
  const details = differenceOf(seen, facts)
  if (!details) return seen
  const may = stillMay(who, 'communities.review', now)
  const isOther = sql`${holdsAny(facts)} and ${ne(communities.id, seen.id)}`
  try {
    const { nameKey, officialEmail, domain, name, website } = facts
    const version = seen.version + 1
    const change = { nameKey, officialEmail, domain, name, website, version, updatedAt: now }
    const isAsSeen = and(eq(communities.id, seen.id), eq(communities.version, seen.version))
    await db.batch([
      ...removeGone(db, isOther, audit),
      db
        .update(communities)
        .set(change)
        .where(and(isAsSeen, isReviewable(now), may)),
      ...assertOneChange(db),
      auditRow(db, 'community_updated', audit, {
        actorId: who.user.id,
        communityId: seen.id,
        details,
      }),
    ])
    return { ...seen, ...change }
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [standing] = await selectStanding(db, who, may, now)
    if (!standing?.may) throw lostStanding(standing)
    throw await whyNot(db, facts, isOther, now)
  }
}

function factsAfter(seen: CommunityRow, given: NewFacts): Facts {
  const { communityName: name = seen.name, officialEmail = seen.officialEmail ?? '' } = given
  const { communityWebsite: site } = given
  return {
    name,
    nameKey: communityNameKey(name),
    officialEmail,
    website: site === undefined ? seen.website : (site?.url ?? null),
    domain: site === undefined ? seen.domain : (site?.domain ?? null),
  }
}

/** For the audit log: what differs, before and after, by the names of the form. Undefined where nothing does. */
function differenceOf(seen: CommunityRow, facts: Facts) {
  const pairs = [
    ['communityName', seen.name, facts.name],
    ['officialEmail', seen.officialEmail, facts.officialEmail],
    ['communityWebsite', seen.website, facts.website],
  ] as const
  const changed = pairs.filter(([, before, after]) => before !== after)
  if (changed.length === 0) return undefined
  return {
    before: Object.fromEntries(changed.map(([name, before]) => [name, before])),
    after: Object.fromEntries(changed.map(([name, , after]) => [name, after])),
  }
}

/** Somebody else holds one of the values by now, or has changed the community. */
async function whyNot(db: Deps['db'], facts: Facts, isOther: SQL, now: number): Promise<ApiError> {
  const { nameKey, officialEmail, domain } = communities
  const holders = await db
    .select({ nameKey, officialEmail, domain })
    .from(communities)
    .where(and(isOther, not(isGone(now))))
  return holders.length > 0 ? communityExists(facts, holders) : changedMeanwhile()
}

function changedMeanwhile(): ApiError {
  return new ApiError('invalid_transition', { message: say('changed_meanwhile') })
}
