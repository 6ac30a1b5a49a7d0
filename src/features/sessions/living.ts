/** SQL over a row of `sessions`, for conditions that stand inside statements. */
import { type SQL, sql } from 'drizzle-orm'
import { sessions } from '../../db/schema/index.ts'

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

/** SQL: this session lives, for statements on other tables. */
export function isLivingSession(sessionId: string, now: number): SQL {
  return sql`exists (select 1 from ${sessions} where ${sessions.id} = ${sessionId} and ${isLiving(now)})`
}
