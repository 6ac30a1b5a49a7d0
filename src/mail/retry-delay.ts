/** How long a failed attempt waits. Pure: no I/O, no clock. */
const FIRST_DELAY_SECONDS = 10
export const MAX_DELAY_SECONDS = 3600

/**
 * Seconds until the next attempt after `attempts` of them (1 or more): 10 s, 20 s, 40 s … up to an hour. A longer
 * `Retry-After` of the other side counts instead, up to an hour too.
 */
export function retryDelaySeconds(attempts: number, retryAfterSeconds = 0): number {
  const backoff = FIRST_DELAY_SECONDS * 2 ** (Math.max(attempts, 1) - 1)
  return Math.min(Math.max(backoff, Math.ceil(retryAfterSeconds)), MAX_DELAY_SECONDS)
}

/** Seconds of a `Retry-After` header (RFC 9110 §10.2.3: seconds or a date), or undefined for none that can be read. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text), MAX_DELAY_SECONDS)
  const date = text.includes(':') ? Date.parse(text) : Number.NaN
  if (Number.isNaN(date)) return undefined
  return Math.min(Math.max(Math.ceil((date - now) / 1000), 0), MAX_DELAY_SECONDS)
}
