/**
 * INSERT … SELECT … WHERE: the row is written only where a condition holds at that very moment, inside the database.
 * So a precondition is part of the write, and two requests at once cannot both pass a check that only one may pass.
 */
import { getTableColumns, is, SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteInsertValue, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database } from './client.ts'

/**
 * A statement for a batch that inserts `row` where `condition` holds (always, without one). Each value is a plain
 * value or SQL; SQL may name columns of `from`, which then gives one row per row of its own. What is left out takes
 * the column's static default, else NULL. `.onConflictDoNothing()` and `.returning()` may follow.
 */
export function insertWhere<T extends SQLiteTable>(
  db: Database,
  table: T,
  row: SQLiteInsertValue<T>,
  condition?: SQL,
  from?: SQL,
) {
  const values = selectList(table, row)
  const source = from ? sql` from ${from}` : sql``
  // "where true" is not idle: without a WHERE, SQLite reads ON CONFLICT as the ON of a join.
  return db.insert(table).select(sql`select ${values}${source} where ${condition ?? sql`true`}`)
}

/** The values in the order in which Drizzle names the columns of an insert: as defined, without generated ones. */
function selectList<T extends SQLiteTable>(table: T, row: SQLiteInsertValue<T>): SQL {
  const given = new Map<string, unknown>(Object.entries(row))
  const columns = Object.entries<SQLiteColumn>(getTableColumns(table))
  const insertable = columns.filter(([, column]) => column.generated === undefined)
  const values = insertable.map(([name, column]) => toSql(column, given.get(name)))
  return sql.join(values, sql`, `)
}

function toSql(column: SQLiteColumn, given: unknown): SQL {
  const value = given === undefined ? (column.default ?? null) : given
  if (is(value, SQL)) return value
  return value === null ? sql`null` : sql`${sql.param(value, column)}`
}
