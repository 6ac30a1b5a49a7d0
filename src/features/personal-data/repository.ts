/** Reads everything that is stored of one person. Lists that grow are read in pages, by id. */
import { and, desc, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  auditLogs,
  communities,
  memberships,
  oneTimeTokens,
  outbox,
  type Role,
  sessions,
  users,
} from '../../db/schema/index.ts'
import { isMailTo } from '../../mail/forget.ts'

/** Rows of a page; a request may ask D1 a thousand times. */
export const PAGE_ROWS = 1000

export function selectPerson(db: Database, userId: string) {
  return db.select().from(users).where(eq(users.id, userId))
}

export function selectMemberships(db: Database, userId: string) {
  return db
    .select({
      communityId: sql<string>`${memberships.communityId}`.as('community_id_'),
      name: sql<string>`${communities.name}`.as('name_'),
      role: sql<Role>`${memberships.role}`.as('role_'),
      joinedAt: sql<number>`${memberships.createdAt}`.as('joined_at_'),
      lastUsedAt: sql<number | null>`${memberships.lastUsedAt}`.as('last_used_at_'),
    })
    .from(memberships)
    .innerJoin(communities, eq(communities.id, memberships.communityId))
    .where(eq(memberships.userId, userId))
}

export function selectOwned(db: Database, userId: string) {
  return db
    .select()
    .from(communities)
    .where(sql`${communities.id} in (
    select community_id from memberships where user_id = ${userId} and role = 'CommunityOwner')`)
}

/** The next page of each list begins behind the id that ended the one before; '' is before all of them. */
export function readSessions(db: Database, userId: string, after: string) {
  return db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.id, after)))
    .orderBy(sessions.id)
    .limit(PAGE_ROWS)
}

export function readLinks(db: Database, who: { userId: string; email: string }, after: string) {
  return db
    .select()
    .from(oneTimeTokens)
    .where(sql`${oneTimeTokens.id} in (
      select id from one_time_tokens where user_id = ${who.userId}
      union all select id from one_time_tokens where email = ${who.email}) and ${oneTimeTokens.id} > ${after}`)
    .orderBy(oneTimeTokens.id)
    .limit(PAGE_ROWS)
}

export function readMails(
  db: Database,
  who: { userId: string; addressKey: string },
  after: string,
) {
  return db
    .select()
    .from(outbox)
    .where(sql`${isMailTo(who)} and ${outbox.kind} = 'mail' and ${outbox.id} > ${after}`)
    .orderBy(outbox.id)
    .limit(PAGE_ROWS)
}

/** Newest first, from behind `before` on; each half by its own index, and no more of it than the page shows. */
export function readEvents(db: Database, userId: string, before: string) {
  const half = (column: SQL) => sql`select id from (select id from audit_logs
    where ${column} = ${userId} and id < ${before} order by id desc limit ${PAGE_ROWS})`
  return db
    .select()
    .from(auditLogs)
    .where(sql`${auditLogs.id} in (${half(sql`actor_id`)} union all ${half(sql`user_id`)})`)
    .orderBy(desc(auditLogs.id))
    .limit(PAGE_ROWS)
}
