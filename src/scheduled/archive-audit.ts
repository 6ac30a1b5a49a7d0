/**
 * Moves whole days of the audit log that are older than AUDIT_RETENTION_DAYS from D1 to R2, oldest first, some thousand
 * rows a run. The object is written first; then one batch puts it on record and deletes its rows, and only if they are
 * still exactly as many as it holds. So a row leaves only with its archive; two runs at once archive once; and what a
 * crash leaves behind is an object that the next run writes again, to the byte, or finds there where a lock of the bucket
 * keeps it from being written over. What the statistics have not counted yet stays.
 */
import { and, asc, count, eq, gt, gte, lt, lte, type SQL, sql } from 'drizzle-orm'
import { type Database, isConstraintError } from '../db/client.ts'
import { assertOneChange } from '../db/conditions.ts'
import { insertWhere } from '../db/insert-where.ts'
import { auditArchives, auditLogs, jobProgress } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { type Archive, packArchive } from '../lib/audit-archive.ts'
import { shortenIp } from '../lib/client-ip.ts'
import { firstIdAt, momentOfId } from '../lib/ids.ts'

const DAY_MS = 24 * 3600 * 1000
const ROWS_PER_ARCHIVE = 2000
const ARCHIVES_PER_RUN = 5

type ArchiveDeps = Pick<Deps, 'db' | 'clock' | 'config' | 'archive'>

/** Gives how many rows left. */
export async function archiveAudit(deps: ArchiveDeps): Promise<number> {
  const end = await endOfDue(deps)
  let left = 0
  for (let archives = 0; archives < ARCHIVES_PER_RUN; archives++) {
    const rows = await selectOldest(deps.db, end)
    if (rows.length === 0 || !(await archiveRows(deps, rows))) break
    left += rows.length
    if (rows.length < ROWS_PER_ARCHIVE) break
  }
  return left
}

/** Before this moment, a midnight of UTC, everything may leave. */
async function endOfDue({ db, clock, config }: ArchiveDeps): Promise<number> {
  const [counted] = await db
    .select({ upTo: jobProgress.upTo })
    .from(jobProgress)
    .where(eq(jobProgress.job, 'stats'))
  const due = Math.min(clock() - config.auditRetentionDays * DAY_MS, counted?.upTo ?? 0)
  return due - (due % DAY_MS)
}

type Row = Awaited<ReturnType<typeof selectOldest>>[number]

function selectOldest(db: Database, end: number) {
  return db
    .select()
    .from(auditLogs)
    .where(and(gt(auditLogs.id, ''), lt(auditLogs.id, firstIdAt(end))))
    .orderBy(asc(auditLogs.id))
    .limit(ROWS_PER_ARCHIVE)
}

/** False where another run has archived them meanwhile. Throws where storage or database fail; then they are still there. */
async function archiveRows(deps: ArchiveDeps, rows: readonly Row[]): Promise<boolean> {
  const { db, clock } = deps
  // However old the row is: what leaves names no client.
  const archive = await packArchive(rows.map((row) => ({ ...row, ...withoutClient(row) })))
  const objectKey = keyOf(archive)
  await store(deps.archive, objectKey, archive)
  const { lastId, rowCount, sha256 } = archive
  const record = { lastId, objectKey, rowCount, sha256, createdAt: clock() }
  const isOfArchive = and(gte(auditLogs.id, archive.firstId), lte(auditLogs.id, lastId))
  const number = db.select({ number: count() }).from(auditLogs).where(isOfArchive)
  try {
    await db.batch([
      insertWhere(db, auditArchives, record, sql`(${number}) = ${rowCount}`),
      ...assertOneChange(db),
      db.delete(auditLogs).where(isOfArchive as SQL),
    ])
    return true
  } catch (error) {
    if (isConstraintError(error)) return false
    throw error
  }
}

/** Throws unless the object is there afterwards, to the byte. */
async function store(
  bucket: Deps['archive'],
  key: string,
  { bytes, sha256 }: Archive,
): Promise<void> {
  try {
    await bucket.put(key, bytes, { sha256, httpMetadata: { contentType: 'application/gzip' } })
  } catch (error) {
    const stored = await bucket.head(key)
    if (stored?.checksums.toJSON().sha256 !== sha256) throw error
  }
}

function withoutClient({ ip }: Row): Pick<Row, 'ip' | 'userAgent'> {
  return { ip: ip === null ? null : shortenIp(ip), userAgent: null }
}

/** The day of its first row, its first and last id, and the beginning of its digest. */
function keyOf({ firstId, lastId, sha256 }: Archive): string {
  const day = new Date(momentOfId(firstId)).toISOString().slice(0, 10)
  return `audit/${day}/${firstId}_${lastId}_${sha256.slice(0, 16)}.ndjson.gz`
}
