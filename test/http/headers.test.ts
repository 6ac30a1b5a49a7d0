/** Every route at every status that the document tells of it: the headers that each answer carries, CORS among them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/http/error-codes.ts'
import { type Answer, API } from '../support/call.ts'
import { failingDatabase, failingObject } from '../support/faults.ts'
import { expectEnvelope, expectSafeHeaders } from './expect-answer.ts'
import { documented, openApiDocument } from './open-api-document.ts'
import { ask, PROVOCATIONS, usesDatabase, WITHOUT_DATABASE, withBug } from './provocations.ts'
import { NEEDS_NOTHING, type RouteEntry, routeList } from './route-list.ts'
import { KNOWN_ROUTES, keyOf, send, workingCall } from './working-calls.ts'

const ROUTES = routeList()
const isLimited = ({ steps }: RouteEntry) => steps.some((step) => step.startsWith('limitClientIp'))
const needsNothing = ({ url }: RouteEntry) => NEEDS_NOTHING.includes(url)

/** What may be kept by a cache, and for how long. Everything else is never stored. */
const PUBLIC: Record<string, string> = {
  'GET /.well-known/jwks.json': 'public, max-age=300',
  'GET /.well-known/security.txt': 'public, max-age=86400',
  'GET /docs/script.js': 'public, max-age=3600',
  'GET /api/v1/communities/:community': 'public, max-age=60',
  'GET /api/v1/communities/:community/logo': 'public, max-age=31536000, immutable',
}

/** No JSON. */
const TYPES: Record<string, string> = {
  'GET /api/v1/communities/:community/logo': 'image/png',
  'GET /.well-known/security.txt': 'text/plain; charset=utf-8',
  'GET /docs': 'text/html; charset=UTF-8',
  'GET /docs/script.js': 'text/javascript; charset=utf-8',
  'GET /dev/mail': 'text/html; charset=UTF-8',
  'GET /verify-email': 'text/html; charset=UTF-8',
  'GET /reset-password': 'text/html; charset=UTF-8',
  'GET /not-me': 'text/html; charset=UTF-8',
  'GET /magic-link': 'text/html; charset=UTF-8',
  'GET /accept-invite': 'text/html; charset=UTF-8',
  'GET /revert-email': 'text/html; charset=UTF-8',
}

const SHELL = 'tauri://localhost'
const EXTRAS = {
  headers: { Origin: SHELL },
  env: { ...env, ALLOWED_ORIGINS: `https://app.gatehouse.example,${SHELL}` },
}

let statuses: Record<string, number[]>
beforeAll(async () => {
  const { paths } = await openApiDocument()
  statuses = Object.fromEntries(
    ROUTES.map((route) => {
      const operation = paths[documented(route.path)]?.[route.method.toLowerCase()]
      return [keyOf(route), Object.keys(operation?.responses ?? {}).map(Number)]
    }),
  )
})

function expectHeaders(route: RouteEntry, answer: Answer): void {
  const { status, headers, json } = answer
  const told = `${keyOf(route)} ${status} ${answer.text.slice(0, 300)}`
  const isOk = status < 400
  expectSafeHeaders(answer)
  expect(headers.get('Content-Security-Policy'), told).toContain("object-src 'none'")
  for (const name of ['Server', 'X-Powered-By', 'Via', 'X-Runtime']) {
    expect(headers.get(name), told).toBeNull()
  }
  const cache = (isOk && PUBLIC[keyOf(route)]) || 'no-store'
  expect(headers.get('Cache-Control'), told).toBe(cache)
  const type = (isOk && TYPES[keyOf(route)]) || 'application/json'
  expect(headers.get('Content-Type'), told).toBe(status === 304 ? null : type)
  if (!isOk) expect(json.requestId, told).toBe(headers.get('X-Request-Id'))
  expect(headers.get('WWW-Authenticate'), told).toBe(status === 401 ? 'Bearer' : null)
  expect(headers.has('Allow'), told).toBe(status === 405)
  if (status === 429) expect(Number(headers.get('Retry-After')), told).toBeGreaterThan(0)
  else if (status !== 503) expect(headers.get('Retry-After'), told).toBeNull()
}

