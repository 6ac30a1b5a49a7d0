/**
 * Counts by the hour what happened: rows of the audit log by their action, mails as they are queued and as they are sent.
 * Each step counts a stretch of time and moves `up_to` behind it in one batch, so that nothing is counted twice, however
 * many runs there are at once, and nothing left out, however long there was none. What is younger than five minutes
 * waits: a row has the moment at which its request began, and is committed a little later.
 */
import { and, asc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import { type Database, isConstraintError } from '../db/client.ts'
import { assertOneChange } from '../db/conditions.ts'
import { HOUR_MS } from '../db/count-event.ts'
import { auditLogs, hourlyCounters, jobProgress, outbox } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { firstIdAt, momentOfId } from '../lib/ids.ts'

const LAG_MS = 5 * 60_000
/** Rows of one kind that a step counts; a moment at which more were written is counted whole. */
const ROWS_PER_STEP = 10_000
const STEPS_PER_RUN = 10

const isStats = eq(jobProgress.job, 'stats')

/** Gives how many steps it took; the next run goes on where this one ends. */
export async function rollUp(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  rowsPerStep = ROWS_PER_STEP,
): Promise<number> {
  const until = clock() - LAG_MS
  let [from] = (await db.select().from(jobProgress).where(isStats)).map(({ upTo }) => upTo)
  let steps = 0
  while (steps < STEPS_PER_RUN && (from ?? 0) < until) {
    const to = await findEndOfStep(db, from ?? 0, { until, rowsPerStep })
    if (!(await countStep(db, from, to))) break
    from = to
    steps += 1
  }
  return steps
}

/** The moment before which no kind of row has more than a step counts. Reads the indexes alone. */
async function findEndOfStep(
  db: Database,
  from: number,
  { until, rowsPerStep }: { until: number; rowsPerStep: number },
): Promise<number> {
  const { id } = auditLogs
  const { createdAt, sentAt } = outbox
  const [audited, queued, sent] = await db.batch([
    db
      .select({ id })
      .from(auditLogs)
      .where(gte(id, firstIdAt(from)))
      .orderBy(asc(id))
      .limit(1)
      .offset(rowsPerStep),
    db
      .select({ at: createdAt })
      .from(outbox)
      .where(gte(createdAt, from))
      .orderBy(asc(createdAt))
      .limit(1)
      .offset(rowsPerStep),
    db
      .select({ at: sentAt })
      .from(outbox)
      .where(gte(sentAt, from))
      .orderBy(asc(sentAt))
      .limit(1)
      .offset(rowsPerStep),
  ])
  const ends = [
    ...audited.map((row) => momentOfId(row.id)),
    ...[...queued, ...sent].map(({ at }) => at ?? until),
  ]
  return Math.max(from + 1, Math.min(until, ...ends))
}

/** Counts the rows of [from, to). False where another run has counted from there: then nothing is changed. */
async function countStep(db: Database, from: number | undefined, to: number): Promise<boolean> {
  const start = from ?? 0
  const progress =
    from === undefined
      ? db.insert(jobProgress).values({ job: 'stats', upTo: to })
      : db
          .update(jobProgress)
          .set({ upTo: to })
          .where(and(isStats, eq(jobProgress.upTo, from)))
  const { id, action, createdAt } = auditLogs
  const isAudited = and(gte(id, firstIdAt(start)), lt(id, firstIdAt(to)))
  const isMail = eq(outbox.kind, 'mail')
  const isQueued = and(gte(outbox.createdAt, start), lt(outbox.createdAt, to), isMail)
  const isSent = and(gte(outbox.sentAt, start), lt(outbox.sentAt, to), isMail)
  try {
    await db.batch([
      progress,
      ...assertOneChange(db),
      addCounts(db, sql`${createdAt}`, sql`${action}`, sql`from ${auditLogs} where ${isAudited}`),
      addCounts(
        db,
        sql`${outbox.createdAt}`,
        sql`'mail_queued'`,
        sql`from ${outbox} where ${isQueued}`,
      ),
      addCounts(db, sql`${outbox.sentAt}`, sql`'mail_sent'`, sql`from ${outbox} where ${isSent}`),
    ])
    return true
  } catch (error) {
    if (isConstraintError(error)) return false
    throw error
  }
}

/** Adds the rows of `from`, by the hour of `moment`, to what is counted already. */
function addCounts(db: Database, moment: SQL, event: SQL, from: SQL) {
  const rows = sql`select ${moment} - ${moment} % ${HOUR_MS}, ${event}, count(*) ${from} group by 1, 2`
  return db
    .insert(hourlyCounters)
    .select(rows)
    .onConflictDoUpdate({
      target: [hourlyCounters.hour, hourlyCounters.event],
      set: { count: sql`${hourlyCounters.count} + excluded.count` },
    })
}
