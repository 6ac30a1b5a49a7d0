import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import {
  auditLogs,
  communities,
  idempotencyKeys,
  oneTimeTokens,
  outbox,
  users,
} from '../../../src/db/schema/index.ts'
import {
  db,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  signupForm,
  unique,
} from '../../factories.ts'
import { addressHere } from '../../mailbox-client.ts'
import { userRow } from '../../session-client.ts'
import { cookiesOf, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  lostAnswer,
} from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import { isKnown } from '../email-change/change-client.ts'
import { deliverAll, NEW } from '../passwords/password-client.ts'
import { proven, provenForm } from './proof-client.ts'

const withKey = (key: string) => ({ headers: { 'Idempotency-Key': key } })

describe('POST /api/v1/auth/signup-community with a signupToken, under fire', () => {
  describe('happens once', () => {
    it('twenty communities at once with one token: one of them', async () => {
      for (let round = 0; round < 2; round++) {
        const { email, signupToken } = await proven()
        const forms = Array.from({ length: 20 }, () => provenForm(email, signupToken))
        const answers = await race(20, (n) => postSignup(forms[n] ?? {}))
        expectExactlyOne(answers, '201', '400 token_used')
        const made = await Promise.all(forms.map(communitiesOf))
        expect(made.flat()).toHaveLength(1)
        expect(await db.select().from(users).where(eq(users.email, email))).toHaveLength(1)
      }
    })

    it('twenty times the same form at once: one community', async () => {
      const { email, signupToken } = await proven()
      const form = provenForm(email, signupToken)
      const { '201': made, ...others } = tally(await race(20, () => postSignup(form)))
      expect(made).toBe(1)
      expect(Object.keys(others)).toEqual(['409 community_exists'])
      expect(await communitiesOf(form)).toHaveLength(1)
    })

    it('twenty times with one Idempotency-Key: one community and twenty equal answers', async () => {
      const { email, signupToken } = await proven()
      const form = provenForm(email, signupToken)
      const key = unique()
      const answers = await race(20, () => postSignup(form, withKey(key)))
      expect(tally(answers)).toEqual({ '201': 20 })
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(await communitiesOf(form)).toHaveLength(1)
    })

    it('two tokens of one address at once: one account with two communities', async () => {
      for (let round = 0; round < 3; round++) {
        const one = await proven()
        const two = await proven(one.email)
        const forms = [one, two].map((proof) => provenForm(one.email, proof.signupToken))
        const answers = await race(2, (n) => postSignup(forms[n] ?? {}))
        expect(tally(answers)).toEqual({ '201': 2 })
        const { id } = await userRow(one.email)
        for (const form of forms)
          expect(await communitiesOf(form)).toMatchObject([{ createdBy: id }])
        expect(await db.select().from(users).where(eq(users.email, one.email))).toHaveLength(1)
      }
    })

    it('the address becomes an account in the gap between the look and the write: that one gets it', async () => {
      const { email, signupToken } = await proven()
      const form = signupForm({ email, signupToken, password: NEW, confirmPassword: NEW })
      const rival = beforeBatch(1, () => ownerIn('active', { email }))
      expectStatus(await postSignup(form, { env: rival }), 201)
      const { id } = await userRow(email)
      expect(await communitiesOf(form)).toMatchObject([{ createdBy: id }])
      expectStatus(await postLogin({ email, password: NEW }), 401)
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })
  })

  describe('with an Idempotency-Key', () => {
    it('a repeated request gets the first answer again, though the token is used by then', async () => {
      const { email, signupToken } = await proven()
      const form = provenForm(email, signupToken)
      const key = unique()
      const [first, second] = [
        await postSignup(form, withKey(key)),
        await postSignup(form, withKey(key)),
      ]
      expectStatus(first, 201)
      expectStatus(second, 201)
      expect(second.json).toEqual(first.json)
      expect(second.headers.get('Idempotent-Replayed')).toBe('true')
      // Whoever repeats a body proves no mailbox a second time.
      expect(second.headers.getSetCookie()).toEqual([])
    })

    it('a refused token is not remembered: another one may come under the same key', async () => {
      const { email, signupToken } = await proven()
      const key = unique()
      const used = await proven()
      expectStatus(await postSignup(provenForm(used.email, used.signupToken)), 201)
      const refused = [
        provenForm(email, 'x'),
        provenForm(addressHere(), signupToken),
        provenForm(used.email, used.signupToken),
      ]
      for (const form of refused) {
        const answer = await postSignup(form, withKey(key))
        expectStatus(answer, 400)
        await expectNothingOf(String(answer.json.requestId))
      }
      expectStatus(await postSignup(provenForm(email, signupToken), withKey(key)), 201)
    })

    it('another token under the same key is another body', async () => {
      const one = await proven()
      const two = await proven(one.email)
      const [key, form] = [unique(), provenForm(one.email, one.signupToken)]
      expectStatus(await postSignup(form, withKey(key)), 201)
      const other = { ...form, signupToken: two.signupToken }
      expectStatus(await postSignup(other, withKey(key)), 422, 'idempotency_key_reused')
    })

    it('keeps neither the token nor anything that it could be guessed from', async () => {
      const { email, signupToken } = await proven()
      expectStatus(await postSignup(provenForm(email, signupToken), withKey(unique())), 201)
      const rows = [
        await db.select().from(idempotencyKeys),
        await db.select().from(oneTimeTokens),
        await db.select().from(auditLogs),
        await db.select().from(outbox),
      ]
      expect(JSON.stringify(rows)).not.toContain(signupToken)
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, nothing is left, and the token lives on', async () => {
      const probe = failingBatch(1)
      const first = await proven()
      const form = provenForm(first.email, first.signupToken)
      expectStatus(await postSignup(form, { ...withKey(unique()), env: probe.env }), 201)
      const size = probe.sizes[1] ?? 0
      expect(size).toBeGreaterThan(15)
      for (let k = 0; k < size; k++) {
        const { email, signupToken } = await proven()
        const form = provenForm(email, signupToken)
        const key = unique()
        const failed = await postSignup(form, { ...withKey(key), env: failingBatch(1, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(failed.headers.getSetCookie()).toEqual([])
        await expectNothingOf(String(failed.json.requestId))
        expect(await communitiesOf(form), `statement ${k}`).toEqual([])
        expect(await db.select().from(users).where(eq(users.email, email))).toEqual([])
        expectStatus(await postSignup(form, withKey(key)), 201)
      }
    })

    it('a commit whose answer is lost: the repeated request gets its answer, and the outbox tells the guard', async () => {
      const { email, signupToken } = await proven()
      const form = provenForm(email, signupToken)
      const key = unique()
      const lost = await postSignup(form, { ...withKey(key), env: lostAnswer(1) })
      expectStatus(lost, 503, 'unavailable')
      const again = await postSignup(form, withKey(key))
      expectStatus(again, 201)
      expect(again.headers.get('Idempotent-Replayed')).toBe('true')
      expect(await guardRowsOf(email)).toMatchObject([{ sentAt: null }])
    })

    it.each(['throws', 'hangs'] as const)(
      'stands where the guard %s: the outbox tells it about the device',
      async (how) => {
        const { email, signupToken } = await proven()
        const down = failingObject('ACCOUNT_GUARD', 'change', how)
        const answer = await postSignup(provenForm(email, signupToken), { env: down })
        expectStatus(answer, 201)
        const deviceToken = cookiesOf(answer)['__Host-device'] ?? ''
        expect(await isKnown(email, deviceToken)).toBe(false)
        await deliverAll(email)
        expect(await isKnown(email, deviceToken)).toBe(true)
        expect(await guardRowsOf(email)).toMatchObject([{ sentAt: expect.any(Number) }])
      },
    )

    it('503 while the database or the limiter is down, and the token lives on', async () => {
      const { email, signupToken } = await proven()
      const limiter = failingObject('RATE_LIMITER', 'hit', 'throws')
      for (const down of [failingDatabase(), limiter]) {
        const answer = await postSignup(provenForm(email, signupToken), { env: down })
        expectStatus(answer, 503, 'unavailable')
      }
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
    })
  })
})

async function communitiesOf({ communityName }: { communityName: string }) {
  return db.select().from(communities).where(eq(communities.name, communityName))
}

/** What a request has written that bears its id. */
async function expectNothingOf(requestId: string): Promise<void> {
  const audits = await db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId))
  const rows = await db.select().from(outbox).where(eq(outbox.requestId, requestId))
  const tokens = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.usedBy, requestId))
  expect({ audits, rows, tokens }).toEqual({ audits: [], rows: [], tokens: [] })
}

async function guardRowsOf(email: string) {
  const rows = await db.select().from(outbox).where(eq(outbox.email, email))
  return rows.filter(({ kind }) => kind === 'guard_device')
}
