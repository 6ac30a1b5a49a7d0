/** Every statement that the worker sends finds its rows by an index: no table is ever read from end to end. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { admin, signedUp } from '../factories.ts'
import { erase, memberHere } from '../features/personal-data/personal-data-client.ts'
import { addressHere, invited, memberOf, ownerHere } from '../mailbox-client.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { type Recorded, recorder } from './recorder.ts'
import { WORK } from './work-day.ts'

/** Reading these from end to end is right: rows of a recursion, of a subquery, of a list in a parameter, of no table. */
const NO_TABLE =
  /^SCAN (CONSTANT ROW\b|candidate\b|json_each\b|\(subquery-\d+\)|\d+ CONSTANT ROWS?\b)/

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

describe('the lists of a community', () => {
  /** The plan of the one statement that is the list's own, and whether it sorts. */
  async function planOfList(path: string): Promise<string[]> {
    const { slug, accessToken: token } = await ownerHere()
    for (let n = 0; n < 2; n++) await memberOf({ slug, accessToken: token })
    for (let n = 0; n < 2; n++) await invited({ slug, accessToken: token }, addressHere())
    const ask = (query: string, run?: Env) =>
      call(`${API}/communities/${slug}${path}?limit=1${query}`, { token, env: run })
    const { data } = await ask('')
    const record = recorder()
    expectStatus(await ask(`&cursor=${data.nextCursor}`, record.env), 200)
    const own = record.statements.filter(({ sql }) => !/from "sessions"/i.test(sql))
    expect(own).toHaveLength(1)
    return (await Promise.all(own.map(planOf))).flat()
  }

  it('reads members in the order of an index, from the cursor on', async () => {
    expect(await planOfList('/members')).toEqual([
      'SEARCH memberships USING INDEX memberships_community_joined (community_id=? AND (created_at,user_id)>(?,?))',
      'SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)',
    ])
  })

  it('reads invitations of the community alone', async () => {
    // Those that wait, of one community, are few enough to be sorted.
    expect(await planOfList('/invitations')).toEqual([
      expect.stringMatching(/^SEARCH one_time_tokens USING INDEX \w+ \(community_id=\? AND /),
      'USE TEMP B-TREE FOR ORDER BY',
    ])
  })
})

describe('the review', () => {
  const plansOf = async (path: string) => {
    const { token } = await admin()
    const record = recorder()
    expectStatus(await call(`${API}/admin/communities${path}`, { token, env: record.env }), 200)
    const own = record.statements.filter(({ sql }) => !/^select.* from "sessions"/i.test(sql))
    expect(own).toHaveLength(path.startsWith('/') ? 3 : 1)
    return (await Promise.all(own.map(planOf))).flat()
  }
  /** A sort of all that was found; that of a community's owners, inside the row, is another. */
  const sortsOf = (plan: string[]) => {
    const owners = plan.findIndex((step) => /^SEARCH m\b/.test(step))
    return plan.filter((step, at) => /TEMP B-TREE/.test(step) && at !== owners + 1)
  }

  it('reads the list by its ids, from the newest on', async () => {
    const plan = await plansOf('')
    expect(plan[0]).toBe('SEARCH communities USING INDEX sqlite_autoindex_communities_1 (id>?)')
    expect(sortsOf(plan)).toEqual([])
  })

  it('reads one status by the index of its ids', async () => {
    const plan = await plansOf('?status=pending')
    expect(plan[0]).toBe('SEARCH communities USING INDEX communities_status_id (status=? AND id>?)')
    expect(sortsOf(plan)).toEqual([])
  })

  it('searches three indexes, each by a range', async () => {
    const plan = await plansOf('?q=circle')
    const ranges = plan.filter((step) => />\? AND \w+<\?/.test(step))
    expect(ranges).toEqual([
      'SEARCH communities USING INDEX communities_name_key_unique (name_key>? AND name_key<?)',
      'SEARCH communities USING INDEX communities_slug_unique (slug>? AND slug<?)',
      'SEARCH communities USING INDEX communities_official_email_unique (official_email>? AND official_email<?)',
    ])
    expect(sortsOf(plan)).toEqual([])
  })

  it('reads a history by the index that has nothing else in it', async () => {
    const { slug } = await signedUp()
    const plan = await plansOf(`/${slug}`)
    expect(plan.filter((step) => /audit_logs/.test(step))).toEqual([
      'SEARCH audit_logs USING INDEX audit_logs_community_life (community_id=?)',
    ])
    expect(sortsOf(plan)).toEqual([])
  })
})

describe('an erasure', () => {
  it('finds what signups have left by the communities of the person', async () => {
    const person = await memberHere()
    const record = recorder()
    expectStatus(await erase(person, { env: record.env }), 200)
    const own = record.statements.filter(({ sql }) => /community_signup/.test(sql))
    expect(own).toHaveLength(1)
    const plan = (await Promise.all(own.map(planOf))).flat()
    expect(plan.filter((step) => /^SEARCH/.test(step))).toEqual([
      expect.stringMatching(
        /^SEARCH audit_logs USING .*INDEX sqlite_autoindex_audit_logs_1 \(id=\?\)$/,
      ),
      'SEARCH proof USING INDEX audit_logs_user (user_id=?)',
      'SEARCH signup USING INDEX audit_logs_community_life (community_id=?)',
      'SEARCH written USING INDEX audit_logs_community (community_id=? AND id>? AND id<?)',
    ])
  })
})
