/** Every statement that the worker sends finds its rows by an index: no table is ever read from end to end. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Recorded, recorder } from './recorder.ts'
import { WORK } from './work-day.ts'

/** Reading these from end to end is right: rows of a recursion, of a subquery, of a list in a parameter, of no table. */
const NO_TABLE = /^SCAN (CONSTANT ROW|candidate|json_each|\(subquery-\d+\)|\d+ CONSTANT ROWS?)\b/

/** The newest hundred mails of a laptop, in the order of the index. */
const BOUNDED = /^SCAN dev_mails USING INDEX dev_mails_sent$/

async function planOf({ sql, params }: Recorded): Promise<string[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

async function scansOf(statement: Recorded): Promise<string[]> {
  const plan = await planOf(statement)
  return plan.filter((step) => /^SCAN\b/.test(step) && !NO_TABLE.test(step) && !BOUNDED.test(step))
}

describe('no statement reads a whole table', () => {
  it.each(Object.keys(WORK))('in %s', async (name) => {
    const record = recorder()
    await WORK[name]?.(record.env)
    expect(record.statements.length).toBeGreaterThan(0)
    const distinct = new Map(record.statements.map((statement) => [statement.sql, statement]))
    const found: string[] = []
    for (const statement of distinct.values()) {
      for (const step of await scansOf(statement)) found.push(`${step}\n  ${statement.sql}`)
    }
    expect(found).toEqual([])
  })

  it('would be seen, were there one', async () => {
    const unindexed = { sql: 'select id from users where full_name = ?', params: ['x'] }
    expect(await scansOf(unindexed)).toEqual(['SCAN users'])
    const byIndexOnly = { sql: 'select community_id from users', params: [] }
    expect(await scansOf(byIndexOnly)).toHaveLength(1)
  })
})
