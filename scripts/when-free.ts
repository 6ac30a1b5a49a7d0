/** Waiting for a local database file that another process holds, such as the Worker that runs on the same data. */
import { setTimeout as wait } from 'node:timers/promises'

const TRIES = 20
const PAUSE_MS = 250

/**
 * Runs `work`, and again while the file is locked, 5 s at most. For work that may be repeated: a batch that met the
 * lock has written nothing.
 */
export async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0 || !isLocked(error)) throw error
      await wait(PAUSE_MS)
    }
  }
}

function isLocked(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/SQLITE_BUSY|database is locked/.test(error.message) || isLocked(error.cause))
  )
}
