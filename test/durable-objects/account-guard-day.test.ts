/** Mails that a day has a cap for, and codes to a new address, which have a window of their own. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { race } from '../support/race.ts'
import {
  alarmOf,
  at,
  CODE_SECONDS,
  clear,
  DAY_SECONDS,
  enter,
  follow,
  forget,
  type Guard,
  HOUR_SECONDS,
  hasNoStorage,
  issue,
  kindsOf,
  newGuard,
  remember,
  rowsIn,
  start,
  startOver,
  useClockOfSeconds,
  WINDOW_SECONDS,
} from './guard-driver.ts'

useClockOfSeconds()

const CAPPED = { kind: 'capped' }
const RIGHT = { kind: 'right' }
const PER_DAY = 5

/** Asks for a code every ten minutes, of which the last is called so; the fifth is asked for 40 minutes after the first. */
async function useUpDay(guard: Guard, deviceId: string | null = null, last = 'last') {
  for (let n = 0; n < PER_DAY; n++) {
    at(n * 600)
    const code = n === PER_DAY - 1 ? last : `${n}`
    const verdict = await issue(guard, {
      code,
      deviceId,
      perDay: PER_DAY,
      ttlSeconds: HOUR_SECONDS,
    })
    expect(verdict).toMatchObject({ kind: 'allowed' })
  }
}

describe('AccountGuard and the codes of a day', () => {
  it('caps the sixth: no code is issued, and the older one lives on with its link', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    at(3000)
    expect(await issue(guard, { code: 'sixth', perDay: PER_DAY })).toEqual(CAPPED)
    expect(await issue(guard, { flow: 'new', perDay: PER_DAY })).toEqual(CAPPED)
    expect(await rowsIn(guard, 'challenges')).toBe(1)
    expect(await enter(guard, { code: 'sixth' })).toEqual({ kind: 'wrong' })
    expect(await follow(guard, { code: 'last' })).toMatchObject(RIGHT)
  })

  it('ends with the day: the next one counts from the first mail, to the millisecond', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    await evictDurableObject(guard)
    at(DAY_SECONDS - 0.001)
    expect(await issue(guard, { perDay: PER_DAY })).toEqual(CAPPED)
    at(DAY_SECONDS)
    expect(await issue(guard, { perDay: PER_DAY })).toMatchObject({ kind: 'allowed' })
    expect(await issue(guard, { perDay: PER_DAY })).toEqual(CAPPED)
  })

  it('counts a capped one towards the window all the same: limits tell nobody what was mailed', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    at(DAY_SECONDS - 1)
    const asked = []
    for (let n = 0; n < 4; n++) asked.push((await issue(guard, { perDay: PER_DAY })).kind)
    expect(asked).toEqual(['capped', 'capped', 'capped', 'limited'])
  })

  it('counts what the cap kept back towards no day', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    for (let n = 1; n <= 12; n++) {
      at(HOUR_SECONDS * n)
      expect(await issue(guard, { perDay: PER_DAY })).toEqual(CAPPED)
    }
    for (let n = 0; n < PER_DAY; n++) {
      at(DAY_SECONDS + n * 600)
      expect(await issue(guard, { perDay: PER_DAY })).toMatchObject({ kind: 'allowed' })
    }
  })

  it('leaves a known device a day of its own, and strangers theirs', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    await useUpDay(guard)
    const own = { deviceId: 'laptop', perDay: PER_DAY }
    expect(await issue(guard, own)).toEqual({ kind: 'allowed', knownDevice: true })
    const other = newGuard()
    await remember(other, 'laptop')
    await useUpDay(other, 'laptop')
    at(3000)
    expect(await issue(other, own)).toEqual(CAPPED)
    expect(await issue(other, { perDay: PER_DAY })).toEqual({ kind: 'allowed', knownDevice: false })
  })

  it('gives no day back, whatever is lifted', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    at(3000)
    await clear(guard, start + 3_000_000)
    await startOver(guard, start + 3_000_000)
    expect(await issue(guard, { perDay: PER_DAY })).toEqual(CAPPED)
  })

  it('caps a device that was forgotten with what strangers have left', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    await useUpDay(guard)
    await forget(guard, start + 3_000_000, 'laptop')
    at(3000)
    expect(await issue(guard, { deviceId: 'laptop', perDay: PER_DAY })).toEqual(CAPPED)
  })

  it('caps thirty that arrive together where two of the day are left', async () => {
    const guard = newGuard()
    for (let n = 0; n < 3; n++) await issue(guard, { perDay: PER_DAY })
    at(WINDOW_SECONDS)
    const asked = await race(30, (n) => issue(guard, { flow: `flow ${n}`, perDay: PER_DAY }))
    expect(kindsOf(asked)).toEqual({ allowed: 2, capped: 1, limited: 27 })
  })

  it('knows no cap where none is named', async () => {
    const guard = newGuard()
    await useUpDay(guard)
    at(3000)
    expect(await issue(guard)).toMatchObject({ kind: 'allowed' })
  })

  it('caps a known device whose lane is full, and counts it towards the window all the same', async () => {
    const guard = newGuard()
    await remember(guard, 'laptop')
    const deviceId = 'laptop'
    await issue(guard, { code: 'older', deviceId })
    const full = { deviceId, isLaneFull: true }
    expect(await issue(guard, full)).toEqual(CAPPED)
    expect(await enter(guard, { code: 'older', deviceId })).toMatchObject(RIGHT)
    expect(await issue(guard, full)).toEqual(CAPPED)
    expect(await issue(guard, full)).toMatchObject({ kind: 'limited' })
    expect(await rowsIn(guard, 'challenges')).toBe(0)
  })

  it('asks that of no stranger: what they are told depends on nothing that was mailed', async () => {
    const guard = newGuard()
    const stranger = { deviceId: 'phone', isLaneFull: true }
    expect(await issue(guard, stranger)).toMatchObject({ kind: 'allowed', knownDevice: false })
    expect(await enter(guard, { deviceId: 'phone' })).toMatchObject(RIGHT)
  })

  it('keeps a day’s rows for a day, and leaves no storage behind', async () => {
    const guard = newGuard()
    await issue(guard, { perDay: PER_DAY })
    expect(await rowsIn(guard, 'hits')).toBe(2)
    at(CODE_SECONDS + HOUR_SECONDS)
    await runDurableObjectAlarm(guard)
    expect(await rowsIn(guard, 'hits')).toBe(1)
    expect(await alarmOf(guard)).toBe(start + DAY_SECONDS * 1000)
    at(DAY_SECONDS)
    await runDurableObjectAlarm(guard)
    expect(await hasNoStorage(guard)).toBe(true)
    expect(await issue(guard, { perDay: PER_DAY })).toMatchObject({ kind: 'allowed' })
    expect(await enter(guard)).toMatchObject(RIGHT)
  })
})

