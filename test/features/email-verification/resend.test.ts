import { and, eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { oneTimeTokens, outbox } from '../../../src/db/schema/index.ts'
import { db, linkTokenOf, postVerification, signedUp, unique, verified } from '../../factories.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingBatch, failingObject, failingQueue, traced } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'

const resend = (email: unknown, options: CallOptions = {}) =>
  call(`${API}/auth/resend-verification`, { ...options, body: { email } })
const mailsTo = (email: string) =>
  db
    .select()
    .from(outbox)
    .where(and(eq(outbox.email, email), eq(outbox.template, 'verify_email')))
const tokensOf = (communityId: string) =>
  db.select().from(oneTimeTokens).where(eq(oneTimeTokens.communityId, communityId))

describe('POST /api/v1/auth/resend-verification', () => {
  describe('works', () => {
    it('mails a new link and ends the older one', async () => {
      const { communityId, email } = await signedUp()
      const old = await linkTokenOf(communityId)
      const answer = await resend(email.toUpperCase())
      expectStatus(answer, 202)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expect(await mailsTo(email)).toMatchObject([{ communityId, locale: 'en' }])
      expectStatus(await postVerification(old), 400, 'token_invalid')
      expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
    })

    it('takes the newest signup of the address and leaves the link of the older one alone', async () => {
      const older = await signedUp()
      const oldLink = await linkTokenOf(older.communityId)
      const newer = await signedUp({ email: older.email })
      await resend(older.email)
      expect(await mailsTo(older.email)).toMatchObject([{ communityId: newer.communityId }])
      expectStatus(await postVerification(oldLink), 200)
    })

    it('works for a signup whose address has an account by now', async () => {
      const owner = await verified()
      const second = await signedUp({ email: owner.email })
      await resend(owner.email)
      expect(await mailsTo(owner.email)).toMatchObject([{ communityId: second.communityId }])
    })
  })

  describe('refuses', () => {
    it('mails no fourth link in an hour to one address: 202 all the same, and the last link lives', async () => {
      const { communityId, email } = await signedUp()
      for (let n = 0; n < 3; n++) await resend(email)
      const last = await linkTokenOf(communityId)
      expectStatus(await resend(email), 202)
      expect(await mailsTo(email)).toHaveLength(3)
      expectStatus(await postVerification(last), 200)
    })

    it('mails no sixth link in a day, and the last link lives', async () => {
      const { communityId, email } = await signedUp()
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        const start = Date.now()
        for (let hour = 0; hour < 7; hour++) {
          vi.setSystemTime(start + hour * 3_600_001)
          expectStatus(await resend(email), 202)
        }
        expect(await mailsTo(email)).toHaveLength(5)
        expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
      } finally {
        vi.useRealTimers()
      }
    })

    it('the sixth request of an hour from one address', async () => {
      const ip = '198.51.100.33'
      for (let n = 0; n < 5; n++) expectStatus(await resend(`x@${unique()}.example`, { ip }), 202)
      expectStatus(await resend(`x@${unique()}.example`, { ip }), 429, 'rate_limited')
    })

    it.each([undefined, '', 'nobody', ['a@b.example', 'c@d.example'], 'a@b.example,c@d.example'])(
      '%j as an address',
      async (email) => {
        expectStatus(await resend(email), 422, 'validation_failed')
      },
    )

    it('mails nobody who has nothing to verify, nor a signup whose week is over', async () => {
      const owner = await verified()
      expectStatus(await resend(owner.email), 202)
      expect(await mailsTo(owner.email)).toEqual([])
      const gone = await signedUp()
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        vi.setSystemTime(Date.now() + 7 * 24 * 3600 * 1000 + 1000)
        expectStatus(await resend(gone.email), 202)
      } finally {
        vi.useRealTimers()
      }
      expect(await mailsTo(gone.email)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('does and answers the same for known, unknown and verified addresses', async () => {
      const seen: unknown[] = []
      for (const email of [
        (await signedUp()).email,
        `nobody@${unique()}.example`,
        (await verified()).email,
      ]) {
        const trace = traced()
        const answer = await resend(email, { env: trace.env })
        const headers = [...answer.headers].filter(
          ([name]) => name !== 'x-request-id' && name !== 'server-timing',
        )
        seen.push({ body: answer.text, headers, steps: trace.steps })
      }
      expect(seen[1]).toEqual(seen[0])
      expect(seen[2]).toEqual(seen[0])
    })

    it('twenty requests at once mail at most three links, of which one lives', async () => {
      const { communityId, email } = await signedUp()
      expect(tally(await race(20, () => resend(email)))).toEqual({ '202': 20 })
      expect(await mailsTo(email)).toHaveLength(3)
      expect(await tokensOf(communityId)).toHaveLength(1)
      expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
    })

    it('a batch that fails at any statement leaves the old link alive', async () => {
      for (let k = 0; k < 3; k++) {
        const { communityId, email } = await signedUp()
        const old = await linkTokenOf(communityId)
        expectStatus(await resend(email, { env: failingBatch(0, k).env }), 503, 'unavailable')
        expect(await mailsTo(email), `statement ${k}`).toEqual([])
        expectStatus(await postVerification(old), 200)
      }
    })

    it('answers 202 when the queue is down, and 503 when the limiter is', async () => {
      const { email } = await signedUp()
      expectStatus(await resend(email, { env: failingQueue() }), 202)
      expect(await mailsTo(email)).toMatchObject([{ sentAt: null }])
      expectStatus(
        await resend(email, { env: failingObject('RATE_LIMITER', 'hit', 'throws') }),
        503,
        'unavailable',
      )
    })
  })
})
