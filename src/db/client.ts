/**
 * The database of one request. `costs` counts round trips in sequence: a batch is one, and calls that run beside
 * each other are one.
 */

import type { BatchItem } from 'drizzle-orm/batch'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import { DrizzleQueryError } from 'drizzle-orm/errors'

export type Database = DrizzleD1Database

/** A prepared statement that a feature hands out for a batch. */
export type Statement = BatchItem<'sqlite'>

export interface RoundTrips {
  roundTrips: number
}

export function createDatabase(binding: D1Database, costs: RoundTrips): Database {
  return drizzle(countingBinding(binding, costs))
}

/**
 * The only reader of error text. True where a UNIQUE or CHECK constraint refused the statement (a lost race, or an
 * assertion that did not hold), false for an outage.
 */
export function isConstraintError(error: unknown): boolean {
  if (error instanceof DrizzleQueryError) return isConstraintError(error.cause)
  return error instanceof Error && /(UNIQUE|CHECK) constraint failed/.test(error.message)
}

function countingBinding(binding: D1Database, costs: RoundTrips): D1Database {
  let inFlight = 0
  const counted = async <T>(run: () => Promise<T>): Promise<T> => {
    if (inFlight === 0) costs.roundTrips += 1
    inFlight += 1
    try {
      return await run()
    } finally {
      inFlight -= 1
    }
  }
  /** The binding's own statement by the counting one: a batch takes only those. */
  const originals = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      first: (...names: [string]) => counted(() => statement.first(...names)),
      run: () => counted(() => statement.run()),
      all: () => counted(() => statement.all()),
      raw: (options?: { columnNames?: false }) => counted(() => statement.raw(options)),
    } as D1PreparedStatement
    originals.set(wrapped, statement)
    return wrapped
  }
  return {
    prepare: (query: string) => wrap(binding.prepare(query)),
    batch: (statements: D1PreparedStatement[]) =>
      counted(() => binding.batch(statements.map((one) => originals.get(one) ?? one))),
  } as D1Database
}
