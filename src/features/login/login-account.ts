/** The account of an address with the community that getting in opens, whatever the way in. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { communities, memberships, users } from '../../db/schema/index.ts'

export type LoginAccount = Awaited<ReturnType<typeof selectLoginAccount>>[number] | undefined

/** The verified user of an address with the membership that a login would open; no row where there is none. */
export function selectLoginAccount(db: Database, email: string | SQL<string>) {
  const isOpen = sql`${communities.status} in ('approved', 'active')`
  return db
    .select({
      userId: sql<string>`${users.id}`.as('user_id_'),
      email: sql<string>`${users.email}`.as('email_'),
      fullName: sql<string>`${users.fullName}`.as('full_name_'),
      locale: sql<'en' | 'zh'>`${users.locale}`.as('locale_'),
      passwordHash: sql<string | null>`${users.passwordHash}`.as('password_hash_'),
      failedLoginAttempts: sql<number>`${users.failedLoginAttempts}`.as('failed_login_attempts_'),
      disabledAt: sql<number | null>`${users.disabledAt}`.as('disabled_at_'),
      role: sql<(typeof memberships.$inferSelect)['role'] | null>`${memberships.role}`.as('role_'),
      /** Of any of the memberships: admins sign in by password only. */
      isAdmin:
        sql<number>`exists (select 1 from memberships a where a.user_id = ${users.id} and a.role = 'Admin')`.as(
          'is_admin_',
        ),
      communityId: sql<string | null>`${communities.id}`.as('community_id_'),
      communityName: sql<string | null>`${communities.name}`.as('community_name_'),
      communitySlug: sql<string | null>`${communities.slug}`.as('community_slug_'),
      communityStatus: sql<
        (typeof communities.$inferSelect)['status'] | null
      >`${communities.status}`.as('community_status_'),
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .leftJoin(
      communities,
      and(eq(communities.id, memberships.communityId), eq(communities.isDeleted, false)),
    )
    .where(isAccountOf(email))
    .orderBy(
      sql`${isOpen} desc`,
      sql`case when ${isOpen} then ${memberships.lastUsedAt} end desc`,
      sql`${communities.id} = ${users.communityId} desc`,
      memberships.createdAt,
    )
    .limit(1)
}

/** SQL over a row of `users`: the account of this address. */
export function isAccountOf(email: string | SQL<string>): SQL {
  return sql`${users.email} = ${email} and ${users.emailVerifiedAt} is not null`
}
