/**
 * The tables of an AccountGuard's codes: at most one code per flow, and what is counted per lane. A code that was right
 * is gone; one whose tries are used up stays until its time is over, and so does an expired one for an hour. Three
 * sends per lane and window bound them all.
 */
import { EXPIRED_KEPT_MS, type HitKind, WINDOW_MS } from './code-limits.ts'

const TABLES = `
  CREATE TABLE IF NOT EXISTS codes (
    flow TEXT PRIMARY KEY, digest TEXT NOT NULL, issued_at INTEGER NOT NULL, ttl_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS code_hits (
    lane TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;`

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
    this.#sql.exec(TABLES)
  }

  dropEnded(now: number): void {
    this.#sql.exec('DELETE FROM codes WHERE issued_at + ttl_ms <= ?', now - EXPIRED_KEPT_MS)
    this.#sql.exec('DELETE FROM code_hits WHERE at <= ?', now - WINDOW_MS)
  }

  /** A code lives as long as it was given, from now at the latest. */
  pullBackFromFuture(now: number): void {
    this.#sql.exec('UPDATE codes SET issued_at = ? WHERE issued_at > ?', now, now)
    this.#sql.exec('UPDATE code_hits SET at = ? WHERE at > ?', now, now)
  }

  firstEnd(): number | null {
    const row = this.#sql.exec<{ ends: number | null }>(
      `SELECT min(ends) AS ends FROM (
         SELECT min(issued_at + ttl_ms) + ? AS ends FROM codes
         UNION ALL SELECT min(at) + ? FROM code_hits)`,
      EXPIRED_KEPT_MS,
      WINDOW_MS,
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

  /** When each hit of this kind happened (ms UTC, ascending). */
  hits(lane: string, kind: HitKind): number[] {
    const rows = this.#sql.exec<{ at: number }>(
      'SELECT at FROM code_hits WHERE lane = ? AND kind = ? ORDER BY at',
      lane,
      kind,
    )
    return rows.toArray().map(({ at }) => at)
  }

  addHit(lane: string, kind: HitKind, at: number): void {
    this.#sql.exec('INSERT INTO code_hits (lane, kind, at) VALUES (?, ?, ?)', lane, kind, at)
  }

  /** Takes back the wrong tries up to that moment (ms UTC); sends stay counted. */
  clearWrong(before: number): void {
    this.#sql.exec("DELETE FROM code_hits WHERE kind = 'wrong' AND at <= ?", before)
  }

  dropLane(lane: string): void {
    this.#sql.exec('DELETE FROM code_hits WHERE lane = ?', lane)
  }
}
