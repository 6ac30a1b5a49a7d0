import { describe, expect, it } from 'vitest'
import {
  addFailure,
  blockEnd,
  CLEAR_LANE,
  judgeAttempt,
  type Lane,
} from '../../src/durable-objects/lane.ts'
import { seededRandom } from './seeded-random.ts'

const NOW = 1_800_000_000_000
const BLOCK_MS = 900_000
const lane = (failed: number, blockedUntil: number | null = null): Lane => ({
  failed,
  blockedUntil,
  lastAttemptAt: NOW - 1,
})

describe('judging an attempt', () => {
  it.each([
    ['the first attempt', lane(0), 0, { kind: 'free' }],
    ['the fifth at once', lane(0), 4, { kind: 'free' }],
    ['the sixth at once', lane(0), 5, { kind: 'full' }],
    ['the fifth after four failures', lane(4), 0, { kind: 'free' }],
    ['one beside the fifth after four failures', lane(4), 1, { kind: 'full' }],
    [
      'one during the block',
      lane(5, NOW + 899_001),
      0,
      { kind: 'blocked', retryAfterSeconds: 900 },
    ],
    [
      'one in the last millisecond of the block',
      lane(5, NOW + 1),
      0,
      { kind: 'blocked', retryAfterSeconds: 1 },
    ],
    ['the first after the block', lane(5, NOW), 0, { kind: 'free' }],
    ['the fifth at once after the block', lane(5, NOW), 4, { kind: 'free' }],
    ['the sixth at once after the block', lane(5, NOW), 5, { kind: 'full' }],
    ['the tenth', lane(9, NOW - 5), 0, { kind: 'free' }],
    ['one beside the tenth', lane(9, NOW - 5), 1, { kind: 'full' }],
    ['the eleventh', lane(10), 0, { kind: 'locked' }],
    ['one in a lane that holds more places than its own', lane(2), 9, { kind: 'full' }],
  ] as const)('%s', (_name, state, reserved, judgement) => {
    expect(judgeAttempt(state, reserved, NOW)).toEqual(judgement)
  })
})

describe('adding a failure', () => {
  const failure = { attemptAt: NOW, failedAt: NOW + 40 }
  const add = (state: Lane) => addFailure(state, failure, BLOCK_MS)

  it.each([
    ['the first', CLEAR_LANE, { failed: 1, blockedUntil: null, event: null }],
    ['the fourth', lane(3), { failed: 4, blockedUntil: null, event: null }],
    [
      'the fifth blocks, counted from its own moment',
      lane(4),
      { failed: 5, blockedUntil: NOW + 40 + BLOCK_MS, event: 'blocked' },
    ],
    ['the sixth sets no new block', lane(5, NOW), { failed: 6, blockedUntil: NOW, event: null }],
    ['the ninth', lane(8, NOW), { failed: 9, blockedUntil: NOW, event: null }],
    [
      'the tenth exhausts the lane',
      lane(9, NOW),
      { failed: 10, blockedUntil: null, event: 'exhausted' },
    ],
    ['one more changes nothing', lane(10), { failed: 10, blockedUntil: null, event: null }],
  ] as const)('%s', (_name, state, { event, ...numbers }) => {
    expect(add(state)).toEqual({ lane: { ...numbers, lastAttemptAt: NOW }, event })
  })

  it('never moves the last attempt back', () => {
    expect(
      addFailure(lane(1), { attemptAt: NOW - 60_000, failedAt: NOW }, BLOCK_MS).lane.lastAttemptAt,
    ).toBe(NOW - 1)
  })

  it('tells the end of a block only while it is ahead', () => {
    expect([lane(5, NOW + 1), lane(5, NOW), lane(0)].map((state) => blockEnd(state, NOW))).toEqual([
      NOW + 1,
      null,
      null,
    ])
  })
})

/**
 * Attempts begin and end in any order, the clock moves at will. Whatever happens, between two successes at most five
 * attempts are wrong before a block, ten before the lock, none during either, and the places never promise more.
 */
describe('under any interleaving', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'judges at most five before a block and ten before a lock (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const seen = { blocks: 0, locks: 0, clears: 0, full: 0 }
      let now = NOW
      let state = CLEAR_LANE
      const places: number[] = []
      let wrong: number[] = []
      let blockedAt: number | undefined
      const clear = () => {
        state = CLEAR_LANE
        wrong = []
        blockedAt = undefined
        seen.clears++
      }
      for (let step = 0; step < 2000; step++) {
        now += random.below(10) === 0 ? random.below(2 * BLOCK_MS) : random.below(50)
        const action = random.below(20)
        if (action < 10) {
          const judgement = judgeAttempt(state, places.length, now)
          const isBlocked = blockedAt !== undefined && now < blockedAt + BLOCK_MS
          const budget = wrong.length >= 5 ? 10 : 5
          if (wrong.length === 10) expect(judgement.kind).toBe('locked')
          else if (isBlocked) expect(judgement.kind).toBe('blocked')
          else expect(judgement.kind).toBe(wrong.length + places.length < budget ? 'free' : 'full')
          if (judgement.kind === 'free') places.push(now)
          if (judgement.kind === 'full') seen.full++
        } else if (places.length > 0) {
          const [attemptAt = now] = places.splice(random.below(places.length), 1)
          if (action === 10) clear()
          else if (action > 12) {
            wrong.push(now)
            const added = addFailure(state, { attemptAt, failedAt: now }, BLOCK_MS)
            state = added.lane
            expect(added.event).toBe(
              wrong.length === 5 ? 'blocked' : wrong.length === 10 ? 'exhausted' : null,
            )
            if (added.event === 'blocked') blockedAt = now
            if (added.event === 'blocked') seen.blocks++
            if (added.event === 'exhausted') seen.locks++
          }
        } else if (action === 19 && wrong.length === 10) clear()
        expect(state.failed).toBe(wrong.length)
        expect(wrong.length + places.length).toBeLessThanOrEqual(blockedAt === undefined ? 5 : 10)
      }
      expect(Math.min(seen.blocks, seen.locks, seen.clears, seen.full)).toBeGreaterThan(0)
    },
  )
})
