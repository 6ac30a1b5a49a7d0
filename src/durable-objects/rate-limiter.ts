/**
 * RateLimiter: one object per policy and client, named by the caller. It keeps the log of allowed hits; the rule is in
 * sliding-window.ts. A hit is one synchronous transaction with nothing awaited inside, so that parallel hits count
 * exactly. The log survives eviction. Expiry is read from the clock at each hit; the alarm only tidies up.
 */
import { DurableObject } from 'cloudflare:workers'
import { systemClock } from '../lib/clock.ts'
import { loggedAlarm } from './alarm.ts'
import { endOfWindow, type HitVerdict, judgeHit, type WindowPolicy } from './sliding-window.ts'

const TABLE = 'CREATE TABLE IF NOT EXISTS hits (ends_at INTEGER NOT NULL) STRICT'

export class RateLimiter extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql

  /** Counts a hit if the policy still allows one, and says so. A refused hit leaves no trace. */
  hit(policy: WindowPolicy): HitVerdict {
    const now = systemClock()
    const { verdict, wasEmpty } = this.ctx.storage.transactionSync(() => this.#count(policy, now))
    // One alarm is enough: it arms itself again while anything is left. Set in the same turn, it commits with the hit.
    if (wasEmpty) this.ctx.waitUntil(this.ctx.storage.setAlarm(endOfWindow(now, policy)))
    return verdict
  }

  /** Takes the newest hit back; nothing happens where there is none. */
  forgive(): void {
    this.ctx.storage.transactionSync(() => {
      this.#dropEnded(systemClock())
      this.#sql.exec(
        'DELETE FROM hits WHERE rowid = (SELECT rowid FROM hits ORDER BY ends_at DESC LIMIT 1)',
      )
    })
  }

  /** Answers, and does nothing. */
  ping(): void {}

  override async alarm(): Promise<void> {
    const { env, ctx } = this
    await loggedAlarm({ object: 'RateLimiter', env, ctx }, () => this.#tidyUp())
  }

  async #tidyUp(): Promise<void> {
    const now = systemClock()
    this.#dropEnded(now)
    const newest = this.#ends().at(-1)
    if (newest === undefined) await this.ctx.storage.deleteAll()
    else await this.ctx.storage.setAlarm(newest)
  }

  #count(policy: WindowPolicy, now: number): { verdict: HitVerdict; wasEmpty: boolean } {
    this.#dropEnded(now)
    const windowEnd = endOfWindow(now, policy)
    // Only a clock that stepped back leaves hits that end later than a hit of this moment: those run anew from now,
    // so that they neither stop counting early nor count for longer than a window.
    this.#sql.exec('UPDATE hits SET ends_at = ? WHERE ends_at > ?', windowEnd, windowEnd)
    const ends = this.#ends()
    const verdict = judgeHit(ends, now, policy)
    if (verdict.allowed) this.#sql.exec('INSERT INTO hits (ends_at) VALUES (?)', windowEnd)
    return { verdict, wasEmpty: ends.length === 0 }
  }

  /** Makes the table first, each time: deleteAll() takes it away, and the constructor does not run again after it. */
  #dropEnded(now: number): void {
    this.#sql.exec(TABLE)
    this.#sql.exec('DELETE FROM hits WHERE ends_at <= ?', now)
  }

  #ends(): number[] {
    const rows = this.#sql.exec<{ ends_at: number }>('SELECT ends_at FROM hits ORDER BY ends_at')
    return rows.toArray().map((row) => row.ends_at)
  }
}
