/**
 * What an AccountGuard does with codes. It keeps a keyed digest of each, never the code. A try is refused where the
 * lane is blocked or locked or has had its wrong tries; it is counted before it is compared, and the code that is right
 * is gone with it. So of any number at once five are compared and one is right. The numbers are in code-limits.ts.
 * Every method belongs inside one storage transaction.
 */
import { CODE_LIMITS, type HitKind, TRIES_PER_CODE, WINDOW_MS } from './code-limits.ts'
import { laneOf } from './devices.ts'
import type {
  IssueCodeRequest,
  IssueCodeVerdict,
  UseCodeRequest,
  UseCodeVerdict,
} from './guard-contract.ts'
import type { GuardStore } from './guard-store.ts'
import { judgeAttempt } from './lane.ts'
import { judgeHit } from './sliding-window.ts'

type Limited = Extract<IssueCodeVerdict, { kind: 'limited' }>

export class Codes {
  readonly #store: GuardStore

  constructor(store: GuardStore) {
    this.#store = store
  }

  /** Keeps a new code in the place of the older one of its flow. A refused one changes nothing: the older lives on. */
  issue(request: IssueCodeRequest, now: number): IssueCodeVerdict {
    const { flow, digest, ttlSeconds } = request
    const lane = laneOf(request.deviceId, this.#store.devices())
    const limited = this.#limited(lane, 'send', now)
    if (limited) return limited
    this.#store.codes.addHit(lane, 'send', now)
    this.#store.codes.save({ flow, digest, issuedAt: now, ttlMs: ttlSeconds * 1000 })
    return { kind: 'issued' }
  }

  use(request: UseCodeRequest, now: number): UseCodeVerdict {
    const lane = laneOf(request.deviceId, this.#store.devices())
    const refusal = this.#standing(lane, request, now) ?? this.#limited(lane, 'wrong', now)
    return refusal ?? this.#compare(lane, request, now)
  }

  /** Block and lock stop codes as they stop passwords. A code takes no place, so places that are taken do not matter. */
  #standing(lane: string, { blockSeconds }: UseCodeRequest, now: number) {
    this.#store.endBlocksBy(now + blockSeconds * 1000)
    const judgement = judgeAttempt(this.#store.lane(lane), 0, now)
    return judgement.kind === 'blocked' || judgement.kind === 'locked' ? judgement : undefined
  }

  #compare(lane: string, { flow, digests }: UseCodeRequest, now: number): UseCodeVerdict {
    const { codes } = this.#store
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
    codes.addHit(lane, 'wrong', now)
    return { kind: 'wrong' }
  }

  #limited(lane: string, kind: HitKind, now: number): Limited | undefined {
    const ends = this.#store.codes.hits(lane, kind).map((at) => at + WINDOW_MS)
    const { allowed, retryAfterSeconds } = judgeHit(ends, now, CODE_LIMITS[kind])
    return allowed ? undefined : { kind: 'limited', retryAfterSeconds }
  }
}
