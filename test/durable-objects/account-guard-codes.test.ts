import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  BLOCK_SECONDS,
  clear,
  enter,
  enterWrong,
  failTimes,
  forget,
  issue,
  newGuard,
  remember,
  start,
  startOver,
  ticketFrom,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

const RIGHT = { kind: 'right' }
const WRONG = { kind: 'wrong' }

describe('AccountGuard and codes', () => {
  describe('works', () => {
    it('takes the right code once', async () => {
      const guard = newGuard()
      expect(await issue(guard)).toEqual({ kind: 'allowed', knownDevice: false })
      expect(await enter(guard)).toMatchObject(RIGHT)
      expect(await enter(guard)).toEqual(WRONG)
    })

    it('takes the right code after four wrong ones, also when it was evicted in between', async () => {
      const guard = newGuard()
      await issue(guard)
      for (let n = 0; n < 4; n++) {
        expect(await enterWrong(guard, 1)).toEqual(['wrong'])
        await evictDurableObject(guard)
      }
      expect(await enter(guard)).toMatchObject(RIGHT)
    })

    it('takes a code under whichever of the active keys it was issued', async () => {
      const guard = newGuard()
      for (const index of [0, 1, 2]) {
        const digests = ['first', 'second', 'third']
        const code = { flow: 'f', challengeId: 'c', digest: digests[index] ?? '', ttlSeconds: 300 }
        await guard.countMail({ purpose: 'code', limit: 3, windowSeconds: 900, code })
        expect(await guard.useCode({ flow: 'f', digests, blockSeconds: 900 })).toMatchObject(RIGHT)
      }
    })

    it('ends the older code of a flow with a new one, and no code of another flow', async () => {
      const guard = newGuard()
      await issue(guard, { flow: 'mine', code: '222222' })
      await issue(guard, { flow: 'other', code: '333333' })
      await issue(guard, { flow: 'other', code: '444444' })
      expect(await enter(guard, { flow: 'other', code: '333333' })).toEqual(WRONG)
      expect(await enter(guard, { flow: 'other', code: '444444' })).toMatchObject(RIGHT)
      expect(await enter(guard, { flow: 'mine', code: '222222' })).toMatchObject(RIGHT)
    })

    it('gives a new code five tries of its own', async () => {
      const guard = newGuard()
      await issue(guard)
      await enterWrong(guard, 5)
      await issue(guard, { code: '222222' })
      await enterWrong(guard, 4)
      expect(await enter(guard, { code: '222222' })).toMatchObject(RIGHT)
    })

    it('takes a code that was asked for before its device became known, and after it was forgotten', async () => {
      const guard = newGuard()
      await issue(guard, { deviceId: 'laptop' })
      await remember(guard, 'laptop')
      expect(await enter(guard, { deviceId: 'laptop' })).toMatchObject(RIGHT)
      await issue(guard, { deviceId: 'laptop' })
      await forget(guard, start, 'laptop')
      expect(await enter(guard, { deviceId: 'laptop' })).toMatchObject(RIGHT)
    })

    it('needs no free place: passwords under way do not hold a code up', async () => {
      const guard = newGuard()
      await issue(guard)
      for (let n = 0; n < 5; n++) await ticketFrom(guard)
      expect(await enter(guard)).toMatchObject(RIGHT)
    })

    it('counts no wrong code as a failed password', async () => {
      const guard = newGuard()
      await issue(guard)
      await enterWrong(guard, 5)
      expect(await failTimes(guard, 1)).toMatchObject({ failed: 1 })
    })

    it('takes wrong tries back with a clear, and leaves the code alone', async () => {
      const guard = newGuard()
      await issue(guard, { flow: 'one' })
      await issue(guard, { flow: 'two' })
      await issue(guard, { flow: 'three' })
      await enterWrong(guard, 5, { flow: 'one' })
      await enterWrong(guard, 5, { flow: 'two' })
      expect(await enter(guard, { flow: 'three' })).toMatchObject({ kind: 'limited' })
      await clear(guard, start - 1)
      expect(await enter(guard, { flow: 'three' })).toMatchObject({ kind: 'limited' })
      await clear(guard, start)
      expect(await enter(guard, { flow: 'one' })).toEqual(WRONG)
      expect(await enter(guard, { flow: 'three' })).toMatchObject(RIGHT)
    })
  })

  describe('refuses', () => {
    it('the right code after five wrong ones, and a flow that has none', async () => {
      const guard = newGuard()
      await issue(guard)
      expect(await enterWrong(guard, 5)).toEqual(Array(5).fill('wrong'))
      expect(await enter(guard)).toEqual(WRONG)
      expect(await enter(guard, { flow: 'never heard of' })).toEqual(WRONG)
    })

    it('a code of another flow or of another address', async () => {
      const [guard, other] = [newGuard(), newGuard()]
      await issue(guard, { flow: 'mine' })
      await issue(guard, { flow: 'yours', code: '222222' })
      expect(await enter(guard, { flow: 'mine', code: '222222' })).toEqual(WRONG)
      expect(await enter(other, { flow: 'mine' })).toEqual(WRONG)
    })

    it('everything where no digest is given', async () => {
      const guard = newGuard()
      await issue(guard)
      const nothing = { flow: 'tab', digests: [], blockSeconds: BLOCK_SECONDS }
      expect(await guard.useCode(nothing)).toEqual(WRONG)
    })

    it('a fourth code, and leaves the third one alive', async () => {
      const guard = newGuard()
      for (const code of ['1', '2', '3'])
        expect(await issue(guard, { code })).toMatchObject({ kind: 'allowed' })
      expect(await issue(guard, { code: '4' })).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
      expect(await enter(guard, { code: '4' })).toEqual(WRONG)
      expect(await enter(guard, { code: '3' })).toMatchObject(RIGHT)
    })

    it('an eleventh try after ten wrong ones, the right code too, whatever code is new', async () => {
      const guard = newGuard()
      await issue(guard)
      await enterWrong(guard, 5)
      await issue(guard)
      await enterWrong(guard, 5)
      await issue(guard)
      expect(await enter(guard)).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
    })

    it('an eleventh try on one code as well', async () => {
      const guard = newGuard()
      await issue(guard)
      expect(await enterWrong(guard, 11)).toEqual([...Array(10).fill('wrong'), 'limited'])
    })

    it('the right code while its lane is blocked or locked, and does not use it up', async () => {
      const guard = newGuard()
      await issue(guard, { ttlSeconds: 2 * BLOCK_SECONDS })
      await failTimes(guard, 5)
      expect(await enter(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: 900 })
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      expect(await enter(guard)).toEqual({ kind: 'locked' })
      await clear(guard, start + BLOCK_SECONDS * 1000)
      expect(await enter(guard)).toMatchObject(RIGHT)
    })

    it('every code that was issued up to a reset, and none that came after it', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await issue(guard, { flow: 'stranger' })
      await issue(guard, { flow: 'laptop', deviceId: 'laptop' })
      at(1)
      await issue(guard, { flow: 'after', deviceId: 'laptop' })
      await startOver(guard, start, 'laptop')
      for (const flow of ['stranger', 'laptop']) expect(await enter(guard, { flow })).toEqual(WRONG)
      expect(await enter(guard, { flow: 'after' })).toMatchObject(RIGHT)
    })

    it('more mails for a reset: what was sent stays counted', async () => {
      const guard = newGuard()
      for (let n = 0; n < 3; n++) await issue(guard)
      await startOver(guard, start)
      expect(await issue(guard)).toMatchObject({ kind: 'limited' })
    })
  })
})
