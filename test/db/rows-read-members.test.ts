/**
 * What an owner's commands read stays the same with ten members and invitations and with a thousand, old and new: in a
 * large community no list, no command and no count reads what it does not need.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, unique } from '../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  postInvitation,
} from '../mailbox-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../support/call.ts'
import { recorder } from './recorder.ts'

const MANY = 1000
/** A search for what sorts behind all others of its index reads no row where it would read one. */
const SEARCHES_AT_THE_END = 4
const DAY_MS = 24 * 3600 * 1000

type Step = (env: Env) => Promise<Answer>

const beneath =
  ({ slug, accessToken: token }: OwnerHere) =>
  (path: string, options: CallOptions = {}): Step =>
  (run) =>
    call(`${API}/communities/${slug}${path}`, { ...options, token, env: run })

/** Each prepares its own people in the owner's community, then gives the one call that is measured. */
const STEPS: Record<string, (owner: OwnerHere) => Promise<Step>> = {
  'the first members': async (owner) => beneath(owner)('/members?limit=5'),
  'the members behind a cursor': async (owner) => {
    const { data } = await beneath(owner)('/members?limit=1')(env)
    return beneath(owner)(`/members?limit=5&cursor=${data.nextCursor}`)
  },
  'a changed role': async (owner) => {
    const { userId } = await memberOf(owner)
    const change = { method: 'PATCH', body: { role: 'Moderator' } }
    return beneath(owner)(`/members/${userId}`, change)
  },
  'a removed member': async (owner) => {
    const { userId } = await memberOf(owner)
    return beneath(owner)(`/members/${userId}`, { method: 'DELETE' })
  },
  'a member who leaves': async (owner) => {
    const { accessToken } = await memberOf(owner)
    return beneath({ ...owner, accessToken })('/leave', { method: 'POST' })
  },
  'an invitation sent': async (owner) => {
    const email = addressHere()
    return (run) => postInvitation(owner, { email, role: 'Member' }, { env: run })
  },
  'an invitation sent again': async (owner) => {
    const email = addressHere()
    await invited(owner, email)
    return (run) => postInvitation(owner, { email, role: 'Member' }, { env: run })
  },
  'the newest invitations': async (owner) => beneath(owner)('/invitations?limit=5'),
  'an invitation withdrawn': async (owner) => {
    const { id } = await invited(owner, addressHere())
    return beneath(owner)(`/invitations/${id}`, { method: 'DELETE' })
  },
  'an invitation accepted': async (owner) => {
    const { token } = await invited(owner, addressHere())
    return (run) => postAcceptance({ token }, { env: run })
  },
  'an invitation accepted by one who is a member of nothing': async (owner) => {
    const { userId, email } = await memberOf(owner)
    const path = `/members/${userId}`
    expectStatus(await beneath(owner)(path, { method: 'DELETE' })(env), 200)
    const { token } = await invited(owner, email)
    return (run) => postAcceptance({ token }, { env: run })
  },
  'an invitation confirmed': async (owner) => {
    const other = await ownerHere()
    const body = await invited(owner, other.email)
    return (run) => call(`${API}/invitations/confirm`, { body, token: other.accessToken, env: run })
  },
  'a community handed over': async () => {
    const owner = await ownerHere()
    const { userId } = await memberOf(owner)
    return beneath(owner)('/owner', { body: { userId, password: PASSWORD } })
  },
}

/** Members, and invitations that were answered, withdrawn or have run out: none of them of today, none of them waits. */
async function addToCommunity({ communityId, userId }: OwnerHere): Promise<void> {
  const name = unique()
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`
  const before = Date.now() - 2 * DAY_MS
  const run = (sql: string) => env.DB.prepare(sql)
  await env.DB.batch([
    run(`INSERT INTO users (id, email, full_name, community_id, email_verified_at, created_at) ${numbers}
      SELECT '${name}' || i, '${name}' || i || '@crowd.example', 'V', '${communityId}', ${before}, ${before} FROM n`),
    run(`INSERT INTO memberships (user_id, community_id, role, created_at) ${numbers}
      SELECT '${name}' || i, '${communityId}', iif(i % 9, 'Member', 'Moderator'), ${Date.now()} + i FROM n`),
    run(`INSERT INTO one_time_tokens (id, purpose, key_version, token_hash, community_id, email, payload, created_at,
        expires_at, used_at, withdrawn_at) ${numbers}
      SELECT printf('00%06d-0000-7000-8000-', i) || substr('${userId}', 25), 'invitation', 1, '${name}' || i,
        '${communityId}', '${name}' || i || '@crowd.example', '{"role":"Member"}', ${before},
        iif(i % 3, ${Date.now() + 5 * DAY_MS}, ${before + 1}), iif(i % 3 = 1, ${before + 1}, NULL),
        iif(i % 3 = 2, ${before + 1}, NULL) FROM n`),
  ])
}

async function measure(owner: OwnerHere): Promise<Record<string, number>> {
  const costs: Record<string, number> = {}
  for (const [name, prepare] of Object.entries(STEPS)) {
    const step = await prepare(owner)
    const record = recorder()
    const answer = await step(record.env)
    expectStatus(answer, answer.status < 300 ? answer.status : 200)
    costs[name] = record.rowsRead()
  }
  return costs
}

describe('the rows that are read in a community', () => {
  let few: Record<string, number>
  let many: Record<string, number>

  async function ownerOfTen(): Promise<OwnerHere> {
    const owner = await ownerHere()
    for (let n = 0; n < 8; n++) await memberOf(owner)
    for (let n = 0; n < 4; n++) await invited(owner, addressHere())
    return owner
  }

  beforeAll(async () => {
    const [small, large] = [await ownerOfTen(), await ownerOfTen()]
    await addToCommunity(large)
    few = await measure(small)
    many = await measure(large)
  })

  it.each(Object.keys(STEPS))('are as many in a large one as in a small one: %s', (name) => {
    expect(few[name]).toBeGreaterThan(0)
    expect(Math.abs((many[name] ?? 0) - (few[name] ?? 0))).toBeLessThanOrEqual(SEARCHES_AT_THE_END)
  })
})
