import { sql } from 'drizzle-orm'
import { firstIdAt } from '../lib/ids.ts'
import type { Database } from './client.ts'
import { assertions } from './schema/index.ts'

/**
 * Two statements for a batch, right after a conditional write: unless that write changed exactly one row, the whole
 * batch is rolled back with a constraint error.
 */
export function assertOneChange(db: Database) {
  return [db.insert(assertions).select(sql`select changes()`), db.delete(assertions)] as const
}

/** A UUIDv7 made by the database, for statements that write a number of rows unknown beforehand. `now` in ms UTC. */
export function sqlNewId(now: number) {
  const head = `${firstIdAt(now)}-7`
  return sql<string>`${head} || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', 1 + (abs(random()) % 4), 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))`
}
