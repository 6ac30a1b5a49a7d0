import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  FAILURES_UNTIL_RESET,
  LOCKED_UNTIL_RESET,
  outbox,
  users,
} from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import {
  accessTokenOf,
  admin,
  db,
  ownerIn,
  PASSWORD,
  postLogin,
  signedUp,
} from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase, failingObject } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { costOf, deliverAll, guessWrong, lock, mailsOf } from '../passwords/password-client.ts'
import { act, clearsOf, recordsOf, shownIn } from './user-client.ts'

let helper: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  helper = await admin()
})

const logIn = (email: string, deviceToken?: string) =>
  postLogin({ email, password: PASSWORD, deviceToken })

const idOf = async (email: string) => (await userRow(email)).id

const setUser = (email: string, change: Partial<typeof users.$inferInsert>) =>
  db.update(users).set(change).where(eq(users.email, email))

describe('POST /api/v1/admin/users/:id/unlock', () => {
  describe('works', () => {
    it('lifts the lock: the right password gets in at once, and the count begins anew', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      expectStatus(await logIn(email), 423, 'account_locked')
      const id = await idOf(email)
      expect(await userRow(email)).toMatchObject({ lockUntil: LOCKED_UNTIL_RESET })
      const answer = await act(helper, 'unlock', id)
      expectStatus(answer, 200)
      expect(shownIn(answer)).toMatchObject({ id, lock: 'none', failedLoginAttempts: 0 })
      expect(await userRow(email)).toMatchObject({ lockUntil: null, failedLoginAttempts: 0 })
      await guessWrong(email, 4)
      expectStatus(await logIn(email), 200)
    })

    it('is on record with lock and failures before and after', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const id = await idOf(email)
      await act(helper, 'unlock', id)
      expect(await recordsOf(id, 'account_unlocked')).toEqual([
        {
          actorId: helper.id,
          before: { lock: 'until_reset', failedLoginAttempts: 10 },
          after: { lock: 'none', failedLoginAttempts: 0 },
        },
      ])
    })

    it('lifts a block of strangers, and one of a device that the account knows', async () => {
      const { email, deviceToken, userId } = await ownerHere()
      await guessWrong(email, 5)
      await guessWrong(email, 5, deviceToken)
      for (const device of [undefined, deviceToken])
        expectStatus(await logIn(email, device), 429, 'too_many_attempts')
      expectStatus(await act(helper, 'unlock', userId), 200)
      expect(await recordsOf(userId, 'account_unlocked')).toMatchObject([
        { before: { lock: 'blocked', failedLoginAttempts: 10 } },
      ])
      for (const device of [undefined, deviceToken]) expectStatus(await logIn(email, device), 200)
    })

    it('lifts what only the guard knows of: nothing of it is on record in the database', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      await setUser(email, { lockUntil: null, failedLoginAttempts: 0 })
      expectStatus(await act(helper, 'unlock', await idOf(email)), 200)
      expectStatus(await logIn(email), 200)
    })

    it('may be repeated, and is on record each time', async () => {
      const { email } = await ownerIn('active')
      const id = await idOf(email)
      for (let n = 0; n < 2; n++) expectStatus(await act(helper, 'unlock', id), 200)
      const same = { lock: 'none', failedLoginAttempts: 0 }
      expect(await recordsOf(id, 'account_unlocked')).toEqual([
        { actorId: helper.id, before: same, after: same },
        { actorId: helper.id, before: same, after: same },
      ])
    })

    it('leaves a password switched off that a hundred failures have switched off, and says so', async () => {
      const { email } = await ownerIn('active')
      const id = await idOf(email)
      await lock(email)
      await setUser(email, { failedLoginAttempts: FAILURES_UNTIL_RESET })
      const answer = await act(helper, 'unlock', id)
      expectStatus(answer, 200)
      expect(shownIn(answer)).toMatchObject({
        lock: 'none',
        password: 'switched_off',
        failedLoginAttempts: FAILURES_UNTIL_RESET,
      })
      // The guard lets it through; the password itself is of no use.
      expectStatus(await logIn(email), 423, 'account_locked')
      expect((await userRow(email)).lockUntil).toBeNull()
      expect(await recordsOf(id, 'account_unlocked')).toMatchObject([
        {
          before: { lock: 'until_reset', failedLoginAttempts: FAILURES_UNTIL_RESET },
          after: { lock: 'none', failedLoginAttempts: FAILURES_UNTIL_RESET },
        },
      ])
    })

    it('helps who has signed up and not confirmed the address: its guard is the same', async () => {
      const { email } = await ownerIn('active')
      await signedUp({ email })
      await lock(email)
      const rows = await db.select().from(users).where(eq(users.email, email))
      const signup = rows.find(({ emailVerifiedAt }) => emailVerifiedAt === null)
      expectStatus(await act(helper, 'unlock', signup?.id ?? ''), 200)
      expect(await recordsOf(signup?.id ?? '', 'account_unlocked')).toMatchObject([
        { before: { lock: 'until_reset', failedLoginAttempts: 10 }, after: { lock: 'none' } },
      ])
      expectStatus(await logIn(email), 200)
      const alone = await signedUp()
      await lock(alone.email)
      expectStatus(await act(helper, 'unlock', await idOf(alone.email)), 200)
      expectStatus(await logIn(alone.email), 403, 'email_not_verified')
    })

    it('helps another admin, and oneself', async () => {
      const colleague = await admin()
      await lock(colleague.email)
      expectStatus(await act(helper, 'unlock', colleague.id), 200)
      expectStatus(await logIn(colleague.email), 200)
      expectStatus(await act(colleague, 'unlock', colleague.id), 200)
    })

    it('costs two round trips and one call of the guard beside the limit', async () => {
      const { email } = await ownerIn('active')
      const answer = await act(helper, 'unlock', await idOf(email))
      expect(costOf(answer)).toBe('d1 2, do 2')
    })
  })

  describe('refuses', () => {
    it.each([newId(1), 'x', '%00'])('%s, whom nobody knows', async (id) => {
      const answer = await act(helper, 'unlock', id)
      expectStatus(answer, 404, 'not_found')
    })

    it('whoever is no admin', async () => {
      const owner = await ownerIn('active')
      const id = await idOf(owner.email)
      const token = await accessTokenOf(owner)
      expectStatus(await act({ token }, 'unlock', id), 403, 'forbidden')
      expect(await recordsOf(id, 'account_unlocked')).toEqual([])
    })
  })

  describe('is safe', () => {
    it('where the guard does not answer: 200, and the outbox lifts the lock', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const broken = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      expectStatus(await act(helper, 'unlock', await idOf(email), { env: broken }), 200)
      expectStatus(await logIn(email), 423, 'account_locked')
      expect(await clearsOf(email)).toMatchObject([{ sentAt: null, failedAt: null }])
      await deliverAll(email)
      expect(await clearsOf(email)).toMatchObject([{ failedAt: null, sentAt: expect.any(Number) }])
      expectStatus(await logIn(email), 200)
    })

    it('where the guard answers the outbox has nothing left to do', async () => {
      const { email } = await ownerIn('active')
      await act(helper, 'unlock', await idOf(email))
      expect(await clearsOf(email)).toMatchObject([{ sentAt: expect.any(Number), attempts: 0 }])
    })

    it('a late delivery lifts nothing that came after the unlock', async () => {
      const { email } = await ownerIn('active')
      const broken = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      await act(helper, 'unlock', await idOf(email), { env: broken })
      await guessWrong(email, 5)
      await deliverAll(email)
      expectStatus(await logIn(email), 429, 'too_many_attempts')
    })

    it('a batch that fails at any statement changes nothing, and the lock stays', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const id = await idOf(email)
      const before = await userRow(email)
      const size = 5
      for (let k = 0; k < size; k++) {
        const answer = await act(helper, 'unlock', id, { env: failingBatch(0, k).env })
        expectStatus(answer, 503, 'unavailable')
      }
      expectStatus(await act(helper, 'unlock', id, { env: failingDatabase() }), 503, 'unavailable')
      expect(await userRow(email)).toEqual(before)
      expect(await clearsOf(email)).toEqual([])
      expect(await recordsOf(id, 'account_unlocked')).toEqual([])
      expectStatus(await logIn(email), 423, 'account_locked')
      const whole = failingBatch(0)
      expectStatus(await act(helper, 'unlock', id, { env: whole.env }), 200)
      expect(whole.sizes[0]).toBe(size)
    })

    it('twenty at once are all told it is done, and it is', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const id = await idOf(email)
      const answers = await race(20, () => act(helper, 'unlock', id))
      expect(tally(answers)).toEqual({ '200': 20 })
      expectStatus(await logIn(email), 200)
      const locks = (await recordsOf(id, 'account_unlocked')).filter(
        (row) => (row as { before?: { lock?: string } }).before?.lock === 'until_reset',
      )
      expect(locks).toHaveLength(1)
    })

    it('of one address frees no other, and mails nobody', async () => {
      const [one, other] = [await ownerIn('active'), await ownerIn('active')]
      await lock(one.email)
      await lock(other.email)
      const mails = (await mailsOf(one.email, 'account_locked')).length
      await act(helper, 'unlock', await idOf(one.email))
      expectStatus(await logIn(other.email), 423, 'account_locked')
      expect(await mailsOf(one.email, 'account_locked')).toHaveLength(mails)
      const rows = await db.select().from(outbox).where(eq(outbox.email, other.email))
      expect(rows.filter(({ kind }) => kind === 'guard_clear')).toEqual([])
    })
  })
})
