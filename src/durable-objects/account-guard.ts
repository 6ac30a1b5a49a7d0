/**
 * AccountGuard: one object per keyed hash of an address, whether or not an account exists, so that its answers tell
 * nothing. Every attempt is counted before it is judged: begin() reserves a place or says why not, settle() gives it
 * back. Each call works in one synchronous transaction; only an attempt that finds no free place waits, in memory.
 * Everything else survives eviction. Expiry is read from the clock at each call; the alarm only tidies up.
 */
import { DurableObject } from 'cloudflare:workers'
import { systemClock } from '../lib/clock.ts'
import { loggedAlarm } from './alarm.ts'
import { Attempts } from './attempts.ts'
import { Codes } from './codes.ts'
import type { Device } from './devices.ts'
import { makeChange } from './guard-changes.ts'
import type {
  BeginRequest,
  BeginVerdict,
  CountMailRequest,
  GuardChange,
  MailVerdict,
  SettleRequest,
  SettleVerdict,
  UseCodeRequest,
  UseCodeVerdict,
} from './guard-contract.ts'
import { GuardStore } from './guard-store.ts'
import { KnownDevices } from './known-devices.ts'
import { PLACE_MS, RECORD_MS } from './lane.ts'
import { Mails } from './mails.ts'
import { WaitingLine } from './waiting-line.ts'

/** Real time an attempt waits for a place. */
const PATIENCE_MS = 5_000

const BUSY: BeginVerdict = { kind: 'busy', retryAfterSeconds: 1 }

export class AccountGuard extends DurableObject<Env> {
  readonly #store = new GuardStore(this.ctx.storage.sql)
  readonly #devices = new KnownDevices(this.#store)
  readonly #attempts = new Attempts(this.#store, this.#devices)
  readonly #codes = new Codes(this.#store)
  readonly #mails = new Mails(this.#store)
  readonly #line = new WaitingLine<BeginRequest, BeginVerdict>()

  /** Reserves a place for one attempt. Where none is free it waits up to 5 s, then answers `busy`. */
  async begin(request: BeginRequest): Promise<BeginVerdict> {
    // Whoever waits already is judged first: time alone may have changed what they get.
    const verdicts = this.#judge([...this.#line.questions, request])
    this.#line.answer(verdicts)
    const verdict = verdicts.at(-1) ?? (await this.#line.wait(request, PATIENCE_MS, BUSY))
    await this.#arm()
    return verdict
  }

  /** Settles a place. A ticket that is unknown or settled changes nothing and gets the strangers' numbers. */
  async settle(request: SettleRequest): Promise<SettleVerdict> {
    return await this.#perform((now) => this.#attempts.settle(request, now))
  }

  /** Clears, remembers or forgets; each change is idempotent, and undoes nothing that came after its moment. */
  async change(change: GuardChange): Promise<void> {
    await this.#perform((now) => makeChange(this.#store, this.#devices, change, now))
  }

  /** Counts a mail before it is written, and takes in the code that it carries. */
  async countMail(request: CountMailRequest): Promise<MailVerdict> {
    return await this.#perform((now) => this.#mails.count(request, now))
  }

  /** The devices that are known by now, for the person whose they are. */
  async knownDevices(): Promise<Device[]> {
    return await this.#perform(() => this.#store.devices())
  }

  /** Judges a code that was entered; the right one is right once. */
  async useCode(request: UseCodeRequest): Promise<UseCodeVerdict> {
    return await this.#perform((now) => this.#codes.use(request, now))
  }

  /** Answers, and does nothing. */
  ping(): void {}

  override async alarm(): Promise<void> {
    const { env, ctx } = this
    await loggedAlarm({ object: 'AccountGuard', env, ctx }, () => this.#tidyUp())
  }

  async #tidyUp(): Promise<void> {
    const { now, firstEnd } = this.#transact((now) => ({ now, firstEnd: this.#store.firstEnd() }))
    if (firstEnd !== null) await this.ctx.storage.setAlarm(firstEnd)
    else if (this.#line.questions.length > 0) await this.ctx.storage.setAlarm(now + PLACE_MS)
    else await this.ctx.storage.deleteAll()
  }

  /** Does the work, then judges again who waits: it may have made room for them, or shut them out. */
  async #perform<T>(work: (now: number) => T): Promise<T> {
    const result = this.#transact(work)
    const waiting = this.#line.questions
    if (waiting.length > 0) this.#line.answer(this.#judge(waiting))
    await this.#arm()
    return result
  }

  /** The answers are given after the commit: a ticket that was rolled back must reach nobody. */
  #judge(requests: readonly BeginRequest[]): (BeginVerdict | undefined)[] {
    return this.#transact((now) => this.#attempts.judge(requests, now))
  }

  /** One transaction on a state that is up to date with the clock. */
  #transact<T>(work: (now: number) => T): T {
    return this.ctx.storage.transactionSync(() => {
      const now = systemClock()
      this.#store.open()
      this.#attempts.catchUp(now)
      return work(now)
    })
  }

  /** Sees to it that an alarm comes no later than the first end of a row; most calls find it set. */
  async #arm(): Promise<void> {
    const firstEnd = this.#transact((now) => this.#store.firstEnd() ?? now + RECORD_MS)
    const armedAt = await this.ctx.storage.getAlarm()
    if (armedAt === null || armedAt > firstEnd) await this.ctx.storage.setAlarm(firstEnd)
  }
}
