/** The windows that numbers are shown in, and how each is cut. Aligned in UTC; the last bucket is under way. Pure. */
const HOUR_MS = 3_600_000

export const WINDOWS = {
  '24h': { buckets: 24, bucketMs: HOUR_MS },
  '7d': { buckets: 28, bucketMs: 6 * HOUR_MS },
  '30d': { buckets: 30, bucketMs: 24 * HOUR_MS },
} as const

export type WindowName = keyof typeof WINDOWS

export const WINDOW_NAMES = Object.keys(WINDOWS) as [WindowName, ...WindowName[]]

export interface Window {
  /** Start of the first bucket, ms UTC. */
  from: number
  buckets: number
  bucketMs: number
}

/** The window that ends with the bucket of `now` (ms UTC). */
export function windowAt(name: WindowName, now: number): Window {
  const { buckets, bucketMs } = WINDOWS[name]
  const last = now - (now % bucketMs)
  return { from: last - (buckets - 1) * bucketMs, buckets, bucketMs }
}
