/**
 * What an AccountGuard counts in exact sliding windows: the mails of each purpose and wrong codes, per lane. Strangers
 * cannot use up what a known device may. A hit that is refused is not kept and every hit ends with its window, so a
 * lane holds no more rows than its limits allow.
 * Every method belongs inside one storage transaction.
 */
import type { Limited, MailPurpose } from './guard-contract.ts'
import { judgeHit, type WindowPolicy } from './sliding-window.ts'

const TABLE = `
  CREATE TABLE IF NOT EXISTS hits (
    lane TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, window_ms INTEGER NOT NULL
  ) STRICT;`

export type HitKind = MailPurpose | `${MailPurpose}_day` | 'wrong_code'

export class Hits {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  open(): void {
    this.#sql.exec(TABLE)
  }

  dropEnded(now: number): void {
    this.#sql.exec('DELETE FROM hits WHERE at + window_ms <= ?', now)
  }

  pullBackFromFuture(now: number): void {
    this.#sql.exec('UPDATE hits SET at = ? WHERE at > ?', now, now)
  }

  firstEnd(): number | null {
    const row = this.#sql.exec<{ ends: number | null }>(
      'SELECT min(at + window_ms) AS ends FROM hits',
    )
    return row.one().ends
  }

  /** Why one more hit is refused now, or undefined where it is not. */
  refusal(lane: string, kind: HitKind, policy: WindowPolicy, now: number): Limited | undefined {
    const rows = this.#sql.exec<{ ends: number }>(
      'SELECT at + window_ms AS ends FROM hits WHERE lane = ? AND kind = ? ORDER BY ends',
      lane,
      kind,
    )
    const ends = rows.toArray().map((row) => row.ends)
    const { allowed, retryAfterSeconds } = judgeHit(ends, now, policy)
    return allowed ? undefined : { kind: 'limited', retryAfterSeconds }
  }

  add(lane: string, kind: HitKind, { windowSeconds }: WindowPolicy, at: number): void {
    this.#sql.exec(
      'INSERT INTO hits (lane, kind, at, window_ms) VALUES (?, ?, ?, ?)',
      lane,
      kind,
      at,
      windowSeconds * 1000,
    )
  }

  /** Takes back the wrong codes up to that moment (ms UTC); mails stay counted. */
  clearWrong(before: number): void {
    this.#sql.exec("DELETE FROM hits WHERE kind = 'wrong_code' AND at <= ?", before)
  }

  dropLane(lane: string): void {
    this.#sql.exec('DELETE FROM hits WHERE lane = ?', lane)
  }
}
