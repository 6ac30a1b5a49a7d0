import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import {
  admin,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
  unique,
} from '../../factories.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  postRefresh,
  sessionRow,
  userRow,
} from '../../session-client.ts'
import { cookiesOf, expectStatus } from '../../support/call.ts'
import {
  at,
  auditRowsOf,
  BLOCK_OVER,
  costOf,
  guessWrong,
  HOUR,
  inboxOf,
  isLinkAlive,
  later,
  lock,
  mailsOf,
  NEW,
  postForgot,
  postReset,
  resetLinkOf,
  SECOND,
} from './password-client.ts'

const login = (email: string, password: string, deviceToken?: string) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' })
const deviceOf = (answer: Awaited<ReturnType<typeof postReset>>) =>
  cookiesOf(answer)['__Host-device'] ?? ''

describe('POST /api/v1/auth/reset-password', () => {
  describe('works', () => {
    it('by the mailed link: the old password is dead, the new one works', async () => {
      const { email } = await ownerIn('active')
      await postForgot(email)
      const token = await mailedToken(email, 'reset_password')
      const answer = await postReset({ token, password: NEW, confirmPassword: NEW })
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expectStatus(await login(email, PASSWORD), 401, 'invalid_credentials')
      expectStatus(await login(email, NEW), 200)
    })

    it('without the password a second time, or with null in its place', async () => {
      const { email } = await ownerIn('active')
      expectStatus(await postReset({ token: await resetLinkOf(email), password: NEW }), 200)
      const token = await resetLinkOf(email)
      expectStatus(await postReset({ token, password: `${NEW}!`, confirmPassword: null }), 200)
      expectStatus(await login(email, `${NEW}!`), 200)
    })

    it('keeps the password exactly as it was sent, spaces at its ends included', async () => {
      const { email } = await ownerIn('active')
      const password = `  ${NEW}  `
      expectStatus(await postReset({ token: await resetLinkOf(email), password }), 200)
      expectStatus(await login(email, NEW), 401)
      expectStatus(await login(email, password), 200)
    })

    it('ends every session of the account, and none of anybody else', async () => {
      const [person, other] = [await ownerIn('active'), await ownerIn('active')]
      const ended = [await openSession(person), await openSession(person, { transport: 'hybrid' })]
      const kept = await openSession(other)
      expectStatus(await postReset({ token: await resetLinkOf(person.email), password: NEW }), 200)
      for (const { id, accessToken, refreshToken } of ended) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        expect(await sessionRow(id)).toMatchObject({ revokeReason: 'password_reset' })
      }
      expect(await livingSessionsOf((await userRow(person.email)).id)).toEqual([])
      expectStatus(await me(kept.accessToken), 200)
    })

    it('logs nobody in: neither token nor session comes of it', async () => {
      const { email } = await ownerIn('active')
      const headers = { Cookie: '__Host-refresh=rt.x; __Host-access=x' }
      const answer = await postReset(
        { token: await resetLinkOf(email), password: NEW },
        { headers },
      )
      expectStatus(answer, 200)
      expect(answer.data).toEqual({})
      expect(Object.keys(cookiesOf(answer))).toEqual(['__Host-device'])
      expect(answer.text + JSON.stringify([...answer.headers])).not.toMatch(/\brt\.|\beyJ/)
      expect(await livingSessionsOf((await userRow(email)).id)).toEqual([])
    })

    it('lifts the block of the fifth wrong password', async () => {
      const { email } = await ownerIn('active')
      await guessWrong(email, 5)
      expectStatus(await login(email, PASSWORD), 429, 'too_many_attempts')
      expectStatus(await postReset({ token: await resetLinkOf(email), password: NEW }), 200)
      expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 0, lockUntil: null })
      await guessWrong(email, 4)
      expectStatus(await login(email, NEW), 200)
    })

    it('lifts the lock of the tenth, which nothing else does', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      await later(48 * HOUR, async () => {
        expectStatus(await login(email, PASSWORD), 423, 'account_locked')
        expectStatus(await postReset({ token: await resetLinkOf(email), password: NEW }), 200)
        expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 0, lockUntil: null })
        expectStatus(await login(email, NEW), 200)
      })
    })

    it('tells the owner by mail, without a link, and puts it on record', async () => {
      const { email } = await ownerIn('active')
      const { id } = await userRow(email)
      const answer = await postReset(
        { token: await resetLinkOf(email), password: NEW },
        { ip: '198.51.100.9' },
      )
      expect(await inboxOf(email, 'password_changed')).toMatchObject([{ to: email, link: null }])
      expect(await auditRowsOf(id, 'password_reset')).toMatchObject([
        {
          actorId: id,
          ip: '198.51.100.9',
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('tells the owner however many mails the address has had that day', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 7; n++) {
        expectStatus(await postReset({ token: await resetLinkOf(email), password: NEW + n }), 200)
      }
      expect(await mailsOf(email, 'password_changed')).toHaveLength(7)
    })

    it('costs two round trips, two calls and one hash', async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      expect(costOf(await postReset({ token, password: NEW }))).toBe('d1 2, do 2, hash 1')
    })
  })

  describe('knows this browser from then on, and no other', () => {
    it('sets the device cookie: the login that follows is no new device and has a lane of its own', async () => {
      const person = await ownerIn('active')
      await openSession(person)
      const answer = await postReset({ token: await resetLinkOf(person.email), password: NEW })
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-device=[^;]+; Max-Age=31536000; Path=\/; HttpOnly; Secure;/),
      ])
      await guessWrong(person.email, 5)
      expectStatus(await login(person.email, NEW), 429)
      expectStatus(await login(person.email, NEW, deviceOf(answer)), 200)
      expect(await mailsOf(person.email, 'new_device')).toEqual([])
    })

    it('keeps the cookie that this browser has already', async () => {
      const person = await ownerIn('active')
      const { deviceToken } = await openSession(person)
      const headers = { Cookie: `__Host-device=${deviceToken}` }
      const body = { token: await resetLinkOf(person.email), password: NEW }
      expect(deviceOf(await postReset(body, { headers }))).toBe(deviceToken)
      await guessWrong(person.email, 5)
      expectStatus(await login(person.email, NEW, deviceToken), 200)
      expect(await mailsOf(person.email, 'new_device')).toEqual([])
    })

    it('lifts the block of this browser too', async () => {
      const person = await ownerIn('active')
      const { deviceToken } = await openSession(person)
      await guessWrong(person.email, 5, deviceToken)
      expectStatus(await login(person.email, PASSWORD, deviceToken), 429)
      const headers = { Cookie: `__Host-device=${deviceToken}` }
      await postReset({ token: await resetLinkOf(person.email), password: NEW }, { headers })
      expectStatus(await login(person.email, NEW, deviceToken), 200)
    })

    it('makes a stranger of a device that was known before: blocked with them, and its login is told', async () => {
      const person = await ownerIn('active')
      const { deviceToken } = await openSession(person)
      await postReset({ token: await resetLinkOf(person.email), password: NEW })
      await guessWrong(person.email, 5)
      expectStatus(await login(person.email, NEW, deviceToken), 429, 'too_many_attempts')
      await later(BLOCK_OVER, async () => {
        expectStatus(await login(person.email, NEW, deviceToken), 200)
      })
      expect(await mailsOf(person.email, 'new_device')).toHaveLength(1)
    })

    it('does not believe a cookie that we never gave out', async () => {
      const person = await ownerIn('active')
      const { deviceToken } = await openSession(person)
      const forged = `${deviceToken.slice(0, 37)}${'A'.repeat(43)}`
      const body = { token: await resetLinkOf(person.email), password: NEW }
      const answer = await postReset(body, { headers: { Cookie: `__Host-device=${forged}` } })
      expectStatus(answer, 200)
      expect(deviceOf(answer).slice(0, 36)).not.toBe(forged.slice(0, 36))
      await guessWrong(person.email, 5)
      expectStatus(await login(person.email, NEW, deviceToken), 429)
    })
  })

  describe('refuses', () => {
    it('a link that has been used', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      await postReset({ token, password: NEW })
      expectStatus(await postReset({ token, password: PASSWORD }), 400, 'token_used')
      expectStatus(await login(email, NEW), 200)
    })

    it('a link of an hour ago: a second before it works, at the hour and after it does not', async () => {
      const start = Date.now()
      const { email } = await ownerIn('active')
      const tokens = await at(start, async () => [
        await resetLinkOf(email),
        await resetLinkOf((await ownerIn('active')).email),
        await resetLinkOf((await ownerIn('active')).email),
      ])
      const results = []
      for (const [index, moment] of [HOUR - SECOND, HOUR, HOUR + SECOND].entries()) {
        const body = { token: tokens[index], password: NEW }
        const { status, json } = await at(start + moment, () => postReset(body))
        results.push([status, json.code])
      }
      expect(results).toEqual([
        [200, undefined],
        [400, 'token_expired'],
        [400, 'token_expired'],
      ])
    })

    it('a link that a newer one has replaced', async () => {
      const { email } = await ownerIn('active')
      await postForgot(email)
      const old = await mailedToken(email, 'reset_password')
      await postForgot(email)
      expectStatus(await postReset({ token: old, password: NEW }), 400, 'token_invalid')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('every other link of the account once one of them has been used', async () => {
      const { email } = await ownerIn('active')
      const [one, other] = [await resetLinkOf(email), await resetLinkOf(email)]
      expectStatus(await postReset({ token: one, password: NEW }), 200)
      expectStatus(await postReset({ token: other, password: PASSWORD }), 400, 'token_invalid')
      expectStatus(await login(email, NEW), 200)
    })

    it('a link that was mailed to an address which the account has left', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const moved = `moved@${unique()}.example`
      await db.update(users).set({ email: moved }).where(eq(users.email, email))
      expectStatus(await postReset({ token, password: NEW }), 400, 'token_invalid')
      expectStatus(await login(moved, PASSWORD), 200)
    })

    it('a link of that kind which belongs to nobody, or to somebody whose mailbox is unproven', async () => {
      const { email } = await ownerIn('active')
      const [gone, unproven] = [await resetLinkOf(email), await resetLinkOf(email)]
      const ofGone = eq(oneTimeTokens.tokenHash, hashSecret(gone))
      await db.update(oneTimeTokens).set({ userId: null }).where(ofGone)
      expectStatus(await postReset({ token: gone, password: NEW }), 400, 'token_invalid')
      await db.update(users).set({ emailVerifiedAt: null }).where(eq(users.email, email))
      expectStatus(await postReset({ token: unproven, password: NEW }), 400, 'token_invalid')
    })

    it('a link that was mailed for something else', async () => {
      const signup = await signedUp()
      const verification = await linkTokenOf(signup.communityId)
      expectStatus(await postReset({ token: verification, password: NEW }), 400, 'token_invalid')
      expectStatus(await postVerification(verification), 200)
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      for (const purpose of ['verify_email', 'not_me', 'revert_email'] as const) {
        const row = eq(oneTimeTokens.tokenHash, hashSecret(token))
        await db.update(oneTimeTokens).set({ purpose }).where(row)
        expectStatus(await postReset({ token, password: NEW }), 400, 'token_invalid')
      }
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('an invented token, a spoiled one, and one in other letters', async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      for (const other of ['x', 'A'.repeat(43), token.slice(1), `${token}A`, swapCase(token)]) {
        expectStatus(await postReset({ token: other, password: NEW }), 400, 'token_invalid')
      }
      expect(await isLinkAlive(token)).toBe(true)
    })

    it('nothing in place of a token, also where a row has no hash or the hash of nothing', async () => {
      const { email } = await ownerIn('active')
      await plantBlankLinks(email)
      const blanks = [undefined, null, '', ' ', '\t\n', 0, false, [], {}, [''], [null]]
      for (const token of [...blanks, 'x'.repeat(513)]) {
        const answer = await postReset({ token, password: NEW })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors, JSON.stringify(token)).toEqual({ token: expect.any(String) })
      }
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('two passwords that differ, and names the second', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const answer = await postReset({ token, password: NEW, confirmPassword: `${NEW} ` })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ confirmPassword: expect.any(String) })
      expect(answer.text).not.toContain(NEW)
      expect(await isLinkAlive(token)).toBe(true)
    })

    it.each([undefined, null, 7, ['Quiet-Lantern-64'], { length: 20 }])(
      '%j as a password',
      async (password) => {
        const token = await resetLinkOf((await ownerIn('active')).email)
        const answer = await postReset({ token, password })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ password: expect.any(String) })
        expect(await isLinkAlive(token)).toBe(true)
      },
    )

    it('fewer than fifteen characters to an admin', async () => {
      const { email } = await admin()
      const token = await resetLinkOf(email)
      const answer = await postReset({ token, password: 'Kj7#qmplKj7#qm' })
      expectStatus(answer, 400, 'password_rejected')
      expect(answer.json.errors).toEqual({
        password: expect.stringContaining('at least 15 characters'),
      })
      expectStatus(await postReset({ token, password: 'Kj7#qmplKj7#qmz' }), 200)
      expectStatus(await login(email, 'Kj7#qmplKj7#qmz'), 200)
    })

    it('a foreign page, which could make its own browser known', async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      const headers = { Origin: 'https://evil.example' }
      const answer = await postReset({ token, password: NEW }, { headers })
      expectStatus(answer, 403, 'csrf_failed')
      expect(await isLinkAlive(token)).toBe(true)
    })

    it('the sixth attempt of an hour from one address', async () => {
      const ip = '198.51.100.55'
      for (let n = 0; n < 5; n++) {
        expectStatus(await postReset({ token: 'x', password: NEW }, { ip }), 400)
      }
      const token = await resetLinkOf((await ownerIn('active')).email)
      expectStatus(await postReset({ token, password: NEW }, { ip }), 429, 'rate_limited')
      expectStatus(await postReset({ token, password: NEW }), 200)
    })

    it('no attempt of one whose new passwords are refused, as often as that happens', async () => {
      const ip = '198.51.100.56'
      const token = await resetLinkOf((await ownerIn('active')).email)
      for (let n = 0; n < 8; n++) {
        const weak = await postReset({ token, password: 'Password123!' }, { ip })
        expectStatus(weak, 400, 'password_rejected')
        expect(weak.headers.get('RateLimit')).toMatch(/^"reset";r=4;/)
      }
      expectStatus(await postReset({ token, password: NEW }, { ip }), 200)
      // What is no genuine link counts, whatever password comes with it.
      for (let n = 0; n < 4; n++) {
        expectStatus(await postReset({ token: 'x', password: 'Password123!' }, { ip }), 400)
      }
      expectStatus(await postReset({ token: 'x', password: NEW }, { ip }), 429, 'rate_limited')
    })
  })
})

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
}

/** Links as a broken migration might leave them: without a hash, or with that of a blank text. */
async function plantBlankLinks(email: string): Promise<void> {
  const { id: userId } = await userRow(email)
  const [createdAt, keyVersion] = [Date.now(), 1]
  const life = { createdAt, expiresAt: createdAt + HOUR }
  const hashes = ['', ...['', ' ', 'null', 'undefined', '0', 'false', '[]'].map(hashSecret)]
  await db.insert(oneTimeTokens).values(
    hashes.map((tokenHash) => ({
      id: newId(createdAt),
      purpose: 'reset_password' as const,
      ...life,
      keyVersion,
      tokenHash,
      userId,
      email,
    })),
  )
}
