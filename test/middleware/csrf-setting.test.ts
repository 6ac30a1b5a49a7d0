/** An answer that sets a cookie of ours is given to no foreign page, whether or not the request carries one: login CSRF. */
import { describe, expect, it } from 'vitest'
import { PASSWORD, postSignup, signupForm } from '../factories.ts'
import { expectEnvelope } from '../http/expect-answer.ts'
import { isUnsafe, type RouteEntry, routeList } from '../http/route-list.ts'
import { send, workingCall } from '../http/working-calls.ts'
import { codeFor, ownerOfTwo } from '../http/working-mail-calls.ts'
import { addressHere, useCode } from '../mailbox-client.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, call, cookiesOf, expectStatus } from '../support/call.ts'
import { traced } from '../support/faults.ts'
import { DEVICE_COOKIE, FOREIGN, type Headers, listed, OWN, TRUSTED } from './origins.ts'

/** Routes whose answer may set a cookie of ours, with a request that is refused for what it says, or changes nothing. */
const SETTING: [path: string, body: () => object, answer: string][] = [
  ['signup-community', () => ({}), '422 validation_failed'],
  ['send-otp', () => ({ email: addressHere() }), '202'],
  ['send-signup-otp', () => ({ email: addressHere() }), '202'],
  ['verify-otp', () => ({ email: addressHere(), code: '123456' }), '400 code_invalid'],
  ['verify-magic', () => ({ token: 'x' }), '400 token_invalid'],
  ['accept-invite', () => ({ token: 'x' }), '400 token_invalid'],
  ['revert-email', () => ({ token: 'x' }), '400 token_invalid'],
]

describe.each(SETTING)('%s, which sets cookies', (path, body, wanted) => {
  const ask = (headers: Headers, run = listed as Env) =>
    call(`${API}/auth/${path}`, { body: body(), headers, env: run })
  const told = ({ status, json }: Answer) => [status, json.code].filter(Boolean).join(' ')

  it('asks a page of ours, or no page, for nothing more', async () => {
    for (const headers of TRUSTED) {
      const answer = await ask(headers)
      expect({ headers, answer: told(answer) }).toEqual({ headers, answer: wanted })
    }
  })

  it('refuses a foreign page before anything is done, whatever else it brings', async () => {
    for (const headers of FOREIGN) {
      const trace = traced()
      const run = { ...trace.env, ALLOWED_ORIGINS: listed.ALLOWED_ORIGINS }
      const extras: Headers[] = [
        {},
        DEVICE_COOKIE,
        { Authorization: 'Bearer a.b.c' },
        { 'X-CSRF-Token': 'x' },
      ]
      for (const extra of extras) {
        const answer = await ask({ ...headers, ...extra }, run)
        expectEnvelope(answer, 'csrf_failed')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(trace.steps.filter((step) => step !== 'object RATE_LIMITER.hit')).toEqual([])
    }
  })
})

describe('every answer that gives a cookie', () => {
  const open = routeList().filter(
    (route) =>
      route.path.startsWith(API) && isUnsafe(route) && !route.steps.includes('authenticateRequest'),
  )
  /** As a browser asks: its tokens come in cookies. */
  const byBrowser = async (route: RouteEntry) => {
    const { body, ...working } = await workingCall(route)
    const { tokenTransport: _, ...rest } = body ?? {}
    return { ...working, body: rest }
  }
  const given = (answer: Answer) =>
    Object.entries(cookiesOf(answer)).flatMap(([name, value]) => (value === '' ? [] : [name]))

  it.each(open)('is given to no foreign page: $method $path', async (route) => {
    const answer = await send(await byBrowser(route))
    expect(answer.status, answer.text).toBeLessThan(300)
    if (given(answer).length === 0) return
    const foreign = { Origin: 'https://evil.example' }
    const refused = await send({ ...(await byBrowser(route)), headers: foreign })
    expectEnvelope(refused, 'csrf_failed')
    expect(refused.headers.getSetCookie()).toEqual([])
  })

  it.each([
    ['send-otp', ['__Host-flow']],
    ['send-signup-otp', ['__Host-flow']],
    ['verify-otp', ['__Host-device', '__Host-refresh']],
    ['verify-magic', ['__Host-device', '__Host-refresh']],
    ['accept-invite', ['__Host-device', '__Host-refresh']],
    ['revert-email', ['__Host-device']],
    ['verify-email', ['__Host-device']],
    ['signup-community', []],
  ])('%s gives %j', async (name, cookies) => {
    const route = open.find(({ path }) => path.endsWith(`/${name}`))
    if (!route) throw new Error('this route is gone')
    expect(given(await send(await byBrowser(route))).sort()).toEqual(cookies)
  })

  it('signup gives the device cookie where its address is proven', async () => {
    const email = addressHere()
    const proven = await useCode(await codeFor(email, 'signup'))
    const { signupToken } = proven.data
    expect(given(await postSignup({ ...signupForm({ email }), signupToken }))).toEqual([
      '__Host-device',
    ])
  })
})

describe('switch-community, which sets a cookie where the session is in cookies', () => {
  const inCookies = async () => {
    const { email } = await ownerOfTwo()
    const session = await openSession({ email, password: PASSWORD }, { transport: 'cookie' })
    const { data } = await call(`${API}/auth/me`, { headers: { Cookie: session.cookie } })
    const here = (data.community as { id: string }).id
    const all = (data.memberships as { communityId: string }[]).map((one) => one.communityId)
    return { session, communityId: all.find((id) => id !== here) }
  }

  const go = (communityId: string | undefined, headers: Headers) =>
    call(`${API}/auth/switch-community`, { body: { communityId }, headers, env: listed })

  it('works by cookie and CSRF token from a page of ours, and gives the new access token in a cookie', async () => {
    const { session, communityId } = await inCookies()
    const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
    const answer = await go(communityId, { ...headers, Origin: OWN })
    expectStatus(answer, 200)
    expect(Object.keys(cookiesOf(answer))).toEqual(['__Host-access'])
    expect(answer.data.accessToken).toBeUndefined()
  })

  it('refuses a foreign page even with the right token, and the cookie without it', async () => {
    const { session, communityId } = await inCookies()
    const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
    for (const foreign of FOREIGN) {
      expectEnvelope(await go(communityId, { ...headers, ...foreign }), 'csrf_failed')
      const bearer = { ...foreign, Authorization: 'Bearer a.b.c' }
      expectEnvelope(await go(communityId, bearer), 'csrf_failed')
    }
    expectEnvelope(await go(communityId, { Cookie: session.cookie, Origin: OWN }), 'csrf_failed')
    expectStatus(await go(communityId, headers), 200)
  })
})
