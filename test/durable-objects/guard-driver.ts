/** Drives real account guards in tests: a fresh object, a clock counted in seconds from the start, whole attempts. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { CODE_LIMITS } from '../../src/durable-objects/code-limits.ts'
import type {
  BeginVerdict,
  CodePurpose,
  GuardChange,
  MailPurpose,
  MailVerdict,
  SettleRequest,
  UseCodeVerdict,
} from '../../src/durable-objects/guard-contract.ts'

export const BLOCK_SECONDS = 900
export const DAY_SECONDS = 86_400
export const start = Date.now()

/** Moves the clock to so many seconds after the start. */
export const at = (seconds: number) => vi.setSystemTime(start + seconds * 1000)

export const newGuard = () => env.ACCOUNT_GUARD.getByName(crypto.randomUUID())
export type Guard = ReturnType<typeof newGuard>

export function useClockOfSeconds() {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    at(0)
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

export async function begin(guard: Guard, deviceId: string | null = null): Promise<BeginVerdict> {
  return await guard.begin({ deviceId, blockSeconds: BLOCK_SECONDS })
}

/** A ticket, from an attempt that has to be granted. */
export async function ticketFrom(guard: Guard, deviceId: string | null = null): Promise<string> {
  const verdict = await begin(guard, deviceId)
  expect(verdict).toMatchObject({ kind: 'granted' })
  return verdict.kind === 'granted' ? verdict.ticket : ''
}

export async function settle(
  guard: Guard,
  ticket: string,
  outcome: SettleRequest['outcome'],
  joinDevice: string | null = null,
) {
  return await guard.settle({ ticket, outcome, joinDevice, blockSeconds: BLOCK_SECONDS })
}

/** One attempt after the other, each granted and wrong; gives the last verdict. */
export async function failTimes(guard: Guard, times: number, deviceId: string | null = null) {
  let last = await settle(guard, await ticketFrom(guard, deviceId), 'failure')
  for (let n = 1; n < times; n++) {
    last = await settle(guard, await ticketFrom(guard, deviceId), 'failure')
  }
  return last
}

export async function succeed(guard: Guard, deviceId: string | null, joinDevice = deviceId) {
  return await settle(guard, await ticketFrom(guard, deviceId), 'success', joinDevice)
}

export async function tell(guard: Guard, change: GuardChange) {
  await guard.change(change)
}

export const remember = (guard: Guard, deviceId: string) =>
  tell(guard, { kind: 'remember', deviceId })

export const clear = (guard: Guard, before: number) => tell(guard, { kind: 'clear', before })

export const startOver = (guard: Guard, before: number, keepDevice?: string) =>
  tell(guard, { kind: 'start_over', before, keepDevice })

export const forget = (guard: Guard, before: number, deviceId?: string) =>
  tell(guard, { kind: 'forget', before, deviceId })

export const CODE_SECONDS = 300
export const WINDOW_SECONDS = 900
export const HOUR_SECONDS = 3600
export const LINK_LIMIT = { limit: 3, windowSeconds: HOUR_SECONDS }

export interface CodeOf {
  flow?: string
  code?: string
  deviceId?: string | null
}

interface IssuedCode extends CodeOf {
  ttlSeconds?: number
  purpose?: CodePurpose
  perDay?: number
  isLaneFull?: boolean
}

const digestOf = (flow: string, code: string) => `digest of ${flow} and ${code}`
export const challengeOf = (flow: string, code: string) => `challenge of ${flow} and ${code}`

/** Takes in the code 111111 of the flow `tab`, unless told otherwise. */
export async function issue(guard: Guard, of: IssuedCode = {}): Promise<MailVerdict> {
  const { flow = 'tab', code = '111111', deviceId = null, ttlSeconds = CODE_SECONDS } = of
  const { purpose = 'code', perDay, isLaneFull } = of
  return await guard.countMail({
    purpose,
    ...CODE_LIMITS[purpose],
    perDay,
    isLaneFull,
    deviceId,
    code: { flow, challengeId: challengeOf(flow, code), digest: digestOf(flow, code), ttlSeconds },
  })
}

/** Counts a mail with a link, of which three an hour are allowed. */
export async function mail(
  guard: Guard,
  purpose: MailPurpose,
  deviceId: string | null = null,
): Promise<MailVerdict> {
  return await guard.countMail({ purpose, ...LINK_LIMIT, deviceId })
}

/** Enters the code 111111 in the flow `tab`, unless told otherwise; a second key is always active. */
export async function enter(guard: Guard, of: CodeOf = {}): Promise<UseCodeVerdict> {
  const { flow = 'tab', code = '111111', deviceId = null } = of
  const digests = [`another key's of ${code}`, digestOf(flow, code)]
  return await guard.useCode({ flow, digests, deviceId, blockSeconds: BLOCK_SECONDS })
}

/** Follows the link that was mailed beside the code 111111 of the flow `tab`, unless told otherwise, in the flow `inFlow`. */
export async function follow(
  guard: Guard,
  of: CodeOf & { inFlow?: string } = {},
): Promise<UseCodeVerdict> {
  const { flow = 'tab', code = '111111', deviceId = null, inFlow = flow } = of
  const challengeId = challengeOf(flow, code)
  return await guard.useCode({ flow: inFlow, challengeId, deviceId, blockSeconds: BLOCK_SECONDS })
}

/** One wrong code after the other; gives the kinds of the verdicts. */
export async function enterWrong(guard: Guard, times: number, of: CodeOf = {}) {
  const kinds: UseCodeVerdict['kind'][] = []
  for (let n = 0; n < times; n++) {
    kinds.push((await enter(guard, { ...of, code: `wrong ${n}` })).kind)
  }
  return kinds
}

/** How often each kind of verdict was given. */
export function kindsOf<Kind extends string>(verdicts: readonly { kind: Kind }[]) {
  const counts: Partial<Record<Kind, number>> = {}
  for (const { kind } of verdicts) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** How many failures stand in the strangers' lane: an unknown ticket changes nothing and tells. */
export const strangersStanding = (guard: Guard) => settle(guard, 'unknown ticket', 'failure')

export async function knows(guard: Guard, deviceId: string): Promise<boolean> {
  const verdict = await begin(guard, deviceId)
  if (verdict.kind !== 'granted') throw new Error(`not granted: ${verdict.kind}`)
  await settle(guard, verdict.ticket, 'neutral')
  return verdict.knownDevice
}

export const alarmOf = (guard: Guard) =>
  runInDurableObject(guard, (_, state) => state.storage.getAlarm())

const TABLES = ['lanes', 'places', 'devices', 'forgotten', 'challenges', 'hits'] as const

/** Whether nothing at all is stored, not even an empty table. */
export const hasNoStorage = (guard: Guard) =>
  runInDurableObject(guard, async (_, state) => {
    const tables = state.storage.sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table'",
    )
    const ours: readonly string[] = TABLES
    const left = tables.toArray().filter(({ name }) => ours.includes(name))
    return left.length === 0 && (await state.storage.getAlarm()) === null
  })

export const rowsIn = (guard: Guard, table: (typeof TABLES)[number]) =>
  runInDurableObject(
    guard,
    (_, state) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
  )

/** Lets calls that are under way reach the object: a call of one's own arrives behind them. */
export const untilArrived = (guard: Guard) => strangersStanding(guard)
