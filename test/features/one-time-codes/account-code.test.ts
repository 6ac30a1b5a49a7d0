import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { outbox } from '../../../src/db/schema/index.ts'
import { accountCodeFlow } from '../../../src/features/one-time-codes/account-code.ts'
import { newId } from '../../../src/lib/ids.ts'
import { codeDigests } from '../../../src/lib/tokens.ts'
import { db, ownerIn, PASSWORD } from '../../factories.ts'
import { openSession, postRefresh } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingObject } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import {
  askForCode,
  at,
  auditRowsOf,
  costOf,
  deliverAll,
  guardOf,
  inboxOf,
  keys,
  later,
  MINUTE,
  mailedCode,
  mailsOf,
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  SECOND,
  signedIn,
} from '../passwords/password-client.ts'
import { keptCodes, logIn, tryWrong, use, withCode } from './code-client.ts'

const WINDOW = 15 * MINUTE

describe('POST /api/v1/account/code', () => {
  describe('works', () => {
    it('mails six digits that stand for the password, and says how long they do', async () => {
      const { email, session } = await signedIn()
      const answer = await askForCode(session)
      expectStatus(answer, 202)
      expect(answer.json).toEqual({
        success: true,
        message: expect.any(String),
        data: { expiresIn: 300 },
      })
      const [mail, ...others] = await inboxOf(email, 'otp_code')
      expect(others).toEqual([])
      expect(mail).toMatchObject({ to: email, link: null, code: expect.stringMatching(/^\d{6}$/) })
      expect(mail?.text).toContain(String(mail?.code))
      expect(mail?.subject).not.toContain(String(mail?.code))
      expectStatus(await use(session, String(mail?.code)), 200)
      expectStatus(await logIn(email, NEW), 200)
    })

    it('by cookie with the CSRF token, and not without', async () => {
      const person = await ownerIn('active')
      const { cookie, csrfToken } = await openSession(person, { transport: 'cookie' })
      const ask = (headers: Record<string, string>) =>
        call(`${API}/account/code`, { method: 'POST', headers: { Cookie: cookie, ...headers } })
      expectStatus(await ask({}), 403, 'csrf_failed')
      const foreign = { 'X-CSRF-Token': csrfToken, Origin: 'https://evil.example' }
      expectStatus(await ask(foreign), 403, 'csrf_failed')
      expect(await mailsOf(person.email, 'otp_code')).toEqual([])
      expectStatus(await ask({ 'X-CSRF-Token': csrfToken }), 202)
      expect(await mailsOf(person.email, 'otp_code')).toHaveLength(1)
    })

    it('puts on record that a code was sent, and that one was wrong', async () => {
      const { session, code } = await withCode()
      await tryWrong(session, code, 1)
      const details = { purpose: 'account' }
      expect(await auditRowsOf(session.userId, 'otp_sent')).toMatchObject([
        { actorId: session.userId, details },
      ])
      expect(await auditRowsOf(session.userId, 'otp_failed')).toMatchObject([
        { actorId: session.userId, details: { ...details, reason: 'wrong' } },
      ])
    })

    it('a code outlives a refresh of the session that asked for it', async () => {
      const { session, code } = await withCode()
      const refreshed = await postRefresh(session.refreshToken)
      expectStatus(refreshed, 200)
      expectStatus(await use({ accessToken: String(refreshed.data.accessToken) }, code), 200)
    })

    it('to the second: for five minutes, and then no more', async () => {
      const start = Date.now()
      const verdicts = []
      for (const moment of [5 * MINUTE - SECOND, 5 * MINUTE, 5 * MINUTE + SECOND]) {
        const { email, session } = await signedIn()
        await at(start, () => askForCode(session))
        const code = await at(start, () => mailedCode(email))
        const { status, json } = await at(start + moment, () => use(session, code))
        verdicts.push(json.code ?? status)
      }
      expect(verdicts).toEqual([200, 'code_expired', 'code_expired'])
    })

    it('costs the session, the cap and the row: three round trips, two calls', async () => {
      const { session } = await signedIn()
      expect(costOf(await askForCode(session))).toBe('d1 3, do 2')
    })
  })

  describe('a code works once and for one', () => {
    it('twenty at once: one winner', async () => {
      const { email, session, code } = await withCode()
      const answers = await race(20, (n) =>
        postChange(session, { code, newPassword: `${NEW}-${n}` }),
      )
      expectExactlyOne(answers, '200', '400 code_invalid')
      const winner = `${NEW}-${answers.findIndex(({ status }) => status === 200)}`
      expectStatus(await logIn(email, winner), 200)
      expect(await auditRowsOf(session.userId, 'password_changed')).toHaveLength(1)
    })

    it('and a second time one after the other', async () => {
      const { session, code } = await withCode()
      expectStatus(await use(session, code), 200)
      expectStatus(await use(session, code), 400, 'code_invalid')
    })

    it('and who sends it again and again has guessed nothing: that is not counted', async () => {
      const { session, code } = await withCode()
      expectStatus(await use(session, code), 200)
      for (let n = 0; n < 12; n++) expectStatus(await use(session, code), 400, 'code_invalid')
    })

    it('a new one ends the older one of the same session', async () => {
      const { email, session, code: older } = await withCode()
      const newer = await later(SECOND, async () => {
        await askForCode(session)
        return mailedCode(email)
      })
      expect(await mailsOf(email, 'otp_code')).toHaveLength(2)
      if (newer !== older) expectStatus(await use(session, older), 400, 'code_invalid')
      expectStatus(await use(session, newer), 200)
    })

    it('and not that of another session: each has its own, and none works for another', async () => {
      const { session, code, ...person } = await withCode()
      const other = await openSession(person)
      expectStatus(await use(other, code), 400, 'code_invalid')
      expectStatus(await askForCode(other), 202)
      expectStatus(await use(session, code), 200)
    })

    it("nor another person's", async () => {
      const [mine, theirs] = [await withCode(), await signedIn()]
      expectStatus(await use(theirs.session, mine.code), 400, 'code_invalid')
      expectStatus(await logIn(theirs.email, PASSWORD), 200)
      expectStatus(await use(mine.session, mine.code), 200)
    })

    it('nor after the session that asked for it has ended', async () => {
      const { session, code, ...person } = await withCode()
      await call(`${API}/auth/logout`, { method: 'POST', token: session.accessToken })
      expectStatus(await use(session, code), 401, 'session_ended')
      const next = await openSession({ ...person, password: PASSWORD })
      expectStatus(await use(next, code), 400, 'code_invalid')
    })

    it.each(['at once', 'late'])('nor after a reset, of which the guard hears %s', async (when) => {
      const { email, session, code } = await withCode()
      const down = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      const body = { token: await resetLinkOf(email), password: NEW }
      expectStatus(await postReset(body, { env: when === 'late' ? down : env }), 200)
      expectStatus(await use(session, code), 401, 'session_ended')
      await deliverAll(email)
      expect(await keptCodes(email)).toEqual([])
      const flow = accountCodeFlow(session.id)
      const digests = codeDigests(keys, flow, code)
      const asked = { flow, digests, deviceId: null, blockSeconds: 900 }
      expect(await guardOf(email).useCode(asked)).toEqual({ kind: 'wrong' })
    })
  })

  describe('refuses to flood the mailbox', () => {
    it('a fourth code within fifteen minutes: 429, and the third one lives', async () => {
      const { email, session } = await signedIn()
      const start = Date.now()
      for (let n = 0; n < 3; n++) {
        await at(start + n * SECOND, async () => expectStatus(await askForCode(session), 202))
      }
      await at(start + 3 * SECOND, async () => {
        const third = await mailedCode(email)
        const refused = await askForCode(session)
        expectStatus(refused, 429, 'rate_limited')
        expect(refused.headers.get('Retry-After')).toBe('897')
        expect(await mailsOf(email, 'otp_code')).toHaveLength(3)
        expectStatus(await use(session, third), 200)
      })
      await at(start + WINDOW, async () => expectStatus(await askForCode(session), 202))
    })

    it('twenty at once: three are mailed, and one of them works', async () => {
      const { email, session } = await signedIn()
      const answers = await race(20, () => askForCode(session))
      expect(tally(answers)).toEqual({ '202': 3, '429 rate_limited': 17 })
      const codes = (await inboxOf(email, 'otp_code')).map((mail) => String(mail.code))
      expect(codes).toHaveLength(3)
      const results = []
      for (const code of new Set(codes)) results.push((await use(session, code)).status)
      expect(results.filter((status) => status === 200)).toHaveLength(1)
    })

    it('a sixth mail within a day: 202, and nothing is mailed', async () => {
      const { email, session } = await signedIn()
      const start = Date.now()
      for (const minute of [0, 1, 2, 16, 17, 18]) {
        await at(start + minute * MINUTE, async () => expectStatus(await askForCode(session), 202))
      }
      expect(await mailsOf(email, 'otp_code')).toHaveLength(5)
      expect(await auditRowsOf(session.userId, 'otp_sent')).toHaveLength(5)
    })

    it('beyond the cap the code mailed before lives on, and no other one is made', async () => {
      const { email, session } = await signedIn()
      const start = Date.now()
      let code = ''
      for (const minute of [0, 1, 2, 16, 17]) {
        await at(start + minute * MINUTE, async () => {
          expectStatus(await askForCode(session), 202)
        })
      }
      await at(start + 18 * MINUTE, async () => {
        code = await mailedCode(email)
        const told = await askForCode(session)
        expect(told.json.message).toContain('for today')
        expectStatus(await postChange(session, { code, newPassword: NEW }), 200)
      })
    })

    it('the last place of the day taken at the same moment: no code waits that nobody was mailed', async () => {
      const { email, session } = await signedIn()
      const start = Date.now()
      for (const minute of [0, 1, 2, 16]) {
        await at(start + minute * MINUTE, async () => {
          expectStatus(await askForCode(session), 202)
        })
      }
      await at(start + 17 * MINUTE, async () => {
        const [{ addressKey = '', lane = '' } = {}] = await mailsOf(email, 'otp_code')
        const now = Date.now()
        const other = { id: newId(now), kind: 'mail', template: 'otp_code', email } as const
        const taken = { ...other, addressKey, lane, createdAt: now, notBefore: now }
        const run = beforeBatch(0, () => db.insert(outbox).values(taken))
        const told = await askForCode(session, { env: run })
        expectStatus(told, 202)
        expect(told.json.message).toContain('for today')
        expect(await mailsOf(email, 'otp_code')).toHaveLength(5)
        expect(await keptCodes(email)).toEqual([])
      })
    })

    it('is counted apart from what strangers make us send to the address', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 3; n++) await call(`${API}/auth/forgot-password`, { body: { email } })
      expectStatus(await askForCode(session), 202)
      expect(await mailsOf(email, 'otp_code')).toMatchObject([{ lane: `known:${session.userId}` }])
    })

    it('one who is not signed in', async () => {
      expectStatus(await call(`${API}/account/code`, { method: 'POST' }), 401, 'unauthenticated')
    })
  })
})
