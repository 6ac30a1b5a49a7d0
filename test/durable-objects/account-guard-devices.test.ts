import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  BLOCK_SECONDS,
  begin,
  DAY_SECONDS,
  failTimes,
  knows,
  newGuard,
  remember,
  rowsIn,
  settle,
  strangersStanding,
  succeed,
  ticketFrom,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

const YEAR_SECONDS = 365 * DAY_SECONDS

describe('AccountGuard and the devices it knows', () => {
  describe('works', () => {
    it('knows a device after a success on it, and only that one', async () => {
      const guard = newGuard()
      await succeed(guard, 'laptop')
      expect(await knows(guard, 'laptop')).toBe(true)
      expect(await knows(guard, 'phone')).toBe(false)
    })

    it('knows a device that it was told to remember, told once or thrice', async () => {
      const guard = newGuard()
      for (let n = 0; n < 3; n++) await remember(guard, 'laptop')
      expect(await knows(guard, 'laptop')).toBe(true)
      expect(await rowsIn(guard, 'devices')).toBe(1)
    })

    it('makes no device known by a failure, a neutral attempt, or a success that names none', async () => {
      const guard = newGuard()
      for (const outcome of ['failure', 'neutral'] as const) {
        await settle(guard, await ticketFrom(guard, 'laptop'), outcome, 'laptop')
      }
      await succeed(guard, 'laptop', null)
      expect(await knows(guard, 'laptop')).toBe(false)
    })

    it('lets a known device in while strangers are blocked and while they are locked', async () => {
      const guard = newGuard()
      await succeed(guard, 'laptop')
      await failTimes(guard, 5)
      expect(await knows(guard, 'laptop')).toBe(true)
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      expect(await succeed(guard, 'laptop')).toEqual({ failed: 0, event: null, blockedUntil: null })
      expect(await begin(guard)).toEqual({ kind: 'locked' })
    })

    it('knows a device for a year from its last success', async () => {
      const guard = newGuard()
      await succeed(guard, 'laptop')
      at(YEAR_SECONDS - 1)
      await succeed(guard, 'laptop', null)
      at(2 * YEAR_SECONDS - 2)
      expect(await knows(guard, 'laptop')).toBe(true)
      at(2 * YEAR_SECONDS - 1)
      expect(await knows(guard, 'laptop')).toBe(false)
    })

    it('keeps twenty devices; one more pushes out the one used longest ago', async () => {
      const guard = newGuard()
      for (let n = 0; n < 20; n++) {
        at(n)
        await succeed(guard, `device ${n}`)
      }
      at(20)
      await succeed(guard, 'device 0')
      at(21)
      await remember(guard, 'device 20')
      await evictDurableObject(guard)
      expect(await knows(guard, 'device 1')).toBe(false)
      for (const n of [0, 2, 19, 20]) expect(await knows(guard, `device ${n}`)).toBe(true)
      expect(await rowsIn(guard, 'devices')).toBe(20)
    })
  })

  describe('refuses', () => {
    it('blocks a known device after its fifth failure, and nobody else', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await remember(guard, 'phone')
      expect(await failTimes(guard, 5, 'laptop')).toMatchObject({ failed: 5, event: 'blocked' })
      expect(await begin(guard, 'laptop')).toEqual({ kind: 'blocked', retryAfterSeconds: 900 })
      expect(await begin(guard, 'phone')).toMatchObject({ kind: 'granted', knownDevice: true })
      expect(await begin(guard)).toMatchObject({ kind: 'granted', knownDevice: false })
      expect((await strangersStanding(guard)).failed).toBe(0)
    })

    it('forgets a device with its tenth failure: it counts as a stranger from then on', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await failTimes(guard, 3)
      await failTimes(guard, 5, 'laptop')
      at(BLOCK_SECONDS)
      expect(await failTimes(guard, 5, 'laptop')).toEqual({
        failed: 10,
        event: 'device_forgotten',
        blockedUntil: null,
      })
      expect(await failTimes(guard, 1, 'laptop')).toEqual({
        failed: 4,
        event: null,
        blockedUntil: null,
      })
      expect(await failTimes(guard, 1, 'laptop')).toMatchObject({ failed: 5, event: 'blocked' })
      expect(await begin(guard, 'laptop')).toMatchObject({ kind: 'blocked' })
    })

    it('starts a forgotten device with no failures when it becomes known again', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await failTimes(guard, 5, 'laptop')
      at(BLOCK_SECONDS)
      await failTimes(guard, 5, 'laptop')
      await remember(guard, 'laptop')
      expect(await failTimes(guard, 1, 'laptop')).toMatchObject({ failed: 1 })
    })

    it('does not let a device clear its failures by being remembered again', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await failTimes(guard, 5, 'laptop')
      await remember(guard, 'laptop')
      expect(await begin(guard, 'laptop')).toMatchObject({ kind: 'blocked' })
    })

    it('treats a device whose id is the name of a lane like any other', async () => {
      const guard = newGuard()
      await remember(guard, 'strangers')
      await failTimes(guard, 5)
      expect(await begin(guard, 'strangers')).toMatchObject({ kind: 'granted', knownDevice: true })
    })
  })

  describe('is safe', () => {
    it("counts attempts under way on a device that is pushed out as a stranger's", async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const [wrong, right] = [await ticketFrom(guard, 'laptop'), await ticketFrom(guard, 'laptop')]
      await failTimes(guard, 2)
      at(1)
      for (let n = 0; n < 20; n++) await remember(guard, `device ${n}`)
      expect(await settle(guard, wrong, 'failure')).toMatchObject({ failed: 3 })
      expect(await settle(guard, right, 'success', 'laptop')).toMatchObject({ failed: 0 })
      expect(await knows(guard, 'laptop')).toBe(true)
    })

    it('judges no more than the strangers have left when such attempts fill their lane', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const underWay = []
      for (let n = 0; n < 5; n++) underWay.push(await ticketFrom(guard, 'laptop'))
      await failTimes(guard, 4)
      at(1)
      for (let n = 0; n < 20; n++) await remember(guard, `device ${n}`)
      const verdicts = []
      for (const ticket of underWay) verdicts.push(await settle(guard, ticket, 'failure'))
      expect(verdicts.map(({ failed, event }) => [failed, event])).toEqual([
        [5, 'blocked'],
        [6, null],
        [7, null],
        [8, null],
        [9, null],
      ])
      expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
      at(1 + BLOCK_SECONDS)
      expect(await failTimes(guard, 1)).toMatchObject({ failed: 10, event: 'locked' })
    })

    it('never pushes out the device that is joining, even when the clock stepped back', async () => {
      const guard = newGuard()
      at(2)
      for (let n = 0; n < 20; n++) await remember(guard, `device ${n}`)
      at(0)
      await succeed(guard, 'laptop')
      expect(await knows(guard, 'laptop')).toBe(true)
      expect(await rowsIn(guard, 'devices')).toBe(20)
    })
  })
})
