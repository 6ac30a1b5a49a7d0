/**
 * Who may do what in one's own community is read at each request too: a role, a membership, the community of the session
 * and the community's state count at once, whatever the token in hand says.
 */
import { and, eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { memberships, type Role } from '../src/db/schema/index.ts'
import { isPermitted } from '../src/permissions.ts'
import { type Actor, BY_ROLE, memberOf } from './authorisation-actors.ts'
import { PERMISSION_OF } from './authorisation-table.ts'
import { db, PASSWORD } from './factories.ts'
import { type RouteEntry, routeList, takesBody } from './http/route-list.ts'
import { ownerOfTwo } from './http/working-mail-calls.ts'
import { addressHere, invited, ownerHere } from './mailbox-client.ts'
import { me } from './session-client.ts'
import { type Answer, API, call } from './support/call.ts'
import { allRows } from './support/database-rows.ts'

const nameOf = ({ method, path }: RouteEntry) => `${method} ${path.slice(API.length)}`
const permissionOf = (route: RouteEntry) => PERMISSION_OF[nameOf(route)] ?? 'account.own'
const mayAsk = (role: Role, route: RouteEntry) => isPermitted(role, permissionOf(route))

const setRole = ({ userId }: Actor, role: Role) =>
  db.update(memberships).set({ role }).where(eq(memberships.userId, userId))

/** Those that ask who one is; others are public. */
const OF_OWN = routeList().filter(
  ({ path, steps }) =>
    path.startsWith(`${API}/communities/:community`) && steps.includes('authenticateRequest'),
)

/** Refused for what it says, once its sender may: nothing changes by it. */
const tryOwn = (route: RouteEntry, communityId: string, token = '') =>
  call(route.path.replace(':community', communityId).replace(/:[a-z]+/i, 'x'), {
    method: route.method,
    token,
    body: takesBody(route) ? {} : undefined,
  })
const seen = ({ status, json }: Answer) => ({ status, code: json.code })

describe('a role in one’s own community', () => {
  const routes = OF_OWN.filter((route) => permissionOf(route) !== 'membership.own')
  const shut = (route: RouteEntry) =>
    (['Moderator', 'Member'] as const).filter((role) => !mayAsk(role, route))

  it('is asked for by every route that belongs to a community', () => {
    expect(routes.length).toBeGreaterThan(6)
  })

  it.each(routes)('that was taken keeps out at once: $method $path', async (route) => {
    const actor = await BY_ROLE.CommunityOwner()
    expect((await tryOwn(route, actor.communityId, actor.token)).status).not.toBe(403)
    for (const role of shut(route)) {
      await setRole(actor, role)
      const answer = await tryOwn(route, actor.communityId, actor.token)
      expect({ role, ...seen(answer) }).toEqual({ role, status: 403, code: 'forbidden' })
    }
    expect(decodeJwt(actor.token ?? '').role).toBe('CommunityOwner')
  })

  it.each(routes)('that was given lets in at once: $method $path', async (route) => {
    const actor = await BY_ROLE.Member()
    expect((await tryOwn(route, actor.communityId, actor.token)).status).toBe(403)
    await setRole(actor, 'CommunityOwner')
    expect((await tryOwn(route, actor.communityId, actor.token)).status).not.toBe(403)
  })

  it('counts as the owner says it, with the token in hand', async () => {
    const owner = await ownerHere()
    const member = await memberOf(owner.communityId, 'Member')
    const url = `${API}/communities/${owner.slug}/members`
    const list = async () => (await call(url, { token: member.token })).status
    const setTo = (role: string) =>
      call(`${url}/${member.userId}`, {
        method: 'PATCH',
        token: owner.accessToken,
        body: { role },
      })
    expect(await list()).toBe(403)
    expect((await setTo('Moderator')).status).toBe(200)
    expect(await list()).toBe(200)
    expect((await setTo('Member')).status).toBe(200)
    expect(await list()).toBe(403)
  })

  it('changes hands with the community: who gave it away is a moderator at once', async () => {
    const owner = await ownerHere()
    const heir = await memberOf(owner.communityId, 'Member')
    const url = `${API}/communities/${owner.slug}`
    const body = { userId: heir.userId, password: PASSWORD }
    const handedOver = await call(`${url}/owner`, { token: owner.accessToken, body })
    expect(seen(handedOver)).toEqual({ status: 200 })
    const invite = (token = '') =>
      call(`${url}/invitations`, { token, body: { email: addressHere(), role: 'Member' } })
    expect(seen(await invite(owner.accessToken))).toEqual({ status: 403, code: 'forbidden' })
    expect((await call(`${url}/members`, { token: owner.accessToken })).status).toBe(200)
    expect((await invite(heir.token)).status).toBe(201)
  })
})

describe('whoever is in a community no more', () => {
  it.each(OF_OWN)('is out at once: $method $path', async (route) => {
    const owner = await ownerHere()
    const [gone, left] = [
      await memberOf(owner.communityId, 'Moderator'),
      await memberOf(owner.communityId, 'Moderator'),
    ]
    const path = `${API}/communities/${owner.slug}`
    const by = { method: 'DELETE', token: owner.accessToken }
    expect((await call(`${path}/members/${gone.userId}`, by)).status).toBe(200)
    expect((await call(`${path}/leave`, { method: 'POST', token: left.token })).status).toBe(200)
    for (const { token } of [gone, left]) {
      const answer = await tryOwn(route, owner.communityId, token)
      expect(seen(answer)).toEqual({ status: 401, code: 'session_ended' })
      expect(seen(await me(token ?? ''))).toEqual({ status: 401, code: 'session_ended' })
    }
  })

  it.each(OF_OWN)(
    'is out at once where the community was suspended: $method $path',
    async (route) => {
      const owner = await ownerHere()
      const { token } = await BY_ROLE.Admin()
      const suspended = await call(`${API}/admin/communities/${owner.slug}/status`, {
        method: 'PATCH',
        token,
        body: { status: 'suspended', reason: 'Because.' },
      })
      expect(suspended.status).toBe(200)
      const answer = await tryOwn(route, owner.communityId, owner.accessToken)
      expect(seen(answer)).toEqual({ status: 401, code: 'session_ended' })
    },
  )
})

describe('a session that went over to another community', () => {
  it.each(OF_OWN)(
    'acts there with its new token, and nowhere with the old one: $method $path',
    async (route) => {
      const person = await ownerOfTwo()
      const { other, accessToken, communityId: here } = person
      // An owner here, a member there.
      await db
        .update(memberships)
        .set({ role: 'Member' })
        .where(
          and(
            eq(memberships.userId, person.userId),
            eq(memberships.communityId, other.communityId),
          ),
        )
      expect((await tryOwn(route, here, accessToken)).status).not.toBe(403)
      const switched = await call(`${API}/auth/switch-community`, {
        token: accessToken,
        body: { communityId: other.communityId },
      })
      expect(seen(switched)).toEqual({ status: 200 })
      const now = String(switched.data.accessToken)
      for (const communityId of [here, other.communityId]) {
        const old = await tryOwn(route, communityId, accessToken)
        expect(seen(old)).toEqual({ status: 401, code: 'access_token_expired' })
      }
      const isOpen = mayAsk('Member', route)
      expect((await tryOwn(route, here, now)).status).toBe(isOpen ? 404 : 403)
      expect((await tryOwn(route, other.communityId, now)).status).toBe(isOpen ? 200 : 403)
    },
  )
})

describe('what belongs to nobody', () => {
  it.each(['null', '0', '%00', '%20', '*', '%25', "' or 1=1--", 'me', '..%2Fowner'])(
    'is no member, and no invitation: %s',
    async (id) => {
      const owner = await ownerHere()
      await memberOf(owner.communityId, 'Member')
      await invited(owner, addressHere())
      const before = await allRows()
      const path = `${API}/communities/${owner.slug}`
      for (const [method, url] of [
        ['PATCH', `${path}/members/${id}`],
        ['DELETE', `${path}/members/${id}`],
        ['DELETE', `${path}/invitations/${id}`],
      ] as const) {
        const body = method === 'PATCH' ? { role: 'Moderator' } : undefined
        const { status, json } = await call(url, { method, token: owner.accessToken, body })
        expect({ url, status, code: json.code }).toEqual({ url, status: 404, code: 'not_found' })
      }
      expect(await allRows()).toEqual(before)
    },
  )
})