/** `origin`: the one that was sent and is allowed; null where a request came from anywhere else. */
function expectCors(answer: Answer, origin: string | null): void {
  const { headers } = answer
  const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'))
  const told = `${answer.status} ${answer.text.slice(0, 300)}`
  expect((headers.get('Vary') ?? '').split(/, */), told).toContain('Origin')
  expect(headers.get('Access-Control-Allow-Origin'), told).toBe(origin)
  if (origin === null) expect(names, told).toEqual([])
  else expect(headers.get('Access-Control-Allow-Credentials'), told).toBe('true')
}

/** Answered before anybody knows which origins are allowed. */
const isBeforeCors = (route: RouteEntry, status: number) =>
  needsNothing(route) || (status >= 500 && !usesDatabase(route))

async function provoked(route: RouteEntry, status: number): Promise<Answer> {
  const provoke = PROVOCATIONS[status]
  if (!provoke) throw new Error(`no way is known to make ${keyOf(route)} answer ${status}`)
  return provoke(route, EXTRAS)
}

async function expectAnswer(route: RouteEntry, status: number): Promise<void> {
  const answer = await provoked(route, status)
  expect({ status: answer.status, body: answer.text }).toMatchObject({ status })
  if (answer.status >= 400) expectEnvelope(answer, answer.json.code as ErrorCode)
  expectHeaders(route, answer)
  // A page that is refused for its origin is one that is not allowed.
  if (!isBeforeCors(route, status)) expectCors(answer, isForeign(answer) ? null : SHELL)
}

const isForeign = ({ json }: Answer) => json.code === 'csrf_failed'

const told = (...wanted: number[]) =>
  ROUTES.map((route) => ({
    ...route,
    statusesOf: () => (statuses[keyOf(route)] ?? []).filter((status) => wanted.includes(status)),
  }))

const REFUSALS = [400, 403, 404, 409, 413, 415, 422, 423, 429]

describe('every answer carries the security headers', () => {
  it('is said of every route: for each a call that works is known', () => {
    expect([...KNOWN_ROUTES].sort()).toEqual(ROUTES.map(keyOf).sort())
  })

  it('is said of every status that the document tells of', () => {
    const all = new Set(Object.values(statuses).flat())
    const known = Object.keys(PROVOCATIONS).map(Number)
    expect([...all].filter((status) => !known.includes(status))).toEqual([])
    expect(all.size).toBeGreaterThan(14)
  })

  it.each(ROUTES.map((route) => [route.method, route.path, route] as const))(
    'on success: %s %s',
    async (_, __, route) => {
      const wanted = (statuses[keyOf(route)] ?? []).filter((status) => status < 300)
      const isInDocument = route.steps.includes('describeRoute')
      expect(wanted).toHaveLength(isInDocument ? 1 : 0)
      await expectAnswer(route, wanted[0] ?? 200)
    },
  )

  it.each(ROUTES.filter(({ method }) => method === 'GET'))(
    'of a HEAD as of its GET, without a body: $url',
    async (route) => {
      const { headers, ...working } = await workingCall(route)
      const options = { ...working, ...EXTRAS, headers: { ...EXTRAS.headers, ...headers } }
      const answer = await send({ ...options, method: 'HEAD' })
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' })
      expectHeaders(route, answer)
      if (!needsNothing(route)) expectCors(answer, SHELL)
    },
  )

  it.each(ROUTES)('at 405, with the methods that are there: $method $path', async (route) => {
    await expectAnswer(route, 405)
    const { headers } = await provoked(route, 405)
    const there = ROUTES.filter(({ path }) => path === route.path).map(({ method }) => method)
    const wanted = there.includes('GET') ? [...there, 'HEAD'] : there
    expect(headers.get('Allow')?.split(', ').sort()).toEqual(wanted.sort())
  })

  it.each(ROUTES)('at 404 beside: $method $url', async (route) => {
    const answer = await ask(route, EXTRAS, { url: `${route.url}/beside/it` })
    expectEnvelope(answer, 'not_found')
    expectHeaders(route, answer)
    expectCors(answer, SHELL)
  })

  it.each(told(401).filter(({ url }) => url.startsWith(API)))(
    'at 401: $method $url',
    async ({ statusesOf, ...route }) => {
      const isGuarded = route.steps.includes('authenticateRequest')
      if (isGuarded) expect(statusesOf()).toEqual([401])
      for (const status of statusesOf()) await expectAnswer(route, status)
      if (!isGuarded) return
      expectEnvelope(await ask(route, EXTRAS, { token: undefined }), 'unauthenticated')
      expectEnvelope(await ask(route, EXTRAS, { token: 'a.b.c' }), 'unauthenticated')
    },
  )

  it.each(told(...REFUSALS).filter(({ url }) => url.startsWith(API)))(
    'at every other refusal that it knows: $method $path',
    async ({ statusesOf, ...route }) => {
      for (const status of statusesOf()) await expectAnswer(route, status)
    },
  )

  it.each(told(500, 503).filter(({ url }) => url.startsWith(API)))(
    'at 500 and 503: $method $path',
    async ({ statusesOf, ...route }) => {
      expect(statusesOf()).toEqual([500, 503])
      for (const status of statusesOf()) await expectAnswer(route, status)
    },
  )

  it.each(ROUTES.filter(isLimited))(
    'at 429, with Retry-After and the fields of the limit: $method $path',
    async (route) => {
      const refused = await provoked(route, 429)
      expectEnvelope(refused, 'rate_limited')
      const [, seconds] = /^"\w+";r=0;t=(\d+)$/.exec(refused.headers.get('RateLimit') ?? '') ?? []
      expect(refused.headers.get('RateLimit-Policy')).toMatch(/^"\w+";q=1;w=\d+$/)
      expect(Number(refused.headers.get('Retry-After'))).toBe(Number(seconds))
      const before = await ask(route, EXTRAS)
      expect(before.headers.get('RateLimit')).toMatch(/^"\w+";r=\d+;t=\d+/)
      expect(before.headers.get('RateLimit-Policy')).toMatch(/^"\w+";q=\d+;w=\d+/)
    },
  )

  it.each(ROUTES.filter((route) => !needsNothing(route)))(
    'at 503 without configuration: $method $url',
    async (route) => {
      const answer = await ask(route, { ...EXTRAS, env: { ...EXTRAS.env, AUTH_SECRETS: '' } })
      expectEnvelope(answer, 'unavailable')
      expectHeaders(route, answer)
    },
  )
})

