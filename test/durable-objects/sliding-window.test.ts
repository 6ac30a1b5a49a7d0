import { describe, expect, it } from 'vitest'
import { judgeHit } from '../../src/durable-objects/sliding-window.ts'
import { seededRandom } from './seeded-random.ts'

const NOW = 1_800_000_000_000
const policy = { limit: 3, windowSeconds: 60 }
const inSeconds = (...seconds: number[]) => seconds.map((second) => NOW + second * 1000)

describe('the sliding window', () => {
  it.each([
    ['nothing so far', [], { allowed: true, remaining: 2, resetSeconds: 60, retryAfterSeconds: 0 }],
    ['one hit', [10], { allowed: true, remaining: 1, resetSeconds: 10, retryAfterSeconds: 0 }],
    [
      'one place left',
      [10, 20],
      { allowed: true, remaining: 0, resetSeconds: 10, retryAfterSeconds: 0 },
    ],
    [
      'no place left',
      [10, 20, 30],
      { allowed: false, remaining: 0, resetSeconds: 10, retryAfterSeconds: 10 },
    ],
    [
      'whole seconds, rounded up',
      [9.001, 20, 30],
      { allowed: false, remaining: 0, resetSeconds: 10, retryAfterSeconds: 10 },
    ],
    [
      'a last millisecond',
      [0.001, 20, 30],
      { allowed: false, remaining: 0, resetSeconds: 1, retryAfterSeconds: 1 },
    ],
    [
      'more hits than a limit that was lowered',
      [1, 2, 3, 4, 5],
      { allowed: false, remaining: 0, resetSeconds: 1, retryAfterSeconds: 3 },
    ],
  ] as const)('with %s', (_name, ends, verdict) => {
    expect(judgeHit(inSeconds(...ends), NOW, policy)).toEqual(verdict)
  })

  it('refuses everything under a limit of nothing', () => {
    const verdict = judgeHit([], NOW, { limit: 0, windowSeconds: 60 })
    expect(verdict).toEqual({
      allowed: false,
      remaining: 0,
      resetSeconds: 60,
      retryAfterSeconds: 60,
    })
  })

  it.each([1, 2, 3, 4, 5])(
    'never lets more than the limit into any window, and says exactly when the next fits (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const allowedAt: number[] = []
      let now = NOW
      for (let step = 0; step < 3000; step++) {
        now += random.below(40_000)
        const counted = allowedAt.filter((at) => at > now - 60_000)
        const ends = counted.map((at) => at + 60_000)
        const verdict = judgeHit(ends, now, policy)
        expect(verdict.allowed).toBe(counted.length < policy.limit)
        if (verdict.allowed) allowedAt.push(now)
        else {
          const later = now + verdict.retryAfterSeconds * 1000
          expect(
            judgeHit(
              ends.filter((end) => end > later),
              later,
              policy,
            ).allowed,
          ).toBe(true)
          const early = later - 1000
          expect(
            judgeHit(
              ends.filter((end) => end > early),
              early,
              policy,
            ).allowed,
          ).toBe(false)
        }
      }
      expect(allowedAt.length).toBeGreaterThan(100)
    },
  )
})
