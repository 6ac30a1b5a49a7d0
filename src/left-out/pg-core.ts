/**
 * In place of the two files of drizzle-orm for PostgreSQL that its part for SQLite imports, in the bundle alone ([alias]
 * in wrangler.toml): it asks them whether something is of PostgreSQL, which nothing here is.
 */
import { entityKind } from 'drizzle-orm'

export const isPgEnum = () => false

/** Stands for a class, which drizzle knows by this name. */
export const PrimaryKeyBuilder = Object.assign(() => undefined, {
  [entityKind]: 'PgPrimaryKeyBuilder',
})
