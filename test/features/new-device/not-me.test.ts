import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens } from '../../../src/db/schema/index.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import { db, ownerIn, postLogin } from '../../factories.ts'
import {
  auditOf,
  mailedToken,
  me,
  type OpenSession,
  openSession,
  outboxOf,
  sessionRow,
} from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { endingsOf, later } from '../sessions/clients.ts'
import {
  actionsOf,
  deviceIn,
  expectDead,
  expectUnused,
  isKnown,
  notMe,
  resetMailsTo,
  theft,
} from './theft.ts'

const DAY = 24 * 3600 * 1000
const NEW_PASSWORD = 'Quiet-Lantern-64'

describe('POST /api/v1/auth/not-me', () => {
  describe('works', () => {
    it('ends the session that the mail told of, and no other', async () => {
      const { home, thief, token, userId } = await theft()
      const bystander = await openSession(await ownerIn('active'))
      const answer = await notMe(token)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      await expectDead(thief)
      expect(await endingsOf(userId)).toEqual({ [home.id]: null, [thief.id]: 'not_me' })
      for (const session of [home, bystander]) expectStatus(await me(session.accessToken), 200)
    })

    it('ends the session that has replaced it on that device', async () => {
      const { owner, thief, token } = await theft()
      const again = await openSession(owner, { deviceToken: thief.deviceToken })
      const third = await openSession(owner, { deviceToken: thief.deviceToken })
      expectStatus(await notMe(token), 200)
      await expectDead(again)
      await expectDead(third)
    })

    it('still forgets the device and mails the link where that session has ended already', async () => {
      const { thief, token, email } = await theft()
      expectStatus(
        await call(`${API}/auth/logout`, { method: 'POST', token: thief.accessToken }),
        200,
      )
      expectStatus(await notMe(token), 200)
      expect(await isKnown(email, (await sessionRow(thief.id)).deviceId)).toBe(false)
      expect(await resetMailsTo(email)).toHaveLength(1)
    })

    it('forgets that device and no other: a later login from it is told by mail again', async () => {
      const { owner, home, thief, token, email } = await theft()
      const deviceId = (await sessionRow(thief.id)).deviceId
      expect(await isKnown(email, deviceId)).toBe(true)
      expectStatus(await notMe(token), 200)
      expect(await isKnown(email, deviceId)).toBe(false)
      expect(await isKnown(email, (await sessionRow(home.id)).deviceId)).toBe(true)
      const again = await openSession(owner, { deviceToken: thief.deviceToken })
      const told = (await outboxOf(email)).filter(({ template }) => template === 'new_device')
      expect(told.map(({ payload }) => payload?.sessionId)).toEqual([thief.id, again.id])
    })

    it('counts that device among strangers: five wrong passwords of theirs keep it out', async () => {
      const { owner, home, thief, token, email } = await theft()
      expectStatus(await notMe(token), 200)
      for (let n = 0; n < 5; n++) {
        expectStatus(await postLogin({ email, password: 'Wrong-Harbour-99' }), 401)
      }
      const { password } = owner
      const onDevice = (session: OpenSession) =>
        postLogin({ email, password, deviceToken: session.deviceToken })
      expectStatus(await onDevice(thief), 429, 'too_many_attempts')
      expectStatus(await onDevice(home), 200)
    })

    it('mails a link that sets a new password', async () => {
      const { owner, email, token, userId } = await theft()
      expectStatus(await notMe(token), 200)
      expect(await resetMailsTo(email)).toMatchObject([
        { email, userId, communityId: owner.communityId, tokenId: expect.any(String) },
      ])
      const link = await mailedToken(email, 'reset_password')
      const body = { token: link, password: NEW_PASSWORD }
      expectStatus(await call(`${API}/auth/reset-password`, { body }), 200)
      expectStatus(await postLogin({ email, password: owner.password }), 401)
      expectStatus(await postLogin({ email, password: NEW_PASSWORD }), 200)
    })

    it('mails it although strangers have used up what the address may be sent, up to five a day', async () => {
      const { owner, email } = await theft()
      for (let n = 0; n < 3; n++) {
        expectStatus(await call(`${API}/auth/forgot-password`, { body: { email } }), 202)
      }
      const tokens = [await mailedToken(email, 'not_me')]
      for (let n = 0; n < 4; n++) {
        await openSession(owner)
        tokens.push(await mailedToken(email, 'not_me'))
      }
      for (const token of tokens) expectStatus(await notMe(token), 200)
      expect(await resetMailsTo(email)).toHaveLength(3 + 5)
    })

    it('ends the older reset link: the newest is the only one', async () => {
      const { email, token } = await theft()
      await call(`${API}/auth/forgot-password`, { body: { email } })
      const older = await mailedToken(email, 'reset_password')
      expectStatus(await notMe(token), 200)
      const body = { token: older, password: NEW_PASSWORD }
      expectStatus(await call(`${API}/auth/reset-password`, { body }), 400, 'token_invalid')
    })

    it('makes the browser that says it known to the account', async () => {
      const { token, email } = await theft()
      const answer = await notMe(token)
      const line = answer.headers.getSetCookie()
      expect(line).toHaveLength(1)
      expect(line[0]).toMatch(
        /^__Host-device=\S+; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      )
      expect(await isKnown(email, deviceIn(cookiesOf(answer)['__Host-device']))).toBe(true)
    })

    it('keeps the device that the browser has, unless it is the very one that the mail told of', async () => {
      const [one, two] = [await theft(), await theft()]
      const asBrowser = (deviceToken: string) => ({
        headers: { Cookie: `__Host-device=${deviceToken}` },
      })
      const kept = await notMe(one.token, asBrowser(one.home.deviceToken))
      expect(cookiesOf(kept)['__Host-device']).toBe(one.home.deviceToken)
      const changed = await notMe(two.token, asBrowser(two.thief.deviceToken))
      const deviceId = deviceIn(cookiesOf(changed)['__Host-device'])
      const denied = (await sessionRow(two.thief.id)).deviceId
      expect(deviceId).not.toBe('')
      expect(deviceId).not.toBe(denied)
      expect(await isKnown(two.email, denied)).toBe(false)
      expect(await isKnown(two.email, deviceId)).toBe(true)
    })

    it('writes down what was ended and what was asked for', async () => {
      const { token, userId, thief } = await theft()
      const ip = '203.0.113.50'
      const answer = await notMe(token, { ip })
      const rows = (await auditOf(userId)).filter(
        ({ requestId }) => requestId === answer.headers.get('X-Request-Id'),
      )
      expect(rows).toHaveLength(2)
      expect(rows).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            action: 'session_revoked',
            ip,
            details: { reason: 'not_me', sessionId: thief.id },
          }),
          expect.objectContaining({
            action: 'password_reset_requested',
            ip,
            details: { reason: 'not_me' },
          }),
        ]),
      )
    })

    it('each mail has a link of its own: one says nothing about the other device', async () => {
      const { owner, token, thief, email } = await theft()
      const second = await openSession(owner)
      const other = await mailedToken(email, 'not_me')
      expectStatus(await notMe(other), 200)
      await expectDead(second)
      expectStatus(await me(thief.accessToken), 200)
      expectStatus(await notMe(token), 200)
      await expectDead(thief)
    })
  })

  describe('refuses', () => {
    it('a token that nobody made, and what is stored of a genuine one', async () => {
      const all = await theft()
      const stored = hashSecret(all.token)
      for (const token of ['x', 'A'.repeat(43), 'A'.repeat(511), "' OR 1=1--", stored]) {
        const answer = await notMe(token)
        expectStatus(answer, 400, 'token_invalid')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      await expectUnused(all)
    })

    it.each(['', ' ', null, undefined, 0, false, [], {}, ['x'], 'x'.repeat(513)])(
      '%j as a token',
      async (token) => {
        const answer = await notMe(token)
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ token: expect.any(String) })
      },
    )

    it('a blank token where a row has a blank hash', async () => {
      const blank = {
        purpose: 'not_me' as const,
        keyVersion: 1,
        email: 'a@b.example',
        createdAt: 1,
      }
      const row = { ...blank, id: crypto.randomUUID(), tokenHash: '', expiresAt: Date.now() + DAY }
      await db.insert(oneTimeTokens).values(row)
      for (const token of ['', ' ', '\t']) expectStatus(await notMe(token), 422)
      expectStatus(await notMe('0'), 400, 'token_invalid')
    })

    it('a link that was used, for ever, and changes nothing more', async () => {
      const { owner, token, thief, email, userId } = await theft()
      expectStatus(await notMe(token), 200)
      const again = await openSession(owner, { deviceToken: thief.deviceToken })
      const used = await notMe(token)
      expectStatus(used, 400, 'token_used')
      expect(used.headers.getSetCookie()).toEqual([])
      await later(30 * DAY, async () => expectStatus(await notMe(token), 400, 'token_used'))
      expectStatus(await me(again.accessToken), 200)
      expect(await resetMailsTo(email)).toHaveLength(1)
      expect((await actionsOf(userId)).filter((one) => one === 'session_revoked')).toHaveLength(1)
    })

    it('a link after its week, and works a second before', async () => {
      const [early, late] = [await theft(), await theft()]
      const endOf = async ({ token }: typeof early) => {
        const tokenHash = hashSecret(token)
        const [row] = await db
          .select()
          .from(oneTimeTokens)
          .where(eq(oneTimeTokens.tokenHash, tokenHash))
        return (row?.expiresAt ?? 0) - Date.now()
      }
      await later((await endOf(early)) - 1000, async () => {
        expectStatus(await notMe(early.token), 200)
      })
      await later((await endOf(late)) + 1000, async () => {
        expectStatus(await notMe(late.token), 400, 'token_expired')
        expect(await resetMailsTo(late.email)).toEqual([])
      })
    })

    it('a foreign page: the link stays unused', async () => {
      const all = await theft()
      const origins: Record<string, string>[] = [
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { 'Sec-Fetch-Site': 'cross-site' },
      ]
      for (const headers of origins) {
        expectStatus(await notMe(all.token, { headers }), 403, 'csrf_failed')
      }
      await expectUnused(all)
    })

    it('the opening of the link: only a POST uses it up', async () => {
      const all = await theft()
      for (const method of ['GET', 'HEAD']) {
        const { status } = await call(`${API}/auth/not-me?token=${all.token}`, { method })
        expect(status).toBe(405)
      }
      const query = await call(`${API}/auth/not-me?token=${all.token}`, { body: {} })
      expectStatus(query, 422, 'validation_failed')
      await expectUnused(all)
    })

    it('the link of another person together with anybody else named in the body', async () => {
      const [mine, theirs] = [await theft(), await theft()]
      const body = {
        token: mine.token,
        userId: theirs.userId,
        email: theirs.email,
        sessionId: theirs.thief.id,
        deviceId: (await sessionRow(theirs.thief.id)).deviceId,
      }
      expectStatus(await call(`${API}/auth/not-me`, { body }), 200)
      await expectDead(mine.thief)
      await expectUnused(theirs)
    })
  })
})
