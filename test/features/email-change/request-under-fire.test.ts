import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions, users } from '../../../src/db/schema/index.ts'
import { LOCKED_UNTIL_RESET } from '../../../src/db/schema/users.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { addressHere, mailedCode, otherCode } from '../../mailbox-client.ts'
import { type OpenSession, openSession, outboxOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  askForCode,
  at,
  auditRowsOf,
  BLOCK_OVER,
  costOf,
  guardOf,
  guessWrong,
  inboxOf,
  later,
  lock,
  mailsOf,
  NEW,
  postChange,
  signedIn,
  WRONG,
} from '../passwords/password-client.ts'
import { ask, changeCodeOf, confirm, DAY, moved, postEmail, requestsOf } from './change-client.ts'

/** Wrong passwords, one after the other; each is judged. */
async function guess(session: OpenSession, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const body = { newEmail: addressHere(), password: WRONG }
    expectStatus(await postEmail(session, body), 403, 'wrong_password')
  }
}

async function forgetEveryDevice(email: string): Promise<void> {
  await guardOf(email).change({ kind: 'forget', before: Date.now() })
}

describe('POST /api/v1/account/email under fire', () => {
  describe('five a day', () => {
    it('the sixth is refused until the first is a day old, free and taken addresses alike', async () => {
      const { session, ...person } = await signedIn()
      const start = Date.now()
      const taken = (await ownerIn('active')).email
      const wished = [addressHere(), taken, addressHere(), taken, addressHere()]
      for (const [n, newEmail] of wished.entries()) {
        await at(start + n * 60_000, async () => expectStatus(await ask(session, newEmail), 202))
      }
      await at(start + 5 * 60_000, async () => {
        for (const newEmail of [addressHere(), taken]) {
          const refused = await ask(session, newEmail)
          expectStatus(refused, 429, 'rate_limited')
          expect(refused.headers.get('Retry-After')).toBe(String((DAY - 5 * 60_000) / 1000))
          expect(await mailsOf(newEmail, 'email_change_code')).toEqual([])
        }
      })
      expect(await requestsOf(session.userId)).toHaveLength(5)
      await at(start + DAY + 1, async () => {
        const next = await openSession(person, { deviceToken: session.deviceToken })
        expectStatus(await ask(next, addressHere()), 202)
        expectStatus(await ask(next, addressHere()), 429, 'rate_limited')
      })
    })

    it('a refused one asks for no proof: no hash, no failure, no code used up', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 5; n++) expectStatus(await ask(session, addressHere()), 202)
      const refused = await ask(session, addressHere())
      expectStatus(refused, 429, 'rate_limited')
      expect(costOf(refused)).not.toContain('hash')
      for (let n = 0; n < 6; n++) {
        const body = { newEmail: addressHere(), password: WRONG }
        expectStatus(await postEmail(session, body), 429, 'rate_limited')
      }
      expect((await userRow(email)).failedLoginAttempts).toBe(0)
    })

    it('twenty at once: exactly five', async () => {
      const { session } = await signedIn()
      const answers = await race(20, () => ask(session, addressHere()))
      const { '202': accepted, ...others } = tally(answers)
      expect(accepted, JSON.stringify(others)).toBe(5)
      for (const kind of Object.keys(others)) {
        expect(['429 rate_limited', '429 too_many_attempts']).toContain(kind)
      }
      expect(await requestsOf(session.userId)).toHaveLength(5)
    })

    it('twenty at once from two devices: exactly five', async () => {
      const { session, ...person } = await signedIn()
      const other = await openSession(person)
      const answers = await race(20, (n) => ask(n % 2 ? session : other, addressHere()))
      expect(tally(answers)['202']).toBe(5)
      expect(await requestsOf(session.userId)).toHaveLength(5)
      expect(await auditRowsOf(session.userId, 'email_change_requested')).toHaveLength(5)
    })

    it('an address that has moved begins no new count', async () => {
      const person = await signedIn()
      const first = await moved(person, person.email)
      await moved(person, first.newEmail)
      for (let n = 0; n < 3; n++) expectStatus(await ask(person.session, addressHere()), 202)
      expectStatus(await ask(person.session, addressHere()), 429, 'rate_limited')
    })

    it('one mailbox hears of it five times a day, whoever asks, and whether it is taken or free', async () => {
      for (const newEmail of [addressHere(), (await ownerIn('active')).email]) {
        const stranger = await signedIn()
        const start = Date.now()
        await at(start, async () => {
          for (let n = 0; n < 5; n++) expectStatus(await ask(stranger.session, newEmail), 202)
        })
        const { email, session, ...person } = await at(start, signedIn)
        const before = await outboxOf(newEmail)
        await at(start + 60_000, async () => {
          const refused = await ask(session, newEmail)
          expectStatus(refused, 429, 'rate_limited')
          expect(refused.headers.get('Retry-After')).toBe(String(DAY / 1000 - 60))
        })
        expect(await outboxOf(newEmail)).toEqual(before)
        expect(await requestsOf(session.userId)).toEqual([])
        // It was no failure, no other address suffers, and a day later this one is open again.
        expect((await userRow(email)).failedLoginAttempts).toBe(0)
        expectStatus(await ask(session, addressHere()), 202)
        await at(start + DAY + 1, async () => {
          const next = await openSession({ email, ...person })
          expectStatus(await ask(next, newEmail), 202)
        })
      }
    })

    it('six people at once for one address: five mails', async () => {
      const newEmail = addressHere()
      const people = await Promise.all(Array.from({ length: 6 }, signedIn))
      const answers = await race(6, (n) => ask(people[n]?.session ?? { accessToken: '' }, newEmail))
      expect(tally(answers)).toEqual({ '202': 5, '429 rate_limited': 1 })
      expect(await mailsOf(newEmail, 'email_change_code')).toHaveLength(5)
    })
  })

  describe('counts wrong passwords as login does', () => {
    it('the fifth blocks this device for fifteen minutes, the right password too', async () => {
      const { email, session } = await signedIn()
      await guess(session, 5)
      const blocked = await ask(session, addressHere())
      expectStatus(blocked, 429, 'too_many_attempts')
      expect(Number(blocked.headers.get('Retry-After'))).toBeGreaterThan(890)
      expect(costOf(blocked)).not.toContain('hash')
      expect(await auditRowsOf(session.userId, 'login_failed')).toHaveLength(5)
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
      await later(BLOCK_OVER, async () => expectStatus(await ask(session, addressHere()), 202))
    })

    it('in one row with those at login and at the change of password', async () => {
      const { email, session } = await signedIn()
      await guessWrong(email, 2, session.deviceToken)
      expectStatus(
        await postChange(session, { currentPassword: WRONG, newPassword: NEW }),
        403,
        'wrong_password',
      )
      await guess(session, 2)
      expectStatus(await ask(session, addressHere()), 429, 'too_many_attempts')
      const login = { email, password: PASSWORD, deviceToken: session.deviceToken }
      expectStatus(await postLogin(login), 429, 'too_many_attempts')
    })

    it('a device that nobody knows locks the account with the tenth, for a code too', async () => {
      const { email, session } = await signedIn()
      await askForCode(session)
      const code = await mailedCode(email)
      await forgetEveryDevice(email)
      await guess(session, 5)
      await later(BLOCK_OVER, async () => {
        await guess(session, 5)
        expectStatus(await ask(session, addressHere()), 423, 'account_locked')
        const byCode = await postEmail(session, { newEmail: addressHere(), code })
        expectStatus(byCode, 423, 'account_locked')
        expect((await userRow(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
      })
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('but who is signed in on a known device gets on while strangers are locked out', async () => {
      const { email, session } = await signedIn()
      await lock(email)
      expectStatus(await ask(session, addressHere()), 202)
    })

    it('twenty wrong ones at once: five are judged', async () => {
      const { email, session } = await signedIn()
      const body = { newEmail: addressHere(), password: WRONG }
      const answers = await race(20, () => postEmail(session, body))
      expect(tally(answers)).toEqual({ '403 wrong_password': 5, '429 too_many_attempts': 15 })
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
    })

    it('and wrong codes: five a code, then the right one is none', async () => {
      const { email, session } = await signedIn()
      await askForCode(session)
      const code = await mailedCode(email)
      for (let n = 0; n < 5; n++) {
        const body = { newEmail: addressHere(), code: otherCode(code) }
        expectStatus(await postEmail(session, body), 400, 'code_invalid')
      }
      const body = { newEmail: addressHere(), code }
      expectStatus(await postEmail(session, body), 400, 'code_invalid')
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('a right password clears the row only where the request was taken', async () => {
      const { email, session } = await signedIn()
      await guess(session, 4)
      expectStatus(await ask(session, addressHere(), { env: failingBatch(0, 0).env }), 503)
      await guess(session, 1)
      expectStatus(await ask(session, addressHere()), 429, 'too_many_attempts')
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
    })
  })

  describe('what becomes so between the look and the write', () => {
    const rivals: Record<string, (session: OpenSession, email: string) => Promise<unknown>> = {
      'the session ends': ({ id }) =>
        db
          .update(sessions)
          .set({ revokedAt: Date.now(), revokeReason: 'logout' })
          .where(eq(sessions.id, id)),
      'the session runs out': ({ id }) =>
        db.update(sessions).set({ idleExpiresAt: 1 }).where(eq(sessions.id, id)),
    }
    it.each(Object.keys(rivals))('%s: nothing is asked for and nobody is mailed', async (name) => {
      const { email, session } = await signedIn()
      const newEmail = addressHere()
      const rival = beforeBatch(0, async () => rivals[name]?.(session, email))
      expectStatus(await ask(session, newEmail, { env: rival }), 401, 'session_ended')
      expect(await outboxOf(newEmail)).toEqual([])
      expect(await requestsOf(session.userId)).toEqual([])
      expect(await auditRowsOf(session.userId, 'email_change_requested')).toEqual([])
    })

    it('the password changes: what was right is wrong by now', async () => {
      const { email, session } = await signedIn()
      const newEmail = addressHere()
      const rival = beforeBatch(0, () =>
        db.update(users).set({ passwordHash: 'another' }).where(eq(users.email, email)),
      )
      expectStatus(await ask(session, newEmail, { env: rival }), 403, 'wrong_password')
      expect(await outboxOf(newEmail)).toEqual([])
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('the fifth of the day is taken: refused like any sixth', async () => {
      const { session, ...person } = await signedIn()
      // Its guard counts another device apart, so that only the write can tell.
      const other = await openSession(person)
      for (let n = 0; n < 4; n++) expectStatus(await ask(session, addressHere()), 202)
      const newEmail = addressHere()
      const rival = beforeBatch(0, () => ask(session, addressHere()))
      const refused = await ask(other, newEmail, { env: rival })
      expectStatus(refused, 429, 'rate_limited')
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(86_000)
      expect(await outboxOf(newEmail)).toEqual([])
      expect(await requestsOf(session.userId)).toHaveLength(5)
    })

    it('a stranger makes the address an account: it is told, and the code is none', async () => {
      const { session } = await signedIn()
      const newEmail = addressHere()
      const rival = beforeBatch(0, () => ownerIn('active', { email: newEmail }))
      expectStatus(await ask(session, newEmail, { env: rival }), 202)
      expect(await mailsOf(newEmail, 'email_change_taken')).toHaveLength(1)
      expect(await mailsOf(newEmail, 'email_change_code')).toEqual([])
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, and nothing is half made', async () => {
      const probe = failingBatch(0)
      expectStatus(await ask((await signedIn()).session, addressHere(), { env: probe.env }), 202)
      const [size = 0] = probe.sizes
      expect(size).toBeGreaterThan(2)
      for (let k = 0; k < size; k++) {
        const { session } = await signedIn()
        const newEmail = addressHere()
        const failed = await ask(session, newEmail, { env: failingBatch(0, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(await outboxOf(newEmail), `statement ${k}`).toEqual([])
        expect(await requestsOf(session.userId), `statement ${k}`).toEqual([])
        expect(await auditRowsOf(session.userId, 'email_change_requested')).toEqual([])
        expectStatus(await ask(session, newEmail), 202)
        expectStatus(await confirm(session, await changeCodeOf(session.userId)), 200)
      }
    })

    it('503 while the database is down: nothing is judged', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 6; n++) {
        expectStatus(await ask(session, addressHere(), { env: failingDatabase() }), 503)
      }
      expect((await userRow(email)).failedLoginAttempts).toBe(0)
      expectStatus(await ask(session, addressHere()), 202)
    })

    it.each([
      ['begin', 'throws'],
      ['countMail', 'throws'],
      ['countMail', 'hangs'],
    ] as const)('503 while the guard’s %s %s: no mail and no request', async (method, how) => {
      const { session } = await signedIn()
      const newEmail = addressHere()
      const down = failingObject('ACCOUNT_GUARD', method, how)
      expectStatus(await ask(session, newEmail, { env: down }), 503, 'unavailable')
      expect(await outboxOf(newEmail)).toEqual([])
      expect(await requestsOf(session.userId)).toEqual([])
      expectStatus(await ask(session, newEmail), 202)
    })

    it('503 while the guard cannot be asked about a code, which is not used up', async () => {
      const { email, session } = await signedIn()
      await askForCode(session)
      const body = { newEmail: addressHere(), code: await mailedCode(email) }
      const down = failingObject('ACCOUNT_GUARD', 'useCode', 'throws')
      expectStatus(await postEmail(session, body, { env: down }), 503, 'unavailable')
      expectStatus(await postEmail(session, body), 202)
    })

    it('503 while the limiter is down', async () => {
      const { session } = await signedIn()
      const down = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectStatus(await ask(session, addressHere(), { env: down }), 503, 'unavailable')
    })

    it('stands where the guard cannot be told that the password was right', async () => {
      const { session } = await signedIn()
      const down = failingObject('ACCOUNT_GUARD', 'settle', 'throws')
      expectStatus(await ask(session, addressHere(), { env: down }), 202)
    })

    it('stands when the queue is down: the mail waits in its row', async () => {
      const { session } = await signedIn()
      const newEmail = addressHere()
      expectStatus(await ask(session, newEmail, { env: failingQueue() }), 202)
      expect(await mailsOf(newEmail, 'email_change_code')).toMatchObject([{ sentAt: null }])
      expect(await inboxOf(newEmail, 'email_change_code')).toHaveLength(1)
    })

    it('a commit whose answer is lost has asked, and its code works', async () => {
      const { session } = await signedIn()
      expectStatus(await ask(session, addressHere(), { env: lostAnswer(0) }), 503, 'unavailable')
      expectStatus(await confirm(session, await changeCodeOf(session.userId)), 200)
    })
  })
})
