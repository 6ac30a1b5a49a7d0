/**
 * Reports errors to Sentry: one envelope by HTTP for each, two seconds at most, never twice, never a redirect. It keeps
 * to what the server asks for (429 and its Retry-After, X-Sentry-Rate-Limits), and to twenty a minute of its own, so that
 * an outage floods nobody; what was left out is counted and told with the next. Nothing of it ever fails.
 */
import type { Clock } from './clock.ts'
import { newId } from './ids.ts'
import type { Dsn } from './sentry-dsn.ts'
import { type Fields, toEnvelope } from './sentry-event.ts'

const TIMEOUT_MS = 2_000
const MINUTE_MS = 60_000
const PER_MINUTE = 20
const PAUSE_SECONDS = 60
/** However long the server wants to be left alone. */
const PAUSE_MAX_SECONDS = 3600

/** Why a report did not arrive. Safe to log. */
export type SentryFault = 'timeout' | 'network' | `http_${number}`

export interface Sentry {
  /** Reports one line of the log. Never rejects; gives why it did not arrive, unless it was not sent at all. */
  report(line: Fields, route: string): Promise<SentryFault | undefined>
}

export interface SentryOptions {
  dsn: Dsn
  environment: string
  clock: Clock
}

/** Its counts live as long as the isolate: numbers and moments, nothing of any request. */
export function createSentry({ dsn, environment, clock }: SentryOptions): Sentry {
  let minute = 0
  let sent = 0
  let dropped = 0
  let pausedUntil = 0
  const mayReport = (now: number): boolean => {
    const current = Math.floor(now / MINUTE_MS)
    if (current !== minute) sent = 0
    minute = current
    return sent < PER_MINUTE && now >= pausedUntil
  }
  return {
    async report(line, route) {
      const now = clock()
      if (!mayReport(now)) {
        dropped += 1
        return undefined
      }
      sent += 1
      const eventId = newId(now).replaceAll('-', '')
      const envelope = toEnvelope({ line, environment, route, now, eventId, dropped })
      dropped = 0
      const answer = await post(dsn, envelope)
      if ('fault' in answer) return answer.fault
      pausedUntil = Math.max(pausedUntil, clock() + answer.pauseSeconds * 1000)
      return answer.isTaken ? undefined : `http_${answer.status}`
    },
  }
}

type Answer = { fault: SentryFault } | { isTaken: boolean; status: number; pauseSeconds: number }

async function post({ url, publicKey }: Dsn, body: string): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-sentry-envelope',
        'X-Sentry-Auth': `Sentry sentry_version=7, sentry_client=gatehouse/1.0, sentry_key=${publicKey}`,
        'User-Agent': 'gatehouse',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    const { ok: isTaken, status, headers } = response
    return { isTaken, status, pauseSeconds: Math.min(pauseOf(status, headers), PAUSE_MAX_SECONDS) }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { fault: timedOut ? 'timeout' : 'network' }
  }
}

/** `60:error;transaction:key, 2700::organization`: seconds, for which kinds (none: all), of whom. */
function pauseOf(status: number, headers: Headers): number {
  const limits = headers.get('X-Sentry-Rate-Limits')
  if (limits !== null) {
    const meant = limits.split(',').map((limit) => {
      const [seconds = '', kinds = ''] = limit.trim().split(':')
      const isOurs = kinds === '' || kinds.split(';').includes('error')
      return isOurs && /^\d+(\.\d+)?$/.test(seconds) ? Number(seconds) : 0
    })
    return Math.max(...meant)
  }
  if (status !== 429) return 0
  const after = headers.get('Retry-After') ?? ''
  return /^\d+$/.test(after) ? Number(after) : PAUSE_SECONDS
}
