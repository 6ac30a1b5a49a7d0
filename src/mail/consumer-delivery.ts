/**
 * The delivery of one outbox row, by the queue's consumer or by the sweeper. Whoever claims the row delivers it; the
 * provider gets the row's id as idempotency key, so that a consumer which dies between the provider's answer and the
 * mark sends nobody a second mail. A row ends sent, dropped (of no use any more) or failed (for good, or given up).
 */
import { errorFields } from '../log.ts'
import { sendWebhook } from './alerts.ts'
import { composeMail } from './consumer-compose.ts'
import {
  claimRow,
  findNextChance,
  markDropped,
  markFailed,
  markSent,
  type OutboxRow,
  postpone,
} from './consumer-rows.ts'
import type { GuardDeliveries, MailDeps } from './mail-deps.ts'
import type { SendResult } from './providers/types.ts'
import { MAX_DELAY_SECONDS, retryDelaySeconds } from './retry-delay.ts'

export const MAX_ATTEMPTS = 30

/** As long as Resend remembers an idempotency key: a later attempt could send a second mail. */
export const GIVE_UP_AFTER_MS = 24 * 3600 * 1000

/** Is there anything left to do for this row, and when? */
export type Delivery = { done: true } | { done: false; retryInSeconds: number }

type DeliveryDeps = Omit<MailDeps, 'queue'>

type Attempt =
  | { status: 'sent'; providerMessageId?: string }
  | { status: 'dropped'; reason: string }
  | { status: 'failed'; reason: string }
  | { status: 'postponed'; reason: string; retryAfterSeconds?: number }

const DONE: Delivery = { done: true }

/** Delivers the row if it is due and free. Rejects only where the database cannot be reached, or on a fault of ours. */
export async function deliverOutboxRow(deps: DeliveryDeps, id: string): Promise<Delivery> {
  const now = deps.clock()
  const row = await claimRow(deps.db, id, now)
  if (!row) return waitForNextChance(deps, id, now)
  return record(deps, row, await attempt(deps, row, now))
}

async function waitForNextChance(deps: DeliveryDeps, id: string, now: number): Promise<Delivery> {
  const next = await findNextChance(deps.db, id, now)
  if (next === undefined) return DONE
  const seconds = Math.ceil((next - now) / 1000)
  return { done: false, retryInSeconds: Math.min(Math.max(seconds, 1), MAX_DELAY_SECONDS) }
}

async function attempt(deps: DeliveryDeps, row: OutboxRow, now: number): Promise<Attempt> {
  // Attempts whose end nobody noted: their consumers died. One more would only kill one more.
  if (row.attempts > MAX_ATTEMPTS) return { status: 'failed', reason: 'gave_up' }
  switch (row.kind) {
    case 'mail':
      return sendMail(deps, row, now)
    case 'webhook': {
      const result = await sendWebhook(deps, row, now)
      return 'drop' in result ? { status: 'dropped', reason: result.drop } : toAttempt(result)
    }
    case 'guard_device':
    case 'guard_clear':
    case 'guard_forget':
      return tellGuard(deps, row, row.kind)
    default:
      row.kind satisfies never
      return { status: 'dropped', reason: 'unreadable' }
  }
}

async function sendMail(deps: DeliveryDeps, row: OutboxRow, now: number): Promise<Attempt> {
  const composed = await composeMail(deps, row, now)
  if ('drop' in composed) return { status: 'dropped', reason: composed.drop }
  // An earlier attempt may have gone out, and the provider no longer knows its key.
  if (row.attempts > 1 && isOver(row, now)) return { status: 'failed', reason: 'gave_up' }
  return toAttempt(await deps.provider.send(composed.mail))
}

function toAttempt(result: SendResult): Attempt {
  if (result.ok) return { status: 'sent', providerMessageId: result.providerMessageId }
  const { reason, retryAfterSeconds } = result
  return result.retry
    ? { status: 'postponed', reason, retryAfterSeconds }
    : { status: 'failed', reason }
}

type GuardKind = Exclude<OutboxRow['kind'], 'mail' | 'webhook'>

async function tellGuard(
  { guard, log }: DeliveryDeps,
  row: OutboxRow,
  kind: GuardKind,
): Promise<Attempt> {
  const tell = guardCall(guard, row, kind)
  if (!tell) return { status: 'dropped', reason: 'unreadable' }
  try {
    await tell()
    return { status: 'sent' }
  } catch (error) {
    log.warn('guard_unavailable', { outboxId: row.id, ...errorFields(error) })
    return { status: 'postponed', reason: 'guard_unavailable' }
  }
}

/** The call that a row stands for; undefined where the row does not say enough. */
function guardCall(
  guard: GuardDeliveries,
  { email, payload, createdAt }: OutboxRow,
  kind: GuardKind,
): (() => Promise<void>) | undefined {
  const { deviceId, before, forgetDevices } = payload ?? {}
  if (kind === 'guard_device') {
    return deviceId === undefined
      ? undefined
      : () => guard.rememberDevice(email, deviceId, createdAt)
  }
  if (before === undefined) return undefined
  switch (kind) {
    case 'guard_clear':
      return forgetDevices
        ? () => guard.startOver(email, { before, keepDevice: deviceId })
        : () => guard.clear(email, before)
    case 'guard_forget':
      return () => guard.forgetDevices(email, { before, deviceId })
  }
  // Every kind returns: a new one without its case does not compile.
}

async function record(deps: DeliveryDeps, row: OutboxRow, attempt: Attempt): Promise<Delivery> {
  const now = deps.clock()
  const facts = { outboxId: row.id, kind: row.kind, template: row.template, attempts: row.attempts }
  switch (attempt.status) {
    case 'sent':
      await markSent(deps.db, row, now, attempt.providerMessageId)
      deps.log.info('outbox_sent', facts)
      return DONE
    case 'dropped':
      await markDropped(deps.db, row, now, attempt.reason)
      deps.log.info('outbox_dropped', { ...facts, reason: attempt.reason })
      return DONE
    case 'failed':
      await markFailed(deps.db, row, now, { reason: attempt.reason })
      deps.log.error('outbox_failed', { ...facts, reason: attempt.reason })
      return DONE
    case 'postponed':
      return recordPostponed(deps, row, attempt, now)
  }
  // Every status returns: a new one without its case does not compile.
}

async function recordPostponed(
  deps: DeliveryDeps,
  row: OutboxRow,
  attempt: Extract<Attempt, { status: 'postponed' }>,
  now: number,
): Promise<Delivery> {
  const facts = { outboxId: row.id, kind: row.kind, template: row.template, attempts: row.attempts }
  const delaySeconds = retryDelaySeconds(row.attempts, attempt.retryAfterSeconds)
  const next = now + delaySeconds * 1000
  if (row.attempts >= MAX_ATTEMPTS || isOver(row, next)) {
    await markFailed(deps.db, row, now, { reason: 'gave_up', cause: attempt.reason })
    deps.log.error('outbox_failed', { ...facts, reason: 'gave_up', cause: attempt.reason })
    return DONE
  }
  await postpone(deps.db, row, next, attempt.reason)
  deps.log.warn('outbox_postponed', { ...facts, reason: attempt.reason, delaySeconds })
  return { done: false, retryInSeconds: delaySeconds }
}

/** A mail that an admin sends again has its time anew. */
function isOver({ createdAt, payload }: OutboxRow, at: number): boolean {
  return at >= (payload?.retriedAt ?? createdAt) + GIVE_UP_AFTER_MS
}
