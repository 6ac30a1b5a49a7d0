/** The mail of a lock: whom it tells, when, and that its link is the way back in. */
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { and, eq, isNull, ne } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, devMails, outbox, users } from '../../../src/db/schema/index.ts'
import worker from '../../../src/index.ts'
import { db, ownerIn, PASSWORD, postLogin, signedUp } from '../../factories.ts'
import { mailedToken, me, openSession, outboxOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch, failingObject, failingQueue } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  at,
  auditRowsOf,
  BLOCK_OVER,
  guardOf,
  guessWrong,
  HOUR,
  inboxOf,
  isLinkAlive,
  later,
  lock,
  MINUTE,
  mailsOf,
  NEW,
  PATIENT,
  postChange,
  postForgot,
  postReset,
  resetLinkOf,
  resetLinksOf,
  unknownAddress,
  WRONG,
} from '../passwords/password-client.ts'

const DAY = 24 * HOUR
const TEMPLATE = 'account_locked'

const login = (email: string, password = PASSWORD, deviceToken?: string) =>
  postLogin({ email, password, deviceToken })
const mails = (email: string) => mailsOf(email, TEMPLATE)

/** Ten wrong passwords by strangers, the last of them at this moment (ms UTC). */
async function lockAt(moment: number, email: string): Promise<void> {
  await at(moment - BLOCK_OVER, () => guessWrong(email, 5))
  await at(moment, () => guessWrong(email, 5))
}

const unlockAt = (moment: number, email: string) =>
  at(moment, async () => {
    expectStatus(await postReset({ token: await resetLinkOf(email), password: NEW }), 200)
  })

const tokenIn = (link: string | null | undefined) =>
  new URL(link ?? '').searchParams.get('token') ?? ''

