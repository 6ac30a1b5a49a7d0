/** Every actor × every route × what its path names: who is let in, who is refused and how, and that nothing happens then. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { COMMUNITY_STATUSES, ROLES, type Role } from '../src/db/schema/index.ts'
import { newId } from '../src/lib/ids.ts'
import { isPermitted, PERMISSIONS } from '../src/permissions.ts'
import { type Actor, BY_ROLE, REFUSED } from './authorisation-actors.ts'
import {
  DECIDED,
  PERMISSION_OF,
  PUBLIC,
  STATUS_OF,
  type Target,
  targetsOf,
} from './authorisation-table.ts'
import { type NamingRequest, ofAnother, requestNaming } from './authorisation-targets.ts'
import { communityRow, ownerIn } from './factories.ts'
import { documented, openApiDocument } from './http/open-api-document.ts'
import { isUnsafe, type RouteEntry, routeList } from './http/route-list.ts'
import { send, workingCall } from './http/working-calls.ts'
import { type Answer, API, call, freshIp } from './support/call.ts'
import { traced } from './support/faults.ts'

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))
const nameOf = ({ method, path }: RouteEntry) => `${method} ${path.slice(API.length)}`
const isGuarded = (route: RouteEntry) => nameOf(route) in PERMISSION_OF
const GUARDED = ROUTES.filter(isGuarded)
const permissionOf = (route: RouteEntry) => PERMISSION_OF[nameOf(route)] ?? 'account.own'

const cells = GUARDED.flatMap((route) =>
  targetsOf(nameOf(route)).map((target) => ({ name: nameOf(route), target, route })),
)

let refused: Record<string, Actor>
/** One of each role, for whatever is refused and changes nothing. */
let people: Record<Role, Actor>
let success: Record<string, number>

beforeAll(async () => {
  refused = {}
  for (const [name, { make }] of Object.entries(REFUSED)) refused[name] = await make()
  people = {
    CommunityOwner: await BY_ROLE.CommunityOwner(),
    Moderator: await BY_ROLE.Moderator(),
    Member: await BY_ROLE.Member(),
    Admin: await BY_ROLE.Admin(),
  }
  const { paths } = await openApiDocument()
  success = Object.fromEntries(
    ROUTES.map((route) => {
      const { responses = {} } = paths[documented(route.path)]?.[route.method.toLowerCase()] ?? {}
      const [status = 0] = Object.keys(responses).map(Number)
      return [nameOf(route), status]
    }),
  )
}, 120_000)

let calls = 0
let ip = ''
/** Each client is an object with files of its own: eight calls come from one, which no limit minds. */
function sendBy(request: NamingRequest, { token }: Actor, workerEnv?: Env): Promise<Answer> {
  if (calls++ % 8 === 0) ip = freshIp()
  return call(request.url, { ...request, token, ip, env: workerEnv })
}

/** Of somebody who is not let in: what they name is there, and is not theirs but where that is meant. */
async function requestOfRefused(route: RouteEntry, target: Target) {
  const from = people.CommunityOwner
  const request = await requestNaming(route, target, from)
  return async (actor: Actor, workerEnv: Env) =>
    sendBy(await ofAnother(request, target, { from, to: actor }), actor, workerEnv)
}

const seen = ({ status, json }: Answer) => ({ status, code: json.code })

/** An admin's own community is the reserved one. */
function wanted(name: string, target: Target, role: Role): number {
  const isReserved = target === 'their own community' && role === 'Admin'
  return isReserved ? 404 : (STATUS_OF[target]?.(name, role) ?? success[name] ?? 0)
}

describe('the tables', () => {
  it('of the product say what was decided', () => {
    expect(PERMISSIONS).toEqual(DECIDED)
  })

  it('name each route once, and none that is not there', () => {
    const listed = [...Object.keys(PERMISSION_OF), ...Object.keys(PUBLIC)]
    expect(listed.sort()).toEqual(ROUTES.map(nameOf).sort())
    expect(new Set(listed).size).toBe(listed.length)
  })

  it.each(ROUTES)('agree with the line of the route: $method $path', (route) => {
    const may = route.steps.indexOf('permitRole')
    expect(may >= 0).toBe(isGuarded(route))
    expect(route.steps.indexOf('authenticateRequest')).toBe(isGuarded(route) ? may - 1 : -1)
  })
})

describe('whoever is not let in', () => {
  it.each(cells)('is refused before anything is done: $name, $target', async (cell) => {
    const ask = await requestOfRefused(cell.route, cell.target)
    for (const [who, actor] of Object.entries(refused)) {
      const trace = traced()
      const answer = await ask(actor, trace.env)
      const { code } = REFUSED[who] ?? {}
      expect({ who, ...seen(answer) }).toEqual({ who, status: 401, code })
      const statements = trace.steps.filter((step) => step.startsWith('d1'))
      const isAsked = code !== 'unauthenticated' && !who.startsWith('an expired')
      expect({ who, statements: statements.length }).toEqual({ who, statements: isAsked ? 1 : 0 })
      for (const statement of statements) expect(statement).toMatch(/^d1 select /i)
    }
  })

  it.each(GUARDED)(
    'is not let in by an id in the body, the query or a header: $method $path',
    async (route) => {
      const { userId, sessionId, communityId, token } = people.Admin
      const text = String(token)
      const ids = { userId, user_id: userId, sub: userId, actorId: userId, id: userId, sessionId }
      const all = { ...ids, communityId, role: 'Admin', accessToken: text, token: text }
      const headers = {
        'X-User-Id': userId,
        'X-Session-Id': sessionId,
        'X-Role': 'Admin',
        'X-Access-Token': text,
        Cookie: `userId=${userId}; access=${text}; session=${sessionId}`,
      }
      const query = new URLSearchParams(all)
      const { method, url } = route
      const trace = traced()
      const body = method === 'GET' ? undefined : all
      const answer = await call(`${url}?${query}`, { method, body, headers, env: trace.env })
      expect(seen(answer)).toEqual({ status: 401, code: 'unauthenticated' })
      expect(trace.steps.filter((step) => step.startsWith('d1'))).toEqual([])
    },
  )
})

