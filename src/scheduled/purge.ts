/**
 * Deletes rows that nobody may read any more. Hygiene only: every reader checks expiry itself, so nothing depends on
 * when this runs, how often, or whether two run at once. At most 500 rows of a kind in a run.
 */
import { inArray, lte, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database } from '../db/client.ts'
import {
  idempotencyKeys,
  jobProgress,
  oneTimeTokens,
  outbox,
  sessions,
  signupTraces,
} from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { TRACE_KEPT_MS } from '../features/signup/risk.ts'

/**
 * How long old links (told apart from invented ones), finished mails and sessions stay on record after the moment at
 * which they would have ended at the latest.
 */
const KEPT_MS = 30 * 24 * 3600 * 1000
const PER_RUN = 500

/** What the roll-up has yet to count stays until it has. */
const isCounted = sql`not exists (select 1 from ${jobProgress} where ${jobProgress.job} = 'stats'
  and ${jobProgress.upTo} <= coalesce(${outbox.sentAt}, ${outbox.createdAt}))`

/** Gives how many rows of each kind went. */
export async function purge(deps: Pick<Deps, 'db' | 'clock'>) {
  const { db } = deps
  const now = deps.clock()
  const isFinished = sql`(${outbox.sentAt} is not null or ${outbox.failedAt} is not null)`
  const [tokens, keys, mails, ended, traces] = await db.batch([
    deleteSome(db, oneTimeTokens, oneTimeTokens.id, lte(oneTimeTokens.expiresAt, now - KEPT_MS)),
    deleteSome(db, idempotencyKeys, idempotencyKeys.keyHash, lte(idempotencyKeys.expiresAt, now)),
    deleteSome(
      db,
      outbox,
      outbox.id,
      sql`${outbox.createdAt} <= ${now - KEPT_MS} and ${isFinished} and ${isCounted}`,
    ),
    deleteSome(db, sessions, sessions.id, lte(sessions.absoluteExpiresAt, now - KEPT_MS)),
    deleteSome(
      db,
      signupTraces,
      signupTraces.communityId,
      lte(signupTraces.createdAt, now - TRACE_KEPT_MS),
    ),
  ])
  return {
    tokens: tokens.meta.changes,
    keys: keys.meta.changes,
    mails: mails.meta.changes,
    sessions: ended.meta.changes,
    traces: traces.meta.changes,
  }
}

/** Some of the rows that `isOld` means, found by its index. */
function deleteSome(db: Database, table: SQLiteTable, key: SQLiteColumn, isOld: SQL) {
  const old = db.select({ key }).from(table).where(isOld).limit(PER_RUN)
  return db.delete(table).where(inArray(key, old))
}
