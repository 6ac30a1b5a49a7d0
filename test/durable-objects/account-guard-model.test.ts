import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  BLOCK_SECONDS,
  begin,
  clear,
  newGuard,
  settle,
  start,
  strangersStanding,
  tell,
  useClockOfSeconds,
} from './guard-driver.ts'
import { seededRandom } from './seeded-random.ts'

useClockOfSeconds()

const STRANGERS = 'strangers'
const moment = (seconds: number) => start + seconds * 1000
const DEVICES = ['laptop', 'phone']

interface ModelLane {
  failures: number
  blockedUntil: number
  /** Of the attempt that was judged last, while there are failures. */
  lastAttempt: number
  places: { ticket: string; since: number }[]
}

/** The rules told a second time, in seconds and as plainly as possible; no place is settled late here. */
class Model {
  readonly lanes = new Map<string, ModelLane>()
  /** Each known device with its last use. */
  readonly known = new Map<string, number>()
  /** Each forgotten device with the moment that what it proves has to come up to. */
  readonly forgotten = new Map<string, number>()

  nameOf(device: string | null) {
    return device !== null && this.known.has(device) ? device : STRANGERS
  }

  lane(name: string): ModelLane {
    const lane = this.lanes.get(name) ?? {
      failures: 0,
      blockedUntil: 0,
      lastAttempt: 0,
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

  reserve(name: string, ticket: string, now: number) {
    const lane = this.lane(name)
    lane.places.push({ ticket, since: now })
    lane.lastAttempt = now
  }

  fail(name: string, since: number, now: number) {
    const lane = this.lane(name)
    lane.lastAttempt = lane.failures > 0 ? Math.max(lane.lastAttempt, since) : since
    if (lane.failures === 10) return null
    lane.failures++
    if (lane.failures === 5) lane.blockedUntil = now + BLOCK_SECONDS
    if (lane.failures === 10 && name !== STRANGERS) {
      this.forgetNow(name, since)
      return 'device_forgotten'
    }
    return lane.failures === 5 ? 'blocked' : lane.failures === 10 ? 'locked' : null
  }

  succeed(name: string, device: string | null, since: number) {
    Object.assign(this.lane(name), { failures: 0, blockedUntil: 0 })
    if (name !== STRANGERS) this.join(name, since)
    if (device !== null) this.join(device, since)
  }

  join(device: string, provenAt: number) {
    if ((this.forgotten.get(device) ?? -Infinity) > provenAt) return
    this.known.set(device, Math.max(this.known.get(device) ?? provenAt, provenAt))
  }

  clear(before: number) {
    for (const lane of this.lanes.values()) {
      if (lane.lastAttempt <= before) Object.assign(lane, { failures: 0, blockedUntil: 0 })
    }
  }

  forget(devices: string[], before: number, kept?: string) {
    for (const device of devices) {
      const lastUse = this.known.get(device) ?? Infinity
      if (device !== kept && lastUse <= before) this.forgetNow(device, before)
      this.forgotten.set(device, Math.max(this.forgotten.get(device) ?? before, before))
    }
  }

  forgetNow(device: string, since: number) {
    const strangers = this.lane(STRANGERS)
    strangers.places.push(...this.lane(device).places)
    this.lanes.delete(device)
    this.known.delete(device)
    this.forgotten.set(device, Math.max(this.forgotten.get(device) ?? since, since))
  }

  letLapse(now: number) {
    for (;;) {
      const overdue = [...this.lanes].flatMap(([name, lane]) =>
        lane.places.filter(({ since }) => since + 10 <= now).map((place) => ({ name, place })),
      )
      const [first] = overdue.toSorted((a, b) => a.place.since - b.place.since)
      if (!first) return
      const lane = this.lane(first.name)
      lane.places = lane.places.filter((place) => place !== first.place)
      this.fail(first.name, first.place.since, first.place.since + 10)
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
          model.reserve(name, verdict.ticket, now)
        } else if (action < 90) {
          const [place] = lane.places.splice(random.below(lane.places.length), 1)
          if (!place) continue
          const outcome = action < 77 ? 'failure' : action < 83 ? 'neutral' : 'success'
          const event = outcome === 'failure' ? model.fail(name, place.since, now) : null
          if (outcome === 'success') model.succeed(name, device, place.since)
          const failed = event === 'device_forgotten' ? 10 : lane.failures
          seen.add(event ?? outcome)
          const verdict = await settle(guard, place.ticket, outcome, device)
          expect(verdict, `step ${step}`).toMatchObject({ failed, event })
        } else if (action < 92) {
          // Only a running object can be evicted.
          await strangersStanding(guard)
          await evictDurableObject(guard)
        } else {
          const before = now - ([0, 0, 2, 500][random.below(4)] ?? 0)
          const kind = (['clear', 'forget', 'start_over', 'remember'] as const)[random.below(4)]
          seen.add(kind ?? '')
          if (kind === 'remember') {
            if (device === null) continue
            model.join(device, before)
            await tell(guard, { kind, deviceId: device, at: moment(before) })
          } else if (kind === 'forget') {
            model.forget(device === null ? DEVICES : [device], before)
            await tell(guard, { kind, before: moment(before), deviceId: device })
          } else if (kind === 'start_over') {
            model.clear(before)
            model.forget(DEVICES, before, device ?? '')
            if (device !== null) model.join(device, before)
            await tell(guard, { kind, before: moment(before), keepDevice: device })
          } else {
            model.clear(before)
            await clear(guard, moment(before))
          }
        }
      }
      for (const kind of ['granted', 'waits', 'blocked', 'success', 'neutral', 'start_over'])
        expect(seen).toContain(kind)
    },
  )
})
