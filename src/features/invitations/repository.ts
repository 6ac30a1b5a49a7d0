/**
 * Statements around invitations: rows of `one_time_tokens` with the role in their payload. Pending is what is not used,
 * not withdrawn and not expired; that is asked of the row each time, whatever a sweeper has done.
 */
import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { communities, GIVEN_ROLES, type GivenRole, oneTimeTokens } from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { isHeldAddress } from '../account/addresses.ts'

/** As the row's payload says; never more than Moderator, whatever it says. No I/O. */
export function roleOf(payload: Record<string, string> | null): GivenRole {
  return GIVEN_ROLES.find((role) => role === payload?.role) ?? 'Member'
}

/** Invitations of one community within 24 hours, withdrawn ones too. */
export const INVITATIONS_PER_DAY = 50
const DAY_MS = 24 * 3600 * 1000

/** SQL over a row of `one_time_tokens`: an invitation that waits for its answer. */
export function isPending(now: number): SQL {
  return sql`(${oneTimeTokens.purpose} = 'invitation' and ${oneTimeTokens.usedAt} is null
    and ${oneTimeTokens.withdrawnAt} is null and ${oneTimeTokens.expiresAt} > ${now})`
}

/** SQL: the address's account is a member of the community. */
export function isMember(email: string, communityId: string): SQL<number> {
  return sql<number>`exists (select 1 from users u join memberships m on m.user_id = u.id
    where u.email = ${email} and u.email_verified_at is not null and m.community_id = ${communityId})`
}

/** SQL: how many the community has sent within the last 24 hours. */
export function sentToday(communityId: string, now: number): SQL<number> {
  return sql<number>`(select count(*) from one_time_tokens t where t.community_id = ${communityId}
    and t.purpose = 'invitation' and t.created_at > ${now - DAY_MS})`
}

/** SQL: the moment that the oldest of those was sent; NULL where there is none. */
export function oldestToday(communityId: string, now: number): SQL<number | null> {
  return sql<number | null>`(select min(t.created_at) from one_time_tokens t
    where t.community_id = ${communityId} and t.purpose = 'invitation' and t.created_at > ${now - DAY_MS})`
}

/** Pending ones of the community, newest first; one more than the page holds where there are more. */
export function listInvitations(db: Database, communityId: string, now: number, page: Page) {
  return db
    .select({
      id: oneTimeTokens.id,
      email: oneTimeTokens.email,
      payload: oneTimeTokens.payload,
      createdAt: oneTimeTokens.createdAt,
      expiresAt: oneTimeTokens.expiresAt,
    })
    .from(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.communityId, communityId),
        isPending(now),
        page.cursor === undefined ? undefined : lt(oneTimeTokens.id, page.cursor),
      ),
    )
    .orderBy(desc(oneTimeTokens.id))
    .limit(page.limit + 1)
}

/** Takes pending invitations of a community back: those that `which` names. */
export function withdraw(db: Database, communityId: string, which: SQL, now: number) {
  return db
    .update(oneTimeTokens)
    .set({ withdrawnAt: now })
    .where(sql`${oneTimeTokens.communityId} = ${communityId} and ${isPending(now)} and ${which}`)
    .returning({ id: oneTimeTokens.id, email: oneTimeTokens.email })
}

/** SQL over rows of `users u` and `one_time_tokens`: the account of the invited address, a member of nothing. */
export function isStranded(): SQL {
  return sql`u.email = one_time_tokens.email and u.email_verified_at is not null and u.disabled_at is null
    and not exists (select 1 from memberships m where m.user_id = u.id)`
}

/** An invitation by its token, with its community and what its address is by now; undefined where there is none. */
export async function findInvitation(db: Database, keys: KeyRing, tokenHash: string, now: number) {
  const [found] = await db
    .select({
      id: oneTimeTokens.id,
      email: oneTimeTokens.email,
      payload: oneTimeTokens.payload,
      usedAt: oneTimeTokens.usedAt,
      withdrawnAt: oneTimeTokens.withdrawnAt,
      expiresAt: oneTimeTokens.expiresAt,
      hasAccount: sql<number>`exists (select 1 from users u where u.email = one_time_tokens.email
        and u.email_verified_at is not null)`,
      isHeld: sql<number>`${isHeldAddress(sql`one_time_tokens.email`, now)}`,
      /** The account of the address where it is a member of nothing any more, as JSON: nobody can log in to it. */
      stranded: sql<
        string | null
      >`(select json_object('id', u.id, 'fullName', u.full_name, 'locale', u.locale)
        from users u where ${isStranded()})`,
      community: {
        id: communities.id,
        name: communities.name,
        slug: communities.slug,
        status: communities.status,
      },
    })
    .from(oneTimeTokens)
    .innerJoin(
      communities,
      and(eq(communities.id, oneTimeTokens.communityId), eq(communities.isDeleted, false)),
    )
    .where(
      and(
        eq(oneTimeTokens.tokenHash, tokenHash),
        eq(oneTimeTokens.purpose, 'invitation'),
        hasActiveKey(keys),
      ),
    )
  return found
}

export type FoundInvitation = NonNullable<Awaited<ReturnType<typeof findInvitation>>>

/** Uses an invitation up for this user, where it is pending, its community is open and `condition` holds. */
export function claimInvitation(
  db: Database,
  claim: { id: string; requestId: string; userId: string; now: number; condition: SQL },
) {
  const { id, requestId, userId, now, condition } = claim
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId, userId })
    .where(
      sql`${oneTimeTokens.id} = ${id} and ${isPending(now)} and ${condition}
        and exists (select 1 from ${communities} where ${communities.id} = one_time_tokens.community_id
          and ${communities.isDeleted} = 0 and ${communities.status} in ('approved', 'active'))`,
    )
}
