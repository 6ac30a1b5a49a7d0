/**
 * Counts of a window: what the cron has rolled up by the hour, and the rows since, read by their indexes. In one batch,
 * so that nothing is counted by both or by neither as the cron moves on. Where the cron has stood still, no more than
 * the oldest five thousand rows of a kind are read, and the answer says up to when it has counted.
 */
import { and, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import {
  type AuditAction,
  alerts,
  auditLogs,
  type CountedEvent,
  hourlyCounters,
  jobProgress,
  outbox,
  type RolledUpEvent,
} from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'
import { firstIdAt } from '../../lib/ids.ts'
import type { Window } from './windows.ts'

const LIVE_ROWS = 5000

export type CountableEvent = RolledUpEvent | CountedEvent

export interface BucketCount {
  /** From 0, the oldest. */
  bucket: number
  event: CountableEvent
  count: number
}

/** `countedUpTo` is `now`, unless more has happened since the last roll-up than is read. One D1 round trip. */
export async function readCounts(
  db: Database,
  { window, now, events }: { window: Window; now: number; events: readonly CountableEvent[] },
): Promise<{ countedUpTo: number; counts: BucketCount[] }> {
  const { since, until } = liveRange(window.from, now)
  // Numbers arrive as fractions: a division of them is none of integers.
  const bucketOf = (moment: SQL) =>
    sql<number>`cast((${moment} - ${window.from}) / ${window.bucketMs} as integer)`
  const countBy = (moment: SQL, event: SQL, count = sql`count(*)`) => ({
    bucket: bucketOf(moment).as('bucket'),
    event: sql<CountableEvent>`${event}`.as('event'),
    count: sql<number>`${count}`.as('count'),
  })
  const liveMails = (moment: typeof outbox.createdAt | typeof outbox.sentAt, event: SQL) =>
    db
      .select(countBy(sql`${moment}`, event))
      .from(outbox)
      .where(and(sql`${moment} >= ${since} and ${moment} < ${until}`, eq(outbox.kind, 'mail')))
      .groupBy(sql`1`)
  const [[edge], ...counted] = await db.batch([
    db.select({ until: sql<number>`${until}`.as('until') }).from(sql`(select 1)`),
    db
      .select(
        countBy(
          sql`${hourlyCounters.hour}`,
          sql`${hourlyCounters.event}`,
          sql`sum(${hourlyCounters.count})`,
        ),
      )
      .from(hourlyCounters)
      .where(and(gte(hourlyCounters.hour, window.from), inArray(hourlyCounters.event, [...events])))
      .groupBy(sql`1`, sql`2`),
    db
      .select(countBy(sql`${auditLogs.createdAt}`, sql`${auditLogs.action}`))
      .from(auditLogs)
      .where(
        and(
          inArray(auditLogs.action, events as readonly AuditAction[] as AuditAction[]),
          sql`${auditLogs.id} >= ${firstIdOf(since)} and ${auditLogs.id} < ${firstIdOf(until)}`,
        ),
      )
      .groupBy(sql`1`, sql`2`),
    liveMails(outbox.createdAt, sql`'mail_queued'`),
    liveMails(outbox.sentAt, sql`'mail_sent'`),
  ])
  return { countedUpTo: Math.min(edge?.until ?? now, now), counts: counted.flat() }
}

/** SQL: the moments [since, until) whose rows the cron has not rolled up, as far as they are read. */
function liveRange(from: number, now: number): { since: SQL<number>; until: SQL<number> } {
  const upTo = sql`(select ${jobProgress.upTo} from ${jobProgress} where ${jobProgress.job} = 'stats')`
  const since = sql<number>`max(${from}, coalesce(${upTo}, 0))`
  const end = now + 1
  const atLimit = (rows: SQL) => sql`coalesce((${rows} limit 1 offset ${LIVE_ROWS}), ${end})`
  const audited = sql`select ${auditLogs.createdAt} from ${auditLogs}
    where ${auditLogs.id} >= ${firstIdOf(since)} and ${auditLogs.id} < ${firstIdAt(end)} order by ${auditLogs.id}`
  const outboxed = (moment: typeof outbox.createdAt | typeof outbox.sentAt) =>
    sql`select ${moment} from ${outbox} where ${moment} >= ${since} and ${moment} < ${end} order by ${moment}`
  const limits = [audited, outboxed(outbox.createdAt), outboxed(outbox.sentAt)].map(atLimit)
  return {
    since,
    until: sql<number>`(select min(${end}, ${sql.join(limits, sql`, `)}))`,
  }
}

/** firstIdAt in SQL, once for the whole statement. */
function firstIdOf(moment: SQL): SQL {
  const time = sql`printf('%012x', ${moment})`
  return sql`(select substr(${time}, 1, 8) || '-' || substr(${time}, 9))`
}

/** Sorts behind every id. */
const BEHIND_ALL_IDS = 'g'

/** Newest first; one more than the page holds where there are more. */
export function listAlerts(db: Database, { cursor, limit }: Page) {
  return db
    .select()
    .from(alerts)
    .where(lt(alerts.id, cursor ?? BEHIND_ALL_IDS))
    .orderBy(desc(alerts.id))
    .limit(limit + 1)
}