describe('AccountGuard and codes to a new address', () => {
  const change = (guard: Guard, deviceId: string | null = null) =>
    issue(guard, { flow: 'change', code: '222222', purpose: 'email_change', deviceId })

  it('allows five in fifteen minutes, a minute apart or at once, and says when the next is', async () => {
    const guard = newGuard()
    for (let n = 0; n < 5; n++) {
      at(n * 60)
      expect(await change(guard)).toMatchObject({ kind: 'allowed' })
    }
    const limited = (retryAfterSeconds: number) => ({ kind: 'limited', retryAfterSeconds })
    expect(await change(guard)).toEqual(limited(900 - 240))
    at(900)
    expect(await change(guard)).toMatchObject({ kind: 'allowed' })
    expect(await change(guard)).toEqual(limited(60))
  })

  it('counts them apart from codes to log in with, and their wrong tries together', async () => {
    const guard = newGuard()
    for (let n = 0; n < 3; n++) await issue(guard)
    expect(await issue(guard)).toMatchObject({ kind: 'limited' })
    expect(await change(guard)).toMatchObject({ kind: 'allowed' })
    const wrong = async (flow: string, times: number) => {
      const kinds = []
      for (let n = 0; n < times; n++) kinds.push((await enter(guard, { flow, code: 'wrong' })).kind)
      return kinds
    }
    expect(await wrong('change', 6)).toEqual(Array(6).fill('wrong'))
    expect(await wrong('tab', 5)).toEqual([...Array(4).fill('wrong'), 'limited'])
  })

  it('does not end a code of another flow, and is used like any other', async () => {
    const guard = newGuard()
    await issue(guard)
    await change(guard)
    expect(await enter(guard, { flow: 'change', code: '222222' })).toMatchObject(RIGHT)
    expect(await enter(guard)).toMatchObject(RIGHT)
  })
})
