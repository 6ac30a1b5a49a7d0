/**
 * The statements of an import: of one community, or of many people as rows of one JSON parameter. Every condition is part
 * of the writes, and what is there already is left as it is: a file may be imported any number of times.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../src/audit.ts'
import type { Database } from '../../src/db/client.ts'
import { insertWhere } from '../../src/db/insert-where.ts'
import {
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../src/db/schema/index.ts'
import { isLeftAddress } from '../../src/features/account/addresses.ts'
import { holdsAny, insertCommunity } from '../../src/features/signup/repository.ts'
import { newId } from '../../src/lib/ids.ts'
import { OPEN_STATUSES } from './judge.ts'
import type { CommunityRecord, UserRecord } from './parse-line.ts'

/** Writes of a community: itself where its name, address, domain and slug are free, and its audit row where it was made. */
export function communityWrites(db: Database, record: CommunityRecord, audit: AuditContext) {
  const id = newId(audit.now)
  const { type: _, isSlugFixed, status, ...fields } = record
  const row = { ...fields, id, createdAt: audit.now, updatedAt: audit.now }
  const isFree = sql`not exists (select 1 from communities where slug = ${record.slugBase})`
  const insert = isSlugFixed
    ? insertWhere(db, communities, { ...row, status, slugNumber: 0 }, isFree)
    : insertCommunity(db, row)
  return [
    insert.onConflictDoNothing().returning({ id: communities.id }),
    // Signup's own insert makes a pending one; nobody sees it before the batch is through.
    db.update(communities).set({ status }).where(sql`${communities.id} = ${id}`),
    auditRowWhere(db, 'community_signup', audit, {
      communityId: id,
      details: { imported: true, status },
      condition: sql`exists (select 1 from communities where id = ${id})`,
    }),
  ] as const
}

/** Every community that holds something of the record's. */
export function selectHolders(db: Database, record: CommunityRecord) {
  const hasSlug = record.isSlugFixed
    ? sql` or ${communities.slug} = ${record.slugBase}`
    : sql.empty()
  return db
    .select({
      nameKey: communities.nameKey,
      officialEmail: communities.officialEmail,
      domain: communities.domain,
      slug: communities.slug,
      status: communities.status,
      isDeleted: communities.isDeleted,
    })
    .from(communities)
    .where(sql`${holdsAny(record)}${hasSlug}`)
}

export type UserRow = UserRecord & { id: string; auditId: string }

/** The records with ids for what they may make. */
export function toUserRows(records: readonly UserRecord[], now: number): UserRow[] {
  return records.map((record) => ({
    ...record,
    createdAt: record.createdAt ?? now,
    id: newId(now),
    auditId: newId(now),
  }))
}

/** Writes of people: the accounts of addresses that have none, their audit rows, and the memberships. */
export function userWrites(db: Database, rows: readonly UserRow[], audit: AuditContext) {
  const lines = linesOf(rows)
  // Cross joins keep the order: first the lines, then by index what they name.
  const withCommunity = sql`${lines} cross join ${communities} on ${isTarget}`
  const withBoth = sql`${withCommunity} cross join ${users} on ${users.email} = line.email and ${users.emailVerifiedAt} is not null`
  const account = {
    id: sql`line.id`,
    email: sql`line.email`,
    fullName: sql`line.full_name`,
    passwordHash: sql`line.password_hash`,
    locale: sql`line.locale`,
    createdAt: sql`line.created_at`,
    communityId: sql`${communities.id}`,
    emailVerifiedAt: audit.now,
  }
  return [
    insertWhere(
      db,
      users,
      account,
      sql`${isOpen} and ${mayTakeRole} and not ${hasAccount} and not ${isLeftAddress(sql`line.email`, audit.now)}`,
      withCommunity,
    )
      .onConflictDoNothing()
      .returning({ id: users.id }),
    auditRowWhere(db, 'user_created', audit, {
      id: sql<string>`line.audit_id`,
      userId: sql<string>`line.id`,
      communityId: sql<string>`${users.communityId}`,
      details: { imported: true },
      from: sql`${lines} cross join ${users} on ${users.id} = line.id`,
      condition: sql`true`,
    }),
    insertWhere(
      db,
      memberships,
      {
        userId: sql`${users.id}`,
        communityId: sql`${communities.id}`,
        role: sql`line.role`,
        createdAt: sql`line.created_at`,
      },
      sql`${isOpen} and ${mayTakeRole} and not ${isAdmin}`,
      withBoth,
    )
      .onConflictDoNothing()
      .returning({ userId: memberships.userId, communityId: memberships.communityId }),
  ] as const
}

/** One row for each, in their order, whether or not there is such a community. */
export function selectStanding(db: Database, rows: readonly UserRow[], now: number) {
  return db
    .select({
      communityId: sql<string | null>`${communities.id}`.as('community_id_'),
      nameKey: sql<string | null>`${communities.nameKey}`.as('name_key_'),
      status: sql<(typeof communities.$inferSelect)['status'] | null>`${communities.status}`.as(
        'status_',
      ),
      userId: sql<
        string | null
      >`(select a.id from users a where a.email = line.email and a.email_verified_at is not null)`.as(
        'user_id_',
      ),
      isMember: flag(isMember).as('is_member_'),
      hasOwner: flag(hasOwner).as('has_owner_'),
      isAdmin: flag(isAdmin).as('is_admin_'),
      isReserved: flag(isLeftAddress(sql`line.email`, now)).as('is_reserved_'),
    })
    .from(linesOf(rows))
    .leftJoin(communities, isTarget)
    .orderBy(sql`line.position`)
}

/** SQL: the records as a table `line`. */
function linesOf(rows: readonly UserRow[]): SQL {
  return sql`(select key as position, value ->> 'id' as id, value ->> 'auditId' as audit_id,
    value ->> 'email' as email, value ->> 'fullName' as full_name, value ->> 'passwordHash' as password_hash,
    value ->> 'locale' as locale, value ->> 'role' as role, value ->> 'createdAt' as created_at,
    value ->> 'nameKey' as name_key, value ->> 'officialEmail' as official_email
    from json_each(${JSON.stringify(rows)})) as line`
}

const flag = (condition: SQL) => sql<boolean>`${condition}`.mapWith(Boolean)

/** SQL: this row of `communities` is the one that the line names. A NULL names none. */
const isTarget = sql`(${communities.nameKey} = line.name_key or ${communities.officialEmail} = line.official_email)
  and ${communities.isDeleted} = 0 and ${communities.id} <> ${PLATFORM_COMMUNITY_ID}`

const isOpen = sql`${communities.status} in ${OPEN_STATUSES}`

const hasOwner = sql`exists (select 1 from memberships o
  where o.community_id = ${communities.id} and o.role = 'CommunityOwner')`

/** SQL: a community has one owner, whom an import never joins or replaces. */
const mayTakeRole = sql`(line.role <> 'CommunityOwner' or not ${hasOwner})`

const hasAccount = sql`exists (select 1 from users a
  where a.email = line.email and a.email_verified_at is not null)`

const isMember = sql`exists (select 1 from users a join memberships m on m.user_id = a.id
  where a.email = line.email and a.email_verified_at is not null and m.community_id = ${communities.id})`

const isAdmin = sql`exists (select 1 from users a join memberships m on m.user_id = a.id
  where a.email = line.email and a.email_verified_at is not null and m.role = 'Admin')`
