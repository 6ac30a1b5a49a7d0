/**
 * How an AccountGuard counts the mails that anyone may ask for, before they are written: those of each purpose per
 * lane, so that a stranger who uses up what strangers may leaves a known device its own. It counts alike whether or
 * not the address has an account.
 * Every method belongs inside one storage transaction.
 */
import { laneOf, STRANGERS } from './devices.ts'
import type { CountMailRequest, MailVerdict } from './guard-contract.ts'
import type { GuardStore } from './guard-store.ts'

const DAY_SECONDS = 24 * 3600

export class Mails {
  readonly #store: GuardStore

  constructor(store: GuardStore) {
    this.#store = store
  }

  /**
   * Counts a mail and keeps its code in the place of the older one of its flow. A refused one changes nothing: the
   * older code lives on.
   */
  count(request: CountMailRequest, now: number): MailVerdict {
    const { hits, codes } = this.#store
    const { purpose, code } = request
    const lane = laneOf(request.deviceId, this.#store.devices())
    const refusal = hits.refusal(lane, purpose, request, now)
    if (refusal) return refusal
    hits.add(lane, purpose, request, now)
    if (request.perDay !== undefined) {
      const day = { limit: request.perDay, windowSeconds: DAY_SECONDS }
      if (hits.refusal(lane, `${purpose}_day`, day, now)) return { kind: 'capped' }
      hits.add(lane, `${purpose}_day`, day, now)
    }
    if (request.isLaneFull && lane !== STRANGERS) return { kind: 'capped' }
    if (code) {
      const { flow, challengeId, digest, ttlSeconds } = code
      codes.save({ flow, challengeId, digest, issuedAt: now, ttlMs: ttlSeconds * 1000 })
    }
    return { kind: 'allowed', knownDevice: lane !== STRANGERS }
  }
}
