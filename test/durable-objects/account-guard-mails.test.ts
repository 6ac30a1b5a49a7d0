import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { race } from '../support/race.ts'
import {
  alarmOf,
  at,
  clear,
  DAY_SECONDS,
  enter,
  enterWrong,
  failTimes,
  forget,
  type Guard,
  HOUR_SECONDS,
  hasNoStorage,
  issue,
  kindsOf,
  mail,
  newGuard,
  remember,
  rowsIn,
  start,
  startOver,
  useClockOfSeconds,
  WINDOW_SECONDS,
} from './guard-driver.ts'

useClockOfSeconds()

const STRANGER = { kind: 'allowed', knownDevice: false }
const KNOWN = { kind: 'allowed', knownDevice: true }
const limited = (retryAfterSeconds: number) => ({ kind: 'limited', retryAfterSeconds })

async function useUp(guard: Guard, deviceId: string | null = null) {
  for (let n = 0; n < 3; n++) {
    await mail(guard, 'forgot', deviceId)
    await mail(guard, 'resend', deviceId)
    await issue(guard, { deviceId, flow: `flow ${n}` })
  }
}

describe('AccountGuard and mails', () => {
  describe('works', () => {
    it('counts three of a purpose for strangers, and says that they are', async () => {
      const guard = newGuard()
      for (let n = 0; n < 3; n++) expect(await mail(guard, 'forgot')).toEqual(STRANGER)
      expect(await mail(guard, 'forgot')).toEqual(limited(HOUR_SECONDS))
    })

    it('says where the account knows the device, and counts each of them apart', async () => {
      const guard = newGuard()
      for (const deviceId of ['laptop', 'phone']) await remember(guard, deviceId)
      for (let n = 0; n < 3; n++) expect(await mail(guard, 'forgot', 'laptop')).toEqual(KNOWN)
      expect(await mail(guard, 'forgot', 'laptop')).toEqual(limited(HOUR_SECONDS))
      expect(await mail(guard, 'forgot', 'phone')).toEqual(KNOWN)
      expect(await mail(guard, 'forgot', 'never seen')).toEqual(STRANGER)
    })

    it('counts each purpose apart', async () => {
      const guard = newGuard()
      for (let n = 0; n < 3; n++) await mail(guard, 'forgot')
      for (let n = 0; n < 3; n++) await mail(guard, 'resend')
      expect(await mail(guard, 'forgot')).toMatchObject({ kind: 'limited' })
      expect(await mail(guard, 'resend')).toMatchObject({ kind: 'limited' })
      expect(await issue(guard)).toEqual(STRANGER)
    })

    it('keeps no code for a mail that carries none', async () => {
      const guard = newGuard()
      await issue(guard)
      await mail(guard, 'forgot')
      expect(await rowsIn(guard, 'challenges')).toBe(1)
      expect(await enter(guard)).toMatchObject({ kind: 'right' })
    })

    it('counts while the account is blocked or locked: a reset is the way out', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
      at(WINDOW_SECONDS)
      await failTimes(guard, 5)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
    })
  })

  describe('keeps time', () => {
    it('allows the next one as soon as the oldest is an hour old, also when it was evicted in between', async () => {
      const guard = newGuard()
      for (const second of [0, 100, 200]) {
        at(second)
        await mail(guard, 'forgot')
      }
      expect(await mail(guard, 'forgot')).toEqual(limited(HOUR_SECONDS - 200))
      await evictDurableObject(guard)
      at(HOUR_SECONDS - 0.001)
      expect(await mail(guard, 'forgot')).toEqual(limited(1))
      at(HOUR_SECONDS)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
      expect(await mail(guard, 'forgot')).toEqual(limited(100))
    })

    it('is not held up by those it refused', async () => {
      const guard = newGuard()
      for (let minute = 0; minute < 60; minute++) {
        at(minute * 60)
        await mail(guard, 'forgot')
      }
      at(HOUR_SECONDS)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
    })

    it('ends each window by itself: fifteen minutes of codes, an hour of links', async () => {
      const guard = newGuard()
      await useUp(guard)
      at(WINDOW_SECONDS)
      expect(await issue(guard)).toEqual(STRANGER)
      expect(await mail(guard, 'forgot')).toEqual(limited(HOUR_SECONDS - WINDOW_SECONDS))
    })

    it('holds nobody up for longer than a window after a clock that was ten years ahead', async () => {
      const guard = newGuard()
      at(3650 * DAY_SECONDS)
      for (let n = 0; n < 3; n++) await mail(guard, 'forgot')
      at(0)
      expect(await mail(guard, 'forgot')).toEqual(limited(HOUR_SECONDS))
      at(HOUR_SECONDS)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
    })

    it('tidies up window by window, and leaves no storage behind', async () => {
      const guard = newGuard()
      await mail(guard, 'forgot')
      expect(await alarmOf(guard)).toBe(start + HOUR_SECONDS * 1000)
      at(60)
      await issue(guard, { ttlSeconds: 1 })
      await enterWrong(guard, 1)
      expect(await alarmOf(guard)).toBe(start + (60 + WINDOW_SECONDS) * 1000)
      at(60 + WINDOW_SECONDS)
      await runDurableObjectAlarm(guard)
      expect(await rowsIn(guard, 'hits')).toBe(1)
      at(HOUR_SECONDS)
      await runDurableObjectAlarm(guard)
      expect(await rowsIn(guard, 'hits')).toBe(0)
      at(HOUR_SECONDS + 61)
      await runDurableObjectAlarm(guard)
      expect(await hasNoStorage(guard)).toBe(true)
      expect(await mail(guard, 'forgot')).toEqual(STRANGER)
    })
  })

  describe('is safe', () => {
    it('leaves a known device its own when strangers have used up theirs', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await useUp(guard)
      await race(20, (n) => mail(guard, 'forgot', `stranger ${n}`))
      expect(await mail(guard, 'forgot')).toMatchObject({ kind: 'limited' })
      for (const purpose of ['forgot', 'resend'] as const)
        for (let n = 0; n < 3; n++) expect(await mail(guard, purpose, 'laptop')).toEqual(KNOWN)
    })

    it('leaves strangers theirs when a known device has used up its own', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await useUp(guard, 'laptop')
      expect(await mail(guard, 'forgot', 'laptop')).toMatchObject({ kind: 'limited' })
      for (const purpose of ['forgot', 'resend'] as const)
        for (let n = 0; n < 3; n++) expect(await mail(guard, purpose)).toEqual(STRANGER)
    })

    it('allows three of twenty that are asked for together, in each lane', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const asked = await race(40, (n) => mail(guard, 'forgot', n % 2 === 0 ? 'laptop' : null))
      const lanes = [0, 1].map((lane) => asked.filter((_, n) => n % 2 === lane))
      for (const lane of lanes) expect(kindsOf(lane)).toEqual({ allowed: 3, limited: 17 })
      expect(await rowsIn(guard, 'hits')).toBe(6)
    })

    it('counts a forgotten device as a stranger, with what strangers have left', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      for (let n = 0; n < 3; n++) await mail(guard, 'forgot')
      expect(await mail(guard, 'forgot', 'laptop')).toEqual(KNOWN)
      await forget(guard, start, 'laptop')
      expect(await mail(guard, 'forgot', 'laptop')).toMatchObject({ kind: 'limited' })
    })

    it('takes no mail back, whatever is lifted', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await useUp(guard)
      await useUp(guard, 'laptop')
      await clear(guard, start)
      await startOver(guard, start, 'laptop')
      for (const deviceId of [null, 'laptop']) {
        expect(await mail(guard, 'forgot', deviceId)).toMatchObject({ kind: 'limited' })
        expect(await mail(guard, 'resend', deviceId)).toMatchObject({ kind: 'limited' })
        expect(await issue(guard, { deviceId })).toMatchObject({ kind: 'limited' })
      }
    })

    it('counts no mail towards wrong passwords or wrong codes', async () => {
      const guard = newGuard()
      await useUp(guard)
      expect(await failTimes(guard, 1)).toMatchObject({ failed: 1 })
      const kinds = await enterWrong(guard, 11, { flow: 'flow 0' })
      expect(kinds).toEqual([...Array(10).fill('wrong'), 'limited'])
    })

    it('stays small whatever anyone asks for, for as long as they like, though no alarm comes', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      for (let step = 0; step < 150; step++) {
        at(step * 100)
        const deviceId = step % 3 === 0 ? 'laptop' : `stranger ${step}`
        await mail(guard, 'forgot', deviceId)
        await mail(guard, 'resend', deviceId)
        await issue(guard, { flow: `flow ${step}`, deviceId })
        // Two lanes, three mails of three purposes in each.
        expect(await rowsIn(guard, 'hits')).toBeLessThanOrEqual(18)
      }
    })

    it('keeps at most the lanes of twenty devices beside the strangers', async () => {
      const guard = newGuard()
      for (let n = 0; n < 30; n++) {
        at(n)
        await remember(guard, `device ${n}`)
        for (let k = 0; k < 4; k++) await mail(guard, 'forgot', `device ${n}`)
      }
      for (let k = 0; k < 4; k++) await mail(guard, 'forgot')
      expect(await rowsIn(guard, 'hits')).toBe(63)
    })
  })
})
