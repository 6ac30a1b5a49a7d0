/** What somebody may is read at each request: a role that changed counts at once, whatever the token in hand says. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { configOf } from '../src/config.ts'
import { memberships, PLATFORM_COMMUNITY_ID, ROLES, type Role } from '../src/db/schema/index.ts'
import { isPermitted } from '../src/permissions.ts'
import { type Actor, BY_ROLE, memberOf } from './authorisation-actors.ts'
import { PERMISSION_OF } from './authorisation-table.ts'
import { seededRandom } from './durable-objects/seeded-random.ts'
import { db, ownerIn } from './factories.ts'
import { madeCommunity } from './features/admin/review-world.ts'
import { type RouteEntry, routeList, takesBody } from './http/route-list.ts'
import { workingCall } from './http/working-calls.ts'
import { signRaw } from './lib/raw-jwt.ts'
import { me, sessionRow } from './session-client.ts'
import { API, call } from './support/call.ts'
import { allRows } from './support/database-rows.ts'

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))
const nameOf = ({ method, path }: RouteEntry) => `${method} ${path.slice(API.length)}`
const GUARDED = ROUTES.filter((route) => nameOf(route) in PERMISSION_OF)
const OF_ADMINS = GUARDED.filter(({ path }) => path.startsWith(`${API}/admin/`))
const permissionOf = (route: RouteEntry) => PERMISSION_OF[nameOf(route)] ?? 'account.own'
const mayAsk = (role: Role, route: RouteEntry) => isPermitted(role, permissionOf(route))

const setRole = ({ userId }: Actor, role: Role) =>
  db.update(memberships).set({ role }).where(eq(memberships.userId, userId))

/** The request of this route that works for an admin, sent by somebody else. */
async function ask(route: RouteEntry, token: string | undefined) {
  const working = await workingCall(route)
  return call(working.url, { ...working, token })
}

describe('a role that has changed', () => {
  it.each(OF_ADMINS)('keeps an admin out at once: $method $path', async (route) => {
    const actor = await BY_ROLE.Admin()
    expect((await ask(route, actor.token)).status).toBe(200)
    for (const role of ['Member', 'Moderator', 'CommunityOwner'] as const) {
      await setRole(actor, role)
      const { status, json } = await ask(route, actor.token)
      expect({ role, status, code: json.code }).toEqual({ role, status: 403, code: 'forbidden' })
      expect((await me(actor.token ?? '')).data.user).toMatchObject({ role })
    }
    expect(decodeJwt(actor.token ?? '').role).toBe('Admin')
  })

  it.each(OF_ADMINS)('lets a new admin in at once: $method $path', async (route) => {
    const actor = await BY_ROLE.Admin()
    await setRole(actor, 'Member')
    expect((await ask(route, actor.token)).status).toBe(403)
    await setRole(actor, 'Admin')
    expect((await ask(route, actor.token)).status).toBe(200)
  })

  it.each(ROLES.filter((role) => role !== 'Admin'))(
    'is the one that counts, whatever a token says of itself: %s',
    async (role) => {
      const actor = await BY_ROLE[role]()
      const [key] = configOf(env).jwt.keys
      const claims = decodeJwt(actor.token ?? '')
      const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
      const asAdmin = await signRaw(key, header, { ...claims, role: 'Admin' })
      const ofPlatform = await signRaw(key, header, {
        ...claims,
        role: 'Admin',
        cid: PLATFORM_COMMUNITY_ID,
      })
      expect((await me(asAdmin)).data.user).toMatchObject({ role })
      for (const route of OF_ADMINS) {
        expect((await ask(route, asAdmin)).status).toBe(403)
        expect((await ask(route, ofPlatform)).json.code).toBe('access_token_expired')
      }
    },
  )
})

const OF_COMMUNITIES = GUARDED.filter(({ path }) => path.includes('/communities/:community'))

