/**
 * Deletes rows that nobody may read any more. Hygiene only: every reader checks expiry itself, so nothing depends on
 * when this runs, how often, or whether two run at once. At most 500 rows of a kind in a run.
 */
import { inArray, lte, sql } from 'drizzle-orm'
import {
  idempotencyKeys,
  oneTimeTokens,
  outbox,
  sessions,
  signupTraces,
} from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { TRACE_KEPT_MS } from '../features/signup/risk.ts'

const DAY_MS = 24 * 3600 * 1000
/** An old link is told apart from an invented one for so long after it expired. */
const TOKENS_KEPT_MS = 30 * DAY_MS
/** Finished mails stay on record for so long. */
const OUTBOX_KEPT_MS = 30 * DAY_MS
/** Sessions that ended stay on record for so long after the moment at which they would have ended at the latest. */
const SESSIONS_KEPT_MS = 30 * DAY_MS
const PER_RUN = 500

/** Gives how many rows of each kind went. */
export async function purge(deps: Pick<Deps, 'db' | 'clock'>) {
  const { db } = deps
  const now = deps.clock()
  const [tokens, keys, mails, ended, traces] = await db.batch([
    db.delete(oneTimeTokens).where(
      inArray(
        oneTimeTokens.id,
        db
          .select({ id: oneTimeTokens.id })
          .from(oneTimeTokens)
          .where(lte(oneTimeTokens.expiresAt, now - TOKENS_KEPT_MS))
          .limit(PER_RUN),
      ),
    ),
    db
      .delete(idempotencyKeys)
      .where(
        inArray(
          idempotencyKeys.keyHash,
          db
            .select({ keyHash: idempotencyKeys.keyHash })
            .from(idempotencyKeys)
            .where(lte(idempotencyKeys.expiresAt, now))
            .limit(PER_RUN),
        ),
      ),
    db.delete(outbox).where(
      inArray(
        outbox.id,
        db
          .select({ id: outbox.id })
          .from(outbox)
          .where(
            sql`${outbox.createdAt} <= ${now - OUTBOX_KEPT_MS}
              and (${outbox.sentAt} is not null or ${outbox.failedAt} is not null)`,
          )
          .limit(PER_RUN),
      ),
    ),
    db.delete(sessions).where(
      inArray(
        sessions.id,
        db
          .select({ id: sessions.id })
          .from(sessions)
          .where(lte(sessions.absoluteExpiresAt, now - SESSIONS_KEPT_MS))
          .limit(PER_RUN),
      ),
    ),
    db.delete(signupTraces).where(
      inArray(
        signupTraces.communityId,
        db
          .select({ communityId: signupTraces.communityId })
          .from(signupTraces)
          .where(lte(signupTraces.createdAt, now - TRACE_KEPT_MS))
          .limit(PER_RUN),
      ),
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
