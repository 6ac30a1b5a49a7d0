/**
 * What an AccountGuard does with attempts: it judges them in order, settles their places and counts as a failure each
 * place that nobody settled within 10 s, at the moment it lapsed. A late success still clears its lane and joins its
 * device, for the password was right; a late failure or neutral changes nothing more, for the clock has counted it.
 * Every method belongs inside one storage transaction. The numbers are in lane.ts and devices.ts.
 */
import { newRandomSecret } from '../lib/tokens.ts'
import { deviceOf, laneOf, STRANGERS } from './devices.ts'
import type { BeginRequest, BeginVerdict, SettleRequest, SettleVerdict } from './guard-contract.ts'
import type { GuardStore, Place } from './guard-store.ts'
import type { KnownDevices } from './known-devices.ts'
import { addFailure, blockEnd, judgeAttempt, PLACE_MS } from './lane.ts'

export class Attempts {
  readonly #store: GuardStore
  readonly #devices: KnownDevices

  constructor(store: GuardStore, devices: KnownDevices) {
    this.#store = store
    this.#devices = devices
  }

  /** Judges requests in their order; undefined: no place is free yet, it has to wait. */
  judge(requests: readonly BeginRequest[], now: number): (BeginVerdict | undefined)[] {
    const known = this.#store.devices()
    // Where one finds no place, nobody behind it in the same lane does: a long line costs one look per lane.
    const fullLanes = new Set<string>()
    return requests.map(({ deviceId, blockSeconds }) => {
      const lane = laneOf(deviceId, known)
      if (fullLanes.has(lane)) return undefined
      const verdict = this.#judgeOne(lane, now, blockSeconds * 1000)
      if (verdict === undefined) fullLanes.add(lane)
      return verdict
    })
  }

  settle(request: SettleRequest, now: number): SettleVerdict {
    const place = this.#store.takePlace(request.ticket)
    if (!place) return this.#standing(STRANGERS, now)
    switch (request.outcome) {
      case 'success':
        this.#succeed(place, request.joinDevice, now)
        break
      case 'failure':
        if (!place.lapsed) return this.#fail(place, now, request.blockSeconds * 1000)
        break
      case 'neutral':
        break
      default:
        // A caller of another version. Thrown before the commit: the place stays, and lapses into a failure.
        throw new TypeError(`Unknown outcome: ${request.outcome satisfies never}`)
    }
    return this.#standing(place.lane, now)
  }

  /** Brings the stored state up to `now`: what has ended goes, and places overdue become failures, oldest first. */
  catchUp(now: number): void {
    this.#store.pullBackFromFuture(now)
    this.#store.dropEnded(now)
    for (let place = this.#store.lapsePlace(now); place; place = this.#store.lapsePlace(now)) {
      this.#fail(place, place.reservedAt + PLACE_MS, place.blockMs)
    }
  }

  #judgeOne(lane: string, now: number, blockMs: number): BeginVerdict | undefined {
    this.#store.endBlocksBy(now + blockMs)
    const judgement = judgeAttempt(this.#store.lane(lane), this.#store.reservedPlaces(lane), now)
    if (judgement.kind === 'full') return undefined
    if (judgement.kind !== 'free') return judgement
    const ticket = newRandomSecret()
    this.#store.reservePlace({ ticket, lane, reservedAt: now, blockMs })
    return { kind: 'granted', ticket, knownDevice: lane !== STRANGERS }
  }

  #succeed(place: Place, joinDevice: string | null | undefined, now: number): void {
    this.#store.clearLane(place.lane)
    const device = deviceOf(place.lane)
    // What the attempt proved, it proved when it began: a device that was forgotten since then stays so.
    if (device !== null) this.#devices.join(device, place.reservedAt, now)
    if (joinDevice) this.#devices.join(joinDevice, place.reservedAt, now)
  }

  #fail(place: Place, failedAt: number, blockMs: number): SettleVerdict {
    const failure = { attemptAt: place.reservedAt, failedAt }
    const { lane, event } = addFailure(this.#store.lane(place.lane), failure, blockMs)
    const verdict = { failed: lane.failed, blockedUntil: blockEnd(lane, failedAt) }
    const device = deviceOf(place.lane)
    if (event === 'exhausted' && device !== null) {
      this.#devices.exhaust(device, place.reservedAt)
      return { ...verdict, event: 'device_forgotten' }
    }
    this.#store.saveLane(place.lane, lane)
    return { ...verdict, event: event === 'exhausted' ? 'locked' : event }
  }

  #standing(name: string, now: number): SettleVerdict {
    const lane = this.#store.lane(name)
    return { failed: lane.failed, event: null, blockedUntil: blockEnd(lane, now) }
  }
}
