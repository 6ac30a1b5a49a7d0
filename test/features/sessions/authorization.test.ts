/** How an access token is presented, and what a service that is sent anything else answers. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { utf8 } from '../../../src/lib/encoding.ts'
import { toJwks } from '../../../src/lib/jwt.ts'
import { seededRandom } from '../../durable-objects/seeded-random.ts'
import { ownerIn } from '../../factories.ts'
import { encode, newSigningKey, signRaw, signWithHmac } from '../../lib/raw-jwt.ts'
import { openSession, refreshByCookie, sessionRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { asBearer, asPage, endingsOf, GUARDED_ROUTES } from './clients.ts'

/** Texts around a genuine access token that are no `Bearer` credential (RFC 9110 §11.4, RFC 6750 §2.1). */
const SCHEMES: [string, (token: string) => string][] = [
  ['another scheme', (token) => `Basic ${token}`],
  ['a scheme that sounds alike', (token) => `Token ${token}`],
  ['the name of the format', (token) => `JWT ${token}`],
  ['a scheme that begins alike', (token) => `Bearers ${token}`],
  ['no scheme', (token) => token],
  ['a scheme without space', (token) => `Bearer${token}`],
  ['two spaces', (token) => `Bearer  ${token}`],
  ['a tab', (token) => `Bearer\t${token}`],
  ['a colon', (token) => `Bearer: ${token}`],
  ['an equals sign', (token) => `Bearer=${token}`],
  ['a parameter', (token) => `Bearer token=${token}`],
  ['quotes', (token) => `Bearer "${token}"`],
  ['the scheme twice', (token) => `Bearer Bearer ${token}`],
  ['two tokens', (token) => `Bearer ${token}, Bearer ${token}`],
  ['two schemes', (token) => `Basic eDp5, Bearer ${token}`],
  ['the right scheme first', (token) => `Bearer ${token}, Basic eDp5`],
  ['a comma at the end', (token) => `Bearer ${token},`],
  ['something behind it', (token) => `Bearer ${token} x`],
  ['padding', (token) => `Bearer ${token}=`],
  ['percent signs', (token) => `Bearer ${token.replace('.', '%2E')}`],
]

