import { describe, expect, it } from 'vitest'
import type { BeginVerdict } from '../../src/durable-objects/guard-contract.ts'
import {
  at,
  BLOCK_SECONDS,
  begin,
  clear,
  failTimes,
  type Guard,
  kindsOf,
  newGuard,
  remember,
  settle,
  start,
  strangersStanding,
  ticketFrom,
  untilArrived,
  useClockOfSeconds,
} from './guard-driver.ts'

useClockOfSeconds()

/** One login: takes a place and, if granted, ends as the outcome says. */
async function attempt(
  guard: Guard,
  outcome: 'success' | 'failure',
  deviceId: string | null = null,
) {
  const verdict = await begin(guard, deviceId)
  if (verdict.kind === 'granted') await settle(guard, verdict.ticket, outcome)
  return verdict
}

const race = (times: number, run: (index: number) => Promise<BeginVerdict>) =>
  Promise.all(Array.from({ length: times }, (_, index) => run(index)))

describe('AccountGuard, many at once', () => {
  describe('works', () => {
    it('lets twenty right ones in', async () => {
      const guard = newGuard()
      expect(kindsOf(await race(20, () => attempt(guard, 'success')))).toEqual({ granted: 20 })
      expect((await strangersStanding(guard)).failed).toBe(0)
    })

    it('lets twenty right ones in after four failures too', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      expect(kindsOf(await race(20, () => attempt(guard, 'success')))).toEqual({ granted: 20 })
    })

    it('serves those who wait in the order they came', async () => {
      const guard = newGuard()
      const open = await Promise.all(Array.from({ length: 5 }, () => ticketFrom(guard)))
      const served: number[] = []
      const waiting = [0, 1, 2].map(async (index) => {
        const verdict = await begin(guard)
        served.push(index)
        return verdict
      })
      await untilArrived(guard)
      expect(served).toEqual([])
      for (const [index, ticket] of open.slice(0, 3).entries()) {
        await settle(guard, ticket, 'neutral')
        await waiting[index]
        expect(served).toEqual([0, 1, 2].slice(0, index + 1))
      }
    })

    it('lets those who wait in when the failures are cleared', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      await ticketFrom(guard)
      const waiting = race(4, () => begin(guard))
      await untilArrived(guard)
      await clear(guard, start)
      expect(kindsOf(await waiting)).toEqual({ granted: 4 })
    })

    it('lets one who waits in by its own lane when its device becomes known', async () => {
      const guard = newGuard()
      for (let n = 0; n < 5; n++) await ticketFrom(guard)
      const waiting = begin(guard, 'laptop')
      await untilArrived(guard)
      await remember(guard, 'laptop')
      expect(await waiting).toMatchObject({ kind: 'granted', knownDevice: true })
    })
  })

  describe('refuses', () => {
    it('judges five of a hundred wrong ones and blocks the rest', async () => {
      const guard = newGuard()
      expect(kindsOf(await race(100, () => attempt(guard, 'failure')))).toEqual({
        granted: 5,
        blocked: 95,
      })
      expect((await strangersStanding(guard)).failed).toBe(5)
    })

    it('judges five more of a hundred after the block and locks', async () => {
      const guard = newGuard()
      await race(100, () => attempt(guard, 'failure'))
      at(BLOCK_SECONDS)
      expect(kindsOf(await race(100, () => attempt(guard, 'failure')))).toEqual({
        granted: 5,
        locked: 95,
      })
    })

    it('judges one of a hundred wrong ones where four have failed', async () => {
      const guard = newGuard()
      await failTimes(guard, 4)
      expect(kindsOf(await race(100, () => attempt(guard, 'failure')))).toEqual({
        granted: 1,
        blocked: 99,
      })
    })

    it('answers busy after five seconds when no place came free', async () => {
      const guard = newGuard()
      const open = await Promise.all(Array.from({ length: 5 }, () => ticketFrom(guard)))
      const began = performance.now()
      expect(await begin(guard)).toEqual({ kind: 'busy', retryAfterSeconds: 1 })
      const waited = performance.now() - began
      expect(waited).toBeGreaterThan(4_500)
      expect(waited).toBeLessThan(9_000)
      // One who gave up holds no place and is not served later.
      for (const ticket of open) await settle(guard, ticket, 'neutral')
      expect(kindsOf(await race(5, () => begin(guard)))).toEqual({ granted: 5 })
    })
  })

  describe('is safe', () => {
    it('does not let a hundred wrong ones of strangers keep a known device out', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const [strangers, owner] = await Promise.all([
        race(100, (index) => attempt(guard, 'failure', `stranger ${index}`)),
        race(20, () => attempt(guard, 'success', 'laptop')),
      ])
      expect(kindsOf(strangers)).toEqual({ granted: 5, blocked: 95 })
      expect(kindsOf(owner)).toEqual({ granted: 20 })
      expect(owner.every((verdict) => verdict.kind === 'granted' && verdict.knownDevice)).toBe(true)
      // Its success is its own: the strangers stay blocked.
      expect(await begin(guard)).toMatchObject({ kind: 'blocked' })
    })

    it('judges five of fifty wrong ones of a known device, and blocks that device alone', async () => {
      const guard = newGuard()
      await remember(guard, 'laptop')
      const verdicts = await race(50, () => attempt(guard, 'failure', 'laptop'))
      expect(kindsOf(verdicts)).toEqual({ granted: 5, blocked: 45 })
      expect(await begin(guard)).toMatchObject({ kind: 'granted', knownDevice: false })
    })

    it('answers a line of a thousand without judging more than five', async () => {
      const guard = newGuard()
      expect(kindsOf(await race(1000, () => attempt(guard, 'failure')))).toEqual({
        granted: 5,
        blocked: 995,
      })
    })
  })
})
