/** What a refresh reads stays the same however long its user has been here and however many others there are. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { recorder } from '../../db/recorder.ts'
import { postRefresh, sessionRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { refreshed, somebody } from './refresh-world.ts'

const FEW = 10
const MANY = 2000
/** A scan would read some two thousand rows more. */
const SEARCHES_AT_THE_END = 4

let made = 0

/** Sessions long ended, mails, links and audit rows: those of this person, and as many of the crowd. */
async function addHistory(userId: string, communityId: string, email: string, count: number) {
  const from = made + 1
  made += count
  const numbers = `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${made})`
  const id = (prefix: string) => `printf('${prefix}%07d-0000-7000-8000-%012d', i, i)`
  const now = Date.now()
  const insert = (what: string, values: string) =>
    env.DB.prepare(`INSERT INTO ${what} ${numbers} SELECT ${values} FROM n`)
  const session = `sessions (id, user_id, community_id, device_id, transport, token_hash, generation, created_at,
    last_active_at, idle_expires_at, absolute_expires_at, revoked_at)`
  const times = `${now}, ${now}, ${now + 1e9}, ${now + 1e9}`
  const link =
    'one_time_tokens (id, purpose, key_version, token_hash, user_id, email, created_at, expires_at)'
  const mail = 'outbox (id, kind, template, email, address_key, created_at, not_before, sent_at)'
  await env.DB.batch([
    insert(
      session,
      `${id('a')}, '${userId}', '${communityId}', ${id('d')}, 'body', 'a' || i, 1, ${times}, ${now}`,
    ),
    insert(
      'users (id, email, full_name, community_id, email_verified_at, created_at)',
      `${id('b')}, 'u' || i || '@crowd.example', 'U', '${communityId}', ${now}, ${now}`,
    ),
    insert(
      'memberships (user_id, community_id, role, created_at)',
      `${id('b')}, '${communityId}', 'Member', ${now}`,
    ),
    insert(
      session,
      `${id('c')}, ${id('b')}, '${communityId}', ${id('d')}, 'body', 'c' || i, 1, ${times}, NULL`,
    ),
    insert(
      link,
      `${id('1')}, 'reset_password', 1, 't' || i, ${id('b')}, 'u' || i || '@crowd.example', ${now}, ${now + 1e9}`,
    ),
    insert(mail, `${id('2')}, 'mail', 'refresh_reused', '${email}', '', ${now}, ${now}, ${now}`),
    insert(
      'audit_logs (id, action, user_id, community_id, created_at)',
      `${id('3')}, 'refresh_reused', '${userId}', '${communityId}', ${now}`,
    ),
  ])
}

describe('the rows that a refresh reads', () => {
  const costs: Record<string, number[]> = {}

  beforeAll(async () => {
    const { person, session } = await somebody()
    let { refreshToken } = session
    const measure = async () => {
      // Of somebody without a history: a reuse goes through all sessions of its own user, as it should.
      const { session: stolen } = await somebody()
      await refreshed((await refreshed(stolen.refreshToken)).refreshToken)
      const steps = {
        'a rotation': [refreshToken, 200],
        'a retry': [refreshToken, 200],
        'a reuse': [stolen.refreshToken, 403],
        'a token of an ended session': [stolen.refreshToken, 403],
      } as const
      for (const [name, [token, status]] of Object.entries(steps)) {
        const record = recorder()
        const answer = await postRefresh(token, { env: record.env })
        expectStatus(answer, status)
        costs[name] = [...(costs[name] ?? []), record.rowsRead()]
      }
      expect((await sessionRow(stolen.id)).revokeReason).toBe('refresh_reused')
      ;({ refreshToken } = await refreshed(refreshToken))
    }
    const add = (count: number) =>
      addHistory(session.userId, person.communityId, person.email, count)
    await add(FEW)
    await measure()
    await add(MANY)
    await measure()
  })

  it.each(['a rotation', 'a retry', 'a reuse', 'a token of an ended session'])(
    'are as many with thousands of sessions, users, links, mails and audit rows: %s',
    (name) => {
      const [few = 0, many = 0] = costs[name] ?? []
      expect(Math.abs(many - few), JSON.stringify(costs)).toBeLessThanOrEqual(SEARCHES_AT_THE_END)
      expect(few).toBeGreaterThan(0)
      expect(many).toBeLessThan(100)
    },
  )
})
