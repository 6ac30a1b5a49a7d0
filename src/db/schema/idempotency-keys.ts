import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** Claimed in the command's own batch; holds the answer that a repeated request gets. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** SHA-256 of method, path and the client's key. */
    keyHash: text('key_hash').primaryKey(),
    /** HMAC of the body: the body holds a password. */
    fingerprint: text('fingerprint').notNull(),
    status: integer('status').notNull(),
    response: text('response', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('idempotency_keys_expires').on(table.expiresAt)],
)
