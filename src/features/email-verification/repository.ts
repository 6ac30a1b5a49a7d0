/**
 * A verification link in the database. Its claim is the first statement of the batch that redeems it: twenty requests at
 * once have one winner, and a refused one changes nothing.
 */
import { sql } from 'drizzle-orm'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { communities, oneTimeTokens, users } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { isHeldAddress } from '../account/addresses.ts'
import { isGone } from '../signup/pending.ts'
import type { Redemption } from './redemption.ts'

/** Claims the token if it is a living link of a living signup and its address may become an account. */
export function claimToken(db: Database, keys: KeyRing, { tokenHash, requestId, now }: Redemption) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId })
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'verify_email'
        and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${now} and ${hasActiveKey(keys)}
        and exists (select 1 from ${users} where ${users.id} = one_time_tokens.user_id and ${users.emailVerifiedAt} is null)
        and exists (select 1 from ${communities} where ${communities.id} = one_time_tokens.community_id
          and ${communities.isDeleted} = 0 and not ${isGone(now)})
        and not ${isHeldAddress(sql`one_time_tokens.email`, now)}`,
    )
}

/** How the token stands after the batch, for the answer. */
export function selectOutcome(db: Database, keys: KeyRing, { tokenHash, now }: Redemption) {
  return db
    .select({
      usedBy: sql<string | null>`${oneTimeTokens.usedBy}`.as('used_by_'),
      usedAt: sql<number | null>`${oneTimeTokens.usedAt}`.as('used_at_'),
      expiresAt: sql<number>`${oneTimeTokens.expiresAt}`.as('expires_at_'),
      email: sql<string>`${oneTimeTokens.email}`.as('email_'),
      isHeld: sql<number>`${isHeldAddress(sql`one_time_tokens.email`, now)}`.as('is_held_'),
      communityId: sql<string | null>`${communities.id}`.as('community_id_'),
      slug: sql<string | null>`${communities.slug}`.as('slug_'),
      status: sql<(typeof communities.$inferSelect)['status'] | null>`${communities.status}`.as(
        'status_',
      ),
    })
    .from(oneTimeTokens)
    .leftJoin(
      communities,
      sql`${communities.id} = ${oneTimeTokens.communityId} and ${communities.isDeleted} = 0 and not ${isGone(now)}`,
    )
    .where(
      sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'verify_email'
        and ${hasActiveKey(keys)}`,
    )
}
