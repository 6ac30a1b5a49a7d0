/**
 * An exact sliding window: within any `windowSeconds` at most `limit` hits are allowed. A hit counts from the moment
 * it is allowed until `windowSeconds` later. A refused hit never counts, so that one who keeps knocking is let in as
 * soon as a place is free, and the log never holds more than `limit` entries.
 * No I/O. No clock.
 */
export interface WindowPolicy {
  limit: number
  windowSeconds: number
}

export interface HitVerdict {
  allowed: boolean
  /** How many more hits would be allowed right now. */
  remaining: number
  /** Whole seconds until the oldest counted hit leaves the window. */
  resetSeconds: number
  /** Whole seconds until a hit would be allowed again, at least 1; 0 when this one was allowed. */
  retryAfterSeconds: number
}

/** Judges one hit. `ends`: when each hit of the log stops counting (ms UTC, ascending, all after `now`). */
export function judgeHit(ends: readonly number[], now: number, policy: WindowPolicy): HitVerdict {
  const windowEnd = endOfWindow(now, policy)
  const allowed = ends.length < policy.limit
  const counted = allowed ? [...ends, windowEnd] : ends
  // After a limit was lowered, more than one hit has to leave before the next one fits.
  const nextFree = ends[ends.length - policy.limit] ?? windowEnd
  return {
    allowed,
    remaining: Math.max(0, policy.limit - counted.length),
    resetSeconds: secondsUntil(counted[0] ?? windowEnd, now),
    retryAfterSeconds: allowed ? 0 : secondsUntil(nextFree, now),
  }
}

/** When a hit at `now` stops counting (ms UTC). */
export function endOfWindow(now: number, policy: WindowPolicy): number {
  return now + policy.windowSeconds * 1000
}

function secondsUntil(moment: number, now: number): number {
  return Math.ceil((moment - now) / 1000)
}
