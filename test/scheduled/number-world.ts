/** Rows of the audit log and the outbox at moments of a test's own, and what is counted of them. */
import { env } from 'cloudflare:workers'
import { and, asc, gte, lt } from 'drizzle-orm'
import { createDatabase } from '../../src/db/client.ts'
import {
  type AuditAction,
  auditLogs,
  hourlyCounters,
  jobProgress,
  outbox,
} from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { DAY, db, HOUR } from '../mail/mail-world.ts'

let stretches = 0

/**
 * A stretch of time that no other test of the file uses, long before today: rows of the audit log cannot be removed.
 * Counted up to its beginning.
 */
export async function newStretch(): Promise<number> {
  stretches += 1
  const start = Date.UTC(2020, 0, 1) + stretches * 100 * DAY
  await countedUpTo(start)
  return start
}

export async function countedUpTo(upTo: number): Promise<void> {
  await db
    .insert(jobProgress)
    .values({ job: 'stats', upTo })
    .onConflictDoUpdate({ target: jobProgress.job, set: { upTo } })
}

export async function readUpTo(): Promise<number | undefined> {
  const rows = await db.select().from(jobProgress)
  return rows.find(({ job }) => job === 'stats')?.upTo
}

export async function audited(
  action: AuditAction,
  moments: readonly number[],
  details: Record<string, unknown> | null = null,
): Promise<void> {
  const rows = moments.map((at) => ({ id: newId(at), action, details, createdAt: at }))
  for (let start = 0; start < rows.length; start += 10) {
    await db.insert(auditLogs).values(rows.slice(start, start + 10))
  }
}

/** `count` rows of one action, a millisecond apart, in one statement. */
export async function auditedMany(action: AuditAction, from: number, count: number): Promise<void> {
  const time = `printf('%012x', ${from} + i)`
  await env.DB.prepare(
    `INSERT INTO audit_logs (id, action, created_at)
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})
      SELECT substr(${time}, 1, 8) || '-' || substr(${time}, 9) || '-7' || substr(lower(hex(randomblob(2))), 2)
        || '-8' || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))), ?, ${from} + i FROM n`,
  )
    .bind(action)
    .run()
}

export async function queued(createdAt: number, changes: Partial<typeof outbox.$inferInsert> = {}) {
  const id = newId(createdAt)
  const row = { email: 'a@b.example', addressKey: '', notBefore: createdAt, createdAt }
  await db.insert(outbox).values({ id, kind: 'mail', template: 'verify_email', ...row, ...changes })
  return id
}

/** `hours since start, event: count` of a hundred days. */
export async function countsSince(start: number): Promise<string[]> {
  const { hour } = hourlyCounters
  const rows = await db
    .select()
    .from(hourlyCounters)
    .where(and(gte(hour, start), lt(hour, start + 100 * DAY)))
    .orderBy(asc(hour), asc(hourlyCounters.event))
  return rows.map((row) => `${(row.hour - start) / HOUR} ${row.event}: ${row.count}`)
}

export const databaseOf = (bindings: Env) => createDatabase(bindings.DB, { roundTrips: 0 })
