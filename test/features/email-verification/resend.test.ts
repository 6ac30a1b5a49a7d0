import { and, eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { oneTimeTokens, outbox, STRANGERS_LANE } from '../../../src/db/schema/index.ts'
import { db, linkTokenOf, postVerification, signedUp, unique, verified } from '../../factories.ts'
import { API, type CallOptions, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { failingBatch, failingObject, failingQueue, traced } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'

const resend = (email: unknown, options: CallOptions = {}) =>
  call(`${API}/auth/resend-verification`, { ...options, body: { email } })
const mailsTo = (email: string) =>
  db
    .select()
    .from(outbox)
    .where(and(eq(outbox.email, email), eq(outbox.template, 'verify_email')))
    .orderBy(outbox.id)
/** One more signup of an address that has an account, and the cookie of the browser that the account knows. */
async function anotherSignup() {
  const first = await signedUp()
  const answer = await postVerification(await linkTokenOf(first.communityId))
  const token = cookiesOf(answer)['__Host-device'] ?? ''
  const { communityId } = await signedUp({ email: first.email })
  const headers = { Cookie: `__Host-device=${token}` }
  return { email: first.email, communityId, deviceId: token.split('.')[0], headers }
}
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

    it('mails a browser that the account knows its link after strangers have used up theirs', async () => {
      const { email, communityId, deviceId, headers } = await anotherSignup()
      for (let n = 0; n < 4; n++) await resend(email)
      expect(await mailsTo(email)).toHaveLength(3)
      for (let n = 0; n < 4; n++) expectStatus(await resend(email, { headers }), 202)
      const lanes = (await mailsTo(email)).map(({ lane }) => lane)
      expect(lanes).toHaveLength(6)
      expect(lanes.filter((lane) => lane === `known:${deviceId}`)).toHaveLength(3)
      expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
    })

    it('leaves strangers theirs when a known browser has used up its own', async () => {
      const { email, headers } = await anotherSignup()
      for (let n = 0; n < 4; n++) await resend(email, { headers })
      expect(await mailsTo(email)).toHaveLength(3)
      for (let n = 0; n < 4; n++) await resend(email)
      expect(await mailsTo(email)).toHaveLength(6)
    })

    it('and also when strangers have used up the five of the day, and the other way round', async () => {
      const one = await anotherSignup()
      const two = await anotherSignup()
      const start = Date.now()
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        for (const hour of [0, 1]) {
          vi.setSystemTime(start + hour * 3_600_000)
          for (let n = 0; n < 3; n++) {
            await resend(one.email)
            await resend(two.email, { headers: two.headers })
          }
        }
        vi.setSystemTime(start + 2 * 3_600_000)
        for (const { email, headers } of [one, two]) {
          expect(await mailsTo(email)).toHaveLength(5)
          await resend(email)
          await resend(email, { headers })
          expect(await mailsTo(email)).toHaveLength(6)
        }
      } finally {
        vi.useRealTimers()
      }
      const last = async (email: string) => (await mailsTo(email)).map(({ lane }) => lane).at(-1)
      expect(await last(one.email)).toBe(`known:${one.deviceId}`)
      expect(await last(two.email)).toBe(STRANGERS_LANE)
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

    it('counts a browser that another account knows, or a forged one, as a stranger', async () => {
      const { headers: foreign } = await anotherSignup()
      const { email, deviceId, headers } = await anotherSignup()
      const mac = headers.Cookie.slice(headers.Cookie.indexOf('.') + 1)
      const forged = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`
      for (const Cookie of [foreign.Cookie, `__Host-device=${deviceId}.${forged}`])
        expectStatus(await resend(email, { headers: { Cookie } }), 202)
      for (let n = 0; n < 3; n++) await resend(email)
      const mails = await mailsTo(email)
      expect(mails.map(({ lane }) => lane)).toEqual(Array(3).fill(STRANGERS_LANE))
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
    it('does and answers the same for known, unknown and verified addresses, from a known browser or not', async () => {
      const known = await anotherSignup()
      const seen: Record<string, unknown>[] = []
      for (const email of [
        known.email,
        (await signedUp()).email,
        `nobody@${unique()}.example`,
        (await verified()).email,
      ]) {
        for (const headers of [known.headers, {}]) {
          const trace = traced()
          const answer = await resend(email, { env: trace.env, headers })
          const shown = [...answer.headers].filter(([name]) => name !== 'x-request-id')
          seen.push({ body: answer.text, headers: shown, steps: trace.steps })
        }
      }
      const [first, ...others] = seen
      expect(first?.steps).toContain('object ACCOUNT_GUARD.countMail')
      for (const one of others) expect(one).toEqual(first)
    })

    it('twenty requests at once of a known browser mail at most three links as well', async () => {
      const { email, headers } = await anotherSignup()
      expect(tally(await race(20, () => resend(email, { headers })))).toEqual({ '202': 20 })
      expect(await mailsTo(email)).toHaveLength(3)
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

    it('answers 202 when the queue is down, and 503 when the limiter or the guard is', async () => {
      const { email } = await signedUp()
      expectStatus(await resend(email, { env: failingQueue() }), 202)
      expect(await mailsTo(email)).toMatchObject([{ sentAt: null }])
      for (const down of [
        failingObject('RATE_LIMITER', 'hit', 'throws'),
        failingObject('ACCOUNT_GUARD', 'countMail', 'throws'),
        failingObject('ACCOUNT_GUARD', 'countMail', 'hangs'),
      ])
        expectStatus(await resend(email, { env: down }), 503, 'unavailable')
      expect(await mailsTo(email)).toHaveLength(1)
    })
  })
})
