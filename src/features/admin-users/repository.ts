/**
 * People as an admin finds them: accounts, and signups that nobody has verified yet. Read by the two indexes of
 * addresses; of a person no more is read than it takes to help them.
 */
import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  communities,
  FAILURES_UNTIL_RESET,
  LOCKED_UNTIL_RESET,
  users,
} from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'
import { isUuid } from '../../lib/ids.ts'
import { isAccountOf } from '../login/login-account.ts'
import { pendingSince } from '../signup/pending.ts'

/** Where a page ended: the account comes first, then the signups from the newest on. */
const CURSOR = /^(\d{1,16}) (\S{36})$/

export function isUsersCursor(text: string): boolean {
  const [, , id = ''] = CURSOR.exec(text) ?? []
  return isUuid(id)
}

export const usersCursorOf = ({ id, createdAt, emailVerifiedAt }: FoundUser) =>
  `${emailVerifiedAt === null ? createdAt : Number.MAX_SAFE_INTEGER} ${id}`

/** Who has just this canonical address; one more than the page holds where there are more. One round trip. */
export async function listUsers(
  db: Database,
  email: string,
  { limit, cursor = '' }: Page,
  now: number,
): Promise<FoundUser[]> {
  const [, createdAt, id] = CURSOR.exec(cursor) ?? []
  const isBehind =
    createdAt === undefined
      ? undefined
      : sql`(${users.createdAt}, ${users.id}) < (${Number(createdAt)}, ${id})`
  const isPending = and(eq(users.email, email), isNull(users.emailVerifiedAt))
  const [account, signups] = await db.batch([
    selectUsers(db, now).where(isAccountOf(email)),
    selectUsers(db, now)
      .where(and(isPending, isShown(now), isBehind))
      .orderBy(desc(users.createdAt), desc(users.id))
      .limit(limit + 1),
  ])
  return [...(isBehind ? [] : account), ...signups].slice(0, limit + 1)
}

export type FoundUser = Awaited<ReturnType<typeof selectUsers>>[number]

/** One person, in a batch or alone; no row where there is none. */
export function selectUser(db: Database, id: string, now: number) {
  return selectUsers(db, now).where(and(eq(users.id, id), isShown(now)))
}

/** SQL over a row of `users`: an account, or a signup that is not gone. */
export function isShown(now: number): SQL {
  return sql`(${users.emailVerifiedAt} is not null or exists (select 1 from communities h
    where h.id = ${users.communityId} and (h.status <> 'pending' or h.created_at > ${pendingSince(now)})))`
}

/** SQL over a row of `users`: how many of its sessions live. */
export function livingSessionsOf(now: number) {
  return sql<number>`(select count(*) from sessions s where s.user_id = ${users.id}
    and s.revoked_at is null and min(s.idle_expires_at, s.absolute_expires_at) > ${now})`
}

function selectUsers(db: Database, now: number) {
  return db
    .select({
      id: sql<string>`${users.id}`.as('id_'),
      email: sql<string>`${users.email}`.as('email_'),
      fullName: sql<string>`${users.fullName}`.as('full_name_'),
      locale: sql<'en' | 'zh'>`${users.locale}`.as('locale_'),
      emailVerifiedAt: sql<number | null>`${users.emailVerifiedAt}`.as('verified_at_'),
      createdAt: sql<number>`${users.createdAt}`.as('created_at_'),
      disabledAt: sql<number | null>`${users.disabledAt}`.as('disabled_at_'),
      lockUntil: sql<number | null>`${users.lockUntil}`.as('lock_until_'),
      failedLoginAttempts: sql<number>`${users.failedLoginAttempts}`.as('failures_'),
      hasPassword: sql<number>`${users.passwordHash} is not null`.as('has_password_'),
      communityId: sql<string>`${communities.id}`.as('home_id_'),
      communityName: sql<string>`${communities.name}`.as('home_name_'),
      communitySlug: sql<string>`${communities.slug}`.as('home_slug_'),
      communityStatus: sql`${communities.status}`.mapWith(communities.status).as('home_status_'),
      memberships: membershipsOfUser(),
      livingSessions: livingSessionsOf(now).as('living_'),
      lastLoginAt: sql<number | null>`(select max(m.last_used_at) from memberships m
        where m.user_id = ${users.id})`.as('last_login_at_'),
    })
    .from(users)
    .innerJoin(communities, eq(communities.id, users.communityId))
    .$dynamic()
}

/** As JSON. */
function membershipsOfUser() {
  return sql<string>`(select json_group_array(json_object('communityId', c.id, 'name', c.name,
      'slug', c.slug, 'status', c.status, 'role', m.role))
    from memberships m join communities c on c.id = m.community_id
    where m.user_id = ${users.id} and c.is_deleted = 0)`.as('memberships_')
}

/** SQL over a row of `users`: it has the address of this person, and is the account of it. */
export function isAccountBehind(id: string): SQL {
  return isAccountOf(sql<string>`(select n.email from users n where n.id = ${id})`)
}

/** SQL: what an unlock leaves of the failures: a password that they have switched off stays off. */
const FAILURES_LEFT = sql<number>`iif(${users.failedLoginAttempts} >= ${FAILURES_UNTIL_RESET}, ${users.failedLoginAttempts}, 0)`

/** Lifts block and lock from the mirror of the guard, on the account of this person's address. */
export function liftLock(db: Database, id: string, condition: SQL) {
  return db
    .update(users)
    .set({ lockUntil: null, failedLoginAttempts: FAILURES_LEFT })
    .where(and(isAccountBehind(id), condition))
}

/** For the audit log: lock and failures before and after, of the account of this person's address; null without one. */
export function unlockDetails(id: string, now: number) {
  const lock = sql`case when ${users.lockUntil} = ${LOCKED_UNTIL_RESET} then 'until_reset'
    when ${users.lockUntil} > ${now} then 'blocked' else 'none' end`
  const state = (lock: SQL, failures: SQL) =>
    sql`json_object('lock', ${lock}, 'failedLoginAttempts', ${failures})`
  const of = (what: SQL) => sql`json((select ${what} from users where ${isAccountBehind(id)}))`
  const before = of(state(lock, sql`${users.failedLoginAttempts}`))
  return sql<string>`json_object('before', ${before}, 'after', ${of(state(sql`'none'`, FAILURES_LEFT))})`
}

/** `disabledAt`: since when, ms UTC; null lets the account in again. */
export function setDisabled(db: Database, id: string, disabledAt: number | null, condition: SQL) {
  return db
    .update(users)
    .set({ disabledAt })
    .where(and(eq(users.id, id), condition))
}
