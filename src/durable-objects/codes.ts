/**
 * How an AccountGuard judges codes and the links that are mailed beside them. It keeps a keyed digest of each code,
 * never the code. A try is refused where the lane is blocked or locked or has had its wrong tries; it is counted before
 * it is compared, and the challenge that is met is gone with it, code and link. So of any number at once five are
 * compared and one is right. The numbers are in code-limits.ts.
 * Every method belongs inside one storage transaction.
 */
import { CODE_LIMITS, TRIES_PER_CODE } from './code-limits.ts'
import { laneOf, STRANGERS } from './devices.ts'
import type { CodeVerdict, LinkVerdict, UseCodeRequest, UseCodeVerdict } from './guard-contract.ts'
import type { GuardStore } from './guard-store.ts'
import { judgeAttempt } from './lane.ts'

type Entry<What extends string> = Extract<UseCodeRequest, Record<What, unknown>>

export class Codes {
  readonly #store: GuardStore

  constructor(store: GuardStore) {
    this.#store = store
  }

  use(request: UseCodeRequest, now: number): UseCodeVerdict {
    const lane = laneOf(request.deviceId, this.#store.devices())
    const standing = this.#standing(lane, request, now)
    if (standing) return standing
    if ('challengeId' in request) return this.#follow(lane, request, now)
    const refusal = this.#store.hits.refusal(lane, 'wrong_code', CODE_LIMITS.wrong, now)
    return refusal ?? this.#compare(lane, request, now)
  }

  /** Block and lock stop codes as they stop passwords. A code takes no place, so places that are taken do not matter. */
  #standing(lane: string, { blockSeconds }: UseCodeRequest, now: number) {
    this.#store.endBlocksBy(now + blockSeconds * 1000)
    const judgement = judgeAttempt(this.#store.lane(lane), 0, now)
    return judgement.kind === 'blocked' || judgement.kind === 'locked' ? judgement : undefined
  }

  /** A link is no guess: its secret was found to be genuine before, so nothing is counted. */
  #follow(lane: string, { flow, challengeId }: Entry<'challengeId'>, now: number): LinkVerdict {
    const { codes } = this.#store
    const challenge = codes.find(challengeId)
    if (!challenge) return { kind: 'wrong' }
    if (challenge.endsAt <= now) return { kind: 'expired' }
    if (challenge.flow !== flow) return { kind: 'wrong_browser' }
    codes.end(flow)
    return { kind: 'right', challengeId, knownDevice: lane !== STRANGERS }
  }

  #compare(lane: string, { flow, digests }: Entry<'digests'>, now: number): CodeVerdict {
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
      return { kind: 'right', challengeId: code.challengeId, knownDevice: lane !== STRANGERS }
    }
    hits.add(lane, 'wrong_code', CODE_LIMITS.wrong, now)
    return { kind: 'wrong' }
  }
}
