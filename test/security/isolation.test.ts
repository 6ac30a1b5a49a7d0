/** Whatever somebody of one community does, in whatever order, nothing that belongs to another community changes. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../durable-objects/seeded-random.ts'
import {
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  type SignedUp,
  signedUp,
  signupForm,
} from '../factories.ts'
import { NEW, postReset, resetLinkOf } from '../features/passwords/password-client.ts'
import { type OpenSession, openSession, postRefresh } from '../session-client.ts'
import { API, call } from '../support/call.ts'

interface Tenant extends SignedUp {
  session: OpenSession
  other: OpenSession
  resetLink: string
}

async function tenant(): Promise<Tenant> {
  const owner = await ownerIn('active')
  const [session, other] = [await openSession(owner), await openSession(owner)]
  return { ...owner, session, other, resetLink: await resetLinkOf(owner.email) }
}

/** Every row that names this tenant, of every table. */
async function rowsOf({ communityId, email, session }: Tenant): Promise<unknown[]> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
      AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT IN ('d1_migrations', 'email_domains')`,
  ).all<{ name: string }>()
  const answers = await env.DB.batch<unknown>(
    tables.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}" ORDER BY 1`)),
  )
  const ours = [communityId, email, session.userId, session.id]
  return answers
    .flatMap(({ results }) => results)
    .filter((row) => ours.some((value) => JSON.stringify(row).includes(value)))
}

/** What one may do to one's own, each time also naming what belongs to the other. */
const DEEDS: Record<string, (me: Tenant, victim: Tenant) => Promise<unknown>> = {
  'change the profile': (me, victim) =>
    act(me, 'PATCH', '/account', { fullName: 'Changed Name', ...namesOf(victim) }),
  'end a session of the other': (me, victim) => act(me, 'DELETE', `/sessions/${victim.session.id}`),
  'end an own session': (me) => act(me, 'DELETE', `/sessions/${me.other.id}`),
  'end all but this one': (me) => act(me, 'DELETE', '/sessions?keepCurrent=true'),
  'change the password': (me, victim) =>
    act(me, 'POST', '/account/password', {
      currentPassword: PASSWORD,
      newPassword: PASSWORD,
      ...namesOf(victim),
    }),
  'ask for a code': (me, victim) => act(me, 'POST', '/account/code', namesOf(victim)),
  refresh: async (me) => {
    const { data } = await postRefresh(me.session.refreshToken)
    if (data.refreshToken) Object.assign(me.session, data)
  },
  'log in again': async (me) => {
    me.other = await openSession(me)
  },
  'fail to log in': ({ email }) => postLogin({ email, password: 'Wrong-Harbour-99' }),
  'reset the password': async (me, victim) => {
    const token = await resetLinkOf(me.email)
    await postReset({ token, password: PASSWORD, ...namesOf(victim) })
    me.session = await openSession(me)
  },
  'sign up one more community': async ({ email }, victim) => {
    const { communityId } = await signedUp({ email, ...namesOf(victim) })
    await postVerification(await linkTokenOf(communityId))
  },
  'sign up with the name and addresses of the other': ({ email }, victim) => {
    const { communityName, officialEmail, communityWebsite } = victim.form
    return postSignup(signupForm({ email, communityName, officialEmail, communityWebsite }))
  },
  'try to decide on the other': (me, victim) =>
    act(me, 'PATCH', `/admin/communities/${victim.communityId}/status`, {
      status: 'suspended',
      reason: 'Because.',
    }),
  'read the other': (me, victim) => act(me, 'GET', `/admin/communities/${victim.communityId}`),
  'try a link that is not there': (_, victim) =>
    postReset({ token: `${victim.resetLink}x`, password: NEW, ...namesOf(victim) }),
  'log out everywhere': async (me) => {
    await call(`${API}/auth/logout-all`, { body: { refreshToken: me.session.refreshToken } })
    me.session = await openSession(me)
  },
}

function act(me: Tenant, method: string, path: string, body?: object) {
  return call(`${API}${path}`, { method, body, token: me.session.accessToken })
}

function namesOf(victim: Tenant) {
  const { communityId, session } = victim
  return {
    id: session.userId,
    userId: session.userId,
    communityId,
    sessionId: session.id,
    actorId: session.userId,
  }
}

function shuffled(names: string[], seed: number): string[] {
  const { below } = seededRandom(seed)
  const left = [...names]
  return names.flatMap(() => left.splice(below(left.length), 1))
}

describe('what belongs to one community', () => {
  it.each([1, 2, 3])(
    'stays as it is whatever another does, in any order (seed %i)',
    async (seed) => {
      const [me, victim] = [await tenant(), await tenant()]
      const before = await rowsOf(victim)
      expect(before.length).toBeGreaterThan(8)
      // Each deed at least once, in an order of this seed's own, then some more.
      const order = shuffled(Object.keys(DEEDS), seed)
      for (const name of [...order, ...order.slice(0, 6)]) {
        await DEEDS[name]?.(me, victim)
        expect({ name, rows: await rowsOf(victim) }).toEqual({ name, rows: before })
      }
      expect((await call(`${API}/auth/me`, { token: victim.session.accessToken })).status).toBe(200)
      expect(
        (await call(`${API}/auth/verify-reset-token`, { body: { token: victim.resetLink } })).data,
      ).toEqual({ valid: true })
    },
  )
})
