import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** Events that leave no audit row because they belong to no account. */
export type CountedEvent =
  | 'login_failed_unknown'
  | 'login_refused'
  /** Whether or not a mail goes out: every request writes, so that what is committed tells nobody which did. */
  | 'reset_requested'
  | 'verification_requested'
  | 'code_requested'
  /** A code or link that was refused, whether or not its address has an account. */
  | 'code_refused'

export const hourlyCounters = sqliteTable(
  'hourly_counters',
  {
    /** Start of the hour, ms UTC. */
    hour: moment('hour').notNull(),
    event: text('event').$type<CountedEvent>().notNull(),
    count: integer('count').notNull(),
  },
  (table) => [primaryKey({ name: 'hourly_counters_pk', columns: [table.hour, table.event] })],
)
