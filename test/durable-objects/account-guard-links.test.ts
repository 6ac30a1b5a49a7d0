/** The link that is mailed beside a code: one secret with it, bound to the flow that asked. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { race } from '../support/race.ts'
import {
  at,
  BLOCK_SECONDS,
  CODE_SECONDS,
  challengeOf,
  clear,
  enter,
  enterWrong,
  failTimes,
  follow,
  forget,
  HOUR_SECONDS,
  hasNoStorage,
  issue,
  kindsOf,
  newGuard,
  remember,
  rowsIn,
  start,
  startOver,
  ticketFrom,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

const RIGHT = { kind: 'right', challengeId: challengeOf('tab', '111111'), knownDevice: false }
const WRONG = { kind: 'wrong' }
const ELSEWHERE = { inFlow: 'another browser' }

describe('AccountGuard and links', () => {
  describe('works', () => {
    it('takes a link once, and says which challenge it was', async () => {
      const guard = newGuard()
      await issue(guard)
      expect(await follow(guard)).toEqual(RIGHT)
      expect(await follow(guard)).toEqual(WRONG)
    })

    it('says whether the account knows the device, of a link as of a code', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      for (const use of [follow, enter]) {
        for (const [deviceId, knownDevice] of [
          ['laptop', true],
          ['never seen', false],
        ] as const) {
          await issue(guard, { deviceId })
          expect(await use(guard, { deviceId })).toEqual({ ...RIGHT, knownDevice })
        }
      }
    })

    it('ends the code of the same mail with it, and the other way round', async () => {
      const guard = newGuard()
      await issue(guard)
      expect(await follow(guard)).toEqual(RIGHT)
      expect(await enter(guard)).toEqual(WRONG)
      await issue(guard, { code: '222222' })
      expect(await enter(guard, { code: '222222' })).toMatchObject({ kind: 'right' })
      expect(await follow(guard, { code: '222222' })).toEqual(WRONG)
      expect(await rowsIn(guard, 'challenges')).toBe(0)
    })

    it('takes the link of a code whose tries are used up: it is no guess', async () => {
      const guard = newGuard()
      await issue(guard)
      await enterWrong(guard, 10)
      expect(await enter(guard)).toMatchObject({ kind: 'limited' })
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('counts no link as a try, whatever becomes of it', async () => {
      const guard = newGuard()
      await issue(guard)
      for (let n = 0; n < 12; n++) {
        await follow(guard, ELSEWHERE)
        await follow(guard, { code: 'never issued' })
      }
      expect(await enterWrong(guard, 4)).toEqual(Array(4).fill('wrong'))
      expect(await enter(guard)).toEqual(RIGHT)
    })

    it('needs no free place, and survives an eviction', async () => {
      const guard = newGuard()
      await issue(guard)
      for (let n = 0; n < 5; n++) await ticketFrom(guard)
      await evictDurableObject(guard)
      expect(await follow(guard)).toEqual(RIGHT)
    })
  })

  describe('refuses', () => {
    it('a link in another flow, where it lives on however often that is tried', async () => {
      const guard = newGuard()
      await issue(guard)
      await issue(guard, { flow: 'another browser', code: '222222' })
      for (let n = 0; n < 20; n++) {
        expect(await follow(guard, ELSEWHERE)).toEqual({ kind: 'wrong_browser' })
      }
      expect(await rowsIn(guard, 'challenges')).toBe(2)
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('a link that a newer code of its flow has replaced, and not one of another flow', async () => {
      const guard = newGuard()
      await issue(guard, { code: 'older' })
      await issue(guard, { flow: 'another browser', code: 'theirs' })
      await issue(guard)
      expect(await follow(guard, { code: 'older' })).toEqual(WRONG)
      expect(await follow(guard, { flow: 'another browser', code: 'theirs' })).toMatchObject({
        kind: 'right',
      })
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('a link of another address, and one that never was', async () => {
      const [guard, other] = [newGuard(), newGuard()]
      await issue(guard)
      expect(await follow(other)).toEqual(WRONG)
      expect(await follow(guard, { code: 'never issued' })).toEqual(WRONG)
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('an expired one, from the very millisecond, in whichever flow; after an hour it never was', async () => {
      const guard = newGuard()
      for (const flow of ['in time', 'late']) await issue(guard, { flow })
      at(CODE_SECONDS - 0.001)
      expect(await follow(guard, { flow: 'in time' })).toMatchObject({ kind: 'right' })
      at(CODE_SECONDS)
      for (const inFlow of ['late', 'another browser'])
        expect(await follow(guard, { flow: 'late', inFlow })).toEqual({ kind: 'expired' })
      at(CODE_SECONDS + HOUR_SECONDS)
      expect(await follow(guard, { flow: 'late' })).toEqual(WRONG)
    })

    it('the right one while its lane is blocked or locked, and does not use it up', async () => {
      const guard = newGuard()
      await issue(guard, { ttlSeconds: 2 * BLOCK_SECONDS })
      await failTimes(guard, 5)
      const blocked = { kind: 'blocked', retryAfterSeconds: 900 }
      expect(await follow(guard)).toEqual(blocked)
      expect(await follow(guard, ELSEWHERE)).toEqual(blocked)
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      expect(await follow(guard)).toEqual({ kind: 'locked' })
      await clear(guard, start + BLOCK_SECONDS * 1000)
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('every link that was mailed up to a reset, and none that came after it', async () => {
      const guard = newGuard()
      await issue(guard, { flow: 'before' })
      at(1)
      await issue(guard, { flow: 'after' })
      await startOver(guard, start)
      expect(await follow(guard, { flow: 'before' })).toEqual(WRONG)
      expect(await follow(guard, { flow: 'after' })).toMatchObject({ kind: 'right' })
    })
  })

  describe('is safe', () => {
    it('takes one of twenty that arrive together, link and code alike', async () => {
      const guard = newGuard()
      await issue(guard)
      const links = await race(20, () => follow(guard))
      expect(kindsOf(links)).toEqual({ right: 1, wrong: 19 })
      await issue(guard)
      const both = await race(20, (n) => (n % 2 === 0 ? follow(guard) : enter(guard)))
      expect(kindsOf(both)).toEqual({ right: 1, wrong: 19 })
    })

    it('strangers who lock the account out stop no link of a device that it knows', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await issue(guard, { deviceId: 'laptop', ttlSeconds: 2 * BLOCK_SECONDS })
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      expect(await follow(guard, { deviceId: 'stranger' })).toEqual({ kind: 'locked' })
      expect(await follow(guard, { deviceId: 'laptop' })).toEqual({ ...RIGHT, knownDevice: true })
    })

    it('a device that was forgotten is a stranger when it follows its link', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await issue(guard, { deviceId: 'laptop' })
      await forget(guard, start, 'laptop')
      expect(await follow(guard, { deviceId: 'laptop' })).toEqual(RIGHT)
    })

    it('a block of the device itself stops its link, and nobody else’s', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await issue(guard, { deviceId: 'laptop' })
      await failTimes(guard, 5, 'laptop')
      expect(await follow(guard, { deviceId: 'laptop' })).toMatchObject({ kind: 'blocked' })
      expect(await follow(guard)).toEqual(RIGHT)
    })

    it('works where the alarm has taken every table away, and the alarm takes what has expired', async () => {
      const guard = newGuard()
      await issue(guard, { ttlSeconds: 2 * HOUR_SECONDS, flow: 'long' })
      await issue(guard)
      at(CODE_SECONDS + HOUR_SECONDS)
      await runDurableObjectAlarm(guard)
      expect(await rowsIn(guard, 'challenges')).toBe(1)
      at(3 * HOUR_SECONDS)
      await runDurableObjectAlarm(guard)
      expect(await hasNoStorage(guard)).toBe(true)
      expect(await follow(guard, { flow: 'long' })).toEqual(WRONG)
      await issue(guard)
      expect(await follow(guard)).toEqual(RIGHT)
    })
  })
})
