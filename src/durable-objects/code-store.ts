/**
 * The table of an AccountGuard's codes: at most one per flow. A code that was right is gone; one whose tries are used
 * up stays until its time is over, and so does an expired one for an hour. Three sends per lane and window bound them.
 */
import { EXPIRED_KEPT_MS } from './code-limits.ts'

const TABLE = `
  CREATE TABLE IF NOT EXISTS codes (
    flow TEXT PRIMARY KEY, digest TEXT NOT NULL, issued_at INTEGER NOT NULL, ttl_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;`

export interface Code {
  flow: string
  digest: string
  issuedAt: number
  ttlMs: number
}

export interface TriedCode {
  [column: string]: SqlStorageValue
  digest: string
  endsAt: number
  /** With this one. */
  tries: number
}

export class CodeStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  open(): void {
    this.#sql.exec(TABLE)
  }

  dropEnded(now: number): void {
    this.#sql.exec('DELETE FROM codes WHERE issued_at + ttl_ms <= ?', now - EXPIRED_KEPT_MS)
  }

  /** A code lives as long as it was given, from now at the latest. */
  pullBackFromFuture(now: number): void {
    this.#sql.exec('UPDATE codes SET issued_at = ? WHERE issued_at > ?', now, now)
  }

  firstEnd(): number | null {
    const row = this.#sql.exec<{ ends: number | null }>(
      'SELECT min(issued_at + ttl_ms) + ? AS ends FROM codes',
      EXPIRED_KEPT_MS,
    )
    return row.one().ends
  }

  /** Keeps a code in the place of the older one of its flow. */
  save({ flow, digest, issuedAt, ttlMs }: Code): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO codes (flow, digest, issued_at, ttl_ms) VALUES (?, ?, ?, ?)',
      flow,
      digest,
      issuedAt,
      ttlMs,
    )
  }

  /** Counts a try of the flow's code and gives the code, or undefined where the flow has none. */
  countTry(flow: string): TriedCode | undefined {
    return this.#sql
      .exec<TriedCode>(
        `UPDATE codes SET tries = tries + 1 WHERE flow = ?
         RETURNING digest, issued_at + ttl_ms AS endsAt, tries`,
        flow,
      )
      .toArray()[0]
  }

  end(flow: string): void {
    this.#sql.exec('DELETE FROM codes WHERE flow = ?', flow)
  }

  /** Ends every code that was issued at or before that moment (ms UTC). */
  endIssued(before: number): void {
    this.#sql.exec('DELETE FROM codes WHERE issued_at <= ?', before)
  }
}
