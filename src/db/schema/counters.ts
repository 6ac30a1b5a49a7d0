import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AuditAction } from './audit.ts'
import { moment } from './columns.ts'

/** What the cron counts by the hour, from the audit log by these actions and from the outbox. */
export type RolledUpEvent = AuditAction | 'mail_queued' | 'mail_sent'

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
  /** A limiter or guard that did not answer: what asked it was refused, or went on uncounted. */
  | 'limiter_failed'
  | 'dead_letter'

export const hourlyCounters = sqliteTable(
  'hourly_counters',
  {
    /** Start of the hour, ms UTC. */
    hour: moment('hour').notNull(),
    event: text('event').$type<CountedEvent | RolledUpEvent>().notNull(),
    count: integer('count').notNull(),
  },
  (table) => [primaryKey({ name: 'hourly_counters_pk', columns: [table.hour, table.event] })],
)

/** How far jobs of the cron have come that work through time: everything before this moment is done. */
export const jobProgress = sqliteTable('job_progress', {
  job: text('job').$type<'stats' | 'shorten_ips'>().primaryKey(),
  upTo: moment('up_to').notNull(),
})
