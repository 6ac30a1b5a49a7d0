import { sql } from 'drizzle-orm'
import { check, integer, sqliteTable } from 'drizzle-orm/sqlite-core'

/** Always empty. A value other than 1 fails its CHECK and so rolls the whole batch back. */
export const assertions = sqliteTable('_assert', { v: integer('v') }, () => [
  check('assert_holds', sql`v = 1`),
])
