import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { parseDeviceToken } from '../../../src/lib/tokens.ts'
import { db, PASSWORD, postLogin } from '../../factories.ts'
import {
  addressHere,
  askForCode as askToLogIn,
  mailedCode,
  signInByCode,
  useCode,
  useLink,
} from '../../mailbox-client.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  postRefresh,
  sessionRow,
  userRow,
} from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import {
  askForCode,
  at,
  auditRowsOf,
  costOf,
  guardOf,
  guessWrong,
  inboxOf,
  isLinkAlive,
  keys,
  later,
  lock,
  mailsOf,
  NEW,
  PATIENT,
  postReset,
  resetLinkOf,
  resetLinksOf,
  signedIn,
  WRONG,
} from '../passwords/password-client.ts'
import {
  asked,
  confirm,
  DAY,
  isKnown,
  livingLinksOf,
  moved,
  postRevert,
  requestsOf,
} from './change-client.ts'

const login = (email: string, password = PASSWORD, deviceToken?: string) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' })

/** An account that somebody has moved away from its owner: signed in there, and the link in the owner's mail. */
async function robbed(options: Parameters<typeof moved>[2] = {}) {
  const owner = await signedIn()
  const { newEmail, undo } = await moved(owner, owner.email, options)
  return { ...owner, newEmail, undo }
}