/** Tokens made of a genuine one, or signed by somebody else. */
async function forgeries(token: string): Promise<[string, string][]> {
  const [head = '', body = '', signature = ''] = token.split('.')
  const { jwt } = configOf(env)
  const [own] = jwt.keys
  const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as object
  const header = { alg: 'ES256', typ: 'at+jwt', kid: own.kid }
  const impostor = await newSigningKey(own.kid)
  const { kty, crv, x, y } = impostor
  const swap = (text: string, at: number) =>
    `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
  const publicKey = utf8(JSON.stringify(toJwks(jwt).keys[0]))
  return [
    ['a bit of the header', `${swap(head, 9)}.${body}.${signature}`],
    ['a bit of the claims', `${head}.${swap(body, 20)}.${signature}`],
    ['a bit of the signature', `${head}.${body}.${swap(signature, 9)}`],
    ['no signature', `${head}.${body}.`],
    ['two dots', '..'],
    ['a zero signature', `${head}.${body}.${'A'.repeat(86)}`],
    ['five parts', `${token}.${body}.${signature}`],
    ['alg none', `${encode({ ...header, alg: 'none' })}.${body}.`],
    ['alg noNE', `${encode({ ...header, alg: 'noNE' })}.${body}.${signature}`],
    [
      'our public key as a secret',
      await signWithHmac(publicKey, { ...header, alg: 'HS256' }, claims),
    ],
    ['a key of their own', await signRaw(impostor, header, claims)],
    [
      'a key that it brings',
      await signRaw(impostor, { ...header, jwk: { kty, crv, x, y } }, claims),
    ],
    ['a path as kid', await signRaw(impostor, { ...header, kid: '../../dev/null' }, claims)],
    ['a refresh type', await signRaw(own, { ...header, typ: 'rt+jwt' }, claims)],
    ['no type', await signRaw(own, { alg: 'ES256', kid: own.kid }, claims)],
    ['another issuer', await signRaw(own, header, { ...claims, iss: 'https://evil.example' })],
    ['another audience', await signRaw(own, header, { ...claims, aud: 'billing' })],
    ['no end', await signRaw(own, header, { ...claims, exp: undefined })],
    ['no session', await signRaw(own, header, { ...claims, sid: undefined })],
    ['eight kilobytes', await signRaw(own, header, { ...claims, note: 'x'.repeat(8000) })],
    ['a costly key', `${encode({ alg: 'PBES2-HS512+A256KW', p2c: 2 ** 31 })}.a.b.c.d`],
  ]
}

const GUARDED = GUARDED_ROUTES.map(
  ({ method, path, url }) => [`${method} ${path}`, method, url] as const,
)

describe('every route that asks who one is', () => {
  it.each(GUARDED)('%s takes one bearer token in one form', async (_, method, url) => {
    const session = await openSession(await ownerIn('active'))
    for (const [how, write] of SCHEMES) {
      const headers = { Authorization: write(session.accessToken) }
      const answer = await call(url, { method, headers })
      const { status, json } = answer
      expect({ how, status, code: json.code }).toEqual({
        how,
        status: 401,
        code: 'unauthenticated',
      })
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
    }
    expect(await endingsOf(session.userId)).toEqual({ [session.id]: null })
    // The scheme's name has no case.
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const one = await openSession(await ownerIn('active'))
      const headers = { Authorization: `${scheme} ${one.accessToken}` }
      const { status } = await call(url, { method, headers })
      expect({ scheme, isKnown: status !== 401 }).toEqual({ scheme, isKnown: true })
    }
  })

  it.each(GUARDED)(
    '%s takes no forged token, in the header or as cookie',
    async (_, method, url) => {
      const session = await openSession(await ownerIn('active'), { transport: 'cookie' })
      for (const [what, token] of await forgeries(session.accessToken)) {
        for (const options of [
          { token },
          { headers: { Cookie: `__Host-access=${token}`, 'X-CSRF-Token': session.csrfToken } },
        ]) {
          const { status, json } = await call(url, { method, ...options })
          expect({ what, status, code: json.code }).toEqual({
            what,
            status: 401,
            code: 'unauthenticated',
          })
        }
      }
      expect(await endingsOf(session.userId)).toEqual({ [session.id]: null })
    },
  )
})

describe('with an Authorization header', () => {
  it('cookies count for nothing: no refresh, no CSRF token, no answer of whose they are', async () => {
    const page = await openSession(await ownerIn('active'), { transport: 'cookie' })
    const app = await openSession(await ownerIn('active'))
    for (const token of [app.accessToken, page.accessToken, 'a.b.c']) {
      const options = { ...asPage(page), token }
      const refreshed = await call(`${API}/auth/refresh`, { ...options, method: 'POST' })
      expectStatus(refreshed, 422, 'validation_failed')
      expect(refreshed.headers.getSetCookie()).toEqual([])
      expectStatus(await call(`${API}/auth/csrf`, options), 401, 'unauthenticated')
    }
    expect((await sessionRow(page.id)).generation).toBe(1)
    const known = await call(`${API}/auth/me`, { ...asPage(page), token: app.accessToken })
    expect(known.data).toMatchObject({ session: { id: app.id } })
    expectStatus(await refreshByCookie(page), 200)
  })
})

describe('no header makes the service stumble', () => {
  const NAMES = ['Authorization', 'Cookie', 'X-CSRF-Token', 'Origin', 'Sec-Fetch-Site'] as const
  const PIECES = [
    'Bearer',
    'bearer ',
    ' ',
    '  ',
    '\t',
    '.',
    '..',
    '...',
    ',',
    ';',
    '=',
    '"',
    '\\',
    '%00',
    '%',
    '%zz',
    'null',
    'undefined',
    '[object Object]',
    '{}',
    '[]',
    '-1',
    'A'.repeat(5000),
    'eyJhbGciOiJub25lIn0',
    '__Host-access',
    '__Host-refresh',
    '__Host-refresh=',
    '__Host-access=a.b.c',
    '__proto__',
    'constructor',
    'https://',
    'rt.',
  ]
  const OTHERS = [
    ['POST', `${API}/auth/refresh`],
    ['POST', `${API}/auth/logout`],
    ['POST', `${API}/auth/logout-all`],
    ['GET', `${API}/auth/csrf`],
  ] as const
  const ROUTES = [...GUARDED.map(([, method, url]) => [method, url] as const), ...OTHERS]
  const SEED = 20_261_122

  it.each(NAMES)('%s', async (name) => {
    const random = seededRandom(SEED)
    const piece = () => PIECES[random.below(PIECES.length)] ?? ''
    const values = [...PIECES, ...Array.from({ length: 60 }, () => piece() + piece() + piece())]
    for (const value of values) {
      const [method, url] = ROUTES[random.below(ROUTES.length)] ?? ['GET', '']
      const { status, json } = await call(url, { method, headers: { [name]: value } })
      const told = { value: value.slice(0, 80), method, url, status, code: json.code }
      // Logging out with nothing, or with cookies that are garbage, is logging out.
      const isLogout = status === 200 && url.includes('/auth/logout')
      expect({ ...told, ok: isLogout || [401, 403, 422].includes(status) }).toEqual({
        ...told,
        ok: true,
      })
    }
  })

  // A refresh asks for no bearer token.
  const ASKING = ROUTES.filter(([, url]) => !url.endsWith('/refresh'))

  it.each(ASKING)('%s %s, with any of them as bearer token', async (method, url) => {
    for (const value of PIECES) {
      const headers = { Authorization: `Bearer ${value}.${value}.${value}` }
      const { status } = await call(url, { method, headers })
      expect({ value: value.slice(0, 80), status }).toEqual({
        value: value.slice(0, 80),
        status: 401,
      })
    }
  })

  it('and a genuine token still works after all of it', async () => {
    const session = await openSession(await ownerIn('active'))
    expectStatus(await call(`${API}/auth/me`, asBearer(session)), 200)
  })
})
