/** What a refresh does where something cannot be reached, and how refused tokens are limited. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  type OpenSession,
  openSession,
  outboxOf,
  postRefresh,
  refreshByCookie,
  sessionRow,
} from '../../session-client.ts'
import { API, call, expectStatus, freshIp } from '../../support/call.ts'
import { failingDatabase, failingObject, failingQueue } from '../../support/faults.ts'
import {
  costsOf,
  expectDead,
  expectRefused,
  MINUTE,
  pass,
  pictureOf,
  refreshed,
  reuseMailsOf,
  reuseRowsOf,
  SECOND,
  somebody,
  somebodyWithAnOldToken,
  stopClock,
} from './refresh-world.ts'

const FORGED = 'rt.forged'
const silentLimiter = failingObject('RATE_LIMITER', 'hit', 'throws')

describe('POST /api/v1/auth/refresh', () => {
  stopClock()

  describe('counts what it refuses', () => {
    it('the 61st refused token of a minute from one address is 429, while a genuine one still refreshes', async () => {
      const { session } = await somebody()
      const ip = freshIp()
      // Neither genuine tokens nor their retries are counted.
      let { refreshToken } = await refreshed(session.refreshToken, { ip })
      await refreshed(session.refreshToken, { ip })
      for (let n = 0; n < 60; n++) {
        const answer = await postRefresh(FORGED, { ip })
        expectRefused(answer, 'refresh_invalid')
        expect(answer.headers.get('RateLimit')).toBe(`"refused";r=${59 - n};t=60`)
        expect(answer.headers.get('RateLimit-Policy')).toBe('"refused";q=60;w=60')
      }
      pass(20 * SECOND)
      for (const method of ['body', 'cookie']) {
        const options =
          method === 'body'
            ? { body: { refreshToken: FORGED } }
            : { method: 'POST', headers: { Cookie: `__Host-refresh=${FORGED}` } }
        const limited = await call(`${API}/auth/refresh`, { ...options, ip })
        expectRefused(limited, 'rate_limited')
        expect(limited.headers.get('Retry-After')).toBe('40')
      }
      for (let n = 0; n < 3; n++) {
        ;({ refreshToken } = await refreshed(refreshToken, { ip }))
      }
      expectRefused(await postRefresh(FORGED, { ip: freshIp() }), 'refresh_invalid')
      pass(40 * SECOND)
      expectRefused(await postRefresh(FORGED, { ip }), 'refresh_invalid')
    })

    it('every kind of refused token counts', async () => {
      const { session, third } = await somebodyWithAnOldToken()
      const ended: OpenSession = (await somebody('hybrid')).session
      await call(`${API}/auth/logout`, { method: 'POST', token: ended.accessToken })
      pass(MINUTE)
      const ip = freshIp()
      const left = async (refused: ReturnType<typeof postRefresh>) => {
        const answer = await refused
        expectRefused(answer, 'refresh_invalid')
        return /r=(\d+)/.exec(answer.headers.get('RateLimit') ?? '')?.[1]
      }
      expect(await left(postRefresh(FORGED, { ip }))).toBe('59')
      expect(await left(postRefresh(ended.refreshToken, { ip }))).toBe('58')
      expect(await left(refreshByCookie(ended, { ip }))).toBe('57')
      expect(await left(call(`${API}/auth/refresh`, { method: 'POST', ip }))).toBe('56')
      expectRefused(await postRefresh(session.refreshToken, { ip }), 'refresh_reused')
      expect(await left(postRefresh(third.refreshToken, { ip }))).toBe('55')
    })

    it('a reuse beyond the limit still ends everything: it is no guess', async () => {
      const { session, third } = await somebodyWithAnOldToken()
      const ip = freshIp()
      for (let n = 0; n < 61; n++) await postRefresh(FORGED, { ip })
      expectRefused(await postRefresh(session.refreshToken, { ip }), 'refresh_reused')
      await expectDead([session, third])
    })
  })

  describe('goes on where the limiter does not answer', () => {
    it('refreshes in every transport', async () => {
      const { session } = await somebody('cookie')
      expectStatus(await postRefresh(session.refreshToken, { env: silentLimiter }), 200)
      expectStatus(await refreshByCookie(session, { env: silentLimiter }), 200)
    })

    it('refuses as always: forged, ended, missing', async () => {
      const { session } = await somebody()
      await call(`${API}/auth/logout`, { method: 'POST', token: session.accessToken })
      const run = { env: silentLimiter }
      expectRefused(await postRefresh(FORGED, run), 'refresh_invalid')
      expectRefused(await postRefresh(session.refreshToken, run), 'refresh_invalid')
      const missing = await call(`${API}/auth/refresh`, { method: 'POST', ...run })
      expectRefused(missing, 'refresh_invalid')
    })

    it('refuses as always where the limiter hangs', async () => {
      const hanging = failingObject('RATE_LIMITER', 'hit', 'hangs')
      expectRefused(await postRefresh(FORGED, { env: hanging }), 'refresh_invalid')
    })
  })

  describe('without the database', () => {
    it('503, no cookie is touched, and the same token refreshes afterwards', async () => {
      const { session } = await somebody('cookie')
      const before = await pictureOf(session.userId)
      for (let n = 0; n < 3; n++) {
        for (const answer of [
          await refreshByCookie(session, { env: failingDatabase() }),
          await postRefresh(session.refreshToken, { env: failingDatabase() }),
        ]) {
          expectRefused(answer, 'unavailable')
          expect(answer.headers.get('Retry-After')).toBe('1')
        }
      }
      expect(await pictureOf(session.userId)).toEqual(before)
      expectStatus(await refreshByCookie(session), 200)
      expect((await sessionRow(session.id)).generation).toBe(2)
    })

    it('a forged token is refused as always', async () => {
      expectRefused(await postRefresh(FORGED, { env: failingDatabase() }), 'refresh_invalid')
    })
  })

  describe('a reuse where something is silent', () => {
    it('the guard is told at once: no device that the thief may have used is known any more', async () => {
      const { person, session, third } = await somebodyWithAnOldToken()
      const { deviceToken } = await openSession(person)
      const wrong = { email: person.email, password: 'Wrong-Harbour-99' }
      for (let n = 0; n < 5; n++) await postLogin(wrong)
      expectStatus(await postLogin({ ...person, deviceToken }), 200)
      const answer = await postRefresh(session.refreshToken)
      expectRefused(answer, 'refresh_reused')
      expect(costsOf(answer)).toEqual({ d1: 1, objects: 1 })
      expectRefused(await postLogin({ ...person, deviceToken }), 'too_many_attempts')
      await expectDead([third])
      const [row] = (await outboxOf(person.email)).filter(({ kind }) => kind === 'guard_forget')
      expect(row).toMatchObject({ sentAt: Date.now(), payload: { before: Date.now() } })
    })

    it.each([
      ['the guard throws', failingObject('ACCOUNT_GUARD', 'change', 'throws')],
      ['the queue refuses', failingQueue()],
    ])(
      '%s: everything ends all the same, and the outbox keeps what is left to do',
      async (_, run) => {
        const { person, session, third } = await somebodyWithAnOldToken()
        expectRefused(await postRefresh(session.refreshToken, { env: run }), 'refresh_reused')
        expect(await livingSessionsOf(session.userId)).toEqual([])
        await expectDead([session, third])
        expect(await reuseRowsOf(session.userId)).toHaveLength(1)
        expect(await reuseMailsOf(person.email)).toMatchObject([{ sentAt: null, failedAt: null }])
        const [row] = (await outboxOf(person.email)).filter(({ kind }) => kind === 'guard_forget')
        const isTold = run.ACCOUNT_GUARD === env.ACCOUNT_GUARD
        expect(row?.sentAt).toBe(isTold ? Date.now() : null)
      },
    )
  })
})
