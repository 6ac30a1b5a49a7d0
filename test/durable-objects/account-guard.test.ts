import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  BLOCK_SECONDS,
  begin,
  clear,
  DAY_SECONDS,
  failTimes,
  newGuard,
  remember,
  settle,
  start,
  strangersStanding,
  succeed,
  ticketFrom,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

describe('AccountGuard', () => {
  describe('works', () => {
    it('grants an attempt and counts its failure', async () => {
      const guard = newGuard()
      expect(await begin(guard)).toEqual({
        kind: 'granted',
        ticket: expect.any(String),
        knownDevice: false,
      })
      expect(await failTimes(guard, 1)).toEqual({ failed: 1, event: null, blockedUntil: null })
      expect(await failTimes(guard, 1)).toEqual({ failed: 2, event: null, blockedUntil: null })
    })

    it('forgets four failures with one success', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      expect(await succeed(guard, null)).toEqual({ failed: 0, event: null, blockedUntil: null })
      expect(await failTimes(guard, 4)).toEqual({ failed: 4, event: null, blockedUntil: null })
    })

    it('counts a neutral attempt as nothing, and keeps the failures before it', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      for (let n = 0; n < 10; n++) {
        expect(await settle(guard, await ticketFrom(guard), 'neutral')).toEqual({
          failed: 4,
          event: null,
          blockedUntil: null,
        })
      }
      expect((await failTimes(guard, 1)).event).toBe('blocked')
    })

    it('judges five more after the block', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      expect(await failTimes(guard, 4)).toEqual({ failed: 9, event: null, blockedUntil: null })
    })

    it('lifts everything with a success after the block', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      await succeed(guard, null)
      expect(await failTimes(guard, 5)).toMatchObject({ failed: 5, event: 'blocked' })
    })

    it('lifts a block and a lock when told to, as often as it is told', async () => {
      for (const failures of [5, 10]) {
        const guard = newGuard()
        at(0)
        await failTimes(guard, 5)
        at(BLOCK_SECONDS)
        if (failures === 10) await failTimes(guard, 5)
        for (let n = 0; n < 3; n++) await clear(guard, start + BLOCK_SECONDS * 1000)
        expect(await failTimes(guard, 5)).toMatchObject({ failed: 5, event: 'blocked' })
      }
    })

    it('ignores fields it does not know', async () => {
      const guard = newGuard()
      const request = { blockSeconds: BLOCK_SECONDS, version: 2, later: { any: 'thing' } }
      expect(await guard.begin(request)).toMatchObject({ kind: 'granted' })
    })
  })

  describe('refuses', () => {
    it('blocks after the fifth failure for 15 minutes from that failure', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      at(100)
      const until = start + (100 + BLOCK_SECONDS) * 1000
      expect(await failTimes(guard, 1)).toEqual({
        failed: 5,
        event: 'blocked',
        blockedUntil: until,
      })
      expect(await begin(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: 900 })
      at(100 + BLOCK_SECONDS - 0.001)
      expect(await begin(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: 1 })
      at(100 + BLOCK_SECONDS)
      expect(await begin(guard)).toMatchObject({ kind: 'granted' })
    })

    it('locks with the tenth failure, and the lock does not end with the block', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      expect(await failTimes(guard, 5)).toEqual({ failed: 10, event: 'locked', blockedUntil: null })
      expect(await begin(guard)).toEqual({ kind: 'locked' })
      at(BLOCK_SECONDS * 3)
      expect(await begin(guard)).toEqual({ kind: 'locked' })
    })

    it('keeps a lock for 30 days after the last attempt that was judged; refused ones prolong nothing', async () => {
      const guard = newGuard()
      await failTimes(guard, 5)
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      at(BLOCK_SECONDS + 29 * DAY_SECONDS)
      expect(await begin(guard)).toEqual({ kind: 'locked' })
      at(BLOCK_SECONDS + 30 * DAY_SECONDS - 0.001)
      expect(await begin(guard)).toEqual({ kind: 'locked' })
      at(BLOCK_SECONDS + 30 * DAY_SECONDS)
      expect(await failTimes(guard, 1)).toEqual({ failed: 1, event: null, blockedUntil: null })
    })

    it('counts the 30 days of a record from its last attempt, also one that neither failed nor succeeded', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      at(29 * DAY_SECONDS)
      await settle(guard, await ticketFrom(guard), 'neutral')
      at(58 * DAY_SECONDS)
      expect((await strangersStanding(guard)).failed).toBe(4)
      at(59 * DAY_SECONDS)
      expect((await strangersStanding(guard)).failed).toBe(0)
    })

    it('does not lift what came after the moment it is told to clear', async () => {
      const guard = newGuard()
      at(10)
      await failTimes(guard, 5)
      await clear(guard, start + 9_999)
      expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
      await clear(guard, start + 10_000)
      expect(await begin(guard)).toMatchObject({ kind: 'granted' })
    })
  })

  describe('is safe', () => {
    it('keeps count, places, devices, block and lock when the object is evicted between attempts', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const open = await ticketFrom(guard)
      for (let n = 1; n <= 4; n++) {
        await evictDurableObject(guard)
        expect((await failTimes(guard, 1)).failed).toBe(n)
      }
      await evictDurableObject(guard)
      expect(await settle(guard, open, 'failure')).toMatchObject({ failed: 5, event: 'blocked' })
      await evictDurableObject(guard)
      expect(await begin(guard)).toEqual({ kind: 'blocked', retryAfterSeconds: 900 })
      expect(await begin(guard, 'laptop')).toMatchObject({ kind: 'granted', knownDevice: true })
      at(BLOCK_SECONDS)
      await failTimes(guard, 5)
      await evictDurableObject(guard)
      expect(await begin(guard)).toEqual({ kind: 'locked' })
    })

    it('settles a ticket once: a repeated answer changes nothing', async () => {
      const guard = newGuard()
      const ticket = await ticketFrom(guard)
      const standing = { failed: 1, event: null, blockedUntil: null }
      expect(await settle(guard, ticket, 'failure')).toEqual(standing)
      expect(await settle(guard, ticket, 'failure')).toEqual(standing)
      expect(await settle(guard, ticket, 'success', 'laptop')).toEqual(standing)
      expect(await begin(guard, 'laptop')).toMatchObject({ knownDevice: false })
    })

    it('gives a ticket nobody can guess or use twice', async () => {
      const guard = newGuard()
      const tickets = [await ticketFrom(guard), await ticketFrom(guard), await ticketFrom(guard)]
      expect(new Set(tickets).size).toBe(3)
      expect(tickets.every((ticket) => /^[\w-]{43}$/.test(ticket))).toBe(true)
    })

    it('takes a ticket of another guard for an unknown one', async () => {
      const [guard, other] = [newGuard(), newGuard()]
      await failTimes(guard, 3)
      await settle(guard, await ticketFrom(other), 'success')
      expect((await strangersStanding(guard)).failed).toBe(3)
    })

    it('keeps places that are reserved while it is cleared', async () => {
      const guard = newGuard()
      await failTimes(guard, 3)
      const open = [await ticketFrom(guard), await ticketFrom(guard)]
      await clear(guard, start)
      for (const ticket of open) await settle(guard, ticket, 'failure')
      expect((await strangersStanding(guard)).failed).toBe(2)
    })
  })
})
