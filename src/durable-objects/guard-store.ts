/**
 * The tables of an AccountGuard. A lane without failures has no row. A place stays after it lapsed (counted as a
 * failure because nobody settled it in time) for a few minutes, so that a late answer is still recognised. When a
 * device is forgotten its lane goes, and attempts under way on it go on as a stranger's.
 */
import { CodeStore } from './code-store.ts'
import { type Device, deviceLane, KNOWN_DEVICE_MS, STRANGERS } from './devices.ts'
import { Hits } from './hits.ts'
import { CLEAR_LANE, type Lane, PLACE_MS, RECORD_MS } from './lane.ts'

const LAPSED_KEPT_MS = 5 * 60 * 1000

const TABLES = `
  CREATE TABLE IF NOT EXISTS lanes (
    name TEXT PRIMARY KEY, failed INTEGER NOT NULL, blocked_until INTEGER, last_attempt_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS places (
    ticket TEXT PRIMARY KEY, lane TEXT NOT NULL, reserved_at INTEGER NOT NULL, block_ms INTEGER NOT NULL,
    lapsed INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS devices (
    id TEXT PRIMARY KEY, last_used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS forgotten (
    name TEXT PRIMARY KEY, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

/** In `forgotten`, beside the lanes of single devices. */
const EVERY_DEVICE = 'devices'

const PLACE = 'ticket, lane, reserved_at AS reservedAt, block_ms AS blockMs, lapsed'

type Row<T> = Record<string, SqlStorageValue> & T

export interface Place {
  ticket: string
  lane: string
  reservedAt: number
  /** How long its failure would block, so that the clock alone can count it. */
  blockMs: number
  /** 1 where the clock has counted it as a failure already. */
  lapsed: number
}

export class GuardStore {
  readonly codes: CodeStore
  readonly hits: Hits
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.codes = new CodeStore(sql)
    this.hits = new Hits(sql)
  }

  /** Makes the tables where they are missing: deleteAll() takes them away, and no constructor runs after it. */
  open(): void {
    this.#sql.exec(TABLES)
    this.codes.open()
    this.hits.open()
  }

  /** Deletes every row whose time is over at `now`. */
  dropEnded(now: number): void {
    this.#sql.exec('DELETE FROM lanes WHERE last_attempt_at <= ?', now - RECORD_MS)
    this.#sql.exec(
      'DELETE FROM places WHERE reserved_at <= iif(lapsed, ?, ?)',
      now - LAPSED_KEPT_MS,
      now - RECORD_MS,
    )
    this.#sql.exec('DELETE FROM forgotten WHERE at <= ?', now - RECORD_MS)
    this.codes.dropEnded(now)
    this.hits.dropEnded(now)
    const overdue = now - KNOWN_DEVICE_MS
    for (const device of this.devices()) {
      if (device.lastUsedAt <= overdue) this.forgetDevice(device.id)
    }
  }

  /** After a clock that stepped back nothing lasts longer than if it had begun now, and nothing ends earlier. */
  pullBackFromFuture(now: number): void {
    this.#sql.exec('UPDATE lanes SET last_attempt_at = ? WHERE last_attempt_at > ?', now, now)
    this.#sql.exec('UPDATE places SET reserved_at = ? WHERE reserved_at > ?', now, now)
    this.#sql.exec('UPDATE devices SET last_used_at = ? WHERE last_used_at > ?', now, now)
    this.#sql.exec('UPDATE forgotten SET at = ? WHERE at > ?', now, now)
    this.codes.pullBackFromFuture(now)
    this.hits.pullBackFromFuture(now)
  }

  /** The same for blocks: none lasts beyond what one that begins now would. */
  endBlocksBy(latest: number): void {
    this.#sql.exec('UPDATE lanes SET blocked_until = ? WHERE blocked_until > ?', latest, latest)
  }

  /** When the first row ends (ms UTC), or null where nothing is stored. */
  firstEnd(): number | null {
    const row = this.#sql.exec<{ ends: number | null }>(
      `SELECT min(ends) AS ends FROM (
         SELECT min(last_attempt_at) + ? AS ends FROM lanes
         UNION ALL SELECT min(reserved_at) + ? FROM places
         UNION ALL SELECT min(at) + ? FROM forgotten
         UNION ALL SELECT min(last_used_at) + ? FROM devices)`,
      RECORD_MS,
      RECORD_MS,
      RECORD_MS,
      KNOWN_DEVICE_MS,
    )
    const ends = [row.one().ends, this.codes.firstEnd(), this.hits.firstEnd()]
    const moments = ends.filter((end) => end !== null)
    return moments.length > 0 ? Math.min(...moments) : null
  }

  lane(name: string): Lane {
    const rows = this.#sql.exec<Row<Lane>>(
      `SELECT failed, blocked_until AS blockedUntil, last_attempt_at AS lastAttemptAt
       FROM lanes WHERE name = ?`,
      name,
    )
    return rows.toArray()[0] ?? CLEAR_LANE
  }

  saveLane(name: string, lane: Lane): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO lanes (name, failed, blocked_until, last_attempt_at) VALUES (?, ?, ?, ?)',
      name,
      lane.failed,
      lane.blockedUntil,
      lane.lastAttemptAt,
    )
  }

  clearLane(name: string): void {
    this.#sql.exec('DELETE FROM lanes WHERE name = ?', name)
  }

  /** Clears every lane whose last attempt was at or before that moment (ms UTC). */
  clearLanes(before: number): void {
    this.#sql.exec('DELETE FROM lanes WHERE last_attempt_at <= ?', before)
  }

  reservedPlaces(lane: string): number {
    const row = this.#sql.exec<{ reserved: number }>(
      'SELECT count(*) AS reserved FROM places WHERE lane = ? AND lapsed = 0',
      lane,
    )
    return row.one().reserved
  }

  /** Takes a place; in a lane with failures that is its last attempt. */
  reservePlace(place: Omit<Place, 'lapsed'>): void {
    this.#sql.exec(
      'INSERT INTO places (ticket, lane, reserved_at, block_ms) VALUES (?, ?, ?, ?)',
      place.ticket,
      place.lane,
      place.reservedAt,
      place.blockMs,
    )
    this.#sql.exec(
      'UPDATE lanes SET last_attempt_at = ? WHERE name = ?',
      place.reservedAt,
      place.lane,
    )
  }

  /** Removes a place and gives it, or undefined where the ticket is unknown. */
  takePlace(ticket: string): Place | undefined {
    return this.#sql
      .exec<Row<Place>>(`DELETE FROM places WHERE ticket = ? RETURNING ${PLACE}`, ticket)
      .toArray()[0]
  }

  /** Marks the oldest place that is overdue at `now` as lapsed and gives it. */
  lapsePlace(now: number): Place | undefined {
    return this.#sql
      .exec<Row<Place>>(
        `UPDATE places SET lapsed = 1 WHERE ticket = (
           SELECT ticket FROM places WHERE lapsed = 0 AND reserved_at <= ? ORDER BY reserved_at LIMIT 1)
         RETURNING ${PLACE}`,
        now - PLACE_MS,
      )
      .toArray()[0]
  }

  devices(): Device[] {
    return this.#sql
      .exec<Row<Device>>('SELECT id, last_used_at AS lastUsedAt FROM devices')
      .toArray()
  }

  /** Keeps a device; a moment before its last use does not take that back. */
  saveDevice(id: string, lastUsedAt: number): void {
    this.#sql.exec(
      `INSERT INTO devices (id, last_used_at) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)`,
      id,
      lastUsedAt,
    )
  }

  forgetDevice(id: string): void {
    const lane = deviceLane(id)
    this.#sql.exec('DELETE FROM devices WHERE id = ?', id)
    this.clearLane(lane)
    this.hits.dropLane(lane)
    this.#sql.exec('UPDATE places SET lane = ? WHERE lane = ?', STRANGERS, lane)
  }

  /** Up to which moment (ms UTC) this device, or every device, was forgotten; 0 where none was. */
  forgottenAt(id: string): number {
    const row = this.#sql.exec<{ at: number }>(
      'SELECT coalesce(max(at), 0) AS at FROM forgotten WHERE name IN (?, ?)',
      deviceLane(id),
      EVERY_DEVICE,
    )
    return row.one().at
  }

  noteForgotten(id: string, at: number): void {
    this.#noteForgotten(deviceLane(id), at)
  }

  noteAllForgotten(at: number): void {
    // What is said of every device need not be said of one.
    this.#sql.exec('DELETE FROM forgotten WHERE at <= ?', at)
    this.#noteForgotten(EVERY_DEVICE, at)
  }

  #noteForgotten(name: string, at: number): void {
    this.#sql.exec(
      `INSERT INTO forgotten (name, at) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET at = max(at, excluded.at)`,
      name,
      at,
    )
  }
}
