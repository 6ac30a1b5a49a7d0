/**
 * Makes an admin inside the reserved community. What must hold is part of the writes: no verified user has the address.
 * So two runs at once make one admin, and an account that belongs to somebody is never touched.
 */
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { auditRowWhere } from '../src/audit.ts'
import type { Database } from '../src/db/client.ts'
import { insertWhere } from '../src/db/insert-where.ts'
import { memberships, PLATFORM_COMMUNITY_ID, users } from '../src/db/schema/index.ts'
import { newId } from '../src/lib/ids.ts'
import type { Passwords } from '../src/lib/passwords.ts'

export interface NewAdmin {
  /** In canonical form. */
  email: string
  /** Judged by the policy already. */
  password: string
}

/** Whose address it is: nobody's, an admin's, or an account's outside the reserved community. */
export type AddressOwner = 'nobody' | 'admin' | 'someone'

export interface AdminDeps {
  db: Database
  passwords: Passwords
  now: number
}

/** Whose the address is at this moment. An address counts as somebody's once it is verified. */
export async function findAddressOwner(db: Database, email: string): Promise<AddressOwner> {
  const inPlatform = and(
    eq(memberships.userId, users.id),
    eq(memberships.communityId, PLATFORM_COMMUNITY_ID),
  )
  const [found] = await db
    .select({ role: memberships.role })
    .from(users)
    .leftJoin(memberships, inPlatform)
    .where(and(eq(users.email, email), isNotNull(users.emailVerifiedAt)))
  if (!found) return 'nobody'
  return found.role === 'Admin' ? 'admin' : 'someone'
}

/**
 * Makes user, membership and audit row in one batch, or nothing where the address has become somebody's. True if this
 * call made the admin.
 */
export async function createAdmin(deps: AdminDeps, admin: NewAdmin): Promise<boolean> {
  const { db, now } = deps
  const userId = newId(now)
  const passwordHash = await deps.passwords.hash(admin.password)
  const user = {
    id: userId,
    email: admin.email,
    passwordHash,
    fullName: 'Administrator',
    communityId: PLATFORM_COMMUNITY_ID,
    emailVerifiedAt: now,
    createdAt: now,
  }
  const membership = {
    userId,
    communityId: PLATFORM_COMMUNITY_ID,
    role: 'Admin',
    createdAt: now,
  } as const
  const isFree = sql`not exists (select 1 from users where email = ${admin.email} and email_verified_at is not null)`
  const isMade = sql`exists (select 1 from users where id = ${userId})`
  const context = { now, requestId: newId(now), client: { ip: null, userAgent: null } }
  const [made] = await db.batch([
    insertWhere(db, users, user, isFree).returning({ id: users.id }),
    insertWhere(db, memberships, membership, isMade),
    auditRowWhere(db, 'admin_created', context, {
      userId,
      communityId: PLATFORM_COMMUNITY_ID,
      condition: isMade,
    }),
  ])
  return made.length === 1
}
