import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { outbox, sessions } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { accessTokenOf, admin, ownerIn } from '../../factories.ts'
import {
  createWorld,
  DAY,
  db,
  deliver,
  HOUR,
  makeCommunity,
  makeToken,
  queueGuard,
  queueMail,
  readAudit,
  readRow,
  START,
  type TestCommunity,
} from '../../mail/mail-world.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase, failingQueue } from '../../support/faults.ts'
import { expectExactlyOne, race } from '../../support/race.ts'
import { at } from '../passwords/password-client.ts'

/** The mail was queued at START; a day and an hour later an admin looks. */
const LATE = START + DAY + HOUR

let helper: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  helper = await at(LATE, admin)
})

const retry = (id: string, options: CallOptions = {}) =>
  at(LATE, () =>
    call(`${API}/admin/mail/${id}/retry`, { method: 'POST', token: helper.token, ...options }),
  )

/** A mail that the provider never took: given up. */
async function failed(change: Partial<typeof outbox.$inferInsert> = {}) {
  const community = await makeCommunity()
  const id = await queueMail(community, 'community_approved')
  const failure = { failedAt: START + DAY, attempts: 30, lastError: 'gave_up', ...change }
  await db.update(outbox).set(failure).where(eq(outbox.id, id))
  return { id, community }
}

const retriesOf = async ({ id }: TestCommunity) =>
  (await readAudit(id)).filter(({ action }) => action === 'email_retried')

