import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { GuardChange } from '../../src/durable-objects/guard-contract.ts'
import {
  at,
  BLOCK_SECONDS,
  DAY_SECONDS,
  failTimes,
  forget,
  type Guard,
  knows,
  newGuard,
  remember,
  rowsIn,
  settle,
  start,
  startOver,
  strangersStanding,
  tell,
  ticketFrom,
  useClockOfSeconds,
} from './guard-driver.ts'
import { seededRandom } from './seeded-random.ts'

useClockOfSeconds()

const moment = (seconds: number) => start + seconds * 1000

const DEVICES = ['laptop', 'phone', 'tablet']

/** Which of these devices the guard knows. */
async function known(guard: Guard) {
  const found = []
  for (const device of DEVICES) if (await knows(guard, device)) found.push(device)
  return found
}

describe('AccountGuard and news that arrive late', () => {
  describe('refuses', () => {
    it('to bring back a device by news older than what made it a stranger', async () => {
      const older = { kind: 'start_over', before: moment(1), keepDevice: 'laptop' } as const
      const proof = { kind: 'remember', deviceId: 'laptop', at: moment(1) } as const
      const newer: GuardChange[] = [
        { kind: 'start_over', before: moment(2), keepDevice: 'phone' },
        { kind: 'forget', before: moment(2) },
        { kind: 'forget', before: moment(2), deviceId: 'laptop' },
      ]
      at(2)
      for (const later of newer) {
        for (const late of [older, proof]) {
          const guard = newGuard()
          await tell(guard, later)
          await evictDurableObject(guard)
          await tell(guard, late)
          expect(await knows(guard, 'laptop')).toBe(false)
        }
      }
    })

    it('to bring back a device whose ten failures came after the reset', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      at(1)
      await failTimes(guard, 5, 'laptop')
      at(1 + BLOCK_SECONDS)
      await failTimes(guard, 5, 'laptop')
      await startOver(guard, moment(0.5), 'laptop')
      expect(await known(guard)).toEqual([])
    })

    it('to make a device known by an attempt that began before the reset', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const [same, fresh] = [await ticketFrom(guard, 'laptop'), await ticketFrom(guard)]
      at(1)
      await startOver(guard, moment(1), 'phone')
      await settle(guard, same, 'success', 'laptop')
      await settle(guard, fresh, 'success', 'tablet')
      expect(await known(guard)).toEqual(['phone'])
    })
  })

  describe('is safe', () => {
    it('remembers for thirty days what it forgot, however many devices, and no longer', async () => {
      const guard = newGuard()
      for (let n = 0; n < 30; n++) await forget(guard, start, `device ${n}`)
      expect(await rowsIn(guard, 'forgotten')).toBe(30)
      await forget(guard, start)
      expect(await rowsIn(guard, 'forgotten')).toBe(1)
      at(30 * DAY_SECONDS - 1)
      await tell(guard, { kind: 'remember', deviceId: 'laptop', at: start - 1 })
      expect(await rowsIn(guard, 'devices')).toBe(0)
      at(30 * DAY_SECONDS)
      await strangersStanding(guard)
      expect(await rowsIn(guard, 'forgotten')).toBe(0)
    })

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'knows the same devices in whatever order it is told, and however often (seed %i)',
      async (seed) => {
        const random = seededRandom(seed)
        const changes = Array.from({ length: 6 }, (_, index): GuardChange => {
          const [deviceId = '', before] = [DEVICES[random.below(3)], moment(index)]
          const kinds: GuardChange[] = [
            { kind: 'remember', deviceId, at: before },
            { kind: 'remember', deviceId, at: before },
            { kind: 'forget', deviceId, before },
            { kind: 'forget', before },
            { kind: 'start_over', before, keepDevice: deviceId },
          ]
          return kinds[random.below(5)] ?? { kind: 'clear', before }
        })
        at(10)
        const inOrder = newGuard()
        for (const change of changes) await tell(inOrder, change)
        const expected = await known(inOrder)
        for (let round = 0; round < 10; round++) {
          const guard = newGuard()
          const repeated = Array.from({ length: 4 }, () => changes[random.below(6)])
          const told = [...changes, ...repeated].map((change) => ({ change, by: random.below(99) }))
          for (const { change } of told.toSorted((a, b) => a.by - b.by)) {
            if (change) await tell(guard, change)
          }
          expect(await known(guard)).toEqual(expected)
        }
      },
    )
  })
})
