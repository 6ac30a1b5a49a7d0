/**
 * Statements around the outbox row that is being delivered. A claim is a conditional update, so of any number of
 * consumers one works on a row; it ends by itself after a minute, so a consumer that dies holds nothing up. Only the
 * holder of the claim may postpone or fail a row; that a mail has gone out may be noted by whoever sent it.
 */
import { and, eq, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { insertWhere } from '../db/insert-where.ts'
import { auditLogs, outbox } from '../db/schema/index.ts'
import { newId } from '../lib/ids.ts'

/** Longer than a provider may take to answer. */
export const CLAIM_MS = 60_000

export type OutboxRow = typeof outbox.$inferSelect

/** SQL: nobody has finished this row. Written as the partial index is. */
export const isUnfinished: SQL = sql`(${outbox.sentAt} is null and ${outbox.failedAt} is null)`

/** SQL: it tells operators of an alert. Counted as a fault, its own failure would raise the next one. */
export const tellsOfAlert: SQL = sql`(${outbox.kind} = 'webhook' or ${outbox.template} in ('alert_started', 'alert_ended'))`

/** SQL: it is due, and nobody works on it. */
export function isDeliverable(now: number): SQL | undefined {
  return and(
    isUnfinished,
    lte(outbox.notBefore, now),
    or(isNull(outbox.claimedUntil), lte(outbox.claimedUntil, now)),
  )
}

/** Takes the row for a minute, and counts the attempt before it is made. Undefined where it cannot be had. */
export async function claimRow(
  db: Database,
  id: string,
  now: number,
): Promise<OutboxRow | undefined> {
  const [row] = await db
    .update(outbox)
    .set({ claimedUntil: now + CLAIM_MS, attempts: sql`${outbox.attempts} + 1` })
    .where(and(eq(outbox.id, id), isDeliverable(now)))
    .returning()
  return row
}

/** When an unfinished row can be had again (ms UTC, 0 for now); undefined for one that is finished or gone. */
export async function findNextChance(
  db: Database,
  id: string,
  now: number,
): Promise<number | undefined> {
  const [row] = await db
    .select({ notBefore: outbox.notBefore, claimedUntil: outbox.claimedUntil })
    .from(outbox)
    .where(and(eq(outbox.id, id), isUnfinished))
  return row && Math.max(row.notBefore, row.claimedUntil ?? 0, now)
}

export async function markSent(
  db: Database,
  row: OutboxRow,
  now: number,
  providerMessageId: string | undefined,
): Promise<void> {
  await db
    .update(outbox)
    .set({ sentAt: now, claimedUntil: null, lastError: null, providerMessageId })
    .where(and(eq(outbox.id, row.id), isUnfinished))
}

/** Gives the claim back; the row is due again at `notBefore` (ms UTC). */
export async function postpone(
  db: Database,
  row: OutboxRow,
  notBefore: number,
  reason: string,
): Promise<void> {
  await db
    .update(outbox)
    .set({ notBefore, claimedUntil: null, lastError: reason })
    .where(isHeld(row))
}

/** Ends a row whose content is of no use any more (its link has expired …): nothing went wrong. */
export async function markDropped(
  db: Database,
  row: OutboxRow,
  now: number,
  reason: string,
): Promise<void> {
  await failStatement(db, row, now, reason)
}

/** Ends a row that could not be delivered; for a mail the audit log says so, in the same batch. */
export async function markFailed(
  db: Database,
  row: OutboxRow,
  now: number,
  failure: { reason: string; cause?: string },
): Promise<void> {
  const fail = failStatement(db, row, now, failure.reason)
  if (row.kind !== 'mail') {
    await fail
    return
  }
  const audit = {
    id: newId(now),
    action: 'email_failed' as const,
    userId: row.userId,
    communityId: row.communityId,
    requestId: row.requestId,
    details: { mailId: row.id, template: row.template, ...failure },
    createdAt: now,
  }
  await db.batch([fail, insertWhere(db, auditLogs, audit, sql`changes() = 1`)])
}

function failStatement(db: Database, row: OutboxRow, now: number, reason: string) {
  return db
    .update(outbox)
    .set({ failedAt: now, claimedUntil: null, lastError: reason })
    .where(isHeld(row))
}

function isHeld(row: OutboxRow): SQL | undefined {
  return and(eq(outbox.id, row.id), eq(outbox.claimedUntil, row.claimedUntil ?? 0), isUnfinished)
}
