/** SQL over a row of `sessions`, for conditions that stand inside statements. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { sessions } from '../../db/schema/index.ts'
import { ApiError } from '../../http/errors.ts'
import { PERMISSIONS, type Permission } from '../../permissions.ts'
import type { AuthenticatedSession } from './authenticated-session.ts'

/** It has not been ended and has not run out. */
export function isLiving(now: number): SQL {
  return sql`(${sessions.revokedAt} is null and min(${sessions.idleExpiresAt}, ${sessions.absoluteExpiresAt}) > ${now})`
}

/** It lives, and its user, membership and community still let it go on. */
export function mayGoOn(now: number): SQL {
  return sql`(${isLiving(now)} and exists (
    select 1 from users u
    join memberships m on m.user_id = u.id and m.community_id = sessions.community_id
    join communities c on c.id = m.community_id
    where u.id = sessions.user_id and u.email_verified_at is not null and u.disabled_at is null
      and c.status in ('approved', 'active') and c.is_deleted = 0))`
}

/**
 * SQL: whoever acts may do so still: the session goes on, in the community that it was in, with a role that has this
 * permission. For statements that are written after it was asked.
 */
export function stillMay(
  { session, community }: Pick<AuthenticatedSession, 'session' | 'community'>,
  permission: Permission,
  now: number,
): SQL {
  const roles = sql.join(
    PERMISSIONS[permission].map((role) => sql`${role}`),
    sql`, `,
  )
  return sql`exists (select 1 from ${sessions} where ${sessions.id} = ${session.id}
    and ${sessions.communityId} = ${community.id} and ${mayGoOn(now)}
    and exists (select 1 from memberships own where own.user_id = sessions.user_id
      and own.community_id = sessions.community_id and own.role in (${roles})))`
}

/** SQL: this session lives, for statements on other tables. */
export function isLivingSession(sessionId: string, now: number): SQL {
  return sql`exists (select 1 from ${sessions} where ${sessions.id} = ${sessionId} and ${isLiving(now)})`
}

/** Whether `may` holds, and whether the session lives: read beside a write that asks for it, for what it answers. */
export function selectStanding(
  db: Database,
  { session }: Pick<AuthenticatedSession, 'session'>,
  may: SQL,
  now: number,
) {
  return db
    .select({
      may: sql<number>`${may}`.as('may_'),
      isLiving: sql<number>`${isLivingSession(session.id, now)}`.as('is_living_'),
    })
    .from(sql`(select 1)`)
}

/** What whoever may not do it any more is answered: only a session that has ended is told so. */
export function lostStanding(standing: { isLiving: number } | undefined): ApiError {
  return new ApiError(standing?.isLiving ? 'forbidden' : 'session_ended')
}
