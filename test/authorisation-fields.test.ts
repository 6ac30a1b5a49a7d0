/**
 * Who acts is said by the token alone: no route takes the id, the role or the state of anybody from the request, and
 * what is sent all the same is dropped, so that the rows afterwards are those of a request without it.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { PLATFORM_COMMUNITY_ID } from '../src/db/schema/index.ts'
import { type Actor, BY_ROLE } from './authorisation-actors.ts'
import {
  bodyOf,
  type Document,
  documented,
  openApiDocument,
  walk,
} from './http/open-api-document.ts'
import { isUnsafe, type RouteEntry, routeList, takesBody } from './http/route-list.ts'
import { keyOf, send, type WorkingCall, workingCall } from './http/working-calls.ts'
import { type Answer, API } from './support/call.ts'
import { allRows, changesBetween } from './support/database-rows.ts'

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))

/** Names that say who acts, or what only the service says of somebody. */
const TELLING =
  /^(x-)?(id|sub|uid|sid|cid|.*(user|actor|owner|member|account|person|admin|creator|author|session|community|tenant|device)[-_]?ids?|(as|by|on[-_]?behalf[-_]?of).*|.*roles?|.*permissions?|scopes?|is[-_]?[a-z]+|.*status|.*verified.*|.*disabled.*|(created|updated|reviewed|deleted)[-_]?(at|by)|version|slug)$/i

/** Those that are taken all the same, and why that gives nobody anything. */
const TAKEN: Record<string, string> = {
  [`POST ${API}/auth/signup-community body $.permissions`]: 'the form sends it; it is dropped',
  [`POST ${API}/auth/signup-community body $.primaryRole`]: 'kept as told, and grants nothing',
  [`DELETE ${API}/sessions/:id path id`]: 'one of one’s own sessions, or 404',
  [`POST ${API}/auth/switch-community body $.communityId`]: 'one of one’s own, or 404',
  [`POST ${API}/communities/:community/invitations body $.role`]:
    'Moderator or Member, by an owner',
  [`PATCH ${API}/communities/:community/members/:userId path userId`]:
    'a member of one’s own community, or 404',
  [`PATCH ${API}/communities/:community/members/:userId body $.role`]:
    'Moderator or Member, by an owner',
  [`DELETE ${API}/communities/:community/members/:userId path userId`]:
    'a member of one’s own community, or 404',
  [`POST ${API}/communities/:community/owner body $.userId`]:
    'a member of one’s own community, or 404',
  [`GET ${API}/admin/communities query status`]: 'which communities an admin wants to see',
  [`PATCH ${API}/admin/communities/:community/status body $.status`]: 'the decision of the admin',
  [`PATCH ${API}/admin/communities/:community body $.version`]:
    'what the admin has seen; compared, never written',
  [`GET ${API}/admin/audit-logs query actorId`]: 'what an admin wants to see',
  [`GET ${API}/admin/audit-logs query communityId`]: 'what an admin wants to see',
  [`GET ${API}/admin/audit-logs query userId`]: 'what an admin wants to see',
  [`POST ${API}/admin/mail/:id/retry path id`]: 'a mail, by an admin',
  [`POST ${API}/admin/users/:id/disable path id`]: 'anybody but oneself, by an admin',
  [`POST ${API}/admin/users/:id/enable path id`]: 'anybody, by an admin',
  [`POST ${API}/admin/users/:id/revoke-sessions path id`]: 'anybody, by an admin',
  [`POST ${API}/admin/users/:id/unlock path id`]: 'anybody, by an admin',
}

let document: Document
let victim: Actor
beforeAll(async () => {
  document = await openApiDocument()
  victim = await BY_ROLE.CommunityOwner()
})

const operationOf = ({ method, path }: RouteEntry) =>
  document.paths[documented(path)]?.[method.toLowerCase()]

function namesTakenBy(route: RouteEntry): string[] {
  const operation = operationOf(route)
  const inBody = walk(bodyOf(operation) ?? {}).map(([at]) => `body ${at}`)
  const beside = (operation?.parameters ?? []).map(({ in: place, name }) => `${place} ${name}`)
  // A field that may be null is told of twice.
  const all = new Set([...inBody, ...beside])
  return [...all].filter((name) => TELLING.test(name.split(/[ .]/).at(-1) ?? ''))
}

describe('no route is told who acts', () => {
  it('by a field of its body, its query, its path or its headers, but for those that are listed', () => {
    const found = ROUTES.flatMap((route) =>
      namesTakenBy(route).map((name) => `${keyOf(route)} ${name}`),
    )
    expect(found.sort()).toEqual(Object.keys(TAKEN).sort())
  })

  it.each([
    'userId',
    'user_id',
    'ownerId',
    'sub',
    'role',
    'roles',
    'isAdmin',
    'status',
    'emailVerified',
    'communityId',
    'onBehalfOf',
    'X-User-Id',
    'sessionId',
  ])('and would be found if it were: %s', (name) => {
    expect(name).toMatch(TELLING)
  })

  it.each(['email', 'password', 'token', 'location', 'bio', 'code', 'deviceToken', 'community'])(
    'and %s tells nothing of that kind',
    (name) => {
      expect(name).not.toMatch(TELLING)
    },
  )
})

