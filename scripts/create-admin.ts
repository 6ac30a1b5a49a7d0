/**
 * Makes an admin inside the reserved community: with a password, or with a mail that carries a link to choose one. What
 * must hold is part of the writes: no verified user has the address. So two runs at once make one admin and send one mail,
 * and an account that belongs to somebody is never touched.
 */
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { auditRowWhere } from '../src/audit.ts'
import type { Database } from '../src/db/client.ts'
import { insertWhere } from '../src/db/insert-where.ts'
import {
  memberships,
  oneTimeTokens,
  outbox,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../src/db/schema/index.ts'
import { isTakenAddress } from '../src/features/account/addresses.ts'
import { newId } from '../src/lib/ids.ts'
import type { Passwords } from '../src/lib/passwords.ts'
import { outboxMail } from '../src/mail/outbox.ts'

export interface NewAdmin {
  /** In canonical form. */
  email: string
  /** Judged by the policy already. */
  password: string
}

/**
 * Whose address it is: nobody's, an admin's (with a password or not yet), or an account's outside the reserved community,
 * which has it or may bring it back still.
 */
export type AddressOwner = 'nobody' | 'admin' | 'admin_without_password' | 'someone'

export interface AdminDeps {
  db: Database
  passwords: Passwords
  now: number
}

/** Whose the address is at the moment `now` (ms UTC). It counts as somebody's once it is verified. */
export async function findAddressOwner(
  db: Database,
  email: string,
  now: number,
): Promise<AddressOwner> {
  const [owners, undos] = await db.batch([selectOwner(db, email), selectUndos(db, email, now)])
  return ownerOf(owners[0], undos)
}

/**
 * Makes user, membership and audit row in one batch, or nothing where the address has become somebody's. True if this
 * call made the admin.
 */
export async function createAdmin(deps: AdminDeps, admin: NewAdmin): Promise<boolean> {
  const passwordHash = await deps.passwords.hash(admin.password)
  const [made] = await deps.db.batch(adminInserts(deps, { email: admin.email, passwordHash }))
  return made.length === 1
}

/** What became of an invitation: made, mailed once more, its mail is still waiting, or whose the address is instead. */
export type Invited = 'made' | 'mailed_again' | 'mail_waiting' | 'admin' | 'someone'

/**
 * Makes an admin without a password, and queues the mail with which they choose one; for such an admin who exists, the
 * mail alone, unless one waits already. One batch. The Worker makes the link when it sends the mail, so that no secret is
 * needed here.
 */
export async function inviteAdmin(
  { db, now }: Pick<AdminDeps, 'db' | 'now'>,
  email: string,
): Promise<Invited> {
  const [made, , , queued, owners, undos] = await db.batch([
    ...adminInserts({ db, now }, { email, passwordHash: null }),
    setPasswordMail({ db, now }, email).returning({ id: outbox.id }),
    selectOwner(db, email),
    selectUndos(db, email, now),
  ])
  if (made.length === 1) return 'made'
  if (queued.length === 1) return 'mailed_again'
  const owner = ownerOf(owners[0], undos)
  return owner === 'admin' || owner === 'someone' ? owner : 'mail_waiting'
}

function adminInserts(
  { db, now }: Pick<AdminDeps, 'db' | 'now'>,
  { email, passwordHash }: { email: string; passwordHash: string | null },
) {
  const userId = newId(now)
  const concerned = { userId, communityId: PLATFORM_COMMUNITY_ID }
  const user = {
    id: userId,
    email,
    passwordHash,
    fullName: 'Administrator',
    communityId: PLATFORM_COMMUNITY_ID,
    // Without a password too: the address is the admin's from now on.
    emailVerifiedAt: now,
    createdAt: now,
  }
  const isFree = sql`not ${isTakenAddress(email, now)}`
  const isMade = sql`exists (select 1 from users where id = ${userId})`
  const context = { now, requestId: newId(now), client: { ip: null, userAgent: null } }
  return [
    insertWhere(db, users, user, isFree).returning({ id: users.id }),
    insertWhere(db, memberships, { ...concerned, role: 'Admin', createdAt: now }, isMade),
    auditRowWhere(db, 'admin_created', context, { ...concerned, condition: isMade }),
  ] as const
}

/** For the admin of this address who has no password, unless such a mail is on its way. */
function setPasswordMail({ db, now }: Pick<AdminDeps, 'db' | 'now'>, email: string) {
  return outboxMail(
    db,
    {
      id: newId(now),
      template: 'set_password',
      locale: 'en',
      email,
      addressKey: '',
      userId: sql<string>`${users.id}`,
      communityId: PLATFORM_COMMUNITY_ID,
      createdAt: now,
    },
    sql`${users.email} = ${email} and ${users.emailVerifiedAt} is not null and ${users.passwordHash} is null
      and exists (select 1 from memberships m where m.user_id = ${users.id} and m.role = 'Admin')
      and not exists (select 1 from outbox o where o.user_id = ${users.id} and o.template = 'set_password'
        and o.sent_at is null and o.failed_at is null)`,
    sql`${users}`,
  )
}

function selectOwner(db: Database, email: string) {
  const inPlatform = and(
    eq(memberships.userId, users.id),
    eq(memberships.communityId, PLATFORM_COMMUNITY_ID),
  )
  return db
    .select({
      role: sql<string | null>`${memberships.role}`.as('role_'),
      hasPassword: sql<number>`${users.passwordHash} is not null`.as('has_password_'),
    })
    .from(users)
    .leftJoin(memberships, inPlatform)
    .where(and(eq(users.email, email), isNotNull(users.emailVerifiedAt)))
}

/** The links that bring the address back to an account that left it. */
function selectUndos(db: Database, email: string, now: number) {
  return db
    .select({ id: oneTimeTokens.id })
    .from(oneTimeTokens)
    .where(
      sql`${oneTimeTokens.email} = ${email} and ${oneTimeTokens.purpose} = 'revert_email'
        and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${now}`,
    )
    .limit(1)
}

function ownerOf(
  found: { role: string | null; hasPassword: number } | undefined,
  undos: readonly unknown[],
): AddressOwner {
  if (!found) return undos.length > 0 ? 'someone' : 'nobody'
  if (found.role !== 'Admin') return 'someone'
  return found.hasPassword ? 'admin' : 'admin_without_password'
}
