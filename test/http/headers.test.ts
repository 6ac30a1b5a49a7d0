import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { accessTokenOf, admin, ownerIn, signupForm, unique } from '../factories.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, type CallOptions, call } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'
import { expectEnvelope, expectSafeHeaders } from './expect-answer.ts'
import { NEEDS_NOTHING, type RouteEntry, routeList, takesBody } from './route-list.ts'

const ROUTES = routeList()
const isGuarded = ({ steps }: RouteEntry) => steps.includes('authenticateRequest')
const isLimited = ({ steps }: RouteEntry) => steps.some((step) => step.startsWith('limitClientIp'))

let adminToken = ''
beforeAll(async () => {
  adminToken = (await admin()).token
})

const ask = (route: RouteEntry, options: CallOptions = {}) =>
  call(route.url, {
    method: route.method,
    ...(takesBody(route) && { body: {} }),
    ...(isGuarded(route) && { token: adminToken }),
    ...options,
  })

/** By the limit of the address; a limit of the account says nothing of itself. */
const isRefusedByIp = ({ status, headers }: Answer) =>
  status === 429 && headers.get('RateLimit')?.includes(';r=0;')

/** An env whose binding breaks in a way that nobody foresaw. */
function withBug(binding: 'DB' | 'RATE_LIMITER' | 'ACCOUNT_GUARD'): Env {
  const bug = new Proxy({} as never, {
    get(_, name) {
      throw new TypeError(`Cannot read properties of undefined (reading '${String(name)}')`)
    },
  })
  return { ...env, [binding]: bug }
}

describe('every answer carries the security headers', () => {
  const success: [string, string, (() => Promise<CallOptions>)?][] = [
    ['POST', `${API}/auth/signup-community`, async () => ({ body: signupForm() })],
    [
      'POST',
      `${API}/auth/resend-verification`,
      async () => ({ body: { email: `nobody@${unique()}.example` } }),
    ],
    [
      'POST',
      `${API}/auth/login`,
      async () => {
        const { email, password } = await ownerIn('active')
        return { body: { email, password } }
      },
    ],
    [
      'GET',
      `${API}/auth/me`,
      async () => ({ token: await accessTokenOf(await ownerIn('active')) }),
    ],
    ...ROUTES.filter(({ method, url }) => method === 'GET' && !url.startsWith(API)).map(
      ({ url }): [string, string] => ['GET', url],
    ),
  ]

  it.each(success)('on success: %s %s', async (method, url, prepare) => {
    const answer = await call(url, { method, ...(await prepare?.()) })
    expect({ ok: answer.status < 300, body: answer.text }).toMatchObject({ ok: true })
    expectSafeHeaders(answer)
    const isPublic = url === '/.well-known/jwks.json'
    expect(answer.headers.get('Cache-Control')).toBe(isPublic ? 'public, max-age=300' : 'no-store')
  })

  it.each(ROUTES)('at 405: $method $url', async ({ url }) => {
    expectEnvelope(await call(url, { method: 'PUT' }), 'method_not_allowed')
  })

  it.each(ROUTES)('at 404 beside: $method $url', async ({ url, method }) => {
    expectEnvelope(await call(`${url}/beside/it`, { method }), 'not_found')
  })

  it.each(ROUTES.filter(isGuarded))('at 401: $method $url', async (route) => {
    expectEnvelope(await ask(route, { token: undefined }), 'unauthenticated')
    expectEnvelope(await ask(route, { token: 'a.b.c' }), 'unauthenticated')
  })

  it.each(ROUTES.filter(takesBody))('at 400, 413, 415, 422: $method $url', async (route) => {
    expectEnvelope(await ask(route, { body: '{' }), 'invalid_json')
    const headers = { 'Content-Type': 'text/plain' }
    expectEnvelope(await ask(route, { body: '{}', headers }), 'unsupported_media_type')
    const isEmptyFine = /\/(logout|logout-all|account)$/.test(route.url)
    if (!isEmptyFine) expectEnvelope(await ask(route, { body: {} }), 'validation_failed')
    expectEnvelope(await ask(route, { body: 'x'.repeat(3_700_000) }), 'payload_too_large')
  })

  it.each(ROUTES.filter(isLimited))('at 429, with Retry-After: $method $url', async (route) => {
    const ip = `2001:db8:${(ROUTES.indexOf(route) + 1).toString(16)}::1`
    const answers: Answer[] = []
    for (let n = 0; n < 16; n++) {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(route, { ip })))))
      if (answers.some(isRefusedByIp)) break
    }
    const refused = answers.find(isRefusedByIp)
    if (!refused) throw new Error('320 requests of one client were let through')
    expectEnvelope(refused, 'rate_limited')
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(refused.headers.get('RateLimit')).toMatch(/^"\w+";r=0;t=\d+$/)
    for (const answer of answers) {
      expectSafeHeaders(answer)
      expect(answer.headers.get('RateLimit')).toMatch(/^"\w+";r=\d+;t=\d+/)
      expect(answer.headers.get('RateLimit-Policy')).toMatch(/^"\w+";q=\d+;w=\d+/)
    }
  })

  it.each(ROUTES.filter(({ url }) => !NEEDS_NOTHING.includes(url)))(
    'at 503 without configuration: $method $url',
    async (route) => {
      expectEnvelope(await ask(route, { env: { ...env, AUTH_SECRETS: '' } }), 'unavailable')
    },
  )
})

