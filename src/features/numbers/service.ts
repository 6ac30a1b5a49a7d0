/** Numbers for admins: what happened in a window of time, and which alerts there were. */
import type { Deps } from '../../deps.ts'
import { type CountableEvent, readCounts } from './repository.ts'
import { type Window, type WindowName, windowAt } from './windows.ts'

export { listAlerts } from './repository.ts'

/** The events that each number sums up. */
export const NUMBERS = {
  signups: ['community_signup'],
  verifications: ['email_verified'],
  approvals: ['community_approved'],
  loginsOk: ['login_success'],
  loginsFailed: ['login_failed', 'login_failed_unknown'],
  loginsRefused: ['login_refused'],
  blocks: ['account_blocked'],
  locks: ['account_locked'],
  refreshReuse: ['refresh_reused'],
  mailQueued: ['mail_queued'],
  mailSent: ['mail_sent'],
  mailFailed: ['email_failed'],
} as const satisfies Record<string, readonly CountableEvent[]>

export type NumberName = keyof typeof NUMBERS
export type Numbers = Record<NumberName, number>

const NAMES = Object.keys(NUMBERS) as NumberName[]
const EVENTS = Object.values(NUMBERS).flat()

export interface Stats {
  window: Window
  now: number
  /** ms UTC; earlier than `now` only where the cron has stood still. */
  countedUpTo: number
  totals: Numbers
  /** Oldest first. */
  buckets: Numbers[]
}

export async function readStats(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  name: WindowName,
): Promise<Stats> {
  const now = clock()
  const window = windowAt(name, now)
  const { countedUpTo, counts } = await readCounts(db, { window, now, events: EVENTS })
  const buckets = Array.from({ length: window.buckets }, (_, at) =>
    sumUp(counts.filter(({ bucket }) => bucket === at)),
  )
  const isShown = ({ bucket }: { bucket: number }) => bucket >= 0 && bucket < window.buckets
  return { window, now, countedUpTo, totals: sumUp(counts.filter(isShown)), buckets }
}

function sumUp(counts: readonly { event: CountableEvent; count: number }[]): Numbers {
  const sumOf = (events: readonly CountableEvent[]) =>
    counts.reduce((sum, { event, count }) => (events.includes(event) ? sum + count : sum), 0)
  return Object.fromEntries(NAMES.map((name) => [name, sumOf(NUMBERS[name])])) as Numbers
}
