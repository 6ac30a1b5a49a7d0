/**
 * Takes on outbox rows that nobody finished: the queue did not take the message, lost it, or gave it up. Bounded per
 * run, oldest first; two runs at once are harmless, because only the claim of a row decides who delivers it.
 */
import { and, lte } from 'drizzle-orm'
import { outbox } from '../db/schema/index.ts'
import { errorFields } from '../log.ts'
import { deliverOutboxRow } from '../mail/consumer-delivery.ts'
import { isDeliverable } from '../mail/consumer-rows.ts'
import type { MailDeps } from '../mail/mail-deps.ts'
import { messageFor } from '../mail/messages.ts'
import { QUEUE_BATCH_MAX } from '../mail/outbox.ts'

/** Younger rows are left to the message that is on its way. */
const GRACE_MS = 120_000
const DEFAULT_LIMIT = 90
/** Each may take the provider's time limit. */
const DIRECT_MAX = 10

export interface SweepReport {
  found: number
  /** Handed to the queue. */
  announced: number
  /** Finished here, because the queue took nothing. */
  delivered: number
}

/** Hands waiting rows to the queue again; delivers the first few itself where the queue fails. */
export async function sweepOutbox(deps: MailDeps, limit = DEFAULT_LIMIT): Promise<SweepReport> {
  const ids = await findWaiting(deps, Math.min(limit, QUEUE_BATCH_MAX))
  if (ids.length === 0) return { found: 0, announced: 0, delivered: 0 }
  try {
    await deps.queue.sendBatch(ids.map((id) => ({ body: messageFor(id) })))
    return { found: ids.length, announced: ids.length, delivered: 0 }
  } catch (error) {
    deps.log.error('outbox_queue_unavailable', { count: ids.length, ...errorFields(error) })
    return { found: ids.length, announced: 0, delivered: await deliver(deps, ids) }
  }
}

async function findWaiting({ db, clock }: MailDeps, limit: number): Promise<string[]> {
  const now = clock()
  const rows = await db
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(isDeliverable(now), lte(outbox.createdAt, now - GRACE_MS)))
    .orderBy(outbox.notBefore)
    .limit(limit)
  return rows.map((row) => row.id)
}

async function deliver(deps: MailDeps, ids: readonly string[]): Promise<number> {
  let delivered = 0
  for (const id of ids.slice(0, DIRECT_MAX)) {
    try {
      const delivery = await deliverOutboxRow(deps, id)
      if (delivery.done) delivered += 1
    } catch (error) {
      deps.log.error('outbox_delivery_broke', { outboxId: id, ...errorFields(error) })
    }
  }
  return delivered
}