describe('POST /api/v1/admin/mail/:id/retry', () => {
  describe('works', () => {
    it('queues what gave up as if it were new, and its mail goes out', async () => {
      const { id, community } = await failed()
      const answer = await retry(id)
      expectStatus(answer, 200)
      expect(answer.data.mail).toMatchObject({
        id,
        state: 'queued',
        to: community.email,
        attempts: 0,
        lastError: null,
        failedAt: null,
        nextAttemptAt: new Date(LATE).toISOString(),
      })
      const { deps, time, accepted } = createWorld('resend')
      time.now = LATE + 1000
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ sentAt: time.now, attempts: 1, failedAt: null })
      expect(await accepted()).toHaveLength(1)
    })

    it('is on record with state, attempts and error before and after', async () => {
      const { id, community } = await failed()
      await retry(id)
      expect(await retriesOf(community)).toMatchObject([
        {
          actorId: helper.id,
          userId: community.ownerId,
          details: {
            mailId: id,
            template: 'community_approved',
            before: { state: 'failed', attempts: 30, lastError: 'gave_up' },
            after: { state: 'queued', attempts: 0 },
          },
        },
      ])
    })

    it('gives it a day of attempts anew, though it was queued the day before', async () => {
      const { id, community } = await failed()
      await retry(id)
      const { deps, time, setPlan } = createWorld('resend', '503')
      time.now = LATE
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: expect.any(Number) }])
      time.now = LATE + DAY - 60_000
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: expect.any(Number) }])
      time.now = LATE + DAY
      await setPlan('ok')
      // The provider has forgotten the key of the first attempts by then: no second mail is risked.
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ sentAt: null, lastError: 'gave_up' })
      const given = (await readAudit(community.id)).filter(
        ({ action }) => action === 'email_failed',
      )
      expect(given).toHaveLength(1)
      expectStatus(await retry(id), 200)
    })

    it('with one key for all attempts at the provider, and not the one that was refused', async () => {
      const { deps, time, accepted } = createWorld('resend', '403,503,ok')
      const id = await queueMail(await makeCommunity(), 'community_approved')
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe('http_403')
      await retry(id)
      time.now = LATE
      const [again] = await deliver(deps, [id])
      time.now += 1000 * Number((again as { retryInSeconds?: number }).retryInSeconds)
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const [mail, ...others] = await accepted()
      expect(others).toEqual([])
      expect(mail?.headers['idempotency-key']).toBe(`${id}.${LATE}`)
    })

    it('leaves alone what the send caps count by', async () => {
      const { id } = await failed()
      const before = await readRow(id)
      await retry(id)
      const { addressKey, lane, createdAt, template } = await readRow(id)
      expect({ addressKey, lane, createdAt, template }).toEqual({
        addressKey: before.addressKey,
        lane: before.lane,
        createdAt: START,
        template: before.template,
      })
    })

    it('what the provider refuses for good fails again, and is on record again', async () => {
      const { deps, time } = createWorld('postmark', '422=406')
      const community = await makeCommunity()
      const id = await queueMail(community, 'community_approved')
      await deliver(deps, [id])
      await retry(id)
      time.now = LATE
      await deliver(deps, [id])
      expect(await readRow(id)).toMatchObject({ failedAt: LATE, lastError: 'postmark_406' })
      const actions = (await readAudit(community.id)).map(({ action }) => action)
      expect(actions.sort()).toEqual(['email_failed', 'email_failed', 'email_retried'])
    })

    it('what has lost its use is dropped again, and says so', async () => {
      const community = await makeCommunity()
      const { id: tokenId } = await makeToken(community, { usedAt: START, expiresAt: LATE + DAY })
      const id = await queueMail(community, 'verify_email', { tokenId, expiresAt: LATE + DAY })
      const { deps, time, accepted } = createWorld('resend')
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe('token_used')
      expectStatus(await retry(id), 200)
      time.now = LATE
      await deliver(deps, [id])
      expect(await readRow(id)).toMatchObject({ sentAt: null, lastError: 'token_used' })
      expect(await accepted()).toEqual([])
    })

    it('keeps what else the mail carries', async () => {
      const { id } = await failed({ payload: { reason: 'Because.' } })
      await retry(id)
      expect((await readRow(id)).payload).toEqual({ reason: 'Because.', retriedAt: LATE })
    })
  })

  describe('refuses', () => {
    it.each([
      ['queued', { failedAt: null }],
      ['sent', { failedAt: null, sentAt: START }],
    ])('one that is %s', async (_, change) => {
      const { id, community } = await failed(change)
      const before = await readRow(id)
      const answer = await retry(id)
      expectStatus(answer, 409, 'invalid_transition')
      expect(answer.json.message).toMatch(/^Only a mail that has failed/)
      expect(await readRow(id)).toEqual(before)
      expect(await retriesOf(community)).toEqual([])
    })

    it('one whose recipient has been erased: there is no address to send it to', async () => {
      const { id, community } = await failed({ email: '', payload: null })
      const before = await readRow(id)
      const answer = await retry(id)
      expectStatus(answer, 409, 'invalid_transition')
      expect(answer.json.message).toMatch(/has been erased/)
      expect(await readRow(id)).toEqual(before)
      expect(await retriesOf(community)).toEqual([])
    })

    it('one whose link or code has expired: its recipient asks for a new one', async () => {
      const { id, community } = await failed({ expiresAt: LATE })
      const answer = await retry(id)
      expectStatus(answer, 409, 'invalid_transition')
      expect(answer.json.message).toMatch(/has expired/)
      expect(await readRow(id)).toMatchObject({ failedAt: START + DAY, lastError: 'gave_up' })
      expect(await retriesOf(community)).toEqual([])
      const living = await failed({ expiresAt: LATE + 1 })
      expectStatus(await retry(living.id), 200)
    })

    it('what is no mail: a call of an account guard, and what nobody knows', async () => {
      const guard = await queueGuard('clear', { deviceId: 'x', before: 1 })
      await db.update(outbox).set({ failedAt: START }).where(eq(outbox.id, guard))
      for (const id of [guard, newId(START), 'x']) expectStatus(await retry(id), 404, 'not_found')
      expect(await readRow(guard)).toMatchObject({ failedAt: START })
    })

    it('whoever is no admin', async () => {
      const { id } = await failed()
      const path = `${API}/admin/mail/${id}/retry`
      const token = await accessTokenOf(await ownerIn('active'))
      expectStatus(await call(path, { method: 'POST' }), 401, 'unauthenticated')
      expectStatus(await call(path, { method: 'POST', token }), 403, 'forbidden')
    })
  })

  describe('is safe', () => {
    it('of twenty at once one wins: one line on record, one mail', async () => {
      const { id, community } = await failed()
      const path = `${API}/admin/mail/${id}/retry`
      const { token } = helper
      const answers = await at(LATE, () => race(20, () => call(path, { method: 'POST', token })))
      expectExactlyOne(answers, '200', '409 invalid_transition')
      expect(await retriesOf(community)).toHaveLength(1)
      const { deps, time, accepted } = createWorld('resend')
      time.now = LATE
      await deliver(deps, [id, id, id])
      expect(await accepted()).toHaveLength(1)
    })

    it('answers although the queue is down: the mail waits for the sweeper', async () => {
      const { id } = await failed()
      expectStatus(await retry(id, { env: failingQueue() }), 200)
      expect(await readRow(id)).toMatchObject({ sentAt: null, failedAt: null, notBefore: LATE })
    })

    it('a batch that fails at any statement changes nothing', async () => {
      const { id, community } = await failed()
      const before = await readRow(id)
      for (let k = 0; k < 4; k++)
        expectStatus(await retry(id, { env: failingBatch(0, k).env }), 503, 'unavailable')
      expectStatus(await retry(id, { env: failingDatabase() }), 503, 'unavailable')
      expect(await readRow(id)).toEqual(before)
      expect(await retriesOf(community)).toEqual([])
      const whole = failingBatch(0)
      expectStatus(await retry(id, { env: whole.env }), 200)
      expect(whole.sizes[0]).toBe(4)
    })

    it('an admin whose session ends at that very moment sends nothing', async () => {
      const [{ id }, other] = [await failed(), await at(LATE, admin)]
      const end = () =>
        Promise.resolve(
          db.update(sessions).set({ revokedAt: 1 }).where(eq(sessions.userId, other.id)),
        )
      const answer = await retry(id, { token: other.token, env: beforeBatch(0, end) })
      expectStatus(answer, 401, 'session_ended')
      expect(await readRow(id)).toMatchObject({ lastError: 'gave_up' })
    })
  })
})
