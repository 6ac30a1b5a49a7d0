/** A refresh by cookie: only from a page of ours, and only with the CSRF token of that very session. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { csrfTokenOf } from '../../../src/lib/tokens.ts'
import {
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
  sessionRow,
} from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { expectRefused, keys, somebody } from './refresh-world.ts'

const FRONTEND = 'https://app.gatehouse.example'
const run = { ...env, ALLOWED_ORIGINS: FRONTEND }
const FOREIGN: Record<string, string>[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: `${FRONTEND}.evil.example` },
  { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
]
const OWN: Record<string, string>[] = [
  {},
  { Origin: 'https://gatehouse.example' },
  { Origin: FRONTEND, 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-origin' },
  { 'Sec-Fetch-Site': 'none' },
]

const byCookieAlone = (session: OpenSession, headers: Record<string, string> = {}, path = '') =>
  call(`${API}/auth/refresh${path}`, {
    method: 'POST',
    headers: { Cookie: session.cookie, ...headers },
  })

async function expectUntouched({ id }: OpenSession) {
  expect(await sessionRow(id)).toMatchObject({ generation: 1, revokedAt: null })
}

describe('POST /api/v1/auth/refresh by cookie', () => {
  it.each(OWN)('works from a page of ours, or from no page: %j', async (headers) => {
    const { session } = await somebody('hybrid')
    expectStatus(await refreshByCookie(session, { headers, env: run }), 200)
  })

  it.each(FOREIGN)('refuses a foreign page even with the CSRF token: %j', async (headers) => {
    const { session } = await somebody('cookie')
    expectRefused(await refreshByCookie(session, { headers, env: run }), 'csrf_failed')
    await expectUntouched(session)
  })

  it.each(FOREIGN)(
    'a foreign page that has a token for the body may not bring our cookies along: %j',
    async (headers) => {
      const { person, session } = await somebody('hybrid')
      const inBody = await openSession(person)
      const withCookies = { ...headers, Cookie: session.cookie }
      const answer = await postRefresh(inBody.refreshToken, { headers: withCookies, env: run })
      expectRefused(answer, 'csrf_failed')
      await expectUntouched(inBody)
      // Without cookies it is a client like any other.
      expectStatus(await postRefresh(inBody.refreshToken, { headers, env: run }), 200)
    },
  )

  it('refuses it without the CSRF token, and says where to get one', async () => {
    const { session } = await somebody('hybrid')
    const answer = await byCookieAlone(session)
    expectRefused(answer, 'csrf_failed')
    expect(answer.json.message).toContain('/api/v1/auth/csrf')
    await expectUntouched(session)
  })

  it('refuses a wrong one, in whatever spelling', async () => {
    const { session } = await somebody('hybrid')
    const { csrfToken } = session
    const wrong = [
      '',
      'x',
      session.id,
      `${csrfToken}A`,
      csrfToken.slice(0, -1),
      `${csrfToken}, ${csrfToken}`,
      `"${csrfToken}"`,
      `${csrfToken.startsWith('A') ? 'B' : 'A'}${csrfToken.slice(1)}`,
      session.refreshToken,
      session.accessToken,
    ]
    for (const token of wrong) {
      expectRefused(await byCookieAlone(session, { 'X-CSRF-Token': token }), 'csrf_failed')
    }
    await expectUntouched(session)
  })

  it('refuses the one of another session, of the same person or a stranger', async () => {
    const { person, session } = await somebody('hybrid')
    const others = [await openSession(person, { transport: 'hybrid' }), (await somebody()).session]
    for (const { id } of others) {
      const headers = { 'X-CSRF-Token': csrfTokenOf(keys, id) }
      expectRefused(await byCookieAlone(session, headers), 'csrf_failed')
    }
    await expectUntouched(session)
  })

  it('takes it from the header only: not from body, address or cookie', async () => {
    const { session } = await somebody('hybrid')
    const { csrfToken, cookie } = session
    const inBody = await call(`${API}/auth/refresh`, {
      body: { csrfToken, 'X-CSRF-Token': csrfToken, _csrf: csrfToken },
      headers: { Cookie: cookie },
    })
    const inAddress = await byCookieAlone(session, {}, `?csrfToken=${csrfToken}`)
    const inCookie = await byCookieAlone(session, {
      Cookie: `${cookie}; X-CSRF-Token=${csrfToken}`,
    })
    for (const answer of [inBody, inAddress, inCookie]) expectRefused(answer, 'csrf_failed')
    await expectUntouched(session)
    expectStatus(await refreshByCookie(session), 200)
  })

  it('asks it for an old token too: a foreign page cannot end anybody’s sessions with their own cookie', async () => {
    const { session } = await somebody('hybrid')
    for (let n = 0; n < 2; n++) {
      const { refreshToken } = session
      const cookie = n ? `__Host-refresh=${refreshToken}` : session.cookie
      expectStatus(await refreshByCookie({ ...session, cookie }), 200)
    }
    const answer = await byCookieAlone(session)
    expectRefused(answer, 'csrf_failed')
    expect(await sessionRow(session.id)).toMatchObject({ generation: 2, revokedAt: null })
  })
})
