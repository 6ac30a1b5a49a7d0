import { sql } from 'drizzle-orm'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** What is counted within an hour and told where it reaches its threshold. */
export const ALERT_KINDS = [
  'failed_logins',
  'signups',
  'mail_failures',
  'dead_letters',
  'refresh_reuse',
  'limiter_errors',
] as const

export type AlertKind = (typeof ALERT_KINDS)[number]

/** One row per episode: it begins as a count reaches its threshold, and ends once it has fallen below. */
export const alerts = sqliteTable(
  'alerts',
  {
    /** UUIDv7: rows sort by the moment they began. */
    id: text('id').primaryKey(),
    kind: text('kind').$type<AlertKind>().notNull(),
    threshold: integer('threshold').notNull(),
    /** The highest count so far. */
    peak: integer('peak').notNull(),
    startedAt: moment('started_at').notNull(),
    endedAt: moment('ended_at'),
  },
  (table) => [uniqueIndex('alerts_open_unique').on(table.kind).where(sql`ended_at IS NULL`)],
)
