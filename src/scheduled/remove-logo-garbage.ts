/**
 * Removes the logos that a row has let go of, oldest first, at most 90 a run: the objects, then the rows that name them.
 * If storage fails, the rows stay for the next run; twice at once removes once.
 */
import { asc, inArray, lte } from 'drizzle-orm'
import { logoGarbage } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'

/** Whoever read the row a moment before still finds the picture. */
const GRACE_MS = 60_000
/** D1 takes at most 100 parameters a statement. */
const PER_RUN = 90

/** Gives how many objects it removed. */
export async function removeLogoGarbage({
  db,
  clock,
  logos,
}: Pick<Deps, 'db' | 'clock' | 'logos'>): Promise<number> {
  const due = await db
    .select({ key: logoGarbage.key })
    .from(logoGarbage)
    .where(lte(logoGarbage.createdAt, clock() - GRACE_MS))
    .orderBy(asc(logoGarbage.createdAt))
    .limit(PER_RUN)
  if (due.length === 0) return 0
  const keys = due.map(({ key }) => key)
  await logos.remove(keys)
  await db.delete(logoGarbage).where(inArray(logoGarbage.key, keys))
  return keys.length
}
