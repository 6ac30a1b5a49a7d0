/** Every code by which a route refuses by its own rules: it happens, as the document says, in words that a client can show. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/http/error-codes.ts'
import { zh } from '../../src/messages/zh.ts'
import { API, call } from '../support/call.ts'
import { expectEnvelope } from './expect-answer.ts'
import { mismatchesOf } from './json-schema.ts'
import { type Document, documented, openApiDocument } from './open-api-document.ts'
import { REFUSALS } from './refusals.ts'
import { type RouteEntry, routeList } from './route-list.ts'
import { WORKING_BY_ADMIN } from './working-admin-calls.ts'
import { keyOf } from './working-calls.ts'
import { WORKING_BY_MAIL } from './working-mail-calls.ts'

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))

/** Of every body, of every session, and of every request: headers.test.ts provokes those. */
const COMMON = [
  'invalid_json',
  'csrf_failed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
  'rate_limited',
  'unauthenticated',
  'access_token_expired',
  'session_ended',
  'internal_error',
  'unavailable',
]

let document: Document
beforeAll(async () => {
  document = await openApiDocument()
})

const responsesOf = ({ method, path }: RouteEntry) =>
  document.paths[documented(path)]?.[method.toLowerCase()]?.responses ?? {}

const codesOf = (route: RouteEntry) =>
  Object.values(responsesOf(route))
    .flatMap(({ description }) => [...description.matchAll(/`([a-z_]+)`: /g)])
    .map(([, code = '']) => code)
    .filter((code) => !COMMON.includes(code))

const cases = ROUTES.flatMap((route) =>
  Object.entries(REFUSALS[keyOf(route)] ?? {}).map(([code, make]) => ({
    route,
    key: keyOf(route),
    code: code as ErrorCode,
    make,
  })),
)

describe('the table of refusals', () => {
  it('has every route of codes, invitations, members, addresses and admins that has rules of its own', () => {
    const byHand = [...Object.keys(WORKING_BY_MAIL), ...Object.keys(WORKING_BY_ADMIN)]
    const known = [...byHand, `POST ${API}/auth/signup-community`]
    const withRules = ROUTES.filter((route) => known.includes(keyOf(route)) && codesOf(route)[0])
    expect(Object.keys(REFUSALS).sort()).toEqual(withRules.map(keyOf).sort())
  })

  it.each(ROUTES.filter((route) => keyOf(route) in REFUSALS))(
    'has every code that the document tells of $method $path, and no other',
    (route) => {
      expect(Object.keys(REFUSALS[keyOf(route)] ?? {}).sort()).toEqual(codesOf(route).sort())
    },
  )
})

describe('a refusal', () => {
  it.each(cases)('$key: $code', async ({ route, code, make }) => {
    const { url = route.url, headers, ...refused } = await make()
    const asked = { 'Accept-Language': 'zh-CN,zh;q=0.9', ...headers }
    const answer = await call(url, { method: route.method, ...refused, headers: asked })
    expectEnvelope(answer, code)
    expect(answer.headers.getSetCookie()).toEqual([])
    const schema = responsesOf(route)[String(answer.status)]?.content?.['application/json']?.schema
    expect(mismatchesOf(schema ?? {}, answer.json)).toEqual([])
    // Whoever is signed in is spoken to in the language of their setting: English.
    const isSignedIn = route.steps.includes('authenticateRequest')
    expect(answer.headers.get('Content-Language')).toBe(isSignedIn ? 'en' : 'zh')
    const words = [answer.json.message, ...Object.values((answer.json.errors ?? {}) as object)]
    for (const text of words) {
      expect(text).toMatch(isSignedIn ? /^[\x20-\x7e’…]+[.!?]$/ : /\p{Script=Han}.*[。！？]$/u)
    }
    if (!isSignedIn && !('errors' in answer.json)) expect(Object.values(zh)).toContain(words[0])
  })
})
