import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions, users } from '../../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { addressHere, otherCode } from '../../mailbox-client.ts'
import { livingSessionsOf, me, openSession, outboxOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import {
  auditRowsOf,
  deliverAll,
  guessWrong,
  inboxOf,
  lock,
  mailsOf,
  resetLinkOf,
  signedIn,
} from '../passwords/password-client.ts'
import {
  ask,
  asked,
  changeCodeOf,
  confirm,
  isKnown,
  moved,
  postRevert,
  stateOf,
} from './change-client.ts'

const login = (email: string, deviceToken?: string) =>
  postLogin({ email, password: PASSWORD, deviceToken, tokenTransport: 'body' })

type Person = Awaited<ReturnType<typeof signedIn>>

/** The address that the account has, as the database says. */
async function addressOf({ session }: Pick<Person, 'session'>): Promise<string> {
  const [row] = await db.select().from(users).where(eq(users.id, session.userId))
  return row?.email ?? ''
}

describe('POST /api/v1/account/email/verify under fire', () => {
  describe('happens once', () => {
    it('twenty at once with the right code: one change, one notice', async () => {
      for (let round = 0; round < 3; round++) {
        const person = await signedIn()
        const { newEmail, code } = await asked(person)
        const answers = await race(20, () => confirm(person.session, code))
        expectExactlyOne(answers, '200', '400 code_invalid')
        expect(await addressOf(person)).toBe(newEmail)
        expect(await auditRowsOf(person.session.userId, 'email_changed')).toHaveLength(1)
        expect(await mailsOf(person.email, 'email_change_notice')).toHaveLength(1)
        expectStatus(await me(person.session.accessToken), 200)
      }
    })

    it('twenty wrong ones and the right one at once: no more than five are compared', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const answers = await race(20, () => confirm(person.session, otherCode(code)))
      const { '400 code_invalid': invalid = 0, ...others } = tally(answers)
      expect(invalid).toBe(10)
      expect(others).toEqual({ '429 too_many_attempts': 10 })
      expect(await addressOf(person)).toBe(person.email)
    })

    it('two sessions to two addresses at once: one of them, and the other session has ended', async () => {
      for (let round = 0; round < 5; round++) {
        const { session, ...person } = await signedIn()
        const other = await openSession(person)
        const [one, two] = [await asked({ session }), await asked({ session: other })]
        const answers = await Promise.all([confirm(session, one.code), confirm(other, two.code)])
        const won = answers.findIndex(({ status }) => status === 200)
        const winner = [one, two][won]?.newEmail
        const [winning, losing] = won === 0 ? [session, other] : [other, session]
        expect(Object.keys(tally(answers)).sort()).toHaveLength(2)
        expect(await addressOf({ session })).toBe(winner)
        expectStatus(await me(winning.accessToken), 200)
        expectStatus(await me(losing.accessToken), 401, 'session_ended')
        expect(await mailsOf(person.email, 'email_change_notice')).toHaveLength(1)
        expect(await auditRowsOf(session.userId, 'email_changed')).toHaveLength(1)
      }
    })

    it('the second of them in the very gap between the look and the write', async () => {
      const { session, ...person } = await signedIn()
      const other = await openSession(person)
      const [one, two] = [await asked({ session }), await asked({ session: other })]
      const rival = beforeBatch(0, () => confirm(other, two.code))
      expectStatus(await confirm(session, one.code, { env: rival }), 401, 'session_ended')
      expect(await addressOf({ session })).toBe(two.newEmail)
    })

    it('two people to one address at once: one gets it', async () => {
      for (let round = 0; round < 5; round++) {
        const newEmail = addressHere()
        const [one, two] = [await signedIn(), await signedIn()]
        const codes = [await asked(one, newEmail), await asked(two, newEmail)]
        const answers = await race(2, (n) =>
          confirm((n ? two : one).session, String(codes[n]?.code)),
        )
        expectExactlyOne(answers, '200', '409 account_exists')
        const [winner, loser] = answers[0]?.status === 200 ? [one, two] : [two, one]
        expect(await addressOf(winner)).toBe(newEmail)
        expect(await addressOf(loser)).toBe(loser.email)
        expectStatus(await me(loser.session.accessToken), 200)
        expectStatus(await login(loser.email), 200)
      }
    })

    it('the other of them in the very gap between the look and the write', async () => {
      const newEmail = addressHere()
      const [one, two] = [await signedIn(), await signedIn()]
      const [mine, theirs] = [await asked(one, newEmail), await asked(two, newEmail)]
      const rival = beforeBatch(0, () => confirm(two.session, theirs.code))
      const answer = await confirm(one.session, mine.code, { env: rival })
      expectStatus(answer, 409, 'account_exists')
      expect([await addressOf(one), await addressOf(two)]).toEqual([one.email, newEmail])
    })

    it('a signup of the address is verified in that gap: it is the signup’s', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const rival = beforeBatch(0, () => ownerIn('active', { email: newEmail }))
      expectStatus(await confirm(person.session, code, { env: rival }), 409, 'account_exists')
      expect(await addressOf(person)).toBe(person.email)
    })
  })

  describe('never confirms an address that nobody has proven', () => {
    it('another change is asked for while the first one is being confirmed', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const other = addressHere()
      const rival = beforeBatch(0, () => ask(person.session, other))
      expectStatus(await confirm(person.session, code, { env: rival }), 200)
      expect(await addressOf(person)).toBe(newEmail)
      // What was asked for meanwhile was asked of the old address: its code is void.
      const late = await confirm(person.session, await changeCodeOf(person.session.userId))
      expectStatus(late, 400, 'code_invalid')
      expect(await addressOf(person)).toBe(newEmail)
    })

    it('by another session: the same', async () => {
      const { session, ...person } = await signedIn()
      const other = await openSession(person)
      const { newEmail, code } = await asked({ session })
      const rival = beforeBatch(0, () => ask(other, addressHere()))
      expectStatus(await confirm(session, code, { env: rival }), 200)
      expect(await addressOf({ session })).toBe(newEmail)
      const late = await confirm(other, await changeCodeOf(session.userId))
      expectStatus(late, 401, 'session_ended')
    })

    it('the first code comes while the second change is being written', async () => {
      const person = await signedIn()
      const first = await asked(person)
      const second = addressHere()
      const rival = beforeBatch(0, () => confirm(person.session, first.code))
      await ask(person.session, second, { env: rival })
      // The newer code has taken the older one's place by then.
      expect([person.email, first.newEmail]).toContain(await addressOf(person))
      expect((await userRow(await addressOf(person))).id).toBe(person.session.userId)
    })

    it('nor in another session, whose request is then not taken', async () => {
      const { session, ...person } = await signedIn()
      const other = await openSession(person)
      const { newEmail, code } = await asked({ session })
      const second = addressHere()
      const rival = beforeBatch(0, () => confirm(session, code))
      expectStatus(await ask(other, second, { env: rival }), 401, 'session_ended')
      expect(await addressOf({ session })).toBe(newEmail)
      expect(await outboxOf(second)).toEqual([])
    })

    it('nor whichever comes first, as often as they meet', async () => {
      for (let round = 0; round < 8; round++) {
        const person = await signedIn()
        const first = await asked(person)
        const second = addressHere()
        await Promise.all([confirm(person.session, first.code), ask(person.session, second)])
        expect([person.email, first.newEmail]).toContain(await addressOf(person))
      }
    })

    it('the request’s row alone says where to: a code without one moves nothing', async () => {
      const person = await signedIn()
      // The guard has taken the challenge in, the database has not.
      const failed = failingBatch(0, 0)
      const newEmail = addressHere()
      expectStatus(await ask(person.session, newEmail, { env: failed.env }), 503)
      for (let n = 0; n < 5; n++) {
        expectStatus(await confirm(person.session, `00000${n}`), 400, 'code_invalid')
      }
      expect(await addressOf(person)).toBe(person.email)
    })
  })

  describe('what becomes so between the look and the write', () => {
    it('the session ends: nothing moves', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const ended = { revokedAt: Date.now(), revokeReason: 'logout' }
      const ofSession = eq(sessions.id, person.session.id)
      const rival = beforeBatch(0, () => db.update(sessions).set(ended).where(ofSession))
      const answer = await confirm(person.session, code, { env: rival })
      expectStatus(answer, 401, 'session_ended')
      expect(await addressOf(person)).toBe(person.email)
      expect(await mailsOf(person.email, 'email_change_notice')).toEqual([])
    })

    it('the old mailbox takes an earlier change back: nothing moves after it', async () => {
      const person = await signedIn()
      const first = await moved(person, person.email)
      const { code } = await asked(person)
      const rival = beforeBatch(0, () => postRevert(first.undo))
      const answer = await confirm(person.session, code, { env: rival })
      expectStatus(answer, 401, 'session_ended')
      expect(await addressOf(person)).toBe(person.email)
      expect(await userRow(person.email)).toMatchObject({ passwordHash: null })
    })

    it('a login with the old address that was judged before opens nothing after', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      const slow = beforeBatch(1, () => confirm(person.session, code))
      const body = { email: person.email, password: PASSWORD, tokenTransport: 'body' }
      expectStatus(await postLogin(body, { env: slow }), 401, 'invalid_credentials')
      expect(await addressOf(person)).toBe(newEmail)
      expect(await livingSessionsOf(person.session.userId)).toHaveLength(1)
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, nothing has changed, and one asks again', async () => {
      const probe = failingBatch(0)
      const first = await signedIn()
      const { code } = await asked(first)
      expectStatus(await confirm(first.session, code, { env: probe.env }), 200)
      const [size = 0] = probe.sizes
      expect(size).toBeGreaterThan(8)
      for (let k = 0; k < size; k++) {
        const { session, ...person } = await signedIn()
        const other = await openSession(person)
        await resetLinkOf(person.email)
        const { newEmail, code } = await asked({ session })
        const before = await stateOf(session.userId, [person.email, newEmail])
        const failed = await confirm(session, code, { env: failingBatch(0, k).env })
        expectStatus(failed, 503, 'unavailable')
        const after = await stateOf(session.userId, [person.email, newEmail])
        expect(after, `statement ${k}`).toEqual(before)
        expectStatus(await me(other.accessToken), 200)
        // The code was compared: it is gone.
        expectStatus(await confirm(session, code), 400, 'code_invalid')
        const next = await asked({ session }, newEmail)
        expectStatus(await confirm(session, next.code), 200)
      }
    })

    it('a commit whose answer is lost has moved it, with its notice, and the outbox tells the guards', async () => {
      const person = await signedIn()
      const { newEmail, code } = await asked(person)
      expectStatus(await confirm(person.session, code, { env: lostAnswer(0) }), 503, 'unavailable')
      expect(await addressOf(person)).toBe(newEmail)
      await deliverAll(newEmail)
      expect(await inboxOf(person.email, 'email_change_notice')).toHaveLength(1)
      expect(await isKnown(newEmail, person.session.deviceToken)).toBe(true)
      expect(await isKnown(person.email, person.session.deviceToken)).toBe(false)
    })

    it.each(['throws', 'hangs'] as const)(
      'the guards cannot be told (it %s): it is changed, and the outbox tells them later',
      async (how) => {
        const person = await signedIn()
        const { newEmail, code } = await asked(person)
        await lock(newEmail)
        const down = failingObject('ACCOUNT_GUARD', 'change', how)
        expectStatus(await confirm(person.session, code, { env: down }), 200)
        expect(await isKnown(newEmail, person.session.deviceToken)).toBe(false)
        expect(await isKnown(person.email, person.session.deviceToken)).toBe(true)
        await deliverAll(newEmail)
        await deliverAll(person.email)
        expect(await isKnown(newEmail, person.session.deviceToken)).toBe(true)
        expect(await isKnown(person.email, person.session.deviceToken)).toBe(false)
        expectStatus(await login(newEmail, person.session.deviceToken), 200)
      },
    )

    it('the outbox rows of guards that were told are done', async () => {
      const person = await signedIn()
      const { newEmail } = await moved(person, person.email)
      const rows = [...(await outboxOf(person.email)), ...(await outboxOf(newEmail))]
      const forGuards = rows.filter(({ kind, requestId }) => kind !== 'mail' && requestId !== null)
      const kinds = forGuards.map(({ kind }) => kind).sort()
      // Both guards begin anew; the device is that of the signup's own link.
      expect(kinds).toEqual(['guard_clear', 'guard_clear', 'guard_device'])
      expect(forGuards.filter(({ sentAt }) => sentAt === null)).toEqual([])
    })

    it.each(['throws', 'hangs'] as const)(
      '503 while the guard %s when it is asked about the code, which lives on',
      async (how) => {
        const person = await signedIn()
        const { code } = await asked(person)
        const down = failingObject('ACCOUNT_GUARD', 'useCode', how)
        expectStatus(await confirm(person.session, code, { env: down }), 503, 'unavailable')
        expectStatus(await confirm(person.session, code), 200)
      },
    )

    it('503 while the database or the limiter is down, and the code lives on', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      const limiter = failingObject('RATE_LIMITER', 'hit', 'throws')
      for (const down of [failingDatabase(), limiter]) {
        expectStatus(await confirm(person.session, code, { env: down }), 503, 'unavailable')
      }
      expectStatus(await confirm(person.session, code), 200)
    })

    it('stands when the queue is down: the notice waits in its row', async () => {
      const person = await signedIn()
      const { code } = await asked(person)
      expectStatus(await confirm(person.session, code, { env: failingQueue() }), 200)
      expect(await mailsOf(person.email, 'email_change_notice')).toMatchObject([{ sentAt: null }])
      expect(await inboxOf(person.email, 'email_change_notice')).toHaveLength(1)
    })
  })

  it('a stranger’s failures at the old address neither stop nor follow who moves away', async () => {
    const person = await signedIn()
    const { newEmail, code } = await asked(person)
    await guessWrong(person.email, 5)
    expectStatus(await confirm(person.session, code), 200)
    expectStatus(await login(newEmail), 200)
  })
})