describe('the mail of a lock', () => {
  describe('works', () => {
    it.each([
      ['en', 'Your account is locked', 'Ten wrong passwords in a row'],
      ['zh', '您的账户已被锁定', '连续十次'],
    ] as const)(
      'tells the owner in the language of the account (%s), with a link that unlocks',
      async (locale, subject, words) => {
        const { email } = await ownerIn('active')
        await db.update(users).set({ locale }).where(eq(users.email, email))
        await lock(email)
        const [mail, ...more] = await inboxOf(email, TEMPLATE)
        expect(more).toEqual([])
        expect(mail).toMatchObject({ to: email, locale, subject, code: null })
        expect(mail?.text).toContain(words)
        expect(mail?.text).toContain(`\n${mail?.link}\n`)
        expect(mail?.link).toContain('/reset-password?token=')
        expectStatus(await login(email), 423, 'account_locked')
        const token = tokenIn(mail?.link)
        expectStatus(await postReset({ token, password: NEW }), 200)
        expectStatus(await login(email, NEW), 200)
        expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 0, lockUntil: null })
      },
    )

    it('says when the last attempt was', async () => {
      const { email } = await ownerIn('active')
      const moment = Date.UTC(2031, 4, 6, 7, 8)
      await lockAt(moment, email)
      const [mail] = await at(moment + HOUR / 2, () => inboxOf(email, TEMPLATE))
      expect(mail?.text).toContain('the last one on May 6, 2031 at 07:08 UTC')
    })

    it('ends no link that the owner holds already: strangers set it off. The first one used ends the other', async () => {
      const { email } = await ownerIn('active')
      expectStatus(await postForgot(email), 202)
      const before = await mailedToken(email, 'reset_password')
      await lock(email)
      const own = tokenIn((await inboxOf(email, TEMPLATE))[0]?.link)
      expect(own).not.toBe(before)
      for (const token of [before, own]) expect(await isLinkAlive(token)).toBe(true)
      expectStatus(await postReset({ token: before, password: NEW }), 200)
      expect(await isLinkAlive(own)).toBe(false)
    })

    it('gives way to a link that the owner asks for after it', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const own = tokenIn((await inboxOf(email, TEMPLATE))[0]?.link)
      expectStatus(await postForgot(email), 202)
      expect(await isLinkAlive(own)).toBe(false)
      expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
    })

    it('takes nothing of the links that the owner may ask for', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      for (let n = 0; n < 3; n++) expectStatus(await postForgot(email), 202)
      expect(await mailsOf(email, 'password_reset')).toHaveLength(3)
      expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
    })

    it('tells however many links strangers have had mailed that day', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      for (const hour of [0, 2])
        await at(start + hour * HOUR, async () => {
          for (let n = 0; n < 3; n++) expectStatus(await postForgot(email), 202)
        })
      for (let n = 0; n < 6; n++) await signedUp({ email })
      await lockAt(start + 3 * HOUR, email)
      expect(await mails(email)).toHaveLength(1)
    })

    it('tells owners who could not log in anyway: suspended, under review, disabled', async () => {
      for (const status of ['suspended', 'under_review', 'pending'] as const) {
        const { email } = await ownerIn(status)
        await lock(email)
        expect(await inboxOf(email, TEMPLATE), status).toHaveLength(1)
      }
      const { email } = await ownerIn('active')
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, email))
      await lock(email)
      expect(await inboxOf(email, TEMPLATE)).toHaveLength(1)
    })

    it('tells of wrong passwords at the change of password as well', async () => {
      const person = await ownerIn('active')
      const { email } = person
      const session = await openSession(person, { call: { env: PATIENT } })
      await guardOf(email).change({ kind: 'forget', before: Date.now() })
      const guess = { currentPassword: WRONG, newPassword: NEW }
      const guessFive = async () => {
        for (let n = 0; n < 5; n++)
          expectStatus(await postChange(session, guess), 403, 'wrong_password')
      }
      await guessFive()
      expect(await mails(email)).toEqual([])
      await later(BLOCK_OVER, guessFive)
      expect(await mails(email)).toHaveLength(1)
    })

    it('waits for the sweeper while the queue is down', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      await at(start - BLOCK_OVER, () => guessWrong(email, 5))
      const down = failingQueue()
      await at(start, async () => {
        const wrong = { email, password: WRONG }
        for (let n = 0; n < 5; n++) expectStatus(await postLogin(wrong, { env: down }), 401)
      })
      // The cron looks at every row: those of others are no part of this.
      await db
        .update(outbox)
        .set({ failedAt: start })
        .where(and(ne(outbox.email, email), isNull(outbox.sentAt)))
      expect(await mails(email)).toMatchObject([{ sentAt: null, failedAt: null }])
      await at(start + 2 * MINUTE, () =>
        worker.scheduled(createScheduledController(), down, createExecutionContext()),
      )
      expect(await mails(email)).toMatchObject([{ sentAt: expect.any(Number) }])
      const kept = await db.select().from(devMails).where(eq(devMails.to, email))
      expect(kept.filter(({ template }) => template === TEMPLATE)).toHaveLength(1)
    })
  })

  describe('where nobody told of it', () => {
    it('is made up for by who is signed in and gives the password once more', async () => {
      const person = await ownerIn('active')
      const { email } = person
      const session = await openSession(person, { call: { env: PATIENT } })
      await guardOf(email).change({ kind: 'forget', before: Date.now() })
      await at(Date.now() - BLOCK_OVER, () => guessWrong(email, 5))
      await guessWrong(email, 4)
      const down = failingBatch(1, 0).env
      expectStatus(await postLogin({ email, password: WRONG }, { env: down }), 503, 'unavailable')
      expect(await mails(email)).toEqual([])
      const change = { currentPassword: PASSWORD, newPassword: NEW }
      expectStatus(await postChange(session, change), 423, 'account_locked')
      expect(await mails(email)).toHaveLength(1)
    })

    it('is not told of once it is lifted, though the guard has yet to hear of that', async () => {
      const { email } = await ownerIn('active')
      const { id } = await userRow(email)
      const start = Date.now()
      await lockAt(start, email)
      await at(start + DAY, async () => {
        const token = await resetLinkOf(email)
        const down = failingObject('ACCOUNT_GUARD', 'change', 'throws')
        expectStatus(await postReset({ token, password: NEW }, { env: down }), 200)
        expectStatus(await login(email, NEW), 423, 'account_locked')
      })
      expect(await userRow(email)).toMatchObject({ lockUntil: null })
      expect(await mails(email)).toHaveLength(1)
      expect(await auditRowsOf(id, 'account_locked')).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    it('to go out before the tenth failure, and again for those that the lock turns away', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      await at(start - BLOCK_OVER, async () => {
        await guessWrong(email, 5)
        expectStatus(await login(email), 429, 'too_many_attempts')
      })
      await at(start, async () => {
        await guessWrong(email, 4)
        expect(await mails(email)).toEqual([])
        await guessWrong(email, 1)
        expect(await mails(email)).toHaveLength(1)
        for (let n = 0; n < 5; n++) expectStatus(await login(email, WRONG), 423, 'account_locked')
        expect(await mails(email)).toHaveLength(1)
      })
    })

    it('to write to an address without an account, or to one that nobody has proven', async () => {
      const nobody = unknownAddress()
      const unproven = (await signedUp()).email
      await db.update(users).set({ failedLoginAttempts: 9 }).where(eq(users.email, unproven))
      for (const email of [nobody, unproven]) {
        await lock(email)
        expectStatus(await login(email), 423, 'account_locked')
        expect(await mails(email)).toEqual([])
        expect(await resetLinksOf(email)).toEqual([])
      }
      expect(await outboxOf(nobody)).toEqual([])
    })

    it('to tell of a known device: its tenth failure locks nobody out', async () => {
      const person = await ownerIn('active')
      const { email } = person
      const { deviceToken } = await openSession(person)
      const start = Date.now()
      await at(start, () => guessWrong(email, 5, deviceToken))
      await at(start + BLOCK_OVER, async () => {
        await guessWrong(email, 5, deviceToken)
        expectStatus(await login(email), 200)
      })
      expect(await mails(email)).toEqual([])
      expect(await auditRowsOf((await userRow(email)).id, 'account_locked')).toEqual([])
    })

    it('to go out twice within 24 hours, however often it is locked; then it goes out again', async () => {
      const { email } = await ownerIn('active')
      const { id } = await userRow(email)
      const start = Date.now() + DAY
      await lockAt(start, email)
      expect(await mails(email)).toHaveLength(1)
      for (const moment of [HOUR, 12 * HOUR, DAY - 1]) {
        await unlockAt(start + moment - BLOCK_OVER - MINUTE, email)
        await lockAt(start + moment, email)
        expect(await mails(email), `after ${moment} ms`).toHaveLength(1)
      }
      expect(await auditRowsOf(id, 'account_locked')).toHaveLength(4)
      await unlockAt(start + DAY, email)
      await lockAt(start + DAY + HOUR, email)
      expect(await mails(email)).toHaveLength(2)
    })

    it('to end a link that works where no mail goes out with another', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      await lockAt(start, email)
      await unlockAt(start + 1000, email)
      await at(start + HOUR, async () => expectStatus(await postForgot(email), 202))
      const token = await mailedToken(email, 'reset_password')
      await lockAt(start + HOUR + BLOCK_OVER + 1000, email)
      expect(await mails(email)).toHaveLength(1)
      await at(start + HOUR + BLOCK_OVER + 1000, async () => {
        expectStatus(await login(email, NEW), 423, 'account_locked')
        expect(await isLinkAlive(token)).toBe(true)
      })
    })
  })

  describe('is safe', () => {
    it('with names that are links or markup', async () => {
      const { email, communityId } = await ownerIn('active')
      const name = 'www.evil.com <a href="https://evil.com">x</a>'
      await db.update(users).set({ fullName: name }).where(eq(users.email, email))
      await db.update(communities).set({ name }).where(eq(communities.id, communityId))
      await lock(email)
      const [mail] = await inboxOf(email, TEMPLATE)
      expect(`${mail?.subject}${mail?.text}${mail?.html}`).not.toMatch(/evil\.com|<a href="https/)
      expect(mail?.html.match(/href="[^"]*"/g)).toEqual([
        `href="${mail?.link}"`,
        `href="${mail?.link}"`,
      ])
    })

    it('with twenty wrong passwords at once: five are judged, and one mail goes out', async () => {
      const { email } = await ownerIn('active')
      const { id } = await userRow(email)
      await at(Date.now() - BLOCK_OVER, () => guessWrong(email, 5))
      const answers = await race(20, () => login(email, WRONG))
      expect(tally(answers)).toEqual({ '401 invalid_credentials': 5, '423 account_locked': 15 })
      expect(await mails(email)).toHaveLength(1)
      expect(await auditRowsOf(id, 'account_locked')).toHaveLength(1)
      expect(await resetLinksOf(email)).toHaveLength(1)
    })

    it('for who is logged in: the session goes on, and the link logs nobody in', async () => {
      const person = await ownerIn('active')
      const session = await openSession(person)
      await lock(person.email)
      expectStatus(await me(session.accessToken), 200)
      const token = tokenIn((await inboxOf(person.email, TEMPLATE))[0]?.link)
      const answer = await postReset({ token, password: NEW })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({})
      expectStatus(await me(session.accessToken), 401, 'session_ended')
      expectStatus(await postReset({ token, password: NEW }), 400, 'token_used')
    })

    it('and cannot be opened by a stranger: neither answer nor row tells the link', async () => {
      const { email } = await ownerIn('active')
      await at(Date.now() - BLOCK_OVER, () => guessWrong(email, 5))
      await guessWrong(email, 4)
      const tenth = await login(email, WRONG)
      expectStatus(tenth, 401, 'invalid_credentials')
      const token = await mailedToken(email, 'reset_password')
      const rows = JSON.stringify([await mails(email), await resetLinksOf(email)])
      expect(rows + tenth.text + JSON.stringify([...tenth.headers])).not.toContain(token)
    })
  })
})