/** What would be worth trying, with values that would help. */
function worthTrying(): Record<string, unknown> {
  const { userId, sessionId, communityId, email } = victim
  const ids = { userId, actorId: userId, ownerId: userId, createdBy: userId, sub: userId }
  const snakes = { user_id: userId, owner_id: userId, community_id: communityId }
  const role = { role: 'Admin', roles: ['Admin'], isAdmin: true, admin: true, scope: 'admin' }
  const state = { status: 'active', verdict: 'allow', isDeleted: true, version: 99, slug: 'admin' }
  const account = { emailVerified: true, emailVerifiedAt: 1, email_verified_at: 1, disabledAt: 1 }
  const guard = { failedLoginAttempts: -100, lockUntil: 0, passwordHash: 'x', tokenHash: 'x' }
  return {
    id: userId,
    ...ids,
    ...snakes,
    sessionId,
    sid: sessionId,
    communityId,
    community: PLATFORM_COMMUNITY_ID,
    ...role,
    permissions: { superAdmin: true },
    memberships: [{ communityId: PLATFORM_COMMUNITY_ID, role: 'Admin' }],
    ...state,
    ...account,
    ...guard,
    email,
    officialEmail: email,
    newEmail: email,
    createdAt: 1,
    expiresAt: 9e12,
    reviewedBy: userId,
    riskSignals: [],
    user: { id: userId, role: 'Admin' },
    profile: { role: 'Admin' },
  }
}

/** Without what the route does take. */
function extrasFor(route: RouteEntry): Record<string, unknown> {
  const own = Object.keys(bodyOf(operationOf(route))?.properties ?? {})
  return Object.fromEntries(Object.entries(worthTrying()).filter(([name]) => !own.includes(name)))
}

type Change = (call: WorkingCall, route: RouteEntry) => WorkingCall

const asText = (extras: Record<string, unknown>) =>
  Object.entries(extras).map(([name, value]) => [name, String(value)] as [string, string])

const WAYS: Record<string, Change> = {
  'beside the body': (call, route) => ({ ...call, body: { ...extrasFor(route), ...call.body } }),
  'in each object of the body': (call, route) => {
    const deeper = Object.entries(call.body ?? {}).map(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [name, { ...extrasFor(route), ...value }]
        : [name, value],
    )
    return { ...call, body: Object.fromEntries(deeper) as Record<string, unknown> }
  },
  'in the query': (call, route) => ({
    ...call,
    url: `${call.url}?${new URLSearchParams(asText(extrasFor(route)))}`,
  }),
  'in headers': (call) => ({
    ...call,
    headers: {
      ...call.headers,
      'X-User-Id': victim.userId,
      'X-Role': 'Admin',
      'X-Community-Id': victim.communityId,
      'X-Original-URL': '/api/v1/admin/communities',
      'X-HTTP-Method-Override': 'DELETE',
    },
  }),
}

const sortedKeys = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([key, inner]) => [key, sortedKeys(inner)])
    : typeof value

let networks = 0

/** What a call has answered and changed. From a network of its own: many signups of one are noted. */
async function outcome(working: WorkingCall): Promise<object> {
  networks += 1
  const ip = `10.200.${networks}.1`
  const before = await allRows()
  const answer: Answer = await send({ ...working, ip })
  const { userId, sessionId, communityId, email } = victim
  // Its ids are told: to change a row of somebody else looks like nothing else.
  const told = { USER: userId, SESSION: sessionId, COMMUNITY: communityId, EMAIL: email }
  const changes = changesBetween(before, await allRows(), told)
  return { status: answer.status, shape: sortedKeys(answer.json), changes }
}

describe('fields that nobody asked for', () => {
  const cases = ROUTES.filter(isUnsafe).flatMap((route) =>
    Object.keys(WAYS)
      .filter((way) => takesBody(route) || !way.includes('body'))
      .map((way) => ({ way, route, method: route.method, path: route.path })),
  )

  it.each(cases)('change nothing, $way: $method $path', async ({ way, route }) => {
    const without = await outcome(await workingCall(route))
    const change = WAYS[way]
    if (!change) throw new Error(`there is no way called ${way}`)
    expect(await outcome(change(await workingCall(route), route))).toEqual(without)
  })

  it('would be seen if one were taken', async () => {
    const route = ROUTES.find((one) => keyOf(one) === `PATCH ${API}/account`)
    if (!route) throw new Error('this route is gone')
    const [one, other] = [await workingCall(route), await workingCall(route)]
    const without = await outcome(one)
    expect(without).toMatchObject({ status: 200, changes: expect.arrayContaining([]) })
    const changed = { ...other, body: { ...other.body, fullName: 'Somebody Else' } }
    expect(await outcome(changed)).not.toEqual(without)
  })
})
