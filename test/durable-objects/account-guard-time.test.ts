import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  alarmOf,
  at,
  BLOCK_SECONDS,
  begin,
  clear,
  DAY_SECONDS,
  failTimes,
  hasNoStorage,
  knows,
  newGuard,
  remember,
  rowsIn,
  settle,
  start,
  strangersStanding,
  succeed,
  ticketFrom,
  untilArrived,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

const MONTH_MS = 30 * DAY_SECONDS * 1000
const YEAR_MS = 365 * DAY_SECONDS * 1000

describe('AccountGuard and places nobody settled', () => {
  it('counts a place as a failure after ten seconds, not before', async () => {
    const guard = newGuard()
    await ticketFrom(guard)
    at(9.999)
    expect((await strangersStanding(guard)).failed).toBe(0)
    at(10)
    expect((await strangersStanding(guard)).failed).toBe(1)
  })

  it('blocks from the moment the fifth of them lapsed', async () => {
    const guard = newGuard()
    for (let n = 0; n < 5; n++) {
      at(n)
      await ticketFrom(guard)
    }
    at(100)
    expect(await begin(guard)).toEqual({
      kind: 'blocked',
      retryAfterSeconds: 14 + BLOCK_SECONDS - 100,
    })
    at(14 + BLOCK_SECONDS)
    expect(await failTimes(guard, 1)).toMatchObject({ failed: 6 })
  })

  it('keeps them over an eviction', async () => {
    const guard = newGuard()
    for (let n = 0; n < 5; n++) await ticketFrom(guard)
    await evictDurableObject(guard)
    at(10)
    expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
  })

  it('forgets a device by its tenth failure, also one that nobody settled', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    await failTimes(guard, 5, 'laptop')
    at(BLOCK_SECONDS)
    await failTimes(guard, 4, 'laptop')
    const tenth = await ticketFrom(guard, 'laptop')
    at(BLOCK_SECONDS + 10)
    expect(await knows(guard, 'laptop')).toBe(false)
    // The password was right after all, only late.
    await settle(guard, tenth, 'success', 'laptop')
    expect(await knows(guard, 'laptop')).toBe(true)
  })

  it('counts an attempt as a failure when its outcome is none that it knows', async () => {
    const guard = newGuard()
    const ticket = await ticketFrom(guard)
    await expect(settle(guard, ticket, 'perhaps' as 'neutral')).rejects.toThrow('Unknown outcome')
    at(10)
    expect((await strangersStanding(guard)).failed).toBe(1)
  })

  it('lets a clear lift places that lapsed before it, counted or not', async () => {
    const guard = newGuard()
    for (let n = 0; n < 3; n++) await ticketFrom(guard)
    at(20)
    await clear(guard, start + 20_000)
    expect((await strangersStanding(guard)).failed).toBe(0)
  })

  it('does not count a late failure twice', async () => {
    const guard = newGuard()
    const ticket = await ticketFrom(guard)
    at(11)
    expect(await settle(guard, ticket, 'failure')).toEqual({
      failed: 1,
      event: null,
      blockedUntil: null,
    })
    expect(await settle(guard, ticket, 'failure')).toEqual({
      failed: 1,
      event: null,
      blockedUntil: null,
    })
  })

  it('does not take a failure back for a late neutral', async () => {
    const guard = newGuard()
    const ticket = await ticketFrom(guard)
    at(11)
    expect(await settle(guard, ticket, 'neutral')).toMatchObject({ failed: 1 })
  })

  it('honours a late success: it lifts the block and makes the device known', async () => {
    const guard = newGuard()
    const right = await ticketFrom(guard)
    at(9)
    await failTimes(guard, 4)
    at(10)
    const blocked = { kind: 'blocked', retryAfterSeconds: BLOCK_SECONDS }
    expect(await begin(guard)).toEqual(blocked)
    expect(await settle(guard, right, 'success', 'laptop')).toEqual({
      failed: 0,
      event: null,
      blockedUntil: null,
    })
    expect(await begin(guard)).toMatchObject({ kind: 'granted' })
    expect(await knows(guard, 'laptop')).toBe(true)
  })

  it('honours a late success after the lock too, in the seconds that follow and not for ever', async () => {
    for (const [late, isHonoured] of [
      [11, true],
      [310, false],
    ] as const) {
      const guard = newGuard()
      at(0)
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      const right = await ticketFrom(guard)
      await failTimes(guard, 4)
      at(BLOCK_SECONDS + 10)
      expect(await begin(guard)).toEqual({ kind: 'locked' })
      at(BLOCK_SECONDS + late)
      await settle(guard, right, 'success', 'laptop')
      expect((await strangersStanding(guard)).failed).toBe(isHonoured ? 0 : 10)
    }
  })

  it('tells one who waits as soon as time has turned the places into a block', async () => {
    const guard = newGuard()
    for (let n = 0; n < 5; n++) await ticketFrom(guard)
    const waiting = begin(guard)
    await untilArrived(guard)
    at(10)
    expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
    expect(await waiting).toMatchObject({ kind: 'blocked' })
  })
})