describe('the reserved community', () => {
  const names = [
    PLATFORM_COMMUNITY_ID,
    PLATFORM_COMMUNITY_ID.replaceAll('0', '%30'),
    'platform',
    'PLATFORM',
    '%70latform',
    'platform%20',
    '%20platform',
  ]

  it('is met by every route that names a community', () => {
    expect(OF_COMMUNITIES.length).toBeGreaterThan(1)
  })

  it.each(OF_COMMUNITIES)('is outside: $method $path', async (route) => {
    const body = takesBody(route)
      ? { status: 'suspended', reason: 'Because.', communityName: 'Another Platform' }
      : undefined
    const rowsBefore = (await allRows()).communities?.filter((row) =>
      row.includes(PLATFORM_COMMUNITY_ID),
    )
    for (const role of ROLES) {
      const { token } = await BY_ROLE[role]()
      for (const name of names) {
        const url = route.path.replace(':community', name)
        const { status } = await call(url, { method: route.method, token, body })
        const wanted = mayAsk(role, route) ? 404 : 403
        expect({ role, name, status }).toEqual({ role, name, status: wanted })
      }
    }
    expect(rowsBefore).toHaveLength(1)
    const rowsAfter = (await allRows()).communities?.filter((row) =>
      row.includes(PLATFORM_COMMUNITY_ID),
    )
    expect(rowsAfter).toEqual(rowsBefore)
  })
})

describe('what belongs to nobody', () => {
  it('is for nobody but a reviewer: a community without owner or creator', async () => {
    const { id, slug } = await madeCommunity({ status: 'pending', createdBy: null })
    for (const role of ROLES) {
      const { token } = await BY_ROLE[role]()
      for (const name of [id, slug]) {
        const { status } = await call(`${API}/admin/communities/${name}`, { token })
        expect({ role, status }).toEqual({ role, status: role === 'Admin' ? 200 : 403 })
      }
    }
  })

  it.each(['null', 'undefined', '0', '%00', '%20', '*', '%25', "' or 1=1--", 'current', 'me'])(
    'and an id that is none names no session: %s',
    async (id) => {
      const actor = await BY_ROLE.CommunityOwner()
      const { token } = actor
      const answer = await call(`${API}/sessions/${id}`, { method: 'DELETE', token })
      expect(answer.status).toBe(404)
      expect((await sessionRow(actor.sessionId)).revokedAt).toBeNull()
    },
  )
})

/** Rows of any table that name this person, their session or their community. */
async function hashOfRows({ userId, sessionId, communityId, email }: Actor): Promise<string> {
  const rows = Object.entries(await allRows()).flatMap(([table, lines]) =>
    lines
      .filter((line) => [userId, sessionId, communityId, email].some((id) => line.includes(id)))
      .map((line) => `${table} ${line}`),
  )
  expect(rows.length).toBeGreaterThan(5)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(rows.join('\n')))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16)).join(' ')
}

describe('people of one community', () => {
  const SEED = 20_261_122

  it.each(['CommunityOwner', 'Moderator', 'Member'] as const)(
    'change no row of another, whatever ids they send where: %s',
    async (role) => {
      const { below } = seededRandom(SEED + role.length)
      const of = <T>(list: readonly T[]): T => list[below(list.length)] as T
      const { communityId } = await ownerIn('active')
      const victim = await BY_ROLE.CommunityOwner()
      const before = await hashOfRows(victim)
      const ids = [victim.userId, victim.sessionId, victim.communityId, victim.email]
      let actor = await memberOf(communityId, role)
      for (let n = 0; n < 60; n++) {
        const route = of(GUARDED)
        const named = Object.fromEntries(
          ['id', 'userId', 'user', 'sub', 'sessionId', 'sid', 'communityId', 'owner'].map(
            (name) => [name, of(ids)],
          ),
        )
        const { body } = takesBody(route) ? await workingCall(route) : { body: undefined }
        // Their own community as well: what is named within it is not of it.
        const path = route.path
          .replace(':community', () => of([...ids, communityId, communityId]))
          .replace(/:[a-z]+/i, () => of(ids))
        const url = `${path}?${new URLSearchParams({ ...named, email: of(ids) })}`
        const headers = { 'X-User-Id': of(ids), 'X-Tenant': of(ids) }
        const sent = body && { email: of(ids), ...body, ...named }
        const { method } = route
        const answer = await call(url, { method, body: sent, headers, token: actor.token })
        expect(answer.status).toBeLessThan(500)
        // It has ended itself, or moved on.
        if (answer.status === 401 || /\/(sessions|leave|switch-community)\?/.test(url)) {
          actor = await memberOf(communityId, role)
        }
        const step = `${n} ${method} ${url}`
        expect({ step, rows: await hashOfRows(victim) }).toEqual({ step, rows: before })
      }
      expect((await me(victim.token ?? '')).status).toBe(200)
    },
    120_000,
  )
})
