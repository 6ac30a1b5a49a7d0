/**
 * One request, and its repetitions. Repeated is only what cannot happen twice: a safe method, a request with an
 * idempotency key, a refresh (whose lost answer the API gives again). Never endlessly, and never sooner than
 * `Retry-After` says; where that is longer than somebody would wait, the answer is handed over instead.
 */
import { type Failure, failed, type Result, readAnswer } from './result.ts'

const FIRST_DELAY_MS = 200
const LONGEST_WAIT_SECONDS = 20

/** What is asked of `fetch`. */
export type Init = RequestInit & { credentials?: 'include' | 'omit' }
export type Fetch = (input: string, init: Init) => Promise<Response>

export interface Repeating {
  fetch: Fetch
  /** How often at most, after the first time. */
  retries: number
  isWorthIt(failure: Failure): boolean
  /** Of each attempt, for requests without a signal of their own. */
  timeoutMs?: number
}

/** Unreachable, or down. What was refused is refused the next time too. */
export function isOutage({ status, error }: Failure): boolean {
  return error.code === 'network_error' || status >= 502
}

/** Nothing is wrong with the token; the API cannot look at it now. Of a refresh. */
export function isTemporary(failure: Failure): boolean {
  return isOutage(failure) || failure.status === 429 || failure.status === 500
}

/** Sends until there is an answer that counts. Rejects never. */
export async function request(
  url: string,
  init: Init,
  { fetch, retries, isWorthIt, timeoutMs }: Repeating,
): Promise<Result<unknown>> {
  for (let tried = 0; ; tried++) {
    const limit = timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }
    const result = await attempt(fetch, url, { ...init, ...limit }, init.signal)
    if (result.ok || tried >= retries || !isWorthIt(result)) return result
    const pause = delayMs(tried, result.error.retryAfterSeconds, Math.random())
    if (pause === undefined) return result
    await sleep(pause, init.signal)
    if (init.signal?.aborted) return failed('aborted')
  }
}

async function attempt(
  fetch: Fetch,
  url: string,
  init: Init,
  signal: Init['signal'],
): Promise<Result<unknown>> {
  try {
    return await readAnswer(await fetch(url, init), Date.now())
  } catch {
    return failed(signal?.aborted ? 'aborted' : 'network_error')
  }
}

/** Doubled each time and spread, so that those who failed together do not come back together. `chance`: 0 to 1. */
export function delayMs(
  tried: number,
  retryAfterSeconds: number | undefined,
  chance: number,
): number | undefined {
  if (retryAfterSeconds !== undefined && retryAfterSeconds > LONGEST_WAIT_SECONDS) return undefined
  const own = FIRST_DELAY_MS * 2 ** tried * (0.5 + chance / 2)
  return (retryAfterSeconds ?? 0) * 1000 + own
}

/** Ends sooner where the signal says so. */
function sleep(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

/** What `work` gives, or `aborted` as soon as the signal says so; the work itself goes on for whoever else waits for it. */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | null | undefined,
): Promise<T | Failure> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => resolve(failed('aborted'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