/** To end a session must not depend on the limiter. */
const GOES_ON = [`DELETE ${API}/sessions`, `DELETE ${API}/sessions/:id`]
const goesOn = (route: RouteEntry) => GOES_ON.includes(keyOf(route))

describe('an outage', () => {
  const working = async (route: RouteEntry, workerEnv: Env) =>
    send({ ...(await workingCall(route)), ...{ env: workerEnv } })

  it('is tried on every route', () => {
    expect(WITHOUT_DATABASE.filter((key) => !ROUTES.some((route) => keyOf(route) === key))).toEqual(
      [],
    )
  })

  it.each(ROUTES.filter((route) => usesDatabase(route) && !needsNothing(route)))(
    'of the database is 503 with Retry-After: $method $url',
    async (route) => {
      const answer = await working(route, failingDatabase())
      expectEnvelope(answer, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('1')
    },
  )

  it.each(ROUTES.filter((route) => !usesDatabase(route)))(
    'of the database does not touch $method $url',
    async (route) => {
      expect((await working(route, failingDatabase())).status).toBe(200)
    },
  )

  it.each(ROUTES.filter((route) => !needsNothing(route)))(
    'that nobody foresaw is 500 "Something went wrong" and says no more: $method $url',
    async (route) => {
      const bugs = [withBug('touched'), ...(usesDatabase(route) ? [withBug('used')] : [])]
      for (const workerEnv of bugs) {
        const answer = await working(route, workerEnv)
        expectEnvelope(answer, 'internal_error')
        expect(answer.json.message).toBe('Something went wrong')
        expect(answer.text).not.toMatch(/TypeError|undefined|prepare|batch|DB/)
      }
    },
  )

  it.each(ROUTES.filter((route) => isLimited(route) && !goesOn(route)))(
    'of the limiter never lets anybody through: $method $url',
    async (route) => {
      const answer = await working(route, failingObject('RATE_LIMITER', 'hit', 'throws'))
      expectEnvelope(answer, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('1')
    },
  )

  it.each(ROUTES.filter(goesOn))(
    'of the limiter does not keep a session alive: $method $url',
    async (route) => {
      const answer = await working(route, failingObject('RATE_LIMITER', 'hit', 'throws'))
      expect(answer.status).toBe(200)
    },
  )
})
