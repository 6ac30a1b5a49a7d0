import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { outbox, users } from '../../../src/db/schema/index.ts'
import { db, postLogin } from '../../factories.ts'
import { openSession, outboxOf, sessionRow } from '../../session-client.ts'
import { cookiesOf, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  lostAnswer,
} from '../../support/faults.ts'
import { expectExactlyOne, race } from '../../support/race.ts'
import { endingsOf } from '../sessions/clients.ts'
import {
  actionsOf,
  deliver,
  deviceIn,
  expectDead,
  expectUnused,
  isKnown,
  notMe,
  resetMailsTo,
  rowsOf,
  theft,
} from './theft.ts'

describe('POST /api/v1/auth/not-me under fire', () => {
  describe('is safe', () => {
    it('twenty at once use the link once: one end, one mail, one line each', async () => {
      const { token, email, userId } = await theft()
      expectExactlyOne(await race(20, () => notMe(token)), '200', '400 token_used')
      expect(await resetMailsTo(email)).toHaveLength(1)
      expect(await rowsOf(email, 'guard_forget')).toHaveLength(1)
      const actions = await actionsOf(userId)
      expect(actions.filter((action) => action === 'session_revoked')).toHaveLength(1)
      expect(actions.filter((action) => action === 'password_reset_requested')).toHaveLength(1)
    })

    it('a login on that device at the same moment does not slip through', async () => {
      const { owner, thief, token, email } = await theft()
      const { password } = owner
      // It signs in between the reading of the link and the write.
      const meanwhile = beforeBatch(0, () => openSession(owner, { deviceToken: thief.deviceToken }))
      expectStatus(await notMe(token, { env: meanwhile }), 200)
      const living = Object.values(await endingsOf(thief.userId)).filter((end) => end === null)
      expect(living).toHaveLength(1)
      const { deviceToken } = thief
      expectStatus(await postLogin({ email, password, deviceToken }), 200)
      const told = (await outboxOf(email)).filter(({ template }) => template === 'new_device')
      expect(told).toHaveLength(2)
    })

    it('the guard is unreachable: the answer stands, and the outbox delivers', async () => {
      const { token, thief, email } = await theft()
      const denied = (await sessionRow(thief.id)).deviceId
      const broken = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      const answer = await notMe(token, { env: broken })
      expectStatus(answer, 200)
      await expectDead(thief)
      const mine = deviceIn(cookiesOf(answer)['__Host-device'])
      expect(await isKnown(email, denied)).toBe(true)
      expect(await isKnown(email, mine)).toBe(false)
      const forget = await rowsOf(email, 'guard_forget')
      const remember = (await rowsOf(email, 'guard_device')).filter(
        ({ payload }) => payload?.deviceId === mine,
      )
      expect(forget).toMatchObject([{ sentAt: null, payload: { deviceId: denied } }])
      expect(remember).toMatchObject([{ sentAt: null }])
      await deliver([...forget, ...remember].map(({ id }) => id))
      expect(await isKnown(email, denied)).toBe(false)
      expect(await isKnown(email, mine)).toBe(true)
    })

    it('once the guard has heard it, the outbox has nothing left to tell it', async () => {
      const { token, email } = await theft()
      expectStatus(await notMe(token), 200)
      const rows = [
        ...(await rowsOf(email, 'guard_forget')),
        ...(await rowsOf(email, 'guard_device')),
      ]
      expect(rows.length).toBeGreaterThanOrEqual(2)
      for (const row of rows) expect(row.sentAt).toBeGreaterThan(0)
    })

    it('fails as a whole: with the limiter or the database down, or any statement of it, the link lives', async () => {
      const all = await theft()
      const probe = failingBatch(0)
      await notMe((await theft()).token, { env: probe.env })
      const size = probe.sizes[0] ?? 0
      expect(size).toBeGreaterThan(5)
      for (const broken of [
        failingObject('RATE_LIMITER', 'hit', 'throws'),
        failingDatabase(),
        ...Array.from({ length: size }, (_, k) => failingBatch(0, k).env),
      ]) {
        const answer = await notMe(all.token, { env: broken })
        expectStatus(answer, 503, 'unavailable')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      await expectUnused(all)
    })

    it('a committed end whose answer was lost: the outbox tells the guard, and the link is used', async () => {
      const { token, thief, email } = await theft()
      expectStatus(await notMe(token, { env: lostAnswer(0) }), 503, 'unavailable')
      await expectDead(thief)
      expectStatus(await notMe(token), 400, 'token_used')
      const [row] = await rowsOf(email, 'guard_forget')
      expect(row?.sentAt).toBeNull()
      await deliver([String(row?.id)])
      expect(await isKnown(email, (await sessionRow(thief.id)).deviceId)).toBe(false)
    })

    it('an account that has changed its address since is left alone, and told that the link is none', async () => {
      const moved = await theft()
      const email = `moved-${moved.email}`
      await db.update(users).set({ email }).where(eq(users.id, moved.userId))
      const { status, json } = await notMe(moved.token)
      expect({ status, code: json.code }).toEqual({ status: 400, code: 'token_invalid' })
      expect(await endingsOf(moved.userId)).toMatchObject({ [moved.thief.id]: null })
      expect(await resetMailsTo(email)).toEqual([])
      const mails = await db
        .select()
        .from(outbox)
        .where(and(eq(outbox.userId, moved.userId), eq(outbox.template, 'password_reset')))
      expect(mails).toEqual([])
    })

    it('costs two round trips to the database, one of the limiter and two of the guard', async () => {
      const { token } = await theft()
      const answer = await notMe(token)
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="3"')
    })

    it('the 301st attempt of a minute from one address is refused', async () => {
      const { token } = await theft()
      const ip = '198.51.100.31'
      const tries = await Promise.all(Array.from({ length: 300 }, () => notMe('x', { ip })))
      for (const answer of tries) expectStatus(answer, 400)
      expectStatus(await notMe(token, { ip }), 429, 'rate_limited')
      expectStatus(await notMe(token), 200)
    })
  })
})
