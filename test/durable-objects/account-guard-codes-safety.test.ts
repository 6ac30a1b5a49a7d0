import { describe, expect, it } from 'vitest'
import { race } from '../support/race.ts'
import {
  begin,
  enter,
  enterWrong,
  failTimes,
  forget,
  issue,
  kindsOf,
  newGuard,
  remember,
  rowsIn,
  start,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

describe('AccountGuard and codes, many at once and from strangers', () => {
  describe('is safe', () => {
    it('takes one of twenty right ones that arrive together', async () => {
      const guard = newGuard()
      await issue(guard)
      expect(kindsOf(await race(20, () => enter(guard)))).toEqual({ right: 1, wrong: 19 })
    })

    it('compares five of fifty wrong ones that arrive together, so the sixth may be right in vain', async () => {
      const guard = newGuard()
      await issue(guard)
      const tries = await race(50, (n) => enter(guard, { code: n < 5 ? `wrong ${n}` : '111111' }))
      expect(kindsOf(tries)).toEqual({ wrong: 10, limited: 40 })
      const other = newGuard()
      await issue(other)
      const lucky = await race(50, (n) => enter(other, { code: n < 4 ? `wrong ${n}` : '111111' }))
      expect(kindsOf(lucky)).toEqual({ wrong: 49, right: 1 })
    })

    it('takes three of thirty codes that are asked for together', async () => {
      const guard = newGuard()
      const asked = await race(30, (n) => issue(guard, { flow: `flow ${n}` }))
      expect(kindsOf(asked)).toEqual({ allowed: 3, limited: 27 })
      expect(await rowsIn(guard, 'challenges')).toBe(3)
    })

    it('lets strangers neither use up what a known device may, nor end its code, nor block it', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      await issue(guard, { flow: 'mine', deviceId: 'laptop' })
      await race(10, (n) => issue(guard, { flow: `flow ${n}`, deviceId: `stranger ${n}` }))
      await race(30, (n) => enter(guard, { flow: `flow ${n % 10}`, code: 'wrong' }))
      await failTimes(guard, 5)
      expect(await enter(guard)).toMatchObject({ kind: 'blocked' })
      expect(await enter(guard, { flow: 'mine', deviceId: 'laptop' })).toMatchObject({
        kind: 'right',
      })
      const again = await issue(guard, { flow: 'mine', deviceId: 'laptop' })
      expect(again).toEqual({ kind: 'allowed', knownDevice: true })
    })

    it('counts each known device apart', async () => {
      const guard = newGuard()
      for (const deviceId of ['laptop', 'phone']) await remember(guard, deviceId)
      for (let n = 0; n < 3; n++) await issue(guard, { deviceId: 'laptop' })
      await enterWrong(guard, 10, { deviceId: 'laptop' })
      expect(await issue(guard, { deviceId: 'laptop' })).toMatchObject({ kind: 'limited' })
      expect(await enter(guard, { deviceId: 'laptop' })).toMatchObject({ kind: 'limited' })
      expect(await issue(guard, { deviceId: 'phone' })).toMatchObject({ kind: 'allowed' })
      expect(await enter(guard, { deviceId: 'phone' })).toMatchObject({ kind: 'right' })
    })

    it('counts a forgotten device as a stranger, with what strangers have left', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      for (let n = 0; n < 3; n++) await issue(guard)
      await forget(guard, start, 'laptop')
      expect(await issue(guard, { deviceId: 'laptop' })).toMatchObject({ kind: 'limited' })
    })

    it('is not used up by who invents flows, and no invented one is kept', async () => {
      const guard = newGuard()
      await issue(guard)
      await race(100, (n) => enter(guard, { flow: `invented ${n}` }))
      expect([await rowsIn(guard, 'challenges'), await rowsIn(guard, 'hits')]).toEqual([1, 1])
      expect(await enter(guard)).toMatchObject({ kind: 'right' })
      expect(await begin(guard)).toMatchObject({ kind: 'granted' })
    })
  })
})
