/**
 * The table of an AccountGuard's codes: at most one per flow. A code that was right is gone; one whose tries are used
 * up stays until its time is over, and so does an expired one for an hour. Three sends per lane and window bound them.
 */
import { EXPIRED_KEPT_MS } from './code-limits.ts'

const TABLE = `
  DROP TABLE IF EXISTS codes;
  CREATE TABLE IF NOT EXISTS challenges (
    flow TEXT PRIMARY KEY, id TEXT NOT NULL, digest TEXT NOT NULL, issued_at INTEGER NOT NULL,
    ttl_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;`

export interface Code {
  flow: string
  challengeId: string
  digest: string
  issuedAt: number
  ttlMs: number
}

export interface TriedCode {
  [column: string]: SqlStorageValue
  challengeId: string
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
    this.#sql.exec('DELETE FROM challenges WHERE issued_at + ttl_ms <= ?', now - EXPIRED_KEPT_MS)
  }

  /** A code lives as long as it was given, from now at the latest. */
  pullBackFromFuture(now: number): void {
    this.#sql.exec('UPDATE challenges SET issued_at = ? WHERE issued_at > ?', now, now)
  }

  firstEnd(): number | null {
    const row = this.#sql.exec<{ ends: number | null }>(
      'SELECT min(issued_at + ttl_ms) + ? AS ends FROM challenges',
      EXPIRED_KEPT_MS,
    )
    return row.one().ends
  }

  /** Keeps a code in the place of the older one of its flow. */
  save({ flow, challengeId, digest, issuedAt, ttlMs }: Code): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO challenges (flow, id, digest, issued_at, ttl_ms) VALUES (?, ?, ?, ?, ?)',
      flow,
      challengeId,
      digest,
      issuedAt,
      ttlMs,
    )
  }

  /** Counts a try of the flow's code and gives the code, or undefined where the flow has none. */
  countTry(flow: string): TriedCode | undefined {
    return this.#sql
      .exec<TriedCode>(
        `UPDATE challenges SET tries = tries + 1 WHERE flow = ?
         RETURNING id AS challengeId, digest, issued_at + ttl_ms AS endsAt, tries`,
        flow,
      )
      .toArray()[0]
  }

  /** Where a challenge belongs and when it ends, or undefined where it has ended or a newer one took its place. */
  find(challengeId: string): { flow: string; endsAt: number } | undefined {
    return this.#sql
      .exec<{ flow: string; endsAt: number }>(
        'SELECT flow, issued_at + ttl_ms AS endsAt FROM challenges WHERE id = ?',
        challengeId,
      )
      .toArray()[0]
  }

  end(flow: string): void {
    this.#sql.exec('DELETE FROM challenges WHERE flow = ?', flow)
  }

  /** Ends every code that was issued at or before that moment (ms UTC). */
  endIssued(before: number): void {
    this.#sql.exec('DELETE FROM challenges WHERE issued_at <= ?', before)
  }
}
