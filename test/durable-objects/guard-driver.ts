/** Drives real account guards in tests: a fresh object, a clock counted in seconds from the start, whole attempts. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { BeginVerdict, SettleRequest } from '../../src/durable-objects/account-guard.ts'

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

/** Whether nothing at all is stored, not even an empty table. */
export const hasNoStorage = (guard: Guard) =>
  runInDurableObject(guard, async (_, state) => {
    const tables = state.storage.sql.exec(
      "SELECT name FROM sqlite_master WHERE name IN ('lanes', 'places', 'devices')",
    )
    return tables.toArray().length === 0 && (await state.storage.getAlarm()) === null
  })

export const rowsIn = (guard: Guard, table: 'lanes' | 'places' | 'devices') =>
  runInDurableObject(
    guard,
    (_, state) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
  )

/** Lets calls that are under way reach the object: a call of one's own arrives behind them. */
export const untilArrived = (guard: Guard) => strangersStanding(guard)
