/**
 * How an AccountGuard judges codes. It keeps a keyed digest of each, never the code. A try is refused where the
 * lane is blocked or locked or has had its wrong tries; it is counted before it is compared, and the code that is right
 * is gone with it. So of any number at once five are compared and one is right. The numbers are in code-limits.ts.
 * Every method belongs inside one storage transaction.
 */
import { CODE_LIMITS, TRIES_PER_CODE } from './code-limits.ts'
import { laneOf } from './devices.ts'
import type { UseCodeRequest, UseCodeVerdict } from './guard-contract.ts'
import type { GuardStore } from './guard-store.ts'
import { judgeAttempt } from './lane.ts'

export class Codes {
  readonly #store: GuardStore

  constructor(store: GuardStore) {
    this.#store = store
  }

  use(request: UseCodeRequest, now: number): UseCodeVerdict {
    const lane = laneOf(request.deviceId, this.#store.devices())
    const refusal =
      this.#standing(lane, request, now) ??
      this.#store.hits.refusal(lane, 'wrong_code', CODE_LIMITS.wrong, now)
    return refusal ?? this.#compare(lane, request, now)
  }

  /** Block and lock stop codes as they stop passwords. A code takes no place, so places that are taken do not matter. */
  #standing(lane: string, { blockSeconds }: UseCodeRequest, now: number) {
    this.#store.endBlocksBy(now + blockSeconds * 1000)
    const judgement = judgeAttempt(this.#store.lane(lane), 0, now)
    return judgement.kind === 'blocked' || judgement.kind === 'locked' ? judgement : undefined
  }

  #compare(lane: string, { flow, digests }: UseCodeRequest, now: number): UseCodeVerdict {
    const { codes, hits } = this.#store
    const code = codes.countTry(flow)
    // Nothing is compared where there is no code (never issued, right already, ended by a reset): nobody learns
    // anything from it, and who sends the right code twice has guessed nothing.
    if (!code) return { kind: 'wrong' }
    if (code.endsAt <= now) return { kind: 'expired' }
    // No constant time: these are MACs under a key that whoever tries does not hold, so how far two of them agree
    // says nothing about the code.
    if (code.tries <= TRIES_PER_CODE && digests.includes(code.digest)) {
      codes.end(flow)
      return { kind: 'right' }
    }
    hits.add(lane, 'wrong_code', CODE_LIMITS.wrong, now)
    return { kind: 'wrong' }
  }
}
