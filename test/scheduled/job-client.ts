/** What tests of the jobs share: dependencies of a run, a clock that is set, rows of the audit log by the day. */
import { env } from 'cloudflare:workers'
import { and, asc, gte, lt } from 'drizzle-orm'
import { vi } from 'vitest'
import { configOf } from '../../src/config.ts'
import { auditLogs, jobProgress } from '../../src/db/schema/index.ts'
import { createDeps } from '../../src/deps.ts'
import { firstIdAt } from '../../src/lib/ids.ts'
import { db } from '../factories.ts'

export const DAY_MS = 24 * 3600 * 1000

export function depsOf(bindings: Env = env) {
  return createDeps(bindings, configOf(bindings), {
    requestId: crypto.randomUUID(),
    waitUntil: () => undefined,
    route: () => 'test',
  })
}

export async function at<T>(moment: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

/** Notes how far a job has come. */
export async function setProgress(job: 'stats' | 'shorten_ips', upTo: number): Promise<void> {
  await db
    .insert(jobProgress)
    .values({ job, upTo })
    .onConflictDoUpdate({ target: jobProgress.job, set: { upTo } })
}

/** Rows of the audit log in a span of time, oldest first. */
export function rowsBetween(from: number, to: number) {
  return db
    .select()
    .from(auditLogs)
    .where(and(gte(auditLogs.id, firstIdAt(from)), lt(auditLogs.id, firstIdAt(to))))
    .orderBy(asc(auditLogs.id))
}
