import type { Deps } from '../deps.ts'
import { ApiError } from '../http/errors.ts'
import { markDelivered } from './mark-delivered.ts'

/**
 * Tells an account guard what a committed outbox row says. The direct call is awaited; should it fail, the answer
 * stands and the row delivers.
 */
export async function tellGuard(
  deps: Deps,
  outboxId: string,
  call: () => Promise<void>,
): Promise<void> {
  try {
    await call()
    deps.later((db) => markDelivered(db, outboxId, deps.clock()))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    deps.log.warn('guard_deferred', { outboxId })
    deps.announceOutbox([outboxId])
  }
}
