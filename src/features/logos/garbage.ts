/** The logo in a community's row, and where its key goes when the row lets go of it. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { communities, logoGarbage } from '../../db/schema/index.ts'

/** Notes the logos of the communities that `which` means as garbage; right before their rows let go of them. */
export function discardLogo(db: Database, which: SQL, now: number) {
  return insertWhere(
    db,
    logoGarbage,
    { key: sql<string>`${communities.logo}`, createdAt: now },
    sql`${which} and ${communities.logo} is not null`,
    sql`${communities}`,
  )
}

export function setLogo(
  db: Database,
  { id, key, now }: { id: string; key: string | null; now: number },
  condition: SQL,
) {
  return db
    .update(communities)
    .set({ logo: key, version: sql`${communities.version} + 1`, updatedAt: now })
    .where(sql`${communities.id} = ${id} and ${condition}`)
}
