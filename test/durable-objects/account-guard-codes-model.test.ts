import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import {
  at,
  challengeOf,
  clear,
  enter,
  follow,
  forget,
  HOUR_SECONDS,
  issue,
  mail,
  newGuard,
  remember,
  start,
  startOver,
  useClockOfSeconds,
  WINDOW_SECONDS,
} from './guard-driver.ts'
import { seededRandom } from './seeded-random.ts'

useClockOfSeconds()

const TTL_SECONDS = 400
const KEPT_SECONDS = TTL_SECONDS + 3600

interface ModelCode {
  code: string
  issuedAt: number
  tries: number
}

const LIMITS = {
  code: { limit: 3, seconds: WINDOW_SECONDS },
  wrong: { limit: 10, seconds: WINDOW_SECONDS },
  forgot: { limit: 3, seconds: HOUR_SECONDS },
  resend: { limit: 3, seconds: HOUR_SECONDS },
}
type Kind = keyof typeof LIMITS

/** The rules of codes and mails told a second time, in seconds and as plainly as possible. */
class Model {
  readonly codes = new Map<string, ModelCode>()
  hits: { lane: string; kind: Kind; since: number }[] = []
  isKnown = false

  laneOf = (device: string | null) => (device !== null && this.isKnown ? device : 'strangers')

  counted(lane: string, kind: Kind, now: number) {
    return this.hits.filter(
      (hit) => hit.lane === lane && hit.kind === kind && hit.since + LIMITS[kind].seconds > now,
    )
  }

  limit(lane: string, kind: Kind, now: number) {
    const counted = this.counted(lane, kind, now)
    const [oldest] = counted
    if (!oldest || counted.length < LIMITS[kind].limit) return undefined
    return { kind: 'limited', retryAfterSeconds: oldest.since + LIMITS[kind].seconds - now }
  }

  mail(kind: Kind, lane: string, now: number) {
    const limited = this.limit(lane, kind, now)
    if (limited) return limited
    this.hits.push({ lane, kind, since: now })
    return { kind: 'allowed', knownDevice: lane !== 'strangers' }
  }

  issue(flow: string, code: string, lane: string, now: number) {
    const verdict = this.mail('code', lane, now)
    if (verdict.kind === 'allowed') this.codes.set(flow, { code, issuedAt: now, tries: 0 })
    return verdict
  }

  enter(flow: string, code: string, lane: string, now: number) {
    const limited = this.limit(lane, 'wrong', now)
    if (limited) return limited
    const found = this.codes.get(flow)
    if (!found || found.issuedAt + KEPT_SECONDS <= now) return { kind: 'wrong' }
    if (found.issuedAt + TTL_SECONDS <= now) return { kind: 'expired' }
    found.tries++
    if (found.tries <= 5 && found.code === code) return this.right(flow, code, lane)
    this.hits.push({ lane, kind: 'wrong', since: now })
    return { kind: 'wrong' }
  }

  follow(flow: string, code: string, inFlow: string, lane: string, now: number) {
    const found = this.codes.get(flow)
    if (found?.code !== code || found.issuedAt + KEPT_SECONDS <= now) return { kind: 'wrong' }
    if (found.issuedAt + TTL_SECONDS <= now) return { kind: 'expired' }
    return flow === inFlow ? this.right(flow, code, lane) : { kind: 'wrong_browser' }
  }

  right(flow: string, code: string, lane: string) {
    this.codes.delete(flow)
    const knownDevice = lane !== 'strangers'
    return { kind: 'right', challengeId: challengeOf(flow, code), knownDevice }
  }

  clear(before: number) {
    this.hits = this.hits.filter(({ kind, since }) => kind !== 'wrong' || since > before)
  }

  startOver(before: number) {
    this.clear(before)
    for (const [flow, { issuedAt }] of this.codes) if (issuedAt <= before) this.codes.delete(flow)
  }

  forget() {
    this.isKnown = false
    this.hits = this.hits.filter(({ lane }) => lane === 'strangers')
  }
}

describe('codes, their links and mails beside a model of them', () => {
  it.each([21, 22, 23, 24, 25, 26])(
    'are judged as the rules say in any order of events (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const guard = newGuard()
      const model = new Model()
      const seen = new Set<string>()
      const issued: { flow: string; code: string }[] = []
      let now = 0
      for (let step = 0; step < 720; step++) {
        now += [0, 1, 5, 20, 60, 300][random.below(step % 100 < 50 ? 3 : 6)] ?? 0
        at(now)
        const deviceId = [null, 'laptop'][random.below(2)] ?? null
        const lane = model.laneOf(deviceId)
        const flow = `flow ${random.below(3)}`
        const action = random.below(122)
        if (action < 15) {
          const code = `code ${step}`
          const expected = model.issue(flow, code, lane, now)
          seen.add(`issue ${expected.kind}`)
          const options = { flow, code, deviceId, ttlSeconds: TTL_SECONDS }
          expect(await issue(guard, options), `step ${step}`).toEqual(expected)
          if (expected.kind === 'allowed') issued.push({ flow, code })
        } else if (action >= 102) {
          const purpose = random.below(2) === 0 ? 'forgot' : 'resend'
          const expected = model.mail(purpose, lane, now)
          seen.add(`${purpose} ${expected.kind}`)
          expect(await mail(guard, purpose, deviceId), `step ${step}`).toEqual(expected)
        } else if (action >= 94 && action < 97) {
          const link = issued.at(-1 - random.below(4)) ?? { flow, code: 'none' }
          const expected = model.follow(link.flow, link.code, flow, lane, now)
          seen.add(`follow ${expected.kind}`)
          const options = { ...link, inFlow: flow, deviceId }
          expect(await follow(guard, options), `step ${step}`).toEqual(expected)
        } else if (action < 94) {
          const code = action < 25 ? (model.codes.get(flow)?.code ?? 'none') : 'wrong'
          const expected = model.enter(flow, code, lane, now)
          seen.add(`enter ${expected.kind}`)
          expect(await enter(guard, { flow, code, deviceId }), `step ${step}`).toEqual(expected)
        } else if (action < 98) {
          const before = now - (random.below(2) === 0 ? 0 : 200)
          model.clear(before)
          await clear(guard, start + before * 1000)
        } else if (action < 99) {
          const before = now - (random.below(2) === 0 ? 0 : 200)
          model.startOver(before)
          // The device stays as it is: it is kept where it is known, and the strangers' where it is not.
          const kept = model.isKnown ? 'laptop' : undefined
          await startOver(guard, start + before * 1000, kept)
        } else if (action < 100) {
          model.forget()
          await forget(guard, start + now * 1000, 'laptop')
        } else if (action < 101) {
          model.isKnown = true
          await remember(guard, 'laptop')
        } else {
          await clear(guard, start - 1)
          await evictDurableObject(guard)
        }
      }
      const verdicts = ['issue', 'forgot', 'resend'].flatMap((purpose) =>
        ['allowed', 'limited'].map((kind) => `${purpose} ${kind}`),
      )
      for (const kind of ['right', 'wrong', 'expired', 'limited']) verdicts.push(`enter ${kind}`)
      for (const kind of ['right', 'wrong', 'expired', 'wrong_browser'])
        verdicts.push(`follow ${kind}`)
      expect(seen).toEqual(new Set(verdicts))
    },
  )
})
