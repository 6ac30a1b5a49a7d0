import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions } from '../../../src/db/schema/index.ts'
import { db, postLogin } from '../../factories.ts'
import {
  cookieOf,
  me,
  openSession,
  postRefresh,
  refreshByCookie,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus, freshIp } from '../../support/call.ts'
import { race, tally } from '../../support/race.ts'
import {
  attributesOf,
  claimsOf,
  costsOf,
  expectAlive,
  expectRefused,
  GRACE,
  MINUTE,
  pass,
  refreshed,
  SECOND,
  somebody,
  stopClock,
} from './refresh-world.ts'

const ofWeek = (sameSite: string) =>
  `Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=${sameSite}`

describe('POST /api/v1/auth/refresh', () => {
  stopClock()

  describe('works, in the transport of the token presented', () => {
    it('body: both tokens in the body, no cookie, no CSRF token asked for or given', async () => {
      const { session } = await somebody('body')
      const answer = await postRefresh(session.refreshToken)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({
        success: true,
        message: expect.any(String),
        data: {
          tokenType: 'Bearer',
          expiresIn: 900,
          accessToken: expect.any(String),
          refreshToken: expect.stringMatching(/^rt\./),
        },
      })
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expectStatus(await me(String(answer.data.accessToken)), 200)
    })

    it('hybrid: access token in the body, refresh token only in its cookie', async () => {
      const { session } = await somebody('hybrid')
      const answer = await refreshByCookie(session)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        tokenType: 'Bearer',
        expiresIn: 900,
        accessToken: expect.any(String),
        csrfToken: session.csrfToken,
      })
      expect(attributesOf(answer)).toEqual({ '__Host-refresh': ofWeek('Strict') })
      const { refreshToken } = tokensOf(answer)
      expect(answer.text).not.toContain(refreshToken)
      expect(refreshToken).not.toBe(session.refreshToken)
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expectStatus(await me(String(answer.data.accessToken)), 200)
    })

    it('cookie: both tokens only in cookies, and the new cookies go on', async () => {
      const { session } = await somebody('cookie')
      const answer = await refreshByCookie(session)
      expectStatus(answer, 200)
      const csrfToken = session.csrfToken
      expect(answer.data).toEqual({ tokenType: 'Bearer', expiresIn: 900, csrfToken })
      expect(attributesOf(answer)).toEqual({
        '__Host-refresh': ofWeek('Strict'),
        '__Host-access': ofWeek('Strict').replace('604800', '900'),
      })
      for (const value of Object.values(cookiesOf(answer))) expect(answer.text).not.toContain(value)
      const Cookie = cookieOf(answer)
      expectStatus(await call(`${API}/auth/me`, { headers: { Cookie } }), 200)
      expectStatus(await refreshByCookie({ cookie: Cookie, csrfToken }), 200)
    })

    it.each(['hybrid', 'cookie'] as const)(
      'a token of a %s session that comes in the body is answered in the body',
      async (transport) => {
        const { session } = await somebody(transport)
        const answer = await postRefresh(session.refreshToken)
        expectStatus(answer, 200)
        expect(Object.keys(answer.data).sort()).toEqual([
          'accessToken',
          'expiresIn',
          'refreshToken',
          'tokenType',
        ])
        expect(answer.headers.getSetCookie()).toEqual([])
      },
    )

    it('a token of a body session that comes as cookie stays a cookie', async () => {
      const { session } = await somebody('body')
      const cookie = `__Host-refresh=${session.refreshToken}`
      const csrf = await call(`${API}/auth/csrf`, { headers: { Cookie: cookie } })
      const answer = await refreshByCookie({ cookie, csrfToken: String(csrf.data.csrfToken) })
      expectStatus(answer, 200)
      expect(Object.keys(cookiesOf(answer))).toEqual(['__Host-refresh'])
      expect(answer.data).not.toHaveProperty('refreshToken')
    })

    it.each(['None', 'Lax', 'Strict'])(
      'COOKIE_SAMESITE=%s stands in each cookie',
      async (value) => {
        const { session } = await somebody('cookie')
        const run = { ...env, COOKIE_SAMESITE: value }
        const answer = await refreshByCookie(session, { env: run })
        expectStatus(answer, 200)
        const kept = ofWeek(value)
        expect(attributesOf(answer)).toEqual({
          '__Host-refresh': kept,
          '__Host-access': kept.replace('604800', '900'),
        })
      },
    )

    it('two tabs with the same cookies at once end with the same ones', async () => {
      const { session } = await somebody('cookie')
      const answers = await race(2, () => refreshByCookie(session))
      expect(tally(answers)).toEqual({ '200': 2 })
      const [one, two] = answers.map((answer) => tokensOf(answer).refreshToken)
      expect(one).toBe(two)
    })
  })

  describe('knows which token counts where several are there', () => {
    it('the one in the body before the cookie: the session in the cookie stays as it is', async () => {
      const { person, session: inCookie } = await somebody('hybrid')
      const inBody = await openSession(person)
      const before = await sessionRow(inCookie.id)
      const headers = { Cookie: inCookie.cookie }
      const answer = await postRefresh(inBody.refreshToken, { headers })
      expectStatus(answer, 200)
      expect((await claimsOf(answer.data.accessToken))?.sid).toBe(inBody.id)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await sessionRow(inCookie.id)).toEqual(before)
    })

    it('a refused one in the body is not made good by a genuine cookie', async () => {
      const { session } = await somebody('hybrid')
      const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
      expectRefused(await postRefresh('rt.forged', { headers }), 'refresh_invalid')
      expect((await sessionRow(session.id)).generation).toBe(1)
    })

    it('a JSON body without one leaves it to the cookie, and unknown fields count for nothing', async () => {
      const { person, session } = await somebody('hybrid')
      const other = await openSession(person)
      const body = { sessionId: other.id, userId: other.userId, tokenTransport: 'body' }
      const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
      const answer = await call(`${API}/auth/refresh`, { body, headers })
      expectStatus(answer, 200)
      expect((await claimsOf(answer.data.accessToken))?.sid).toBe(session.id)
      expect(answer.data).not.toHaveProperty('refreshToken')
    })

    it.each(['Bearer expired.or.not', 'Basic YTpi', 'Bearer', ''])(
      'with "Authorization: %s" cookies count for nothing: the body must have the token',
      async (Authorization) => {
        const { person, session } = await somebody('cookie')
        const inBody = await openSession(person)
        const before = await sessionRow(session.id)
        const byCookie = await refreshByCookie(session, { headers: { Authorization } })
        expectRefused(byCookie, 'validation_failed')
        expect(byCookie.json.errors).toEqual({ refreshToken: expect.any(String) })
        const headers = { Cookie: session.cookie, Authorization }
        expectStatus(await postRefresh(inBody.refreshToken, { headers }), 200)
        expect(await sessionRow(session.id)).toEqual(before)
      },
    )
  })

  describe('is safe', () => {
    it.each(['body', 'hybrid', 'cookie'] as const)(
      '%s: one round trip to the database and no Durable Object, the retry within the grace too',
      async (transport) => {
        const { session } = await somebody(transport)
        const refresh = () =>
          transport === 'body' ? postRefresh(session.refreshToken) : refreshByCookie(session)
        for (const answer of [await refresh(), await refresh()]) {
          expectStatus(answer, 200)
          expect(costsOf(answer)).toEqual({ d1: 1, objects: 0 })
        }
      },
    )

    it('a reuse costs one round trip, and one call that tells the guard', async () => {
      const { session } = await somebody()
      await refreshed((await refreshed(session.refreshToken)).refreshToken)
      const answer = await postRefresh(session.refreshToken)
      expectRefused(answer, 'refresh_reused')
      expect(costsOf(answer)).toEqual({ d1: 1, objects: 1 })
    })

    it('a genuine token is never limited: a hundred refreshes a minute from one address', async () => {
      const { session } = await somebody()
      const ip = freshIp()
      let current = session.refreshToken
      for (let n = 0; n < 100; n++) current = (await refreshed(current, { ip })).refreshToken
      expect((await sessionRow(session.id)).generation).toBe(101)
    })

    it('strangers who guess the password end nobody’s session: it refreshes while the account is blocked', async () => {
      const { person, session } = await somebody()
      const wrong = { email: person.email, password: 'Wrong-Harbour-99' }
      for (let n = 0; n < 5; n++) await postLogin(wrong)
      expectStatus(await postLogin(person), 429, 'too_many_attempts')
      await refreshed(session.refreshToken)
    })

    it('the earlier access token goes on until it expires', async () => {
      const { session } = await somebody()
      await refreshed(session.refreshToken)
      pass(15 * MINUTE - SECOND)
      await expectAlive(session)
      pass(10 * SECOND)
      expectRefused(await me(session.accessToken), 'access_token_expired')
    })

    it('one device’s refresh touches no other session of its user', async () => {
      const { person, session } = await somebody()
      const other = await openSession(person)
      const before = await sessionRow(other.id)
      pass(GRACE)
      await refreshed(session.refreshToken)
      expect(await sessionRow(other.id)).toEqual(before)
      const where = and(eq(sessions.userId, session.userId), eq(sessions.generation, 2))
      expect(await db.select().from(sessions).where(where)).toHaveLength(1)
    })
  })
})
