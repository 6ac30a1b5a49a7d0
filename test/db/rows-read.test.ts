/** What a request reads stays the same with ten people and with two thousand: only indexes are used. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  accessTokenOf,
  admin,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
  verified,
} from '../factories.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  ownerHere,
  useCode,
  useLink,
} from '../mailbox-client.ts'
import { mailedToken, openSession, postRefresh } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'
import { recorder } from './recorder.ts'

const FEW = 10
const MANY = 2000
/** A scan would read some two thousand rows more. */
const SEARCHES_AT_THE_END = 4

/**
 * A crowd of communities, each with a verified and an unverified person, sessions, links, an invitation, a wanted change
 * of address, mails and audit rows.
 */
async function addCrowd(from: number, to: number): Promise<void> {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})`
  const id = (prefix: string) => `printf('${prefix}%07d-0000-7000-8000-%012d', i, i)`
  const now = Date.now()
  const user = 'id, email, full_name, community_id, email_verified_at, created_at'
  const insert = (what: string, values: string) =>
    env.DB.prepare(`INSERT INTO ${what} ${numbers} SELECT ${values} FROM n`)
  await env.DB.batch([
    insert(
      `communities (id, name, name_key, slug_base, slug_number, status, bio, official_email,
        domain, country, city, created_by, created_at, updated_at)`,
      `${id('c')}, 'Crowd ' || i, 'crowd' || i, 'crowd', i, iif(i % 2, 'active', 'pending'), 'b',
        'o' || i || '@crowd.example', 'crowd' || i || '.example', 'c', 'c', ${id('a')}, ${now}, ${now}`,
    ),
    insert(
      `users (${user})`,
      `${id('a')}, 'v' || i || '@crowd.example', 'V', ${id('c')}, ${now}, ${now}`,
    ),
    insert(
      `users (${user})`,
      `${id('b')}, 'p' || i || '@crowd.example', 'P', ${id('c')}, NULL, ${now}`,
    ),
    insert(
      'memberships (user_id, community_id, role, created_at)',
      `${id('a')}, ${id('c')}, 'CommunityOwner', ${now}`,
    ),
    insert(
      `sessions (id, user_id, community_id, device_id, transport, token_hash, generation, created_at,
        last_active_at, idle_expires_at, absolute_expires_at)`,
      `${id('5')}, ${id('a')}, ${id('c')}, ${id('d')}, 'body', 'h' || i, 1, ${now}, ${now}, ${now + 1e9}, ${now + 1e9}`,
    ),
    insert(
      'one_time_tokens (id, purpose, key_version, token_hash, user_id, community_id, email, created_at, expires_at)',
      `${id('7')}, 'verify_email', 1, 't' || i, ${id('b')}, ${id('c')}, 'p' || i || '@crowd.example', ${now}, ${now + 1e9}`,
    ),
    insert(
      'one_time_tokens (id, purpose, key_version, token_hash, community_id, email, payload, created_at, expires_at)',
      `${id('8')}, 'invitation', 1, 'i' || i, ${id('c')}, 'i' || i || '@crowd.example', '{"role":"Member"}', ${now}, ${now + 1e9}`,
    ),
    insert(
      'one_time_tokens (id, purpose, key_version, token_hash, user_id, email, created_at, expires_at)',
      `${id('9')}, iif(i % 2, 'email_change', 'revert_email'), 1, 'e' || i, ${id('a')}, 'e' || i || '@crowd.example', ${now}, ${now + 1e9}`,
    ),
    insert(
      'outbox (id, kind, template, email, address_key, created_at, not_before, sent_at)',
      `${id('0')}, 'mail', 'verify_email', 'p' || i || '@crowd.example', 'k' || i, ${now}, ${now}, ${now}`,
    ),
    insert(
      'audit_logs (id, action, user_id, community_id, created_at)',
      `${id('1')}, 'login_success', ${id('a')}, ${id('c')}, ${now}`,
    ),
    insert(
      'email_domains (domain, verdict)',
      `printf('crowd%07d.example', i), iif(i % 4, 'deny', 'allow')`,
    ),
  ])
}

type Step = (env: Env) => Promise<Answer>

let lastNetwork = 0

/** A client in a network that nobody has signed up from: signups of one network are counted, so they would add up. */
function newNetwork(): string {
  lastNetwork += 1
  return `172.16.${lastNetwork}.1`
}

/** Each prepares its own people, then gives the one call that is measured. */
const STEPS: Record<string, () => Promise<Step>> = {
  login: async () => {
    const { email } = await ownerIn('active')
    return (run) => postLogin({ email, password: PASSWORD }, { env: run })
  },
  'login of an unknown address': async () => (run) =>
    postLogin({ email: 'nobody@crowd.example', password: 'no' }, { env: run }),
  'who am I': async () => {
    const token = await accessTokenOf(await ownerIn('active'))
    return (run) => call(`${API}/auth/me`, { token, env: run })
  },
  refresh: async () => {
    const { refreshToken } = await openSession(await ownerIn('active'))
    return (run) => postRefresh(refreshToken, { env: run })
  },
  'the list of sessions': async () => {
    const { accessToken: token } = await openSession(await ownerIn('active'))
    return (run) => call(`${API}/sessions`, { token, env: run })
  },
  'a logout': async () => {
    const { accessToken: token } = await openSession(await ownerIn('active'))
    return (run) => call(`${API}/auth/logout`, { method: 'POST', token, env: run })
  },
  'a forgotten password': async () => {
    const { email } = await ownerIn('active')
    return (run) => call(`${API}/auth/forgot-password`, { body: { email }, env: run })
  },
  'a reset password': async () => {
    const { email } = await ownerIn('active')
    await call(`${API}/auth/forgot-password`, { body: { email } })
    const body = { token: await mailedToken(email, 'reset_password'), password: 'Quiet-Lantern-64' }
    return (run) => call(`${API}/auth/reset-password`, { body, env: run })
  },
  signup: async () => {
    const form = signupForm()
    return (run) => postSignup(form, { env: run, ip: newNetwork() })
  },
  verification: async () => {
    const token = await linkTokenOf((await signedUp()).communityId)
    return (run) => postVerification(token, { env: run })
  },
  'hand-over of a community': async () => {
    const { email } = await verified()
    const token = await linkTokenOf((await signedUp({ email })).communityId)
    return (run) => postVerification(token, { env: run })
  },
  'a resent link': async () => {
    const { email } = await signedUp()
    return (run) => call(`${API}/auth/resend-verification`, { body: { email }, env: run })
  },
  'the people with an address': async () => {
    const [{ token }, { email }] = [await admin(), await ownerIn('active')]
    const path = `${API}/admin/users?email=${email}`
    return (run) => call(path, { token, env: run })
  },
  'an unlock': async () => {
    const [{ token }, { userId }] = [await admin(), await ownerHere()]
    const path = `${API}/admin/users/${userId}/unlock`
    return (run) => call(path, { method: 'POST', token, env: run })
  },
  'an account that is disabled': async () => {
    const [{ token }, { userId }] = [await admin(), await ownerHere()]
    const path = `${API}/admin/users/${userId}/disable`
    return (run) => call(path, { method: 'POST', token, env: run })
  },
  'a code to log in with': async () => {
    const { email } = await ownerIn('active')
    return (run) => call(`${API}/auth/send-otp`, { body: { email }, env: run })
  },
  'a code to sign up with': async () => (run) =>
    call(`${API}/auth/send-signup-otp`, { body: { email: addressHere() }, env: run }),
  'a login by code': async () => {
    const { email } = await ownerIn('active')
    const { flowId } = await askForCode(email)
    const code = await mailedCode(email)
    return (run) => useCode({ email, code, flowId }, { env: run })
  },
  'a login by link': async () => {
    const { email } = await ownerIn('active')
    const { flowId } = await askForCode(email)
    const token = await mailedToken(email, 'magic_link')
    return (run) => useLink({ token, flowId }, { env: run })
  },
  'a proof to sign up with': async () => {
    const email = addressHere()
    const { flowId } = await askForCode(email, 'signup')
    const code = await mailedCode(email)
    return (run) => useCode({ email, code, flowId }, { env: run })
  },
  'a signup by code': async () => {
    const email = addressHere()
    const { flowId } = await askForCode(email, 'signup')
    const { data } = await useCode({ email, code: await mailedCode(email), flowId })
    const form = signupForm({ email, signupToken: data.signupToken })
    return (run) => postSignup(form, { env: run, ip: newNetwork() })
  },
  'a wanted change of address': async () => {
    const { accessToken: token } = await ownerHere()
    const body = { newEmail: addressHere(), password: PASSWORD }
    return (run) => call(`${API}/account/email`, { body, token, env: run })
  },
  'a changed address': async () => {
    const { accessToken: token } = await ownerHere()
    const body = { code: await codeForNewAddress(token) }
    return (run) => call(`${API}/account/email/verify`, { body, token, env: run })
  },
  'an address that comes back': async () => {
    const { email, accessToken: token } = await ownerHere()
    const code = await codeForNewAddress(token)
    expectStatus(await call(`${API}/account/email/verify`, { body: { code }, token }), 200)
    const body = { token: await mailedToken(email, 'revert_email') }
    return (run) => call(`${API}/auth/revert-email`, { body, env: run })
  },
  'a way to another community': async () => {
    const [owner, me] = [await ownerHere(), await ownerHere()]
    const body = await invited(owner, me.email)
    const token = me.accessToken
    expectStatus(await call(`${API}/invitations/confirm`, { body, token }), 200)
    const there = { communityId: owner.communityId }
    return (run) => call(`${API}/auth/switch-community`, { body: there, token, env: run })
  },
  'a suspension': async () => {
    const { token } = await admin()
    const { slug } = await ownerIn('active')
    const body = { status: 'suspended', reason: 'Because.' }
    const path = `${API}/admin/communities/${slug}/status`
    return (run) => call(path, { method: 'PATCH', body, token, env: run })
  },
  'a verdict on an e-mail domain': async () => {
    const { token } = await admin()
    const path = `${API}/admin/email-domains/mailinator.com`
    return (run) => call(path, { method: 'PUT', body: { verdict: 'deny' }, token, env: run })
  },
}

/** Pages of one, as there are few of them at first: the first page, and one behind all that is asked for. */
for (const query of ['q=crowd', 'verdict=allow', 'q=crowd&verdict=deny', 'q=crowd&verdict=allow']) {
  STEPS[`the e-mail domains with ${query}`] = async () => {
    const { token } = await admin()
    const path = `${API}/admin/email-domains?limit=1&${query}`
    const cursor = btoa('crowd9999999.example')
    return async (run) => {
      expectStatus(await call(path, { token, env: run }), 200)
      return call(`${path}&cursor=${cursor}`, { token, env: run })
    }
  }
}

for (const query of [
  '',
  'action=login_success',
  'action=login_success&from=2026-01-01',
  'actorId=x&action=logout',
]) {
  STEPS[`the audit log with "${query}"`] = async () => {
    const { token, id } = await admin()
    const path = `${API}/admin/audit-logs?limit=1&${query.replace('=x', `=${id}`)}`
    return (run) => call(path, { token, env: run })
  }
}

/** A signed-in person wants another address; gives the code that it was mailed. */
async function codeForNewAddress(token: string): Promise<string> {
  const newEmail = addressHere()
  const body = { newEmail, password: PASSWORD }
  expectStatus(await call(`${API}/account/email`, { body, token }), 202)
  return mailedCode(newEmail, 'email_change_code')
}

async function measure(): Promise<Record<string, number>> {
  const costs: Record<string, number> = {}
  for (const [name, prepare] of Object.entries(STEPS)) {
    const step = await prepare()
    const record = recorder()
    const answer = await step(record.env)
    expectStatus(answer, answer.status < 300 ? answer.status : 401)
    costs[name] = record.rowsRead()
  }
  return costs
}

describe('the rows that a request reads', () => {
  let few: Record<string, number>
  let many: Record<string, number>

  beforeAll(async () => {
    await addCrowd(1, FEW)
    // Once for what only the first of its kind does.
    await measure()
    few = await measure()
    await addCrowd(FEW + 1, MANY)
    many = await measure()
  })

  it.each(Object.keys(STEPS))('are as many with two thousand people as with ten: %s', (name) => {
    // Keys are random: a search for one that sorts behind all others of its index reads no row where it would read one.
    expect(Math.abs((many[name] ?? 0) - (few[name] ?? 0))).toBeLessThanOrEqual(SEARCHES_AT_THE_END)
    expect(many[name]).toBeGreaterThan(0)
    expect(many[name]).toBeLessThan(100)
  })
})

describe('the rows that a history reads', () => {
  it('are those of the community itself, not of the logins of its members', async () => {
    const { token } = await admin()
    const { communityId } = await ownerIn('active')
    const cost = async () => {
      const record = recorder()
      const path = `${API}/admin/communities/${communityId}`
      expectStatus(await call(path, { token, env: record.env }), 200)
      return record.rowsRead()
    }
    const before = await cost()
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
      INSERT INTO audit_logs (id, action, community_id, created_at)
      SELECT printf('20%06d-0000-7000-8000-%012d', i, i), 'login_success', ?, 1 FROM n`,
    )
      .bind(communityId)
      .run()
    expect(before).toBeGreaterThan(0)
    expect(await cost()).toBe(before)
  })
})
