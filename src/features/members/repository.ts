/** Statements around the members of one community. */
import { and, asc, eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { memberships, oneTimeTokens, type Role, sessions, users } from '../../db/schema/index.ts'
import { isUuid } from '../../lib/ids.ts'

export interface MemberKey {
  communityId: string
  userId: string
}

/** Where a page of the list ended: members are listed in the order in which they joined. */
const CURSOR = /^(\d{1,15}) (\S{36})$/

export function isMembersCursor(text: string): boolean {
  const [, , userId = ''] = CURSOR.exec(text) ?? []
  return isUuid(userId)
}

export const membersCursorOf = ({ joinedAt, userId }: Member) => `${joinedAt} ${userId}`

/** One more than the page holds where there are more. */
export function listMembers(
  db: Database,
  communityId: string,
  page: { limit: number; cursor?: string | undefined },
) {
  const [, joinedAt, userId] = CURSOR.exec(page.cursor ?? '') ?? []
  const isBehind =
    joinedAt === undefined
      ? undefined
      : sql`(${memberships.createdAt}, ${memberships.userId}) > (${Number(joinedAt)}, ${userId})`
  return selectMembers(db, and(eq(memberships.communityId, communityId), isBehind))
    .orderBy(asc(memberships.createdAt), asc(memberships.userId))
    .limit(page.limit + 1)
}

export type Member = Awaited<ReturnType<typeof listMembers>>[number]

/** One member, in a batch or alone; no row where there is none. */
export function selectMember(db: Database, { communityId, userId }: MemberKey) {
  return selectMembers(
    db,
    and(eq(memberships.communityId, communityId), eq(memberships.userId, userId)),
  )
}

function selectMembers(db: Database, which: SQL | undefined) {
  return db
    .select({
      userId: sql<string>`${memberships.userId}`.as('user_id_'),
      fullName: sql<string>`${users.fullName}`.as('full_name_'),
      email: sql<string>`${users.email}`.as('email_'),
      role: sql<Role>`${memberships.role}`.as('role_'),
      joinedAt: sql<number>`${memberships.createdAt}`.as('joined_at_'),
      disabledAt: sql<number | null>`${users.disabledAt}`.as('disabled_at_'),
    })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, memberships.userId), isNotNull(users.emailVerifiedAt)))
    .where(which)
    .$dynamic()
}

/** SQL over a row of `memberships`: it is this one, and its community keeps an owner who can log in without it. */
export function isSpared({ communityId, userId }: MemberKey): SQL {
  return sql`${memberships.communityId} = ${communityId} and ${memberships.userId} = ${userId}
    and (${memberships.role} <> 'CommunityOwner' or exists (
      select 1 from memberships o join users ou on ou.id = o.user_id
      where o.community_id = ${communityId} and o.role = 'CommunityOwner' and o.user_id <> ${userId}
        and ou.email_verified_at is not null and ou.disabled_at is null))`
}

export function setRole(
  db: Database,
  { communityId, userId }: MemberKey,
  role: Role,
  condition: SQL,
) {
  return db
    .update(memberships)
    .set({ role })
    .where(
      sql`${memberships.communityId} = ${communityId} and ${memberships.userId} = ${userId} and ${condition}`,
    )
}

export function deleteMember(db: Database, { communityId, userId }: MemberKey, condition: SQL) {
  return db
    .delete(memberships)
    .where(
      sql`${memberships.communityId} = ${communityId} and ${memberships.userId} = ${userId} and ${condition}`,
    )
}

/** What ends with a membership, where `isDone`: the sessions there at once, and the home, which moves to the oldest that is left. */
export function afterLeaving(db: Database, key: MemberKey, isDone: SQL, now: number) {
  const { communityId, userId } = key
  return [
    db
      .update(sessions)
      .set({ revokedAt: now, revokeReason: 'membership_ended' })
      .where(
        sql`${sessions.userId} = ${userId} and ${sessions.communityId} = ${communityId}
          and ${sessions.revokedAt} is null and ${isDone}`,
      ),
    db
      .update(users)
      .set({
        communityId: sql`coalesce((select m.community_id from memberships m where m.user_id = ${userId}
          order by m.created_at, m.community_id limit 1), ${users.communityId})`,
      })
      .where(sql`${users.id} = ${userId} and ${users.communityId} = ${communityId} and ${isDone}`),
    // Else an older invitation would let them in again.
    db
      .update(oneTimeTokens)
      .set({ withdrawnAt: now })
      .where(
        // By the index of addresses: `+` keeps the community's, which has more, out of it.
        sql`+${oneTimeTokens.communityId} = ${communityId} and ${oneTimeTokens.purpose} = 'invitation'
          and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.withdrawnAt} is null and ${isDone}
          and ${oneTimeTokens.email} = (select u.email from users u where u.id = ${userId})`,
      ),
  ] as const
}
