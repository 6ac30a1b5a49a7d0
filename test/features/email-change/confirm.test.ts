import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { newLinkToken, parseDeviceToken } from '../../../src/lib/tokens.ts'
import {
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
} from '../../factories.ts'
import {
  addressHere,
  askForCode as askToLogIn,
  mailedCode,
  otherCode,
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
import { API, call, expectStatus } from '../../support/call.ts'
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
  postChange,
  postReset,
  resetLinkOf,
  signedIn,
} from '../passwords/password-client.ts'
import {
  asked,
  confirm,
  DAY,
  isKnown,
  livingLinksOf,
  moved,
  postEmail,
  postRevert,
  requestsOf,
} from './change-client.ts'

const login = (email: string, deviceToken?: string) =>
  postLogin({ email, password: PASSWORD, deviceToken, tokenTransport: 'body' })

describe('POST /api/v1/account/email/verify', () => {
  describe('works', () => {
    it('moves the address: the new one logs in, the old one does not, whatever it says', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const now = Date.now()
      const answer = await at(now, () => confirm(person.session, ` ${code} `))
      expectStatus(answer, 200)
      const { userId: id } = person.session
      expect(answer.data).toEqual({
        user: {
          id,
          email: newEmail,
          fullName: 'Mira Rao',
          role: 'CommunityOwner',
          emailVerified: true,
          locale: 'en',
        },
      })
      expect(await userRow(newEmail)).toMatchObject({ id, emailVerifiedAt: now })
      expectStatus(await login(person.email), 401, 'invalid_credentials')
      expectStatus(await login(newEmail), 200)
    })

    it('ends the other sessions and lets this one go on, with the tokens in hand', async () => {
      const { session, ...person } = await signedIn()
      const others = [await openSession(person), await openSession(person)]
      const stranger = await signedIn()
      await moved({ session }, person.email)
      for (const { id, accessToken, refreshToken } of others) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        expect(await sessionRow(id)).toMatchObject({ revokeReason: 'email_changed' })
      }
      expect(await livingSessionsOf(session.userId)).toMatchObject([{ id: session.id }])
      expectStatus(await me(session.accessToken), 200)
      expectStatus(await postRefresh(session.refreshToken), 200)
      expectStatus(await me(stranger.session.accessToken), 200)
    })

    it('tells the old address, with a link that undoes it for seven days', async () => {
      const person = await signedIn()
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, person.email))
      const { newEmail, undo } = await moved(person, person.email)
      const [mail, ...others] = await inboxOf(person.email, 'email_change_notice')
      expect(others).toEqual([])
      expect(mail).toMatchObject({ to: person.email, locale: 'zh', code: null })
      expect(new URL(mail?.link ?? '').pathname).toBe('/revert-email')
      expect(new URL(mail?.link ?? '').searchParams.get('token')).toBe(undo)
      // The notice goes where a thief's mailbox is not, and names no address that is not its reader's.
      expect(`${mail?.text} ${mail?.html}`).not.toContain(newEmail)
      const rows = await db
        .select()
        .from(oneTimeTokens)
        .where(eq(oneTimeTokens.email, person.email))
      const row = rows.find(({ purpose }) => purpose === 'revert_email')
      expect((row?.expiresAt ?? 0) - (row?.createdAt ?? 0)).toBe(7 * DAY)
      expect(await mailsOf(newEmail, 'email_change_notice')).toEqual([])
    })

    it('is on record, without either address', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const answer = await confirm(person.session, code, { ip: '198.51.100.12' })
      const rows = await auditRowsOf(person.session.userId, 'email_changed')
      expect(rows).toMatchObject([
        {
          actorId: person.session.userId,
          ip: '198.51.100.12',
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
      expect(JSON.stringify(rows)).not.toContain(person.email)
      expect(JSON.stringify(rows)).not.toContain(newEmail)
    })

    it('makes void what was mailed to the account before: resets, magic links, “not me”', async () => {
      const person = await signedIn()
      const { email, session } = person
      const reset = await resetLinkOf(email)
      const { flowId } = await askToLogIn(email)
      const [code, link] = [await mailedCode(email), await mailedToken(email, 'magic_link')]
      const notMe = await notMeLinkOf(email, session.id)
      const { newEmail } = await moved(person, email)
      expect(await livingLinksOf(session.userId)).toEqual(['revert_email'])
      expect(await isLinkAlive(reset)).toBe(false)
      expectStatus(await postReset({ token: reset, password: NEW }), 400, 'token_invalid')
      expectStatus(await useLink({ token: link, flowId }), 400, 'token_invalid')
      expectStatus(await useCode({ email, code, flowId }), 400, 'code_invalid')
      expectStatus(await useCode({ email: newEmail, code, flowId }), 400, 'code_invalid')
      const answer = await call(`${API}/auth/not-me`, { body: { token: notMe } })
      expectStatus(answer, 400, 'token_invalid')
      expectStatus(await me(session.accessToken), 200)
    })

    it('makes void the codes that the account had asked for at its old address', async () => {
      const person = await signedIn()
      expectStatus(await askForCode(person.session), 202)
      const code = await mailedCode(person.email)
      await moved(person, person.email)
      const body = { code, newPassword: NEW }
      expectStatus(await postChange(person.session, body), 400, 'code_invalid')
    })

    it('is counted at the new address from then on: the device is known there, and no more at the old one', async () => {
      const person = await signedIn()
      const other = await openSession(person)
      const { newEmail } = await moved(person, person.email)
      expect(await isKnown(newEmail, person.session.deviceToken)).toBe(true)
      expect(await isKnown(person.email, person.session.deviceToken)).toBe(false)
      expect(await isKnown(newEmail, other.deviceToken)).toBe(false)
      expect(await isKnown(person.email, other.deviceToken)).toBe(false)
    })

    it('goes on although strangers had locked the new address before', async () => {
      const person = await signedIn()
      const newEmail = addressHere()
      await lock(newEmail)
      await moved(person, person.email, { to: newEmail })
      const body = { newEmail: addressHere(), password: PASSWORD }
      expectStatus(await postEmail(person.session, body), 202)
      expectStatus(await login(newEmail, person.session.deviceToken), 200)
      // What was counted there before the account came is not the account's.
      expectStatus(await login(newEmail), 200)
    })

    it('begins anew at the new address: codes and devices of whoever had it before are nothing there', async () => {
      const person = await signedIn()
      const newEmail = addressHere()
      const { flowId } = await askToLogIn(newEmail, 'signup')
      const code = await mailedCode(newEmail)
      const device = (await signedIn()).session.deviceToken
      const deviceId = parseDeviceToken(keys, device) ?? ''
      await guardOf(newEmail).change({ kind: 'remember', deviceId })
      await moved(person, person.email, { to: newEmail })
      expect(await isKnown(newEmail, device)).toBe(false)
      expectStatus(await useCode({ email: newEmail, code, flowId }), 400, 'code_invalid')
      expect(await livingSessionsOf(person.session.userId)).toHaveLength(1)
    })

    it('and the lock that strangers put on the old address does not come along', async () => {
      const person = await signedIn()
      await lock(person.email)
      expect((await userRow(person.email)).lockUntil).not.toBeNull()
      const { newEmail } = await moved(person, person.email)
      expect((await userRow(newEmail)).lockUntil).toBeNull()
      expectStatus(await login(newEmail), 200)
    })

    it('a second time, to a third address: each old one can take it back', async () => {
      const person = await signedIn()
      const first = await moved(person, person.email)
      const second = await moved(person, first.newEmail)
      expect((await me(person.session.accessToken)).data.user).toMatchObject({
        email: second.newEmail,
      })
      expect(await inboxOf(person.email, 'email_change_notice')).toHaveLength(1)
      expect(await inboxOf(first.newEmail, 'email_change_notice')).toHaveLength(1)
      expectStatus(await login(first.newEmail), 401)
      expectStatus(await login(second.newEmail), 200)
    })

    it('to an address with a signup that waits: its link then gives this account that community', async () => {
      const person = await signedIn()
      const signup = await signedUp({ password: NEW, confirmPassword: NEW })
      await moved(person, person.email, { to: signup.email })
      expectStatus(await postVerification(await linkTokenOf(signup.communityId)), 200)
      const { userId } = person.session
      expect(await communityRow(signup.communityId)).toMatchObject({ createdBy: userId })
      const { memberships } = (await me(person.session.accessToken)).data
      expect(memberships).toContainEqual(
        expect.objectContaining({ communityId: signup.communityId, role: 'CommunityOwner' }),
      )
      expectStatus(await postLogin({ email: signup.email, password: NEW }), 401)
      expectStatus(await login(signup.email), 200)
    })

    it('of a person without a password, who logs in by code at the new address', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      await db.update(users).set({ passwordHash: null }).where(eq(users.email, person.email))
      expectStatus(await confirm(person.session, code), 200)
      const { flowId } = await askToLogIn(newEmail)
      const body = { email: newEmail, code: await mailedCode(newEmail), flowId }
      expectStatus(await useCode(body), 200)
    })

    it('sets no cookie and gives no token', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const answer = await confirm(person.session, code)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.text).not.toMatch(/\brt\.|\beyJ/)
    })

    it('costs the session, the request and the write; the limit, the code and two guards', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      expect(costOf(await confirm(person.session, code))).toBe('d1 3, do 4')
    })
  })

  describe('refuses', () => {
    it('a wrong code, and after five of them the right one', async () => {
      const person = await signedIn()
      const { code, newEmail } = await asked(person)
      for (let n = 0; n < 5; n++) {
        expectStatus(await confirm(person.session, otherCode(code)), 400, 'code_invalid')
      }
      expectStatus(await confirm(person.session, code), 400, 'code_invalid')
      expectStatus(await login(newEmail), 401)
      const rows = await auditRowsOf(person.session.userId, 'otp_failed')
      expect(rows).toHaveLength(6)
      expect(rows[0]?.details).toEqual({ purpose: 'email_change', reason: 'wrong' })
    })

    it('the eleventh try of a quarter of an hour, over as many codes as one likes', async () => {
      const person = await signedIn()
      for (let round = 0; round < 2; round++) {
        const { code } = await asked(person)
        for (let n = 0; n < 5; n++) {
          expectStatus(await confirm(person.session, otherCode(code)), 400, 'code_invalid')
        }
      }
      const { code } = await asked(person)
      const refused = await confirm(person.session, code)
      expectStatus(refused, 429, 'too_many_attempts')
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(800)
      await later(15 * 60_000, async () => {
        const next = await asked(person)
        expectStatus(await confirm(person.session, next.code), 200)
      })
    })

    it('a code after its five minutes, and takes it a second before', async () => {
      for (const [milliseconds, status] of [
        [299_000, 200],
        [300_000, 400],
      ] as const) {
        const person = await signedIn()
        const start = Date.now()
        const { code } = await at(start, () => asked(person))
        await at(start + milliseconds, async () => {
          const answer = await confirm(person.session, code)
          expectStatus(answer, status, status === 400 ? 'code_expired' : undefined)
        })
      }
    })

    it('a code whose request is over though the guard’s clock is behind: it has expired', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const ofUser = eq(oneTimeTokens.userId, person.session.userId)
      await db
        .update(oneTimeTokens)
        .set({ expiresAt: Date.now() - 1 })
        .where(ofUser)
      expectStatus(await confirm(person.session, code), 400, 'code_expired')
      expectStatus(await me(person.session.accessToken), 200)
    })

    it('a code twice', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      expectStatus(await confirm(person.session, code), 200)
      expectStatus(await confirm(person.session, code), 400, 'code_invalid')
      expect(await auditRowsOf(person.session.userId, 'email_changed')).toHaveLength(1)
    })

    it('an older code of this session, once a newer one was asked for', async () => {
      const person = await signedIn()
      const [older, newer] = [await asked(person), await asked(person)]
      expectStatus(await confirm(person.session, older.code), 400, 'code_invalid')
      expectStatus(await confirm(person.session, newer.code), 200)
      expectStatus(await login(newer.newEmail), 200)
      expectStatus(await login(older.newEmail), 401)
    })

    it('the code of another session of the same person, which lives on', async () => {
      const { session, ...person } = await signedIn()
      const other = await openSession(person)
      const { newEmail, code } = await asked({ session })
      expectStatus(await confirm(other, code), 400, 'code_invalid')
      expectStatus(await confirm(session, code), 200)
      expectStatus(await login(newEmail), 200)
    })

    it('the code of another person', async () => {
      const [person, other] = [await signedIn(), await signedIn()]
      const { code } = await asked(person)
      expectStatus(await confirm(other.session, code), 400, 'code_invalid')
      expectStatus(await confirm(person.session, code), 200)
    })

    it('a code that was mailed for something else, and is no code for anything else', async () => {
      const person = await signedIn()
      const { email, session } = person
      const { newEmail, code } = await asked(person)
      expectStatus(await askForCode(session), 202)
      const accountCode = await mailedCode(email)
      const { flowId } = await askToLogIn(email)
      const loginCode = await mailedCode(email)
      for (const wrong of [accountCode, loginCode]) {
        expectStatus(await confirm(session, wrong), 400, 'code_invalid')
      }
      const change = { code, newPassword: NEW }
      expectStatus(await postChange(session, change), 400, 'code_invalid')
      for (const address of [email, newEmail]) {
        expectStatus(await useCode({ email: address, code, flowId }), 400, 'code_invalid')
      }
      // Each is still good for what it was mailed for.
      expectStatus(await useCode({ email, code: loginCode, flowId }), 200)
      expectStatus(await postChange(session, { code: accountCode, newPassword: NEW }), 200)
      expectStatus(await confirm(session, code), 200)
    })

    it('what is no code, blank ones too', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const blank = ['', ' ', null, undefined, 0, [], {}]
      for (const odd of [...blank, code.slice(1), `${code}0`, 'abcdef', [code], Number(code)]) {
        const answer = await confirm(person.session, odd)
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ code: expect.any(String) })
      }
      expectStatus(await confirm(person.session, code), 200)
    })

    it('a code where nothing was asked for', async () => {
      const { session } = await signedIn()
      expectStatus(await confirm(session, '123456'), 400, 'code_invalid')
    })

    it('an address that became somebody’s meanwhile, and changes nothing', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const owner = await ownerIn('active', {
        email: newEmail,
        password: NEW,
        confirmPassword: NEW,
      })
      expectStatus(await confirm(person.session, code), 409, 'account_exists')
      expect((await me(person.session.accessToken)).data.user).toMatchObject({
        email: person.email,
      })
      expect(await inboxOf(person.email, 'email_change_notice')).toEqual([])
      expectStatus(await postLogin({ email: owner.email, password: NEW }), 200)
      expectStatus(await login(newEmail), 401)
    })

    it('an address that somebody left meanwhile', async () => {
      const newEmail = addressHere()
      const person = await signedIn()
      const { code } = await asked(person, newEmail)
      const other = await signedIn()
      await moved(other, other.email, { to: newEmail })
      await moved(other, newEmail)
      expectStatus(await confirm(person.session, code), 409, 'account_exists')
      expectStatus(await login(person.email), 200)
    })

    it('a blocked or locked device: the code is not compared, and lives on', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      await guessWrong(person.email, 5, person.session.deviceToken)
      expectStatus(await confirm(person.session, code), 429, 'too_many_attempts')
      expectStatus(await login(person.email), 200)
      const { code: next, newEmail } = await later(15 * 60_000 + 1, () => asked(person))
      await later(15 * 60_000 + 2, async () =>
        expectStatus(await confirm(person.session, next), 200),
      )
      expectStatus(await login(newEmail), 200)
    })

    it('a body that names another address or user: the one that was proven counts', async () => {
      const [person, victim] = [await signedIn(), await signedIn()]
      const { newEmail, code } = await asked(person)
      const body = {
        code,
        newEmail: addressHere(),
        email: victim.email,
        userId: victim.session.userId,
        sessionId: victim.session.id,
      }
      const options = { token: person.session.accessToken, body }
      expectStatus(await call(`${API}/account/email/verify`, options), 200)
      expect((await me(person.session.accessToken)).data.user).toMatchObject({ email: newEmail })
      expect((await me(victim.session.accessToken)).data.user).toMatchObject({
        email: victim.email,
      })
    })

    it('whoever is not signed in', async () => {
      const path = `${API}/account/email/verify`
      expectStatus(await call(path, { body: { code: '123456' } }), 401, 'unauthenticated')
    })

    it('the code of a request that an undo has overtaken', async () => {
      const person = await signedIn()
      const first = await moved(person, person.email)
      const { code } = await asked(person)
      expectStatus(await postRevert(first.undo), 200)
      expectStatus(await confirm(person.session, code), 401, 'session_ended')
      expect(await requestsOf(person.session.userId)).toMatchObject([
        { withdrawnAt: null },
        { withdrawnAt: expect.any(Number), usedAt: null },
      ])
    })
  })
})

/** As the mail of a new device carries it. */
async function notMeLinkOf(email: string, sessionId: string): Promise<string> {
  const { id: userId, communityId } = await userRow(email)
  const token = newLinkToken(keys, 'not_me', { now: Date.now(), ttlSeconds: 3600 })
  const payload = { sessionId }
  await db.insert(oneTimeTokens).values({ ...token, userId, communityId, email, payload })
  return mailedToken(email, 'not_me')
}
