import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { expectSafeHeaders } from '../http/expect-answer.ts'
import { expectQuickAnswer } from '../lib/hostile.ts'
import { type Answer, API, type CallOptions, call } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'

const ALLOWED = ['https://app.gatehouse.example', 'tauri://localhost', 'http://localhost:5173']
const listed = { ...env, ALLOWED_ORIGINS: ALLOWED.join(',') }

const preflight = (origin: string, options: CallOptions = {}) =>
  call(`${API}/auth/login`, {
    method: 'OPTIONS',
    env: listed,
    ...options,
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', ...options.headers },
  })
const real = (origin: string, path = '/health', options: CallOptions = {}) =>
  call(path, { env: listed, headers: { Origin: origin }, ...options })

const corsHeaders = (answer: Answer) =>
  [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))
const varies = (answer: Answer) =>
  (answer.headers.get('Vary') ?? '').split(',').map((name) => name.trim())

const FOREIGN = [
  'null',
  'https://evil.example',
  'https://app.gatehouse.example.evil.example',
  'https://app.gatehouse.example@evil.example',
  'https://evil-app.gatehouse.example',
  'https://sub.app.gatehouse.example',
  'https://gatehouse.example.',
  'https://app.gatehouse.example.',
  'https://app.gatehouse.example/',
  'https://app.gatehouse.example/path',
  'https://app.gatehouse.example:443',
  'https://app.gatehouse.example:8443',
  'https://appXgatehouse.example',
  'https://app.gatehouse.exampl',
  'http://app.gatehouse.example',
  'HTTPS://APP.GATEHOUSE.EXAMPLE',
  'https://App.Gatehouse.example',
  'https://app.gatehouse.example, https://evil.example',
  'https://evil.example,https://app.gatehouse.example',
  'app.gatehouse.example',
  '//app.gatehouse.example',
  'tauri://localhost:1',
  'tauri://localhost.evil.example',
  'http://localhost',
  'http://localhost:5174',
  'http://127.0.0.1:5173',
  '*',
  'https://*',
  'file://',
]

describe('CORS works', () => {
  it.each(ALLOWED)('for %s: its preflight is answered with what it may do', async (origin) => {
    const answer = await preflight(origin)
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(origin)
    expect(answer.headers.get('Access-Control-Allow-Credentials')).toBe('true')
    const list = (name: string) => (answer.headers.get(name) ?? '').split(', ')
    expect(list('Access-Control-Allow-Methods')).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    )
    expect(list('Access-Control-Allow-Headers')).toEqual(
      expect.arrayContaining(['Content-Type', 'Authorization', 'Idempotency-Key', 'X-CSRF-Token']),
    )
    expect(Number(answer.headers.get('Access-Control-Max-Age'))).toBeGreaterThan(0)
    expect(varies(answer)).toContain('Origin')
    expectSafeHeaders(answer)
  })

  it.each(ALLOWED)(
    'for %s: its requests may read the answer and the headers they need',
    async (origin) => {
      const answer = await real(origin, `${API}/auth/me`)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(origin)
      expect(answer.headers.get('Access-Control-Allow-Credentials')).toBe('true')
      expect((answer.headers.get('Access-Control-Expose-Headers') ?? '').split(', ')).toEqual(
        expect.arrayContaining([
          'X-Request-Id',
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'Idempotent-Replayed',
        ]),
      )
      expect(answer.headers.get('Access-Control-Allow-Methods')).toBeNull()
      expect(varies(answer)).toContain('Origin')
    },
  )

  it('also on refusals and faults, so that a page can show the reason', async () => {
    const [origin = ''] = ALLOWED
    const answers = [
      await real(origin, '/nowhere'),
      await real(origin, `${API}/auth/login`),
      await real(origin, `${API}/auth/login`, { body: {} }),
      await real(origin, '/dev/mail.json', {
        env: { ...failingDatabase(), ALLOWED_ORIGINS: origin },
      }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 422, 503])
    for (const answer of answers) {
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(origin)
      expect(varies(answer)).toContain('Origin')
    }
  })

  it('reaches every path, also one that is not there', async () => {
    const [origin = ''] = ALLOWED
    for (const path of [`${API}/auth/me`, `${API}/x`, '/', '/openapi.json']) {
      const headers = { Origin: origin, 'Access-Control-Request-Method': 'GET' }
      const answer = await call(path, { method: 'OPTIONS', env: listed, headers })
      expect(answer.status).toBe(204)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(origin)
    }
  })
})

describe('CORS refuses', () => {
  it.each(FOREIGN)('%s: no header that a browser could take for a yes', async (origin) => {
    const answers = [
      await preflight(origin),
      await real(origin, '/.well-known/jwks.json'),
      await real(origin, `${API}/auth/me`),
    ]
    for (const answer of answers) {
      expect(corsHeaders(answer)).toEqual([])
      expect(varies(answer)).toContain('Origin')
      expect(answer.headers.get('Vary')).not.toContain('*')
    }
  })

  it('every origin where none is allowed', async () => {
    for (const origin of [...ALLOWED, ...FOREIGN]) {
      expect(corsHeaders(await preflight(origin, { env }))).toEqual([])
    }
  })

  it('a request without an origin nothing, and says nothing about origins', async () => {
    const answer = await call('/.well-known/jwks.json', { env: listed })
    expect(answer.status).toBe(200)
    expect(corsHeaders(answer)).toEqual([])
    expect(varies(answer)).toContain('Origin')
  })

  it('OPTIONS that is no preflight: it is a method like any other', async () => {
    const headers = { Origin: ALLOWED[0] ?? '' }
    const answer = await call(`${API}/auth/login`, { method: 'OPTIONS', env: listed, headers })
    expect(answer.status).toBe(405)
  })
})

describe('CORS is safe', () => {
  it('against a preflight with 8 kB of header names', async () => {
    const hostile = [
      'a'.repeat(8192),
      'a,'.repeat(4096),
      ' '.repeat(8192),
      `${'a ,'.repeat(2700)}!`,
    ]
    for (const names of hostile) {
      await expectQuickAnswer(async () => {
        const answer = await preflight(ALLOWED[0] ?? '', {
          headers: { 'Access-Control-Request-Headers': names },
        })
        expect(answer.status).toBe(204)
        expect(answer.headers.get('Access-Control-Allow-Headers')).not.toContain('aaaa')
      }, 200)
    }
  })

  it('against 8 kB of origin', async () => {
    await expectQuickAnswer(async () => {
      expect(corsHeaders(await preflight(`https://${'a.'.repeat(4096)}example`))).toEqual([])
    }, 200)
  })

  it('never mirrors what a preflight asks for', async () => {
    const headers = {
      'Access-Control-Request-Headers': 'X-Evil',
      'Access-Control-Request-Private-Network': 'true',
    }
    const answer = await preflight(ALLOWED[0] ?? '', { headers })
    expect(answer.headers.get('Access-Control-Allow-Headers')).not.toContain('X-Evil')
    expect(answer.headers.get('Access-Control-Allow-Private-Network')).toBeNull()
  })

  it('never carries cookies to anybody: a preflight sets none', async () => {
    expect((await preflight(ALLOWED[0] ?? '')).headers.getSetCookie()).toEqual([])
  })
})
