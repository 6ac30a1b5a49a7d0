import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'
import { communities } from './communities.ts'
import { users } from './users.ts'

export const TOKEN_TRANSPORTS = ['hybrid', 'body', 'cookie'] as const

export type TokenTransport = (typeof TOKEN_TRANSPORTS)[number]

/** One row per session; it belongs to one membership. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    communityId: text('community_id')
      .notNull()
      .references(() => communities.id),
    deviceId: text('device_id').notNull(),
    transport: text('transport', { enum: TOKEN_TRANSPORTS }).notNull(),
    /** SHA-256 of the refresh token's secret. */
    tokenHash: text('token_hash').notNull(),
    previousTokenHash: text('previous_token_hash'),
    generation: integer('generation').notNull(),
    rotatedAt: moment('rotated_at'),
    createdAt: moment('created_at').notNull(),
    lastActiveAt: moment('last_active_at').notNull(),
    idleExpiresAt: moment('idle_expires_at').notNull(),
    absoluteExpiresAt: moment('absolute_expires_at').notNull(),
    revokedAt: moment('revoked_at'),
    revokeReason: text('revoke_reason'),
    ip: text('ip'),
    userAgent: text('user_agent'),
    country: text('country'),
    city: text('city'),
  },
  (table) => [
    uniqueIndex('sessions_live_device_unique')
      .on(table.userId, table.deviceId)
      .where(sql`revoked_at IS NULL`),
    // Deleting a user or a community looks for sessions that name it, ended ones too; partial indexes cannot serve that.
    // The living ones of a user are found without the ended ones: both columns are asked for.
    index('sessions_user_revoked').on(table.userId, table.revokedAt),
    index('sessions_community').on(table.communityId),
    index('sessions_absolute_expires').on(table.absoluteExpiresAt),
    index('sessions_live_community').on(table.communityId).where(sql`revoked_at IS NULL`),
  ],
)
