import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { GuardChange } from '../../src/durable-objects/guard-contract.ts'
import {
  at,
  BLOCK_SECONDS,
  begin,
  clear,
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
  succeed,
  tell,
  ticketFrom,
  untilArrived,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

const moment = (seconds: number) => start + seconds * 1000

/** Which of these devices the guard knows. */
async function known(guard: Guard) {
  const found = []
  for (const device of ['laptop', 'phone', 'tablet'])
    if (await knows(guard, device)) found.push(device)
  return found
}

async function guardOf(...devices: string[]) {
  const guard = newGuard()
  for (const device of devices) await remember(guard, device)
  return guard
}

describe('AccountGuard, told to forget', () => {
  describe('works', () => {
    it('forgets one device, and leaves the others known', async () => {
      const guard = await guardOf('laptop', 'phone')
      for (let n = 0; n < 3; n++) await forget(guard, start, 'laptop')
      await evictDurableObject(guard)
      expect(await known(guard)).toEqual(['phone'])
    })

    it('forgets every device where none is named', async () => {
      const guard = await guardOf('laptop', 'phone')
      for (let n = 0; n < 3; n++) await forget(guard, start)
      expect(await known(guard)).toEqual([])
      expect(await rowsIn(guard, 'devices')).toBe(0)
    })

    it('after a reset knows the device that made it and no other, and counts from nothing', async () => {
      const guard = await guardOf('laptop', 'phone')
      await failTimes(guard, 5)
      await failTimes(guard, 5, 'laptop')
      at(1)
      for (let n = 0; n < 3; n++) await startOver(guard, moment(1), 'tablet')
      await evictDurableObject(guard)
      expect(await known(guard)).toEqual(['tablet'])
      for (const device of [null, 'tablet']) {
        expect(await failTimes(guard, 5, device)).toMatchObject({ failed: 5, event: 'blocked' })
      }
    })

    it('after a reset on a device it knows, lifts the block of that device too', async () => {
      const guard = await guardOf('laptop', 'phone')
      await failTimes(guard, 5, 'laptop')
      await startOver(guard, start, 'laptop')
      expect(await known(guard)).toEqual(['laptop'])
    })

    it('after a reset by a browser without a device knows none', async () => {
      const guard = await guardOf('laptop', 'phone')
      await startOver(guard, start)
      expect(await known(guard)).toEqual([])
    })

    it('lifts a lock with a reset', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      await startOver(guard, moment(BLOCK_SECONDS))
      expect(await failTimes(guard, 1)).toMatchObject({ failed: 1 })
    })

    it('knows a forgotten device again when it signs in, with no failures', async () => {
      const guard = await guardOf('laptop')
      await failTimes(guard, 4, 'laptop')
      await forget(guard, start, 'laptop')
      at(1)
      await succeed(guard, 'laptop')
      expect(await failTimes(guard, 1, 'laptop')).toMatchObject({ failed: 1 })
    })

    it('judges those who wait again: a reset makes room for them', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      await ticketFrom(guard)
      const waiting = begin(guard)
      await untilArrived(guard)
      await startOver(guard, start)
      expect(await waiting).toMatchObject({ kind: 'granted' })
    })
  })

  describe('refuses', () => {
    it('to forget a device that was used after the moment it is told', async () => {
      const guard = await guardOf('laptop', 'phone')
      at(10)
      await succeed(guard, 'laptop')
      await forget(guard, moment(9.999), 'laptop')
      await forget(guard, moment(9.999))
      expect(await known(guard)).toEqual(['laptop'])
      await forget(guard, moment(10), 'laptop')
      expect(await known(guard)).toEqual([])
    })

    it('to take a device for used later than its last sign-in began', async () => {
      const guard = await guardOf('laptop')
      at(1)
      const ticket = await ticketFrom(guard, 'laptop')
      at(9)
      await settle(guard, ticket, 'success')
      await forget(guard, moment(0.999), 'laptop')
      expect(await known(guard)).toEqual(['laptop'])
      await forget(guard, moment(1), 'laptop')
      expect(await known(guard)).toEqual([])
    })

    it('to lift what came after the reset, when it hears of it late', async () => {
      const guard = newGuard()
      at(10)
      await failTimes(guard, 5)
      await startOver(guard, moment(9.999))
      expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
    })

    it('a change it does not know: nothing is changed, and it can be told again', async () => {
      const guard = await guardOf('laptop')
      const change = { kind: 'burn', before: start } as unknown as GuardChange
      await expect(tell(guard, change)).rejects.toThrow('Unknown change')
      expect(await known(guard)).toEqual(['laptop'])
    })
  })

  describe('is safe', () => {
    it("counts attempts under way on a forgotten device as a stranger's", async () => {
      const guard = await guardOf('laptop')
      const tickets = [await ticketFrom(guard, 'laptop'), await ticketFrom(guard, 'laptop')]
      await failTimes(guard, 2)
      await forget(guard, start, 'laptop')
      for (const ticket of tickets) await settle(guard, ticket, 'failure')
      expect((await strangersStanding(guard)).failed).toBe(4)
    })

    it('keeps the failures of strangers when it forgets devices', async () => {
      const guard = await guardOf('laptop')
      await failTimes(guard, 5)
      await forget(guard, start)
      expect(await begin(guard, 'laptop')).toMatchObject({ kind: 'blocked' })
    })

    it('forgets no device when it only clears', async () => {
      const guard = await guardOf('laptop')
      await clear(guard, start)
      expect(await known(guard)).toEqual(['laptop'])
    })

    it('lets devices in again after a clock that was ten years ahead', async () => {
      const guard = newGuard()
      at(3650 * DAY_SECONDS)
      await forget(guard, moment(3650 * DAY_SECONDS))
      at(0)
      await succeed(guard, 'laptop')
      expect(await known(guard)).toEqual(['laptop'])
    })
  })
})
