/**
 * How failures in a row are counted in one lane of an account: strangers share one, each known device has its own.
 * An attempt takes a place before it is judged, and failed + reserved never passes 5: so at most five are judged before
 * the block, however many arrive at once. The fifth failure blocks the lane; after the block five more are judged; the
 * tenth exhausts the lane. The record, a block and a lock with it, ends 30 days after the last attempt that was judged:
 * refused ones do not prolong it.
 * No I/O. No clock.
 */
export const FAILURES_UNTIL_BLOCK = 5
export const FAILURES_UNTIL_LOCK = 10
/** A place nobody settled for so long counts as a failure. */
export const PLACE_MS = 10_000
export const RECORD_MS = 30 * 24 * 60 * 60 * 1000

export interface Lane {
  /** Failures since the last success, at most 10. */
  readonly failed: number
  /** End of the block that the fifth failure set (ms UTC); it may lie in the past. */
  readonly blockedUntil: number | null
  /** When the last attempt took its place (ms UTC). */
  readonly lastAttemptAt: number
}

export const CLEAR_LANE: Lane = { failed: 0, blockedUntil: null, lastAttemptAt: 0 }

export type Judgement =
  | { kind: 'free' }
  | { kind: 'full' }
  | { kind: 'blocked'; retryAfterSeconds: number }
  | { kind: 'locked' }

/** Whether an attempt may take a place now. `reserved`: places of this lane that are taken and not settled. */
export function judgeAttempt(lane: Lane, reserved: number, now: number): Judgement {
  if (lane.failed >= FAILURES_UNTIL_LOCK) return { kind: 'locked' }
  const blockedUntil = blockEnd(lane, now)
  if (blockedUntil !== null) {
    return { kind: 'blocked', retryAfterSeconds: Math.ceil((blockedUntil - now) / 1000) }
  }
  const limit = lane.failed < FAILURES_UNTIL_BLOCK ? FAILURES_UNTIL_BLOCK : FAILURES_UNTIL_LOCK
  return { kind: lane.failed + reserved < limit ? 'free' : 'full' }
}

export interface Failure {
  /** When the attempt took its place, and when it turned out wrong (ms UTC). */
  attemptAt: number
  failedAt: number
}

/** Adds a failure. The fifth sets the block, counted from its own moment; the tenth exhausts the lane. */
export function addFailure(
  lane: Lane,
  failure: Failure,
  blockMs: number,
): { lane: Lane; event: 'blocked' | 'exhausted' | null } {
  const failed = Math.min(lane.failed + 1, FAILURES_UNTIL_LOCK)
  const lastAttemptAt = Math.max(lane.lastAttemptAt, failure.attemptAt)
  if (failed === FAILURES_UNTIL_BLOCK) {
    const blockedUntil = failure.failedAt + blockMs
    return { lane: { failed, blockedUntil, lastAttemptAt }, event: 'blocked' }
  }
  if (failed === FAILURES_UNTIL_LOCK) {
    const event = lane.failed < failed ? 'exhausted' : null
    return { lane: { failed, blockedUntil: null, lastAttemptAt }, event }
  }
  return { lane: { failed, blockedUntil: lane.blockedUntil, lastAttemptAt }, event: null }
}

/** When the block of this lane ends, or null where none is in force. */
export function blockEnd(lane: Lane, now: number): number | null {
  return lane.blockedUntil !== null && lane.blockedUntil > now ? lane.blockedUntil : null
}
