/**
 * Counts limiters and guards that did not answer, in `hourly_counters` (`limiter_failed`), beside the answer. Where
 * they fail by the thousand the database is spared: an isolate writes at once, then once a second at most what came
 * together since. Without the database the count waits for the next failure; the log has each of them anyway.
 */
import { countEvent } from '../db/count-event.ts'
import type { Deps } from '../deps.ts'

const PAUSE_MS = 1000

/** One per isolate. Numbers only, so that one request may count what another one met. */
export interface FailureTally {
  waiting: number
  /** No write before this moment, ms UTC. */
  nextAt: number
  /** A write is under way that takes all that waits then; beyond this moment its request has been cut off. */
  plannedUntil: number
}

export const newTally = (): FailureTally => ({ waiting: 0, nextAt: 0, plannedUntil: 0 })

/** Counts one failure; never throws, and nobody waits for it. */
export function tallyFailure(tally: FailureTally, { later, clock }: Pick<Deps, 'later' | 'clock'>) {
  const now = clock()
  tally.waiting += 1
  if (tally.plannedUntil > now) return
  const waitMs = Math.min(Math.max(tally.nextAt - now, 0), PAUSE_MS)
  tally.plannedUntil = now + waitMs
  later(async (db) => {
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const count = tally.waiting
    Object.assign(tally, { waiting: 0, nextAt: clock() + PAUSE_MS, plannedUntil: 0 })
    if (count === 0) return
    try {
      await countEvent(db, 'limiter_failed', clock(), undefined, count)
    } catch (error) {
      tally.waiting += count
      throw error
    }
  })
}
