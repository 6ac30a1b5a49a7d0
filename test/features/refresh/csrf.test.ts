import { describe, expect, it } from 'vitest'
import {
  cookieOf,
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
  sessionRow,
} from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { costsOf, DAY, expectRefused, HOUR, pass, somebody, stopClock } from './refresh-world.ts'

const PATH = `${API}/auth/csrf`
const askWith = (Cookie: string, headers: Record<string, string> = {}) =>
  call(PATH, { headers: { Cookie, ...headers } })
const refreshCookie = ({ refreshToken }: OpenSession) => `__Host-refresh=${refreshToken}`
const accessCookie = ({ accessToken }: OpenSession) => `__Host-access=${accessToken}`

describe('GET /api/v1/auth/csrf', () => {
  stopClock()

  describe('works', () => {
    it('from the refresh cookie alone: a page that was opened anew can refresh', async () => {
      const { session } = await somebody('hybrid')
      const cookie = refreshCookie(session)
      const answer = await askWith(cookie)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({ csrfToken: session.csrfToken })
      const csrfToken = String(answer.data.csrfToken)
      expectStatus(await refreshByCookie({ cookie, csrfToken }), 200)
    })

    it('from the access cookie alone, also after that token has expired', async () => {
      const { session } = await somebody('cookie')
      const cookie = accessCookie(session)
      expect((await askWith(cookie)).data).toEqual({ csrfToken: session.csrfToken })
      pass(HOUR)
      expect((await askWith(cookie)).data).toEqual({ csrfToken: session.csrfToken })
    })

    it('gives the same for the life of the session, however often it is refreshed', async () => {
      const { session } = await somebody('cookie')
      const { csrfToken } = session
      let { cookie } = session
      for (let day = 0; day < 10; day++) {
        pass(DAY)
        const refreshed = await refreshByCookie({ cookie, csrfToken })
        expectStatus(refreshed, 200)
        expect(refreshed.data.csrfToken).toBe(csrfToken)
        cookie = cookieOf(refreshed)
        expect((await askWith(cookie)).data).toEqual({ csrfToken })
      }
    })

    it('gives a body session’s token too, once that stands in a cookie', async () => {
      const { session } = await somebody('body')
      const answer = await askWith(refreshCookie(session))
      expect(answer.data).toEqual({ csrfToken: expect.stringMatching(/^[\w-]{43}$/) })
    })
  })

  describe('refuses', () => {
    it('a request without cookies of ours', async () => {
      const { session } = await somebody('cookie')
      for (const answer of [
        await call(PATH),
        await askWith('theme=dark'),
        await askWith(`__Host-device=${session.deviceToken}`),
        await call(`${PATH}?refreshToken=${session.refreshToken}&sessionId=${session.id}`),
      ]) {
        expectRefused(answer, 'unauthenticated')
      }
    })

    it('cookies that we did not write', async () => {
      const { session } = await somebody('cookie')
      const { refreshToken, accessToken, id } = session
      const forge = (token: string) =>
        token.replace(/.(?=[^.]{40}$)/, (c) => (c === 'A' ? 'B' : 'A'))
      for (const cookie of [
        '__Host-refresh=',
        '__Host-refresh=garbage',
        `__Host-refresh=${id}`,
        `__Host-refresh=${forge(refreshToken)}`,
        `__Host-refresh=${accessToken}`,
        `__Host-access=${forge(accessToken)}`,
        `__Host-access=${refreshToken}`,
        `refresh=${refreshToken}`,
        `__Secure-refresh=${refreshToken}`,
        `__host-refresh=${refreshToken}`,
      ]) {
        expectRefused(await askWith(cookie), 'unauthenticated')
      }
    })

    it('cookies beside Authorization, which makes them count for nothing', async () => {
      const { session } = await somebody('cookie')
      for (const Authorization of [`Bearer ${session.accessToken}`, 'Basic YTpi', '']) {
        expectRefused(await askWith(session.cookie, { Authorization }), 'unauthenticated')
      }
      expectRefused(await call(PATH, { token: session.accessToken }), 'unauthenticated')
    })
  })

  describe('is safe', () => {
    it('another session has another, also one of the same person, and neither works for the other', async () => {
      const { person, session } = await somebody('hybrid')
      const others = [
        await openSession(person, { transport: 'hybrid' }),
        (await somebody('hybrid')).session,
      ]
      const all = [session, ...others]
      const tokens = await Promise.all(
        all.map(async (one) => String((await askWith(one.cookie)).data.csrfToken)),
      )
      expect(new Set(tokens).size).toBe(3)
      for (const csrfToken of tokens.slice(1)) {
        const { cookie } = session
        expectRefused(await refreshByCookie({ cookie, csrfToken }), 'csrf_failed')
      }
      expect((await sessionRow(session.id)).generation).toBe(1)
    })

    it('nobody keeps the answer, and no foreign page may read it', async () => {
      const { session } = await somebody('hybrid')
      const answer = await askWith(session.cookie, { Origin: 'https://evil.example' })
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
      expect(answer.headers.getSetCookie()).toEqual([])
    })

    it('asks neither the database nor a Durable Object, and changes nothing', async () => {
      const { session } = await somebody('cookie')
      const before = await sessionRow(session.id)
      const headers = { Cookie: session.cookie }
      const answer = await call(PATH, { headers, env: failingDatabase() })
      expectStatus(answer, 200)
      expect(costsOf(answer)).toEqual({ d1: 0, objects: 0 })
      expect(costsOf(await call(PATH))).toEqual({ d1: 0, objects: 0 })
      expect(await sessionRow(session.id)).toEqual(before)
    })

    it('authenticates nothing by itself', async () => {
      const { session } = await somebody('hybrid')
      const { csrfToken } = session
      expectRefused(await postRefresh(csrfToken), 'refresh_invalid')
      const headers = { 'X-CSRF-Token': csrfToken }
      expectRefused(
        await call(`${API}/auth/refresh`, { method: 'POST', headers }),
        'refresh_invalid',
      )
      expectRefused(await call(`${API}/auth/me`, { headers }), 'unauthenticated')
    })
  })
})
