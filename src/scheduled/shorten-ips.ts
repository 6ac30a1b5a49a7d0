/**
 * Takes from old rows of the audit log what names a client: the host's part of the address, and what the browser said of
 * itself. Goes through time from where it came to last; at most some thousand rows in a run, and the next run goes on.
 * Two at once write the same. The trigger of the table lets nothing but shorter values in.
 */
import { and, asc, eq, gt, isNotNull, lt, or, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { auditLogs, jobProgress } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { shortenIp } from '../lib/client-ip.ts'
import { firstIdAt, momentOfId } from '../lib/ids.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ROWS_PER_PAGE = 500
const PAGES_PER_RUN = 10

type Row = Awaited<ReturnType<typeof selectRows>>[number]

/** Gives how many rows it looked at. */
export async function shortenIps({
  db,
  clock,
  config,
}: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<number> {
  const due = clock() - config.ipRetentionDays * DAY_MS
  // By the hour, so that most runs have nothing to write.
  const end = due - (due % HOUR_MS)
  const start = await readProgress(db)
  if (start >= end) return 0
  let after = firstIdAt(start)
  let seen = 0
  for (let pages = 1; ; pages++) {
    const rows = await selectRows(db, after, end)
    const last = rows.length < ROWS_PER_PAGE ? undefined : rows.at(-1)
    const upTo = last ? momentOfId(last.id) : end
    await db.batch([noteProgress(db, upTo), updateRows(db, rows)])
    seen += rows.length
    // Goes on within one moment however many rows it has: the next run would begin with them again.
    if (!last || (pages >= PAGES_PER_RUN && upTo > start)) return seen
    after = last.id
  }
}

async function readProgress(db: Database): Promise<number> {
  const [row] = await db
    .select({ upTo: jobProgress.upTo })
    .from(jobProgress)
    .where(eq(jobProgress.job, 'shorten_ips'))
  return row?.upTo ?? 0
}

function noteProgress(db: Database, upTo: number) {
  return db
    .insert(jobProgress)
    .values({ job: 'shorten_ips', upTo })
    .onConflictDoUpdate({
      target: jobProgress.job,
      set: { upTo: sql`max(${jobProgress.upTo}, excluded.up_to)` },
    })
}

function selectRows(db: Database, after: string, end: number) {
  const { id, ip, userAgent } = auditLogs
  return db
    .select({ id, ip })
    .from(auditLogs)
    .where(and(gt(id, after), lt(id, firstIdAt(end)), or(isNotNull(ip), isNotNull(userAgent))))
    .orderBy(asc(id))
    .limit(ROWS_PER_PAGE)
}

/** One statement whatever their number. An address that somebody has taken away meanwhile stays away. */
function updateRows(db: Database, rows: readonly Row[]) {
  const short = rows.map(({ id, ip }) => [id, ip === null ? null : shortenIp(ip)])
  const given = sql`json_each(${JSON.stringify(Object.fromEntries(short))})`
  return db
    .update(auditLogs)
    .set({ ip: sql`iif(${auditLogs.ip} is null, null, json_each.value)`, userAgent: null })
    .from(given)
    .where(eq(auditLogs.id, sql`json_each.key`))
}
