/** Cookies as they come and go: one of each name counts, nothing but our own values leaves, and no cache keeps them. */
import { describe, expect, it } from 'vitest'
import { linkTokenOf, ownerIn, postLogin, postVerification, signedUp } from '../factories.ts'
import { addressHere, askForCode, mailedCode, useCode } from '../mailbox-client.ts'
import { mailedToken, openSession, refreshByCookie } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'

/** `__Host-`, a value of ours or none, and the attributes that keep it there (RFC 6265bis §4.1.3). */
const SET_COOKIE =
  /^__Host-(?:access|refresh|device|flow)=[A-Za-z0-9._-]*; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=(?:Strict|Lax|None)$/

function expectOurCookies(answer: Answer): void {
  const set = answer.headers.getSetCookie()
  expect(set.length).toBeGreaterThan(0)
  for (const line of set) expect(line).toMatch(SET_COOKIE)
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
}

const onPage = async () => openSession(await ownerIn('active'), { transport: 'cookie' })

const cookieNamed = (cookie: string, name: string) =>
  cookie.split('; ').find((pair) => pair.startsWith(`__Host-${name}=`)) ?? ''

describe('a cookie that comes twice', () => {
  it('counts once, the first one, for who one is and for the CSRF token alike', async () => {
    const [mine, theirs] = [await onPage(), await onPage()]
    const Cookie = [mine, theirs].map(({ cookie }) => cookieNamed(cookie, 'access')).join('; ')
    const who = await call(`${API}/auth/me`, { headers: { Cookie } })
    expect(who.data).toMatchObject({ session: { id: mine.id } })
    const change = (csrfToken: string) =>
      call(`${API}/account`, {
        method: 'PATCH',
        headers: { Cookie, 'X-CSRF-Token': csrfToken },
        body: { fullName: 'Mira Rao' },
      })
    expectStatus(await change(theirs.csrfToken), 403, 'csrf_failed')
    expectStatus(await change(mine.csrfToken), 200)
  })

  it('as a refresh token rotates the first one and leaves the other session alone', async () => {
    const [mine, theirs] = [await onPage(), await onPage()]
    const cookie = [mine, theirs].map((one) => cookieNamed(one.cookie, 'refresh')).join('; ')
    const { csrfToken } = mine
    expectStatus(await refreshByCookie({ cookie, csrfToken: theirs.csrfToken }), 403, 'csrf_failed')
    expectStatus(await refreshByCookie({ cookie, csrfToken }), 200)
    expectStatus(await refreshByCookie(theirs), 200)
  })

  it('is no cookie of ours under a name that only looks alike', async () => {
    const { cookie } = await onPage()
    const value = cookieNamed(cookie, 'access').slice('__Host-access='.length)
    for (const name of ['__host-access', '__Secure-access', 'access', '__Host-access[]']) {
      const headers = { Cookie: `${name}=${value}` }
      expectStatus(await call(`${API}/auth/me`, { headers }), 401, 'unauthenticated')
    }
  })
})

describe('a cookie that goes out', () => {
  it('is one of our four with a value of our own, and no cache keeps the answer', async () => {
    const owner = await ownerIn('active')
    const { email, password } = owner
    for (const tokenTransport of ['hybrid', 'cookie']) {
      const answer = await postLogin({ email, password, tokenTransport })
      expectStatus(answer, 200)
      expectOurCookies(answer)
    }
    const page = await openSession(owner, { transport: 'cookie' })
    expectOurCookies(await refreshByCookie(page))
    const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
    expectOurCookies(await call(`${API}/auth/logout`, { method: 'POST', headers }))
    const { communityId } = await signedUp()
    expectOurCookies(await postVerification(await linkTokenOf(communityId)))
    await call(`${API}/auth/forgot-password`, { body: { email } })
    const body = { token: await mailedToken(email, 'reset_password'), password: 'Quiet-Lantern-64' }
    expectOurCookies(await call(`${API}/auth/reset-password`, { body }))
    const asked = await askForCode(email)
    expectOurCookies(asked.answer)
    const code = await mailedCode(email)
    expectOurCookies(await useCode({ email, code }, { headers: { Cookie: asked.cookie } }))
  })

  it('of a flow is the browser’s own one again, where that has the form of one, and else a new one', async () => {
    const { email } = await ownerIn('active')
    const { flowId, cookie } = await askForCode(email)
    expect((await askForCode(email, 'login', { headers: { Cookie: cookie } })).flowId).toBe(flowId)
    for (const value of ['x', `${flowId}A`, `${flowId.slice(1)}.`, 'x; Domain=evil.example']) {
      const headers = { Cookie: `__Host-flow=${value}` }
      const other = await askForCode(addressHere(), 'login', { headers })
      expect(other.flowId).toMatch(/^[A-Za-z0-9_-]{43}$/)
      expect(other.flowId).not.toBe(flowId)
      expectOurCookies(other.answer)
    }
  })

  it('never repeats what a client sent: no line break, no attribute, no name of theirs', async () => {
    const { email, password } = await ownerIn('active')
    for (const deviceToken of [
      'x; Domain=evil.example',
      'x\r\nSet-Cookie: __Host-access=evil',
      'x, __Host-refresh=evil',
      '__proto__',
      '%0d%0aSet-Cookie:%20a=b',
      '"evil"',
    ]) {
      const answer = await postLogin({ email, password, deviceToken })
      if (answer.status === 422) continue
      expectStatus(answer, 200)
      expectOurCookies(answer)
      expect(JSON.stringify([...answer.headers])).not.toContain('evil')
    }
  })
})

describe('a field that stands elsewhere too', () => {
  it('counts where it belongs: the address does not stand in for the body', async () => {
    const { email, password } = await ownerIn('active')
    const query = new URLSearchParams({ email, password })
    expectStatus(await call(`${API}/auth/login?${query}`, { body: {} }), 422, 'validation_failed')
    const other = `email=nobody%40b.example&email=${encodeURIComponent(email)}`
    const answer = await call(`${API}/auth/login?${other}`, { body: { email, password } })
    expectStatus(answer, 200)
    expect(answer.data).toMatchObject({ user: { email } })
  })
})
