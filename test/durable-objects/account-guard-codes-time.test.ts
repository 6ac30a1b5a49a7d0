import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  alarmOf,
  at,
  BLOCK_SECONDS,
  CODE_SECONDS,
  DAY_SECONDS,
  enter,
  enterWrong,
  failTimes,
  HOUR_SECONDS,
  hasNoStorage,
  issue,
  newGuard,
  remember,
  rowsIn,
  start,
  startOver,
  useClockOfSeconds,
  WINDOW_SECONDS,
} from './guard-driver.ts'

useClockOfSeconds()

const EXPIRED = { kind: 'expired' }

describe('AccountGuard and the time of a code', () => {
  it('takes a code to its last millisecond, then says for an hour that it has expired', async () => {
    const guard = newGuard()
    for (const flow of ['in time', 'late']) await issue(guard, { flow })
    at(CODE_SECONDS - 0.001)
    expect(await enter(guard, { flow: 'in time' })).toMatchObject({ kind: 'right' })
    at(CODE_SECONDS)
    expect(await enter(guard, { flow: 'late' })).toEqual(EXPIRED)
    await evictDurableObject(guard)
    at(CODE_SECONDS + HOUR_SECONDS - 0.001)
    expect(await enter(guard, { flow: 'late' })).toEqual(EXPIRED)
    at(CODE_SECONDS + HOUR_SECONDS)
    expect(await enter(guard, { flow: 'late' })).toEqual({ kind: 'wrong' })
  })

  it('counts no try on an expired code: nothing is compared', async () => {
    const guard = newGuard()
    await issue(guard)
    at(CODE_SECONDS)
    expect(new Set(await enterWrong(guard, 20))).toEqual(new Set(['expired']))
    await issue(guard, { code: '222222' })
    expect(await enter(guard, { code: '222222' })).toMatchObject({ kind: 'right' })
  })

  it('gives each code the time it was issued with', async () => {
    const guard = newGuard()
    await issue(guard, { flow: 'short', ttlSeconds: 2 })
    await issue(guard, { flow: 'long', ttlSeconds: 4 })
    at(2)
    expect(await enter(guard, { flow: 'short' })).toEqual(EXPIRED)
    at(3.999)
    expect(await enter(guard, { flow: 'long' })).toMatchObject({ kind: 'right' })
  })

  it('lets a code be asked for again as soon as a send is 15 minutes old, and says when', async () => {
    const guard = newGuard()
    for (const second of [0, 100, 200]) {
      at(second)
      await issue(guard)
    }
    expect(await issue(guard)).toEqual({ kind: 'limited', retryAfterSeconds: WINDOW_SECONDS - 200 })
    await evictDurableObject(guard)
    at(WINDOW_SECONDS - 0.001)
    expect(await issue(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 1 })
    at(WINDOW_SECONDS)
    expect(await issue(guard)).toMatchObject({ kind: 'allowed' })
    expect(await issue(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 100 })
  })

  it('lets a code be tried again as soon as a wrong try is 15 minutes old, and says when', async () => {
    const guard = newGuard()
    await issue(guard, { ttlSeconds: HOUR_SECONDS })
    await enterWrong(guard, 4)
    at(100)
    await issue(guard, { flow: 'other', ttlSeconds: HOUR_SECONDS })
    await enterWrong(guard, 6, { flow: 'other' })
    expect(await enter(guard)).toEqual({ kind: 'limited', retryAfterSeconds: WINDOW_SECONDS - 100 })
    await evictDurableObject(guard)
    at(WINDOW_SECONDS - 0.001)
    expect(await enter(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 1 })
    at(WINDOW_SECONDS)
    expect(await enter(guard)).toMatchObject({ kind: 'right' })
  })

  it('says blocked rather than limited where both hold', async () => {
    const guard = newGuard()
    await issue(guard)
    await enterWrong(guard, 10)
    at(100)
    await failTimes(guard, 5)
    at(500)
    expect(await enter(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: BLOCK_SECONDS - 400 })
  })
})

describe('AccountGuard, codes and a clock that steps', () => {
  it('keeps a code and its count when the clock steps back two seconds', async () => {
    const guard = newGuard()
    at(2)
    await issue(guard)
    await enterWrong(guard, 4)
    at(0)
    expect(await enter(guard)).toMatchObject({ kind: 'right' })
    for (let n = 0; n < 2; n++) await issue(guard)
    expect(await issue(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
  })

  it('lets nothing last longer than if it had begun now, after a clock that was ten years ahead', async () => {
    const guard = newGuard()
    at(3650 * DAY_SECONDS)
    for (let n = 0; n < 3; n++) await issue(guard)
    await enterWrong(guard, 10)
    at(0)
    expect(await enter(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
    expect(await issue(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
    at(CODE_SECONDS)
    expect(await rowsIn(guard, 'challenges')).toBe(1)
    at(WINDOW_SECONDS)
    expect(await enter(guard)).toEqual(EXPIRED)
    expect(await issue(guard)).toMatchObject({ kind: 'allowed' })
  })

  it('holds a code up for no longer than a block that begins now', async () => {
    const guard = newGuard()
    at(3650 * DAY_SECONDS)
    await failTimes(guard, 5)
    at(0)
    await issue(guard)
    expect(await enter(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: BLOCK_SECONDS })
  })
})

describe('AccountGuard, codes and its alarm', () => {
  it('tidies up windows and codes, and leaves no storage behind', async () => {
    const guard = newGuard()
    await issue(guard)
    await enterWrong(guard, 1)
    expect(await alarmOf(guard)).toBe(start + WINDOW_SECONDS * 1000)
    at(WINDOW_SECONDS)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect([await rowsIn(guard, 'challenges'), await rowsIn(guard, 'hits')]).toEqual([1, 0])
    expect(await alarmOf(guard)).toBe(start + (CODE_SECONDS + HOUR_SECONDS) * 1000)
    at(CODE_SECONDS + HOUR_SECONDS)
    expect(await runDurableObjectAlarm(guard)).toBe(true)
    expect(await hasNoStorage(guard)).toBe(true)
    expect(await issue(guard)).toMatchObject({ kind: 'allowed' })
    expect(await enter(guard)).toMatchObject({ kind: 'right' })
  })

  it('comes earlier for a code than for a device', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    await issue(guard)
    expect(await alarmOf(guard)).toBe(start + WINDOW_SECONDS * 1000)
  })

  it('tidies up what a reset left', async () => {
    const guard = newGuard()
    await issue(guard)
    await startOver(guard, start)
    at(WINDOW_SECONDS)
    await runDurableObjectAlarm(guard)
    expect(await alarmOf(guard)).toBe(start + 30 * DAY_SECONDS * 1000)
    at(30 * DAY_SECONDS)
    await runDurableObjectAlarm(guard)
    expect(await hasNoStorage(guard)).toBe(true)
  })

  it('stays small whatever strangers ask for, for as long as they like, though no alarm comes', async () => {
    const guard = newGuard()
    for (let step = 0; step < 200; step++) {
      at(step * 100)
      await issue(guard, { flow: `flow ${step}`, deviceId: `stranger ${step}` })
      await enterWrong(guard, 3, { flow: `flow ${step}` })
      // Three in 15 minutes, for the five minutes of a code and an hour after; three sends and ten tries in a window.
      expect(await rowsIn(guard, 'challenges')).toBeLessThanOrEqual(15)
      expect(await rowsIn(guard, 'hits')).toBeLessThanOrEqual(13)
    }
  })
})
