import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions, users } from '../../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  me,
  openSession,
  postRefresh,
  sessionRow,
  userRow,
} from '../../session-client.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import {
  askForCode,
  auditRowsOf,
  costOf,
  inboxOf,
  isLinkAlive,
  mailedCode,
  mailsOf,
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  WRONG,
} from './password-client.ts'

const login = (email: string, password: string, deviceToken?: string) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' })
const RIGHT = { currentPassword: PASSWORD, newPassword: NEW }

/** A new person who is signed in, with the session. */
async function signedIn(transport: 'body' | 'hybrid' | 'cookie' = 'body') {
  const person = await ownerIn('active')
  return { ...person, session: await openSession(person, { transport }) }
}

const byCookie = (headers: Record<string, string>, options: CallOptions = {}) =>
  call(`${API}/account/password`, { ...options, headers, body: RIGHT })

describe('POST /api/v1/account/password', () => {
  describe('works', () => {
    it('by the current password: the old one is dead, the new one works', async () => {
      const { email, session } = await signedIn()
      const answer = await postChange(session, RIGHT)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expectStatus(await login(email, PASSWORD), 401, 'invalid_credentials')
      expectStatus(await login(email, NEW), 200)
    })

    it('by a mailed code in its place', async () => {
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session), 202)
      const body = { code: ` ${await mailedCode(email)} `, newPassword: NEW }
      expectStatus(await postChange(session, body), 200)
      expectStatus(await login(email, PASSWORD), 401)
      expectStatus(await login(email, NEW), 200)
    })

    it('for an account that never had a password: by code, for there is none to tell', async () => {
      const { email, session } = await signedIn()
      await db.update(users).set({ passwordHash: null }).where(eq(users.email, email))
      expectStatus(await postChange(session, RIGHT), 403, 'wrong_password')
      await askForCode(session)
      const body = { code: await mailedCode(email), newPassword: NEW }
      expectStatus(await postChange(session, body), 200)
      expectStatus(await login(email, NEW), 200)
    })

    it('ends the other sessions and lets this one go on, with the tokens in hand', async () => {
      const { session, ...person } = await signedIn()
      const others = [await openSession(person), await openSession(person)]
      const stranger = await signedIn()
      expectStatus(await postChange(session, RIGHT), 200)
      for (const { id, accessToken, refreshToken } of others) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        expect(await sessionRow(id)).toMatchObject({ revokeReason: 'password_changed' })
      }
      expect(await livingSessionsOf(session.userId)).toMatchObject([{ id: session.id }])
      expectStatus(await me(session.accessToken), 200)
      expectStatus(await postRefresh(session.refreshToken), 200)
      expectStatus(await me(stranger.session.accessToken), 200)
    })

    it('tells the owner by mail, without a link, and puts it on record', async () => {
      const { email, session } = await signedIn()
      const answer = await postChange(session, RIGHT, { ip: '198.51.100.12' })
      expect(await inboxOf(email, 'password_changed')).toMatchObject([{ to: email, link: null }])
      expect(await auditRowsOf(session.userId, 'password_changed')).toMatchObject([
        {
          actorId: session.userId,
          ip: '198.51.100.12',
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('makes void every reset link that was mailed before', async () => {
      const { email, session } = await signedIn()
      const links = [await resetLinkOf(email), await resetLinkOf(email)]
      expectStatus(await postChange(session, RIGHT), 200)
      for (const token of links) {
        expect(await isLinkAlive(token)).toBe(false)
        expectStatus(await postReset({ token, password: WRONG }), 400, 'token_invalid')
      }
      expectStatus(await login(email, NEW), 200)
    })

    it('begins the row of failures anew, here and in the account', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 4; n++) await postChange(session, { ...RIGHT, currentPassword: WRONG })
      expect((await userRow(email)).failedLoginAttempts).toBe(4)
      expectStatus(await postChange(session, RIGHT), 200)
      expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 0, lockUntil: null })
      for (let n = 0; n < 4; n++) await postChange(session, RIGHT)
      expectStatus(await login(email, NEW, session.deviceToken), 200)
    })

    it('sets no cookie and gives no token', async () => {
      const { session } = await signedIn()
      const answer = await postChange(session, RIGHT)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.text).not.toMatch(/\brt\.|\beyJ/)
    })

    it('keeps the password exactly as it was sent, and takes the current one only so', async () => {
      const { email, session } = await signedIn()
      const spaced = ` ${NEW} `
      expectStatus(await postChange(session, { ...RIGHT, newPassword: spaced }), 200)
      const trimmed = { currentPassword: NEW, newPassword: PASSWORD }
      expectStatus(await postChange(session, trimmed), 403, 'wrong_password')
      expectStatus(await login(email, spaced), 200)
    })

    it('costs the session, the hash and the write: three round trips, two calls, two hashes', async () => {
      const { session } = await signedIn()
      expect(costOf(await postChange(session, RIGHT))).toBe('d1 3, do 2, hash 2')
    })
  })

  describe('by cookie', () => {
    it('works with the CSRF token of the session', async () => {
      const { email, session } = await signedIn('cookie')
      const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
      expectStatus(await byCookie(headers), 200)
      expectStatus(await login(email, NEW), 200)
    })

    it('refuses without it, with that of another session, and from a foreign page', async () => {
      const { email, session } = await signedIn('cookie')
      const other = await signedIn('cookie')
      const Cookie = session.cookie
      const own = { Cookie, 'X-CSRF-Token': session.csrfToken }
      const refused: Record<string, string>[] = [
        { Cookie },
        { Cookie, 'X-CSRF-Token': '' },
        { Cookie, 'X-CSRF-Token': other.session.csrfToken },
        { ...own, Origin: 'https://evil.example' },
        { ...own, 'Sec-Fetch-Site': 'cross-site' },
      ]
      for (const headers of refused) {
        expectStatus(await byCookie(headers), 403, 'csrf_failed')
      }
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('refuses the refresh cookie alone: it authenticates nothing here', async () => {
      const { session } = await signedIn('hybrid')
      const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
      expect(session.cookie).toContain('__Host-refresh=')
      expectStatus(await byCookie(headers), 401, 'unauthenticated')
    })
  })

  describe('refuses', () => {
    it('one who is not signed in, and one whose session has ended', async () => {
      const { email, session } = await signedIn()
      expectStatus(await call(`${API}/account/password`, { body: RIGHT }), 401, 'unauthenticated')
      await db.update(sessions).set({ revokedAt: Date.now() }).where(eq(sessions.id, session.id))
      expectStatus(await postChange(session, RIGHT), 401, 'session_ended')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('the wrong password with 403, which no client answers with a refresh', async () => {
      const { email, session } = await signedIn()
      const answer = await postChange(session, { ...RIGHT, currentPassword: WRONG })
      expectStatus(answer, 403, 'wrong_password')
      expect(answer.text).not.toContain(WRONG)
      expect(await auditRowsOf(session.userId, 'login_failed')).toMatchObject([
        { details: { reason: 'wrong_password', lane: 'known_device' } },
      ])
      expect(await mailsOf(email, 'password_changed')).toEqual([])
      expectStatus(await login(email, PASSWORD), 200)
    })

    it.each([
      ['neither', {}, 'currentPassword'],
      ['both', { currentPassword: PASSWORD, code: '123456' }, 'code'],
      ['null', { currentPassword: null }, 'currentPassword'],
      ['an empty password', { currentPassword: '' }, 'currentPassword'],
      ['a list', { currentPassword: [PASSWORD] }, 'currentPassword'],
      ['a giant', { currentPassword: 'x'.repeat(1025) }, 'currentPassword'],
      ['a code that is a number', { code: 123456 }, 'code'],
      ['five digits', { code: '12345' }, 'code'],
      ['seven digits', { code: '1234567' }, 'code'],
      ['digits of another script', { code: '１２３４５６' }, 'code'],
      ['a list of codes', { code: ['123456', '654321'] }, 'code'],
      ['no code', { code: null }, 'code'],
    ])('%s as evidence: 422, and nothing is counted', async (_, evidence, field) => {
      const { email, session } = await signedIn()
      const answer = await postChange(session, { ...evidence, newPassword: NEW })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors ?? {})).toContain(field)
      expect(costOf(answer)).not.toContain('hash')
      expect((await userRow(email)).failedLoginAttempts).toBe(0)
      expectStatus(await login(email, PASSWORD), 200)
    })

    it("another person's id in the body: it changes the one who is signed in", async () => {
      const [one, other] = [await signedIn(), await signedIn()]
      const before = await userRow(other.email)
      const body = { ...RIGHT, userId: before.id, email: other.email, sessionId: other.session.id }
      expectStatus(await postChange(one.session, body), 200)
      expect(await userRow(other.email)).toEqual(before)
      expectStatus(await me(other.session.accessToken), 200)
      expectStatus(await login(one.email, NEW), 200)
    })
  })
})