describe('POST /api/v1/auth/revert-email', () => {
  describe('works', () => {
    it('brings the address back, and takes the password away', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const now = Date.now()
      const answer = await at(now, () => postRevert(undo))
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expect(await userRow(email)).toMatchObject({
        id: session.userId,
        emailVerifiedAt: now,
        passwordHash: null,
      })
      for (const address of [email, newEmail]) {
        expectStatus(await login(address), 401, 'invalid_credentials')
      }
    })

    it('mails a link to the old address that sets a new password', async () => {
      const { email, newEmail, undo } = await robbed()
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, newEmail))
      expectStatus(await postRevert(undo), 200)
      const [mail, ...others] = await inboxOf(email, 'set_password')
      expect(others).toEqual([])
      expect(mail).toMatchObject({ to: email, locale: 'zh' })
      expect(await mailsOf(newEmail, 'set_password')).toEqual([])
      const token = new URL(mail?.link ?? '').searchParams.get('token')
      expectStatus(await postReset({ token, password: NEW }), 200)
      expectStatus(await login(email, NEW), 200)
    })

    it('lets the owner in by a code at once', async () => {
      const { email, session, undo } = await robbed()
      expectStatus(await postRevert(undo), 200)
      expect((await signInByCode(email)).userId).toBe(session.userId)
    })

    it('ends every session, that of whoever moved it too', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const other = await openSession({ email: newEmail, password: PASSWORD })
      expectStatus(await postRevert(undo), 200)
      for (const { id, accessToken, refreshToken } of [session, other]) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        expect(await sessionRow(id)).toMatchObject({ revokeReason: 'email_change_reverted' })
      }
      expect(await livingSessionsOf((await userRow(email)).id)).toEqual([])
    })

    it('lifts what was counted: failures, block and lock, in the account and at the guard', async () => {
      const { email, newEmail, undo } = await robbed()
      await lock(newEmail)
      await guessWrong(email, 5)
      expect(await userRow(newEmail)).toMatchObject({ lockUntil: expect.any(Number) })
      expectStatus(await postRevert(undo), 200)
      expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 0, lockUntil: null })
      // Judged again at both, a reset before any other.
      for (const address of [email, newEmail]) {
        expectStatus(await login(address, WRONG), 401, 'invalid_credentials')
      }
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: NEW }), 200)
      expectStatus(await login(email, NEW), 200)
      expectStatus(await login(newEmail, NEW), 401, 'invalid_credentials')
    })

    it('forgets every device at both addresses, and knows this browser alone', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const other = await openSession({ email: newEmail, password: PASSWORD })
      const deviceId = parseDeviceToken(keys, other.deviceToken) ?? ''
      await guardOf(email).change({ kind: 'remember', deviceId })
      expect(await isKnown(email, other.deviceToken)).toBe(true)
      const answer = await postRevert(undo)
      const here = cookiesOf(answer)['__Host-device'] ?? ''
      const line = answer.headers.getSetCookie().find((text) => text.startsWith('__Host-device='))
      expect(line).toMatch(/; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
      expect(await isKnown(email, here)).toBe(true)
      for (const address of [email, newEmail]) {
        for (const { deviceToken } of [session, other]) {
          expect(await isKnown(address, deviceToken)).toBe(false)
        }
      }
      expect(await isKnown(newEmail, here)).toBe(false)
    })

    it('keeps the device of a browser that has one', async () => {
      const { email, session, undo } = await robbed()
      const headers = { Cookie: `__Host-device=${session.deviceToken}` }
      const answer = await postRevert(undo, { headers })
      expect(cookiesOf(answer)['__Host-device']).toBe(session.deviceToken)
      expect(await isKnown(email, session.deviceToken)).toBe(true)
    })

    it('makes void the codes and links of that user, at the old address and at the new one', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const reset = await resetLinkOf(newEmail)
      const { flowId } = await askToLogIn(newEmail)
      const [code, link] = [await mailedCode(newEmail), await mailedToken(newEmail, 'magic_link')]
      expectStatus(await askForCode(session), 202)
      const next = await asked({ session })
      expectStatus(await postRevert(undo), 200)
      expect(await isLinkAlive(reset)).toBe(false)
      expectStatus(await postReset({ token: reset, password: WRONG }), 400, 'token_invalid')
      expectStatus(await useCode({ email: newEmail, code, flowId }), 400, 'code_invalid')
      expectStatus(await useCode({ email, code, flowId }), 400, 'code_invalid')
      expectStatus(await useLink({ token: link, flowId }), 400, 'token_invalid')
      expectStatus(await confirm(session, next.code), 401, 'session_ended')
      expect(await requestsOf(session.userId)).toMatchObject([
        { usedAt: expect.any(Number) },
        { usedAt: null, withdrawnAt: expect.any(Number) },
      ])
      // The one link that lives is the one that was mailed with it.
      expect(await livingLinksOf(session.userId)).toEqual(['reset_password'])
      const living = [...(await resetLinksOf(email)), ...(await resetLinksOf(newEmail))]
      expect(living).toMatchObject([{ email, usedAt: null }])
    })

    it('is on record, without an address', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const answer = await postRevert(undo, { ip: '198.51.100.12' })
      const rows = await auditRowsOf(session.userId, 'email_change_reverted')
      expect(rows).toMatchObject([
        {
          actorId: session.userId,
          ip: '198.51.100.12',
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
      expect(JSON.stringify(rows)).not.toContain(email)
      expect(JSON.stringify(rows)).not.toContain(newEmail)
    })

    it('leaves other people alone, whoever asked for what', async () => {
      const [bystander, { undo }] = [await signedIn(), await robbed()]
      const before = await userRow(bystander.email)
      const token = await resetLinkOf(bystander.email)
      expectStatus(await postRevert(undo), 200)
      expect(await userRow(bystander.email)).toEqual(before)
      expectStatus(await me(bystander.session.accessToken), 200)
      expect(await isLinkAlive(token)).toBe(true)
    })

    it('of a disabled account too, which stays disabled', async () => {
      const { email, newEmail, undo } = await robbed()
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, newEmail))
      expectStatus(await postRevert(undo), 200)
      const { flowId } = await askToLogIn(email)
      const body = { email, code: await mailedCode(email), flowId }
      expectStatus(await useCode(body), 403, 'account_disabled')
      expect(await userRow(email)).toMatchObject({ disabledAt: 1 })
    })

    it('costs the link and the write, the limit and both guards', async () => {
      const { undo } = await robbed()
      expect(costOf(await postRevert(undo))).toBe('d1 2, do 3')
    })
  })

  describe('after the address has moved on', () => {
    /** From `email` to `second`, and from there to `third`, with the link of each. */
    async function robbedTwice() {
      const owner = await robbed()
      const { newEmail: third, undo: later } = await moved(owner, owner.newEmail)
      return { ...owner, second: owner.newEmail, third, first: owner.undo, later }
    }

    it('the first link brings the first address back, and ends the later one', async () => {
      const { email, second, third, session, first, later: link } = await robbedTwice()
      expectStatus(await postRevert(first), 200)
      expect((await userRow(email)).id).toBe(session.userId)
      expectStatus(await postRevert(link), 400, 'token_invalid')
      for (const gone of [second, third]) {
        expect(await db.select().from(users).where(eq(users.email, gone))).toEqual([])
      }
      expectStatus(await me(session.accessToken), 401, 'session_ended')
      for (const address of [email, second, third]) {
        expect(await isKnown(address, session.deviceToken)).toBe(false)
      }
    })

    it('the later link brings the second address back, and the first one then the first', async () => {
      const { email, second, session, first, later: link } = await robbedTwice()
      expectStatus(await postRevert(link), 200)
      expect((await userRow(second)).id).toBe(session.userId)
      expectStatus(await postRevert(first), 200)
      expect((await userRow(email)).id).toBe(session.userId)
      expectStatus(await postRevert(link), 400, 'token_used')
      expect((await userRow(email)).id).toBe(session.userId)
    })

    it('whoever took the later address back cannot keep it: the reset that came with it ends too', async () => {
      const { email, second, first, later: link } = await robbedTwice()
      expectStatus(await postRevert(link), 200)
      const token = await mailedToken(second, 'reset_password')
      expectStatus(await postRevert(first), 200)
      expectStatus(await postReset({ token, password: WRONG }), 400, 'token_invalid')
      expectStatus(await login(email, WRONG), 401)
    })

    it('a change after the undo has an undo of its own', async () => {
      const { email, undo } = await robbed()
      expectStatus(await postRevert(undo), 200)
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: PASSWORD }), 200)
      const session = await openSession({ email, password: PASSWORD })
      const next = await moved({ session }, email)
      expectStatus(await postRevert(undo), 400, 'token_used')
      expect((await userRow(next.newEmail)).id).toBe(session.userId)
      expectStatus(await postRevert(next.undo), 200)
      expect((await userRow(email)).id).toBe(session.userId)
    })

    it('frees the address that was taken by it: another person may have it', async () => {
      const { newEmail, undo } = await robbed()
      expectStatus(await postRevert(undo), 200)
      const other = await signedIn()
      await moved(other, other.email, { to: newEmail })
      expect((await userRow(newEmail)).id).toBe(other.session.userId)
    })
  })

  describe('refuses', () => {
    it('a link that was used, to everybody and for ever', async () => {
      const { email, undo } = await robbed()
      expectStatus(await postRevert(undo), 200)
      const before = await userRow(email)
      expectStatus(await postRevert(undo), 400, 'token_used')
      await later(8 * DAY, async () => expectStatus(await postRevert(undo), 400, 'token_used'))
      expect(await userRow(email)).toEqual(before)
      expect(await mailsOf(email, 'set_password')).toHaveLength(1)
    })

    it('a link after its seven days, and takes it a second before', async () => {
      for (const [milliseconds, status] of [
        [7 * DAY - 1000, 200],
        [7 * DAY, 400],
      ] as const) {
        const owner = await signedIn()
        const start = Date.now()
        const { newEmail, undo } = await at(start, () => moved(owner, owner.email))
        await at(start + milliseconds, async () => {
          const answer = await postRevert(undo)
          expectStatus(answer, status, status === 400 ? 'token_expired' : undefined)
        })
        const now = status === 200 ? owner.email : newEmail
        expect((await userRow(now)).id).toBe(owner.session.userId)
      }
    })

    it('exactly as long as EMAIL_UNDO_SECONDS says', async () => {
      const start = Date.now()
      const short = { call: { env: { ...PATIENT, EMAIL_UNDO_SECONDS: '60' } } }
      const [one, two] = await at(start, async () => [await robbed(short), await robbed(short)])
      await at(start + 59_999, async () => expectStatus(await postRevert(one?.undo), 200))
      await at(start + 60_000, async () =>
        expectStatus(await postRevert(two?.undo), 400, 'token_expired'),
      )
      const [mail] = await at(start, () => inboxOf(String(two?.email), 'email_change_notice'))
      expect(mail?.text).toContain('1 minute')
    })

    it('a token that nobody made, and one of which a letter differs', async () => {
      const { email, newEmail, undo } = await robbed()
      const swap = (at: number) =>
        undo.slice(0, at) + (undo[at] === 'A' ? 'B' : 'A') + undo.slice(at + 1)
      const odd = [swap(0), swap(20), swap(41), undo.slice(1), `${undo}A`, undo.toLowerCase()]
      for (const token of [...odd, 'x', 'A'.repeat(43), "' OR 1=1--"]) {
        const answer = await postRevert(token)
        expectStatus(answer, 400, 'token_invalid')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(await db.select().from(users).where(eq(users.email, email))).toEqual([])
      expectStatus(await login(newEmail), 200)
    })

    it('what is no token: blank, missing, no text, too long', async () => {
      for (const token of ['', ' ', null, undefined, 0, [], {}, ['x'], 'x'.repeat(513)]) {
        expectStatus(await postRevert(token), 422, 'validation_failed')
      }
    })

    it('the token of a link for something else, and its own is good for nothing else', async () => {
      const { email, newEmail, undo } = await robbed()
      const reset = await resetLinkOf(newEmail)
      expectStatus(await postRevert(reset), 400, 'token_invalid')
      expect(await isLinkAlive(undo)).toBe(false)
      expectStatus(await postReset({ token: undo, password: NEW }), 400, 'token_invalid')
      for (const path of ['verify-email', 'not-me', 'verify-magic', 'accept-invite']) {
        const answer = await call(`${API}/auth/${path}`, { body: { token: undo } })
        expectStatus(answer, 400, 'token_invalid')
      }
      expectStatus(await postRevert(undo), 200)
      expect((await userRow(email)).passwordHash).toBeNull()
    })

    it('the link of a change whose user is gone', async () => {
      const { newEmail, undo } = await robbed()
      await db.update(users).set({ emailVerifiedAt: null }).where(eq(users.email, newEmail))
      expectStatus(await postRevert(undo), 400, 'token_invalid')
    })

    it('to take the address or the user from the body', async () => {
      const [victim, { email, session, undo }] = [await signedIn(), await robbed()]
      const before = await userRow(victim.email)
      const body = { token: undo, userId: victim.session.userId, email: addressHere() }
      expectStatus(await call(`${API}/auth/revert-email`, { body }), 200)
      expect(await userRow(victim.email)).toEqual(before)
      expect((await userRow(email)).id).toBe(session.userId)
    })

    it('the token in the address: opening the link undoes nothing', async () => {
      const { newEmail, undo } = await robbed()
      const path = `${API}/auth/revert-email?token=${undo}`
      expectStatus(await call(path), 405, 'method_not_allowed')
      expectStatus(await call(path, { body: {} }), 422, 'validation_failed')
      expectStatus(await login(newEmail), 200)
      expectStatus(await postRevert(undo), 200)
    })

    it('another site’s page that sends it', async () => {
      const { undo } = await robbed()
      const headers = { Origin: 'https://evil.example' }
      expectStatus(await postRevert(undo, { headers }), 403, 'csrf_failed')
      expectStatus(await postRevert(undo), 200)
    })
  })
})
