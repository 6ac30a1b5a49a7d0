import { describe, expect, it } from 'vitest'
import { API, call, expectStatus } from '../support/call.ts'
import { expectEnvelope, expectSafeHeaders } from './expect-answer.ts'
import { routeList } from './route-list.ts'

const ROUTES = routeList()
const PATHS = [...new Set(ROUTES.map(({ url }) => url))]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']

const declared = (url: string) =>
  ROUTES.filter((route) => route.url === url).map(({ method }) => method)

const WRONG_METHODS = PATHS.flatMap((url) =>
  METHODS.filter((method) => {
    const asked = method === 'HEAD' ? 'GET' : method
    return !declared(url).includes(asked)
  }).map((method) => ({ method, url })),
)

describe('an unknown path', () => {
  it.each([
    '/',
    '/nowhere',
    '/api',
    '/api/',
    '/api/v1',
    '/api/v1/',
    '/api/v1/x',
    '/api/v2/auth/login',
    '/auth/login',
    '/index.html',
    '/.env',
    '/api/v1/auth/login/more',
    '/api/v1/*',
    `/${'x'.repeat(4000)}`,
  ])('%s is 404 in the envelope, for every method', async (path) => {
    for (const method of METHODS) {
      const answer = await call(path, { method })
      expectStatus(answer, 404, method === 'HEAD' ? undefined : 'not_found')
      expect(answer.headers.get('Allow')).toBeNull()
      if (method !== 'HEAD') expectEnvelope(answer, 'not_found')
    }
  })
})

describe('a method that a path does not have', () => {
  it.each(WRONG_METHODS)(
    '$method $url is 405 and says what is allowed',
    async ({ method, url }) => {
      const answer = await call(url, { method })
      expect(answer.status).toBe(405)
      const allowed = (answer.headers.get('Allow') ?? '').split(', ')
      expect(allowed.filter((name) => name !== 'HEAD').sort()).toEqual(declared(url).sort())
      expectSafeHeaders(answer)
      if (method !== 'HEAD') expectEnvelope(answer, 'method_not_allowed')
    },
  )

  it('is refused before anything is read or changed', async () => {
    const body = { email: 'ada@apex.example', password: 'x' }
    const answer = await call(`${API}/auth/login`, { method: 'PUT', body })
    expectEnvelope(answer, 'method_not_allowed')
    expect(answer.headers.get('RateLimit')).toBeNull()
  })

  it('cannot be smuggled in by a header or a query', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      const headers = { [name]: 'POST' }
      expectEnvelope(await call(`${API}/auth/login`, { headers }), 'method_not_allowed')
    }
    expectEnvelope(await call(`${API}/auth/login?_method=POST`), 'method_not_allowed')
  })
})

describe('HEAD', () => {
  const readable = ROUTES.filter(({ method }) => method === 'GET')

  it.each(readable)('answers like GET, without a body: $url', async ({ url }) => {
    const get = await call(url)
    const head = await call(url, { method: 'HEAD' })
    expect(head.status).toBe(get.status)
    expect(head.text).toBe('')
    const names = (headers: Headers) =>
      [...headers.keys()].filter((name) => name !== 'content-length')
    expect(names(head.headers).sort()).toEqual(names(get.headers).sort())
  })
})

describe('the request id', () => {
  it('is new for each request, in the header and in the envelope', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(`${API}/x`)))
    for (const answer of answers) expectEnvelope(answer, 'not_found')
    expect(new Set(answers.map(({ json }) => json.requestId)).size).toBe(20)
  })

  it('is never the one that a client sends', async () => {
    const sent = '01a200ec-a71d-710f-bfec-bb85282d3358'
    for (const name of [
      'X-Request-Id',
      'X-Request-ID',
      'Request-Id',
      'X-Correlation-Id',
      'CF-Ray',
    ]) {
      const answer = await call(`${API}/x`, { headers: { [name]: sent } })
      expectEnvelope(answer, 'not_found')
      expect(answer.json.requestId).not.toBe(sent)
      expect([...answer.headers.values()]).not.toContain(sent)
    }
  })
})

describe('a success', () => {
  it('is in its envelope, and in no other content type for a callback', async () => {
    const answer = await call(`${API}/auth/resend-verification?callback=steal`, {
      body: { email: 'nobody@apex.example' },
    })
    expectStatus(answer, 202)
    expect(Object.keys(answer.json)).toEqual(['success', 'message', 'data'])
    expect(answer.json).toMatchObject({ success: true, data: null })
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
  })
})
