/** CORS on each route, and on none: what test/middleware/cors.test.ts shows of one route holds for all of them. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { expectQuickAnswer } from '../lib/hostile.ts'
import { type Answer, API, type CallOptions, call } from '../support/call.ts'
import { traced } from '../support/faults.ts'
import { expectSafeHeaders } from './expect-answer.ts'
import { NEEDS_NOTHING, type RouteEntry, routeList } from './route-list.ts'
import { send, workingCall } from './working-calls.ts'

const ALLOWED = ['https://app.gatehouse.example', 'tauri://localhost', 'http://localhost:5173']
const listed = { ...env, ALLOWED_ORIGINS: ALLOWED.join(',') }

/** Each unlike one of ours in one way. */
const HOSTILE: Record<string, string> = {
  null: 'null',
  'another host': 'https://evil.example',
  'a suffix': 'https://app.gatehouse.example.evil.example',
  'a longer suffix': 'https://app.gatehouse.examples',
  'a prefix': 'https://evil-app.gatehouse.example',
  'a scheme': 'http://app.gatehouse.example',
  'the scheme of a shell': 'tauri://app.gatehouse.example',
  'a shell of another host': 'tauri://localhost.evil.example',
  'a port': 'https://app.gatehouse.example:8443',
  'the default port': 'https://app.gatehouse.example:443',
  'another local port': 'http://localhost:5174',
  case: 'https://APP.gatehouse.example',
  'a trailing dot': 'https://app.gatehouse.example.',
  'a trailing slash': 'https://app.gatehouse.example/',
  'a subdomain': 'https://x.app.gatehouse.example',
  'the domain above': 'https://gatehouse.example',
  'a user': 'https://app.gatehouse.example@evil.example',
  'a list': 'https://app.gatehouse.example, https://evil.example',
  'a wildcard': '*',
  nothing: '',
}

const ROUTES = routeList()
/** Answered before the list of origins is read. */
const WITH_CORS = ROUTES.filter(({ url }) => !NEEDS_NOTHING.includes(url))
const PATHS = [...new Set(ROUTES.map(({ url }) => url))].filter(
  (url) => !NEEDS_NOTHING.includes(url),
)
const UNKNOWN = ['/', '/nowhere', '/api', '/api/v1', `${API}/nowhere`, `${API}/auth`, '/dev/x']

const corsOf = (answer: Answer) =>
  Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')))

function expectVary(answer: Answer): void {
  const names = (answer.headers.get('Vary') ?? '').split(',').map((name) => name.trim())
  expect(names).toContain('Origin')
  expect(names).not.toContain('*')
}

const preflight = (url: string, origin: string, options: CallOptions = {}) =>
  call(url, {
    method: 'OPTIONS',
    env: listed,
    ...options,
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', ...options.headers },
  })

async function work(route: RouteEntry, origin: string): Promise<Answer> {
  const { headers, ...working } = await workingCall(route)
  return send({ ...working, env: listed, headers: { ...headers, Origin: origin } })
}

describe('a page of ours', () => {
  it.each(WITH_CORS)('may read the answer of $method $path', async (route) => {
    for (const origin of ALLOWED) {
      const answer = await work(route, origin)
      expect({ origin, status: answer.status, body: answer.text }).toMatchObject({
        status: expect.toSatisfy((status: number) => status < 300),
      })
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': expect.stringMatching(/X-Request-Id.*Retry-After/),
      })
      expectVary(answer)
    }
  })

  it.each([...PATHS, ...UNKNOWN])(
    'is told what it may do, without anybody being asked: %s',
    async (url) => {
      for (const origin of ALLOWED) {
        const trace = traced()
        const traceEnv = { ...trace.env, ALLOWED_ORIGINS: listed.ALLOWED_ORIGINS }
        const answer = await preflight(url, origin, { env: traceEnv })
        expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' })
        expect(corsOf(answer)).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
        })
        expectVary(answer)
        expectSafeHeaders(answer)
        expect(answer.headers.get('Cache-Control')).toBe('no-store')
        expect(answer.headers.getSetCookie()).toEqual([])
        expect(trace.steps).toEqual([])
      }
    },
  )

  it('is told the same of every path: a preflight gives away nothing of what is there', async () => {
    const [origin = ''] = ALLOWED
    const answers = await Promise.all([...PATHS, ...UNKNOWN].map((url) => preflight(url, origin)))
    const shown = answers.map(({ headers }) =>
      JSON.stringify([...headers].filter(([name]) => !/^(x-request-id|server-timing)$/.test(name))),
    )
    expect(new Set(shown).size).toBe(1)
  })
})

describe('any other page', () => {
  const kinds = Object.entries(HOSTILE)

  it.each(WITH_CORS)('may read nothing of $method $path', async (route) => {
    const { method, url } = route
    for (const [kind, origin] of kinds) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      const answers = [
        await call(url, { method, body, env: listed, headers: { Origin: origin } }),
        await preflight(url, origin, { headers: { 'Access-Control-Request-Method': method } }),
      ]
      for (const answer of answers) {
        expect({ kind, cors: corsOf(answer) }).toEqual({ kind, cors: {} })
        expectVary(answer)
      }
    }
  })

  it.each(UNKNOWN)('nor of what is not there: %s', async (url) => {
    for (const [kind, origin] of kinds) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
        const answer = await call(url, { method, env: listed, headers: { Origin: origin } })
        expect({ kind, status: answer.status, cors: corsOf(answer) }).toEqual({
          kind,
          status: 404,
          cors: {},
        })
        expectVary(answer)
      }
    }
  })
})

describe('8 kB of header names', () => {
  const names = [
    ' '.repeat(8192),
    'a,'.repeat(4096),
    `${', '.repeat(4000)}x`,
    `X-${'a'.repeat(8100)}`,
    `${'content-type,'.repeat(600)}!`,
  ]

  it.each([...PATHS, '/nowhere'])('are answered at once: %s', async (url) => {
    for (const asked of names) {
      await expectQuickAnswer(async () => {
        const headers = { 'Access-Control-Request-Headers': asked }
        expect((await preflight(url, ALLOWED[0] ?? '', { headers })).status).toBe(204)
      }, 200)
    }
  })
})
