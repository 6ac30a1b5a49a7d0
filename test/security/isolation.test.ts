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
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  postInvitation,
  useCode,
} from '../mailbox-client.ts'
import { mailedToken, type OpenSession, openSession, postRefresh } from '../session-client.ts'
import { API, call } from '../support/call.ts'

interface Tenant extends SignedUp {
  session: OpenSession
  other: OpenSession
  resetLink: string
  invitationId: string
  /** A member, who may join others too. */
  shared: Awaited<ReturnType<typeof memberOf>>
}

async function tenant(): Promise<Tenant> {
  const owner = await ownerIn('active')
  const [session, other] = [await openSession(owner), await openSession(owner)]
  const acting = { ...owner, ...session }
  const { id: invitationId } = await invited(acting, addressHere())
  const shared = await memberOf(acting)
  const resetLink = await resetLinkOf(owner.email)
  return { ...owner, session, other, resetLink, invitationId, shared }
}

/** Slug and access token, as an owner who acts has them. */
const ofSession = ({ slug, session: { accessToken } }: Tenant) => ({ slug, accessToken })

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
  'sign in by a mailed code': async (me, victim) => {
    const { flowId } = await askForCode(me.email)
    const code = await mailedCode(me.email)
    await useCode({ email: me.email, code, flowId, ...namesOf(victim) })
  },
  'invite somebody, and take it back': async (me, victim) => {
    const invitation = { email: addressHere(), role: 'Moderator', ...namesOf(victim) }
    const { data } = await postInvitation(ofSession(me), invitation)
    const { id } = data.invitation as { id: string }
    await act(me, 'DELETE', `/communities/${me.slug}/invitations/${id}`)
  },
  'take in, promote and remove a member': async (me, victim) => {
    const { userId } = await memberOf(ofSession(me))
    const path = `/communities/${me.slug}/members/${userId}`
    await act(me, 'PATCH', path, { role: 'Moderator', ...namesOf(victim) })
    await act(me, 'DELETE', path)
  },
  'promote and remove somebody who is a member of both': async (me, { shared }) => {
    const body = await invited(ofSession(me), shared.email)
    await call(`${API}/invitations/confirm`, { body, token: shared.accessToken })
    const path = `/communities/${me.slug}/members/${shared.userId}`
    for (const role of ['Moderator', 'Member', 'Moderator']) await act(me, 'PATCH', path, { role })
    expect((await act(me, 'DELETE', path)).status).toBe(200)
  },
  'hand over to a member and get it back': async (me, victim) => {
    const heir = await memberOf(ofSession(me), 'Member', { password: NEW })
    const path = `/communities/${me.slug}/owner`
    const body = { ...namesOf(victim), userId: heir.userId, password: PASSWORD }
    await act(me, 'POST', path, body)
    const back = { userId: me.session.userId, password: NEW }
    await call(`${API}${path}`, { body: back, token: heir.accessToken })
    await call(`${API}/communities/${me.slug}/leave`, { method: 'POST', token: heir.accessToken })
  },
  'try to hand over to the owner of the other': (me, victim) =>
    act(me, 'POST', `/communities/${me.slug}/owner`, {
      userId: victim.session.userId,
      password: PASSWORD,
    }),
  'try what an owner does in the community of the other': async (me, victim) => {
    for (const community of [victim.slug, victim.communityId]) {
      const path = `/communities/${community}`
      const member = `${path}/members/${victim.session.userId}`
      const tries: [method: string, path: string, body?: object][] = [
        ['GET', `${path}/members`],
        ['GET', `${path}/invitations`],
        ['POST', `${path}/invitations`, { email: me.email, role: 'Moderator' }],
        ['DELETE', `${path}/invitations/${victim.invitationId}`],
        ['PATCH', member, { role: 'Member' }],
        ['DELETE', member],
        ['POST', `${path}/owner`, { userId: me.session.userId, password: PASSWORD }],
        ['POST', `${path}/leave`],
      ]
      for (const [method, url, body] of tries) {
        expect({ url, status: (await act(me, method, url, body)).status }).toMatchObject({
          status: 404,
        })
      }
    }
    // In the own community, what names the other is not there either.
    for (const path of [`members/${victim.session.userId}`, `invitations/${victim.invitationId}`]) {
      const answer = await act(me, 'DELETE', `/communities/${me.slug}/${path}`)
      expect({ path, status: answer.status }).toMatchObject({ status: 404 })
    }
  },
  'try to switch to the community of the other': (me, { communityId }) =>
    act(me, 'POST', '/auth/switch-community', { communityId }),
  'change the address and take it back': async (me, victim) => {
    const [old, newEmail] = [me.email, addressHere()]
    const change = { ...namesOf(victim), newEmail, password: PASSWORD }
    await act(me, 'POST', '/account/email', change)
    const code = await mailedCode(newEmail, 'email_change_code')
    await act(me, 'POST', '/account/email/verify', { code, ...namesOf(victim) })
    const token = await mailedToken(old, 'revert_email')
    await call(`${API}/auth/revert-email`, { body: { token, ...namesOf(victim) } })
    await postReset({ token: await resetLinkOf(old), password: PASSWORD })
    me.session = await openSession(me)
    me.other = await openSession(me)
  },
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