describe('an outage', () => {
  const valid = async (route: RouteEntry): Promise<CallOptions> => {
    switch (route.url) {
      case `${API}/auth/signup-community`:
        return { body: signupForm() }
      case `${API}/auth/refresh`:
      case `${API}/auth/logout`:
      case `${API}/auth/logout-all`: {
        const { refreshToken } = await openSession(await ownerIn('active'))
        return { body: { refreshToken }, token: undefined }
      }
      case `${API}/auth/reset-password`:
        return { body: { token: 'x'.repeat(43), password: 'Quiet-Lantern-64' } }
      case `${API}/account/password`:
        return { body: { currentPassword: 'x', newPassword: 'Quiet-Lantern-64' } }
      case `${API}/auth/not-me`:
      case `${API}/auth/verify-reset-token`:
      case `${API}/auth/verify-email`:
        return { body: { token: 'x'.repeat(43) } }
      case `${API}/auth/login`:
        return { body: { email: `a@${unique()}.example`, password: 'x' } }
      case `${API}/auth/forgot-password`:
      case `${API}/auth/resend-verification`:
        return { body: { email: `a@${unique()}.example` } }
      case `${API}/admin/communities/x/status`:
        return { body: { status: 'approved' } }
      default:
        return {}
    }
  }
  const WITHOUT_DATABASE = [
    '/health',
    '/.well-known/jwks.json',
    '/verify-email',
    '/reset-password',
    '/not-me',
    `${API}/auth/csrf`,
    '/openapi.json',
    '/docs',
  ]
  const withDatabase = ROUTES.filter(({ url }) => !WITHOUT_DATABASE.includes(url))

  it.each(withDatabase)('of the database is 503 with Retry-After: $method $url', async (route) => {
    const answer = await ask(route, { ...(await valid(route)), env: failingDatabase() })
    expectEnvelope(answer, 'unavailable')
    expect(answer.headers.get('Retry-After')).toBe('1')
  })

  it.each(ROUTES.filter(({ url }) => WITHOUT_DATABASE.includes(url)))(
    'of the database does not touch $method $url',
    async (route) => {
      const session = await openSession(await ownerIn('active'), { transport: 'hybrid' })
      const headers = { Cookie: session.cookie }
      expect((await ask(route, { env: failingDatabase(), headers })).status).toBe(200)
    },
  )

  it.each(withDatabase)(
    'that nobody foresaw is 500 "Something went wrong" and says no more: $method $url',
    async (route) => {
      const answer = await ask(route, { ...(await valid(route)), env: withBug('DB') })
      expectEnvelope(answer, 'internal_error')
      expect(answer.json.message).toBe('Something went wrong')
      expect(answer.text).not.toMatch(/TypeError|undefined|prepare|batch/)
    },
  )

  it.each(ROUTES.filter(isLimited))(
    'of the limiter never lets anybody through: $method $url',
    async (route) => {
      const answer = await ask(route, { ...(await valid(route)), env: withBug('RATE_LIMITER') })
      expectEnvelope(answer, 'unavailable')
    },
  )
})
