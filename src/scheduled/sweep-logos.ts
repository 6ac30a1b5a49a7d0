/**
 * Removes logos that no community names: an upload whose batch never committed leaves one. Looks at the uploads of two to
 * fifteen days ago, one sixteenth of the random keys a minute, in the first sixteen minutes after 03:00 UTC. So a run is
 * bounded, a skipped day is made up for, and an upload whose batch is still under way is never touched.
 */
import { inArray } from 'drizzle-orm'
import { communities } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { logoDayPrefix } from '../features/logos/logo-store.ts'

const DAY_MS = 24 * 3600 * 1000
const MINUTE_MS = 60_000
const START_MINUTE = 3 * 60
const SLICES = 16
const OLDEST_DAYS = 15
/** D1 takes at most 100 parameters a statement. */
const KEYS_PER_QUERY = 90

/** The hex digit whose logos this minute looks at, or undefined outside the sweep's minutes. */
export function sliceAt(now: number): string | undefined {
  const slice = Math.floor((now % DAY_MS) / MINUTE_MS) - START_MINUTE
  return slice >= 0 && slice < SLICES ? slice.toString(16) : undefined
}

/** Gives how many objects it removed. */
export async function sweepLogos(deps: Pick<Deps, 'db' | 'clock' | 'logos'>): Promise<number> {
  const now = deps.clock()
  const slice = sliceAt(now)
  if (slice === undefined) return 0
  let removed = 0
  // Today and yesterday are left alone, so that an object is at least a day old when it is judged.
  for (let days = 2; days <= OLDEST_DAYS; days++) {
    const keys = await deps.logos.list(`${logoDayPrefix(now - days * DAY_MS)}${slice}`)
    for (let start = 0; start < keys.length; start += KEYS_PER_QUERY) {
      removed += await removeOrphans(deps, keys.slice(start, start + KEYS_PER_QUERY))
    }
  }
  return removed
}

async function removeOrphans(deps: Pick<Deps, 'db' | 'logos'>, keys: string[]): Promise<number> {
  const named = await deps.db
    .select({ logo: communities.logo })
    .from(communities)
    .where(inArray(communities.logo, keys))
  const inUse = new Set(named.map(({ logo }) => logo))
  const orphans = keys.filter((key) => !inUse.has(key))
  if (orphans.length > 0) await deps.logos.remove(orphans)
  return orphans.length
}
