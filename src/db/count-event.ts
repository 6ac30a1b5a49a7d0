/** Counts by the hour, for what leaves no row of its own. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { insertWhere } from './insert-where.ts'
import { type CountedEvent, hourlyCounters } from './schema/index.ts'

export const HOUR_MS = 3_600_000

/**
 * A statement that counts one more such event in the hour of `now` (ms UTC), or `count` of them; where `condition`
 * holds, if there is one.
 */
export function countEvent(
  db: Database,
  event: CountedEvent,
  now: number,
  condition?: SQL,
  count = 1,
) {
  const row = { hour: now - (now % HOUR_MS), event, count }
  return insertWhere(db, hourlyCounters, row, condition).onConflictDoUpdate({
    target: [hourlyCounters.hour, hourlyCounters.event],
    set: { count: sql`${hourlyCounters.count} + excluded.count` },
  })
}
