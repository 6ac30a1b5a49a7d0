/** The real database with a record of every statement, its parameters, and the rows that it read. */
import { env } from 'cloudflare:workers'

export interface Recorded {
  sql: string
  params: unknown[]
}

export interface Recorder {
  env: Env
  statements: Recorded[]
  /** Sum of `meta.rows_read` so far. */
  rowsRead(): number
}

interface Wrapped {
  recorded: Recorded
  original: D1PreparedStatement
}

export function recorder(): Recorder {
  const statements: Recorded[] = []
  const known = new WeakMap<object, Wrapped>()
  let rows = 0
  const count = <T extends { meta?: { rows_read?: number } }>(result: T): T => {
    rows += result.meta?.rows_read ?? 0
    return result
  }
  const wrap = (original: D1PreparedStatement, recorded: Recorded): D1PreparedStatement => {
    const counted = async () => {
      statements.push(recorded)
      return count(await original.all())
    }
    const statement = {
      bind: (...params: unknown[]) => wrap(original.bind(...params), { ...recorded, params }),
      run: counted,
      all: counted,
      raw: async () => {
        // `raw()` does not tell what it cost, and what it writes must not be written twice.
        if (/^select/i.test(recorded.sql)) await counted()
        else statements.push(recorded)
        return original.raw()
      },
    } as unknown as D1PreparedStatement
    known.set(statement, { recorded, original })
    return statement
  }
  const DB = {
    prepare: (sql: string) => wrap(env.DB.prepare(sql), { sql, params: [] }),
    batch: async (batch: D1PreparedStatement[]) => {
      const originals = batch.map((one) => {
        const wrapped = known.get(one)
        if (wrapped) statements.push(wrapped.recorded)
        return wrapped?.original ?? one
      })
      return (await env.DB.batch(originals)).map(count)
    },
  } as D1Database
  return { env: { ...env, DB }, statements, rowsRead: () => rows }
}
