import { sql } from 'drizzle-orm'
import { check, index, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'
import { communities, PLATFORM_COMMUNITY_ID } from './communities.ts'
import { users } from './users.ts'

export const ROLES = ['CommunityOwner', 'Moderator', 'Member', 'Admin'] as const

export type Role = (typeof ROLES)[number]

/** What an owner gives to others, by an invitation or later; an owner is made by handing over, an admin not here. */
export const GIVEN_ROLES = ['Moderator', 'Member'] as const satisfies readonly Role[]

export type GivenRole = (typeof GIVEN_ROLES)[number]

export const memberships = sqliteTable(
  'memberships',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    communityId: text('community_id')
      .notNull()
      .references(() => communities.id),
    /** `Admin` only in the reserved community. */
    role: text('role', { enum: ROLES }).notNull(),
    lastUsedAt: moment('last_used_at'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'memberships_pk', columns: [table.userId, table.communityId] }),
    index('memberships_community').on(table.communityId, table.role),
    // In the order in which people joined.
    index('memberships_community_joined').on(table.communityId, table.createdAt, table.userId),
    check('memberships_role_known', sql`role IN ('CommunityOwner','Moderator','Member','Admin')`),
    check(
      'memberships_admin_in_platform',
      sql.raw(`role <> 'Admin' OR community_id = '${PLATFORM_COMMUNITY_ID}'`),
    ),
  ],
)
