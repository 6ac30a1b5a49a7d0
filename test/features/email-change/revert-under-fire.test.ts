import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, outbox, users } from '../../../src/db/schema/index.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import { db, PASSWORD, postLogin } from '../../factories.ts'
import { addressHere, askForCode as askToLogIn, mailedCode, useCode } from '../../mailbox-client.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  postRefresh,
  userRow,
} from '../../session-client.ts'
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
  inboxOf,
  lock,
  mailsOf,
  NEW,
  postReset,
  resetLinkOf,
  signedIn,
} from '../passwords/password-client.ts'
import { ask, asked, confirm, isKnown, moved, postRevert, stateOf } from './change-client.ts'

async function robbed() {
  const owner = await signedIn()
  const { newEmail, undo } = await moved(owner, owner.email)
  return { ...owner, newEmail, undo }
}

async function robbedTwice() {
  const owner = await robbed()
  const { newEmail: third, undo: later } = await moved(owner, owner.newEmail)
  return { ...owner, third, later }
}

async function addressOf(userId: string): Promise<string> {
  const [row] = await db.select().from(users).where(eq(users.id, userId))
  return row?.email ?? ''
}

const login = (email: string, password = PASSWORD, deviceToken?: string) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' })

describe('POST /api/v1/auth/revert-email under fire', () => {
  describe('happens once', () => {
    it('twenty at once: one undo, one mail', async () => {
      for (let round = 0; round < 3; round++) {
        const { email, session, undo } = await robbed()
        const answers = await race(20, () => postRevert(undo))
        expectExactlyOne(answers, '200', '400 token_used')
        expect(await addressOf(session.userId)).toBe(email)
        expect(await auditRowsOf(session.userId, 'email_change_reverted')).toHaveLength(1)
        expect(await mailsOf(email, 'set_password')).toHaveLength(1)
      }
    })

    it('both links of two changes at once: the first address is back in the end', async () => {
      for (let round = 0; round < 5; round++) {
        const { email, session, undo, later } = await robbedTwice()
        const [first, second] = await Promise.all([postRevert(undo), postRevert(later)])
        expectStatus(first, 200)
        // The later one came before the first, or found itself void.
        expect(['200', '400 token_invalid']).toContain(Object.keys(tally([second]))[0])
        expect(await addressOf(session.userId)).toBe(email)
        expect(await livingSessionsOf(session.userId)).toEqual([])
      }
    })

    it('a link that was used between the look and the write is used, and changes nothing', async () => {
      const { session, newEmail, undo } = await robbed()
      const used = { usedAt: Date.now(), usedBy: 'another request' }
      const row = eq(oneTimeTokens.tokenHash, hashSecret(undo))
      const rival = beforeBatch(0, () => db.update(oneTimeTokens).set(used).where(row))
      expectStatus(await postRevert(undo, { env: rival }), 400, 'token_used')
      expect(await addressOf(session.userId)).toBe(newEmail)
      expectStatus(await me(session.accessToken), 200)
    })

    it('a later link that the first one ends between the look and the write is none any more', async () => {
      const { email, session, undo, later } = await robbedTwice()
      const rival = beforeBatch(0, () => postRevert(undo))
      expectStatus(await postRevert(later, { env: rival }), 400, 'token_invalid')
      expect(await addressOf(session.userId)).toBe(email)
    })

    it('a link that runs out between the look and the write has expired', async () => {
      const { session, newEmail, undo } = await robbed()
      const row = eq(oneTimeTokens.tokenHash, hashSecret(undo))
      const over = { expiresAt: Date.now() - 1 }
      const rival = beforeBatch(0, () => db.update(oneTimeTokens).set(over).where(row))
      expectStatus(await postRevert(undo, { env: rival }), 400, 'token_expired')
      expect(await addressOf(session.userId)).toBe(newEmail)
    })
  })

  describe('is the last word', () => {
    it('the thief moves the address once more in between: it comes back all the same', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const next = await asked({ session })
      const rival = beforeBatch(0, () => confirm(session, next.code))
      expectStatus(await postRevert(undo, { env: rival }), 200)
      expect(await addressOf(session.userId)).toBe(email)
      expect(await livingSessionsOf(session.userId)).toEqual([])
      const token = await livingUndoOf(newEmail)
      expect(token).toBeUndefined()
    })

    it('and as often as the two meet', async () => {
      for (let round = 0; round < 6; round++) {
        const { email, session, undo } = await robbed()
        const next = await asked({ session })
        const [undone] = await Promise.all([postRevert(undo), confirm(session, next.code)])
        expectStatus(undone, 200)
        expect(await addressOf(session.userId)).toBe(email)
        expect(await livingSessionsOf(session.userId)).toEqual([])
      }
    })

    it('the thief asks for another address in between: nothing comes of it', async () => {
      const { email, session, undo } = await robbed()
      const wished = addressHere()
      const rival = beforeBatch(0, () => postRevert(undo))
      const answer = await ask(session, wished, { env: rival })
      expect([401, 403]).toContain(answer.status)
      expect(await mailsOf(wished, 'email_change_code')).toEqual([])
      expect(await addressOf(session.userId)).toBe(email)
    })

    it('a login that was judged before it opens nothing after it, and is known nowhere', async () => {
      const { email, newEmail, session, undo } = await robbed()
      const slow = beforeBatch(1, () => postRevert(undo))
      const body = { email: newEmail, password: PASSWORD, deviceToken: session.deviceToken }
      expectStatus(await postLogin(body, { env: slow }), 401, 'invalid_credentials')
      expect(await livingSessionsOf(session.userId)).toEqual([])
      expect(await isKnown(email, session.deviceToken)).toBe(false)
    })

    it('nor does a code that was judged before it', async () => {
      const { newEmail, session, undo } = await robbed()
      const { flowId } = await askToLogIn(newEmail)
      const body = { email: newEmail, code: await mailedCode(newEmail), flowId }
      const slow = beforeBatch(0, () => postRevert(undo))
      const answer = await useCode({ ...body, tokenTransport: 'body' }, { env: slow })
      expect(answer.data.accessToken).toBeUndefined()
      expect(await livingSessionsOf(session.userId)).toEqual([])
    })

    it('nor does a reset by the mailbox that had the address', async () => {
      const { email, newEmail, undo } = await robbed()
      const token = await resetLinkOf(newEmail)
      const slow = beforeBatch(0, () => postRevert(undo))
      expectStatus(await postReset({ token, password: NEW }, { env: slow }), 400, 'token_invalid')
      expect((await userRow(email)).passwordHash).toBeNull()
    })

    it('nor does a refresh', async () => {
      const { session, undo } = await robbed()
      await Promise.all([postRevert(undo), postRefresh(session.refreshToken)])
      expect(await livingSessionsOf(session.userId)).toEqual([])
      expectStatus(await me(session.accessToken), 401, 'session_ended')
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, nothing has changed, the link lives on', async () => {
      const probe = failingBatch(0)
      const first = await robbedTwice()
      expectStatus(await postRevert(first.undo, { env: probe.env }), 200)
      const [size = 0] = probe.sizes
      expect(size).toBeGreaterThan(10)
      for (let k = 0; k < size; k++) {
        const { email, newEmail, third, session, undo } = await robbedTwice()
        await resetLinkOf(third)
        const emails = [third, newEmail, email]
        const before = await stateOf(session.userId, emails)
        const failed = await postRevert(undo, { env: failingBatch(0, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(failed.headers.getSetCookie()).toEqual([])
        expect(await stateOf(session.userId, emails), `statement ${k}`).toEqual(before)
        expectStatus(await me(session.accessToken), 200)
        expectStatus(await postRevert(undo), 200)
        expect(await addressOf(session.userId)).toBe(email)
      }
    })

    it('503 while the database or the limiter is down, and the link lives on', async () => {
      const { email, session, undo } = await robbed()
      const limiter = failingObject('RATE_LIMITER', 'hit', 'throws')
      for (const down of [failingDatabase(), limiter]) {
        expectStatus(await postRevert(undo, { env: down }), 503, 'unavailable')
      }
      expectStatus(await postRevert(undo), 200)
      expect(await addressOf(session.userId)).toBe(email)
    })

    it('a commit whose answer is lost: the address is back, and the outbox tells the guards', async () => {
      const { email, newEmail, session, undo } = await robbed()
      await lock(email)
      expectStatus(await postRevert(undo, { env: lostAnswer(0) }), 503, 'unavailable')
      expectStatus(await postRevert(undo), 400, 'token_used')
      expect(await addressOf(session.userId)).toBe(email)
      await deliverAll(email)
      await deliverAll(newEmail)
      expect(await isKnown(newEmail, session.deviceToken)).toBe(false)
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: NEW }), 200)
      expectStatus(await login(email, NEW), 200)
    })

    it.each(['throws', 'hangs'] as const)(
      'the guards cannot be told (it %s): it is undone, and the outbox tells them later',
      async (how) => {
        const { email, newEmail, session, undo } = await robbed()
        await lock(email)
        const down = failingObject('ACCOUNT_GUARD', 'change', how)
        const headers = { Cookie: `__Host-device=${session.deviceToken}` }
        expectStatus(await postRevert(undo, { env: down, headers }), 200)
        expect(await isKnown(newEmail, session.deviceToken)).toBe(true)
        expectStatus(await login(email), 423, 'account_locked')
        await deliverAll(email)
        await deliverAll(newEmail)
        expect(await isKnown(newEmail, session.deviceToken)).toBe(false)
        // The browser that asked is the one device that the old address knows.
        expect(await isKnown(email, session.deviceToken)).toBe(true)
        expectStatus(await login(email), 401, 'invalid_credentials')
      },
    )

    it('what the outbox tells late undoes nothing that came after', async () => {
      const { email, newEmail, undo } = await robbed()
      const down = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      expectStatus(await postRevert(undo, { env: down }), 200)
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: NEW }), 200)
      const session = await openSession({ email, password: NEW })
      await deliverAll(email)
      await deliverAll(newEmail)
      expect(await isKnown(email, session.deviceToken)).toBe(true)
      expectStatus(await me(session.accessToken), 200)
    })

    it('stands when the queue is down: the mail waits in its row', async () => {
      const { email, undo } = await robbed()
      expectStatus(await postRevert(undo, { env: failingQueue() }), 200)
      expect(await mailsOf(email, 'set_password')).toMatchObject([{ sentAt: null }])
      expect(await inboxOf(email, 'set_password')).toHaveLength(1)
    })

    it('no cap holds its mail back, however much strangers had sent there', async () => {
      const { email, undo } = await robbed()
      const [row] = await mailsOf(email, 'email_change_notice')
      if (!row) throw new Error('no notice')
      const mails = Array.from({ length: 20 }, () => ({
        ...row,
        id: crypto.randomUUID(),
        template: 'set_password' as const,
      }))
      for (const mail of mails) await db.insert(outbox).values(mail)
      expectStatus(await postRevert(undo), 200)
      expect(await mailsOf(email, 'set_password')).toHaveLength(21)
    })
  })
})

/** The token of an undo that would bring this address back. */
async function livingUndoOf(email: string): Promise<string | undefined> {
  const rows = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
  return rows.find(({ purpose, usedAt }) => purpose === 'revert_email' && usedAt === null)?.id
}