describe.each(ROLES)('%s', (role) => {
  const may = ({ name }: { name: string }) => {
    const permission = PERMISSION_OF[name]
    return permission !== undefined && isPermitted(role, permission)
  }
  const open = cells.filter(may)
  const closed = cells.filter((cell) => !may(cell))

  it.each(open)('is let in: $name, $target', async ({ route, name, target }) => {
    const actor = await BY_ROLE[role]()
    const answer = await sendBy(await requestNaming(route, target, actor), actor)
    const status = wanted(name, target, role)
    expect({ status: answer.status, body: answer.text }).toMatchObject({ status })
  })

  it.each(closed)('is refused: $name, $target', async ({ route, name, target }) => {
    const trace = traced()
    const ask = await requestOfRefused(route, target)
    const answer = await ask(people[role], trace.env)
    expect(seen(answer)).toEqual({ status: 403, code: 'forbidden' })
    const statements = trace.steps.filter((step) => step.startsWith('d1'))
    expect({ name, statements: statements.length }).toEqual({ name, statements: 1 })
  })
})

describe('a refusal', () => {
  it.each(GUARDED.filter((route) => DECIDED[permissionOf(route)].length < ROLES.length))(
    'says in the log which permission was missing: $method $path',
    async (route) => {
      const written = vi.spyOn(console, 'log').mockImplementation(() => undefined)
      try {
        const { method, url } = route
        const permission = permissionOf(route)
        const outsider = ROLES.find((role) => !isPermitted(role, permission))
        await call(url, { method, token: outsider && people[outsider].token })
        const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)))
        expect(lines.filter(({ event }) => event === 'request')).toMatchObject([
          { status: 403, refused: 'forbidden', reason: permission },
        ])
      } finally {
        written.mockRestore()
      }
    },
  )
})

describe('a community in whatever state', () => {
  it.each(COMMUNITY_STATUSES)('is for the reviewers alone: %s', async (status) => {
    const { communityId } = await ownerIn(status)
    const path = `${API}/admin/communities/${communityId}`
    const body = { status: 'suspended', reason: 'Because.' }
    for (const role of ROLES.filter((one): one is Exclude<Role, 'Admin'> => one !== 'Admin')) {
      const { token } = people[role]
      expect({ role, ...seen(await call(path, { token })) }).toMatchObject({ role, status: 403 })
      const change = await call(`${path}/status`, { method: 'PATCH', token, body })
      expect({ role, ...seen(change) }).toMatchObject({ role, status: 403 })
    }
    expect((await communityRow(communityId))?.status).toBe(status)
    const { token } = people.Admin
    expect((await call(path, { token })).status).toBe(200)
    const change = await call(`${path}/status`, { method: 'PATCH', token, body })
    expect(change.status).toBe(['approved', 'active'].includes(status) ? 200 : 409)
  })
})

describe('a community that is not theirs', () => {
  const routes = GUARDED.filter(({ path }) => path.startsWith(`${API}/communities/:community`))

  it.each(routes)('answers like one that is not there: $method $path', async (route) => {
    const permission = permissionOf(route)
    const others = [
      ...(await Promise.all(COMMUNITY_STATUSES.map((status) => ownerIn(status)))),
      people.CommunityOwner,
    ].map(({ communityId }) => communityId)
    const body = isUnsafe(route) ? {} : undefined
    for (const role of ROLES.filter((one) => isPermitted(one, permission))) {
      const { token } = role === 'CommunityOwner' ? await BY_ROLE[role]() : people[role]
      const answers = await Promise.all(
        [newId(Date.now()), 'nowhere', ...others].map((community) =>
          call(route.url.replace('/x', `/${community}`), { method: route.method, token, body }),
        ),
      )
      const told = answers.map(({ status, json: { requestId: _, ...json } }) => ({ status, json }))
      expect(told[0]).toMatchObject({ status: 404, json: { code: 'not_found' } })
      for (const one of told) expect(one).toEqual(told[0])
    }
  })
})

describe('a public route', () => {
  const actors = ['a bad token', 'an expired token', 'an ended session', 'a disabled user']
  // With `Authorization`, cookies count for nothing, and nothing else says whose CSRF token is meant.
  const isByCookie = (route: RouteEntry) => nameOf(route) === 'GET /auth/csrf'

  it.each(ROUTES.filter((route) => !isGuarded(route)))(
    'answers whoever asks, by what is presented to it alone: $method $path',
    async (route) => {
      const tokens = actors.map((who) => refused[who]?.token)
      for (const token of [...tokens, people.Member.token]) {
        const answer = await send({ ...(await workingCall(route)), token })
        const status = isByCookie(route) ? 401 : success[nameOf(route)]
        expect({ status: answer.status, body: answer.text }).toMatchObject({ status })
      }
    },
  )
})
