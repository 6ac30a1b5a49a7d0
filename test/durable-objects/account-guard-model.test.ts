import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  BLOCK_SECONDS,
  begin,
  newGuard,
  settle,
  start,
  strangersStanding,
  useClockOfSeconds,
} from './guard-driver.ts'
import { seededRandom } from './seeded-random.ts'

useClockOfSeconds()

const STRANGERS = 'strangers'
const DEVICES = ['laptop', 'phone']

interface ModelLane {
  failures: number
  blockedUntil: number
  places: { ticket: string; since: number }[]
}

/** The rules told a second time, in seconds and as plainly as possible; no place is settled late here. */
class Model {
  readonly lanes = new Map<string, ModelLane>()
  readonly known = new Set<string>()

  nameOf(device: string | null) {
    return device !== null && this.known.has(device) ? device : STRANGERS
  }

  lane(name: string): ModelLane {
    const lane = this.lanes.get(name) ?? {
      failures: 0,
      blockedUntil: 0,

      places: [],
    }
    this.lanes.set(name, lane)
    return lane
  }

  expected(name: string, now: number) {
    const { failures, blockedUntil, places } = this.lane(name)
    if (failures === 10) return 'locked'
    if (blockedUntil > now) return 'blocked'
    return failures + places.length < (failures < 5 ? 5 : 10) ? 'granted' : 'waits'
  }

  fail(name: string, now: number) {
    const lane = this.lane(name)
    lane.failures++
    if (lane.failures === 5) lane.blockedUntil = now + BLOCK_SECONDS
    if (lane.failures === 10 && name !== STRANGERS) {
      this.known.delete(name)
      this.lanes.delete(name)
      return 'device_forgotten'
    }
    return lane.failures === 5 ? 'blocked' : lane.failures === 10 ? 'locked' : null
  }

  succeed(name: string, device: string | null) {
    Object.assign(this.lane(name), { failures: 0, blockedUntil: 0 })
    if (device !== null) this.known.add(device)
  }

  letLapse(now: number) {
    for (const [name, lane] of [...this.lanes]) {
      const lapsed = lane.places.filter(({ since }) => since + 10 <= now)
      lane.places = lane.places.filter(({ since }) => since + 10 > now)
      for (const { since } of lapsed) this.fail(name, since + 10)
    }
  }
}

describe('AccountGuard beside a model of it', () => {
  it.each([11, 12, 13, 14, 15, 16, 17, 18])(
    'does what the rules say in any order of events (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const guard = newGuard()
      const model = new Model()
      const seen = new Set<string>()
      let now = 0
      for (let step = 0; step < 600; step++) {
        now += [0, 0, 0, 1, 1, 3, 3, 450][random.below(8)] ?? 0
        at(now)
        model.letLapse(now)
        const device = [null, ...DEVICES][random.below(3)] ?? null
        const name = model.nameOf(device)
        const lane = model.lane(name)
        const action = random.below(100)
        if (action < 50) {
          const expected = model.expected(name, now)
          seen.add(expected)
          if (expected === 'waits') continue
          const verdict = await begin(guard, device)
          expect(verdict.kind, `step ${step}`).toBe(expected)
          if (verdict.kind !== 'granted') continue
          expect(verdict.knownDevice).toBe(name !== STRANGERS)
          lane.places.push({ ticket: verdict.ticket, since: now })
        } else if (action < 94) {
          const [place] = lane.places.splice(random.below(lane.places.length), 1)
          if (!place) continue
          const outcome = action < 80 ? 'failure' : action < 87 ? 'neutral' : 'success'
          const event = outcome === 'failure' ? model.fail(name, now) : null
          if (outcome === 'success') model.succeed(name, device)
          const failed = event === 'device_forgotten' ? 10 : lane.failures
          seen.add(event ?? outcome)
          const verdict = await settle(guard, place.ticket, outcome, device)
          expect(verdict, `step ${step}`).toMatchObject({ failed, event })
        } else if (action < 97) {
          // Only a running object can be evicted.
          await strangersStanding(guard)
          await evictDurableObject(guard)
        } else {
          await guard.clear({ before: start + now * 1000 })
          for (const each of model.lanes.values())
            Object.assign(each, { failures: 0, blockedUntil: 0 })
        }
      }
      for (const kind of ['granted', 'waits', 'blocked', 'success', 'neutral'])
        expect(seen).toContain(kind)
    },
  )
})