describe('AccountGuard and a clock that steps', () => {
  it('unlocks and frees nothing when it steps back two seconds', async () => {
    const guard = newGuard()
    at(2)
    await failTimes(guard, 4)
    const open = await ticketFrom(guard)
    at(0)
    expect((await strangersStanding(guard)).failed).toBe(4)
    expect(await settle(guard, open, 'failure')).toMatchObject({ failed: 5, event: 'blocked' })
    at(-2)
    expect(await begin(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: BLOCK_SECONDS })
    at(BLOCK_SECONDS - 2.001)
    expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
    at(BLOCK_SECONDS)
    await failTimes(guard, 5)
    at(BLOCK_SECONDS - 2)
    expect(await begin(guard)).toEqual({ kind: 'locked' })
  })

  it('gives a place its ten seconds anew after a step back, no more', async () => {
    const guard = newGuard()
    at(2)
    await ticketFrom(guard)
    at(0)
    await strangersStanding(guard)
    at(9.999)
    expect((await strangersStanding(guard)).failed).toBe(0)
    at(10)
    expect((await strangersStanding(guard)).failed).toBe(1)
  })

  it('recovers from a clock that was ten years ahead', async () => {
    const guard = newGuard()
    at(3650 * DAY_SECONDS)
    await remember(guard, 'laptop')
    await failTimes(guard, 5)
    at(0)
    expect(await begin(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: BLOCK_SECONDS })
    expect(await knows(guard, 'laptop')).toBe(true)
    at(BLOCK_SECONDS)
    expect(await failTimes(guard, 1)).toMatchObject({ failed: 6 })
    expect(await alarmOf(guard)).toBe(start + MONTH_MS)
    at(366 * DAY_SECONDS)
    expect(await knows(guard, 'laptop')).toBe(false)
  })
})

describe('AccountGuard and its alarm', () => {
  it('comes when the first record ends, and again for the next', async () => {
    const guard = newGuard()
    await succeed(guard, 'laptop')
    at(5)
    await failTimes(guard, 2)
    at(10)
    await failTimes(guard, 1, 'laptop')
    at(10 + MONTH_MS / 1000 - 1)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect([await rowsIn(guard, 'lanes'), await rowsIn(guard, 'devices')]).toEqual([1, 1])
    expect(await alarmOf(guard)).toBe(start + 10_000 + MONTH_MS)
    at(10 + MONTH_MS / 1000)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect([await rowsIn(guard, 'lanes'), await rowsIn(guard, 'devices')]).toEqual([0, 1])
    expect(await alarmOf(guard)).toBe(start + YEAR_MS)
  })

  it('is armed by each kind of call, no later than the first end', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    expect(await alarmOf(guard)).toBe(start + YEAR_MS)
    at(1)
    await ticketFrom(guard)
    expect(await alarmOf(guard)).toBe(start + 1000 + MONTH_MS)
    for (const call of [
      (g = newGuard()) => clear(g, 0).then(() => g),
      (g = newGuard()) => strangersStanding(g).then(() => g),
    ]) {
      expect(await alarmOf(await call())).toBe(start + 1000 + MONTH_MS)
    }
  })

  it('leaves no storage behind when everything has ended, and the guard goes on without a new start', async () => {
    const guard = newGuard()
    await failTimes(guard, 5)
    at(31 * DAY_SECONDS)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect(await hasNoStorage(guard)).toBe(true)
    expect(await failTimes(guard, 5)).toMatchObject({ failed: 5, event: 'blocked' })
    await remember(guard, 'laptop')
    expect(await knows(guard, 'laptop')).toBe(true)
    expect(await alarmOf(guard)).toBe(start + 31 * DAY_SECONDS * 1000 + MONTH_MS)
  })

  it('cleans up after calls that stored nothing', async () => {
    const guard = newGuard()
    await clear(guard, start)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect(await hasNoStorage(guard)).toBe(true)
    await runInDurableObject(guard, (instance) => instance.alarm())
    expect(await hasNoStorage(guard)).toBe(true)
    expect(await failTimes(guard, 1)).toMatchObject({ failed: 1 })
  })

  it('takes no reserved place away', async () => {
    const guard = newGuard()
    const open = await ticketFrom(guard)
    at(5)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect(await alarmOf(guard)).toBe(start + MONTH_MS)
    expect(await settle(guard, open, 'failure')).toMatchObject({ failed: 1 })
  })

  it('does not end an object in which somebody waits', async () => {
    const guard = newGuard()
    for (let n = 0; n < 5; n++) await ticketFrom(guard)
    const waiting = begin(guard)
    await untilArrived(guard)
    at(31 * DAY_SECONDS)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect(await hasNoStorage(guard)).toBe(false)
    expect(await alarmOf(guard)).toBe(start + (31 * DAY_SECONDS + 10) * 1000)
    await strangersStanding(guard)
    expect(await waiting).toMatchObject({ kind: 'granted' })
  })

  it('is never waited for: what has ended counts no more though no alarm came', async () => {
    const guard = newGuard()
    await succeed(guard, 'laptop')
    await failTimes(guard, 5)
    at(366 * DAY_SECONDS)
    expect(await failTimes(guard, 1, 'laptop')).toEqual({
      failed: 1,
      event: null,
      blockedUntil: null,
    })
    expect(await rowsIn(guard, 'devices')).toBe(0)
  })
})
