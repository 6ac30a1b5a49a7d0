import { env } from 'cloudflare:workers'
import { eq, like } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import {
  auditLogs,
  communities,
  idempotencyKeys,
  memberships,
  oneTimeTokens,
  outbox,
  users,
} from '../../../src/db/schema/index.ts'
import { communityRow, db, PASSWORD, postSignup, signupForm, unique } from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'
import {
  failingBatch,
  failingBucket,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { pngOf } from '../../support/png.ts'
import { race, tally } from '../../support/race.ts'

const withKey = (key: string) => ({ headers: { 'Idempotency-Key': key } })

/** Everything that a signup with these values could have left. */
async function leftBy(form: ReturnType<typeof signupForm>, requestId: string) {
  return {
    communities: await db
      .select()
      .from(communities)
      .where(eq(communities.name, form.communityName)),
    users: await db.select().from(users).where(eq(users.email, form.email)),
    tokens: await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, form.email)),
    mails: await db.select().from(outbox).where(eq(outbox.email, form.email)),
    audits: await db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId)),
  }
}

const NOTHING = { communities: [], users: [], tokens: [], mails: [], audits: [] }

describe('POST /api/v1/auth/signup-community: once and whole', () => {
  describe('works', () => {
    it('a repeated request gets the first answer again', async () => {
      const form = signupForm()
      const key = unique()
      const first = await postSignup(form, withKey(key))
      const second = await postSignup(form, withKey(key))
      expectStatus(first, 201)
      expectStatus(second, 201)
      expect(second.json).toEqual(first.json)
      expect(first.headers.get('Idempotent-Replayed')).toBeNull()
      expect(second.headers.get('Idempotent-Replayed')).toBe('true')
      expect(await db.select().from(outbox).where(eq(outbox.email, form.email))).toHaveLength(1)
    })

    it('only a success is remembered: a refused body may be mended under the same key', async () => {
      const key = unique()
      const form = signupForm()
      expectStatus(await postSignup({ ...form, city: '' }, withKey(key)), 422)
      expectStatus(await postSignup(form, withKey(key)), 201)
    })

    it('a key may be used again after 24 hours', async () => {
      const key = unique()
      expectStatus(await postSignup(signupForm(), withKey(key)), 201)
      try {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + 24 * 3600 * 1000 + 1000)
        expectStatus(await postSignup(signupForm(), withKey(key)), 201)
      } finally {
        vi.useRealTimers()
      }
    })
  })

  describe('refuses', () => {
    it('a key that was used with another body', async () => {
      const key = unique()
      expectStatus(await postSignup(signupForm(), withKey(key)), 201)
      expectStatus(await postSignup(signupForm(), withKey(key)), 422, 'idempotency_key_reused')
    })
  })

  describe('is safe', () => {
    it('twenty equal requests at once make one community and twenty equal answers', async () => {
      const form = signupForm()
      const key = unique()
      const answers = await race(20, () => postSignup(form, withKey(key)))
      expect(tally(answers)).toEqual({ '201': 20 })
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(
        answers.filter(({ headers }) => headers.get('Idempotent-Replayed') === null),
      ).toHaveLength(1)
      expect(
        await db.select().from(communities).where(eq(communities.name, form.communityName)),
      ).toHaveLength(1)
      expect(await db.select().from(users).where(eq(users.email, form.email))).toHaveLength(1)
    })

    it('keeps no password: the fingerprint is no plain hash of the body', async () => {
      const form = signupForm()
      const key = unique()
      await postSignup(form, withKey(key))
      const rows = await db.select().from(idempotencyKeys)
      expect(JSON.stringify(rows)).not.toContain(PASSWORD)
      expect(JSON.stringify(rows)).not.toContain(form.email)
      const plain = new Uint8Array(
        await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(form))),
      )
      const asText = btoa(String.fromCharCode(...plain))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '')
      expect(rows.map(({ fingerprint }) => fingerprint)).not.toContain(asText)
    })

    it('a batch that fails at any statement leaves nothing, and the same request then succeeds', async () => {
      const probe = failingBatch(1)
      expectStatus(await postSignup(signupForm(), { ...withKey(unique()), env: probe.env }), 201)
      const size = probe.sizes[1] ?? 0
      expect(size).toBeGreaterThan(10)
      for (let k = 0; k < size; k++) {
        const form = signupForm()
        const key = unique()
        const failed = await postSignup(form, { ...withKey(key), env: failingBatch(1, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(failed.headers.get('Retry-After')).toBe('1')
        expect(await leftBy(form, String(failed.json.requestId)), `statement ${k}`).toEqual(NOTHING)
        expectStatus(await postSignup(form, withKey(key)), 201)
        expect(
          await db.select().from(communities).where(eq(communities.name, form.communityName)),
        ).toHaveLength(1)
      }
      expect(await db.select().from(memberships).where(eq(memberships.role, 'Moderator'))).toEqual(
        [],
      )
    })

    it('asks the client to try again when it lost a race whose winner is gone', async () => {
      const form = signupForm()
      const answer = await postSignup(form, { env: failingBatch(1, 0, 'lost_race').env })
      expectStatus(answer, 503, 'unavailable')
      expect(await leftBy(form, String(answer.json.requestId))).toEqual(NOTHING)
      expectStatus(await postSignup(form), 201)
    })

    it('a committed signup whose answer was lost keeps its logo, and the repeated request gets its answer', async () => {
      const form = signupForm({ communityLogo: (await pngOf(20_000)).dataUrl })
      const key = unique()
      const lost = await postSignup(form, { ...withKey(key), env: lostAnswer(1) })
      expectStatus(lost, 503, 'unavailable')
      const again = await postSignup(form, withKey(key))
      expectStatus(again, 201)
      expect(again.headers.get('Idempotent-Replayed')).toBe('true')
      const row = await communityRow(String(again.data.communityId))
      expect(await env.LOGOS.head(String(row?.logo))).not.toBeNull()
    })

    it('answers 503 when the database is down, and says nothing of it', async () => {
      const answer = await postSignup(signupForm(), { env: failingDatabase() })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.text.replace(String(answer.json.requestId), '')).not.toMatch(
        /D1|SQL|select|Network/i,
      )
    })

    it.each(['throws', 'hangs'] as const)(
      'answers 503 when the limiter %s, and computes no hash',
      async (how) => {
        const form = signupForm()
        const answer = await postSignup(form, { env: failingObject('RATE_LIMITER', 'hit', how) })
        expectStatus(answer, 503, 'unavailable')
        expect(answer.headers.get('Server-Timing')).not.toContain('hash')
        expect(await db.select().from(users).where(eq(users.email, form.email))).toEqual([])
      },
    )

    it('answers 201 when the queue is down: the mail waits in the outbox', async () => {
      const form = signupForm()
      expectStatus(await postSignup(form, { env: failingQueue() }), 201)
      const [mail] = await db.select().from(outbox).where(eq(outbox.email, form.email))
      expect(mail).toMatchObject({ sentAt: null, failedAt: null })
    })

    it('answers 503 when the logo cannot be stored, and leaves nothing', async () => {
      const form = signupForm({ communityLogo: (await pngOf(20_000)).dataUrl })
      const answer = await postSignup(form, { env: failingBucket('put') })
      expectStatus(answer, 503, 'unavailable')
      expect(await leftBy(form, String(answer.json.requestId))).toEqual(NOTHING)
    })

    it('removes the logo of a signup that lost its race', async () => {
      const name = `Logo ${unique()}`
      const { dataUrl } = await pngOf(20_000)
      await race(6, () => postSignup(signupForm({ communityName: name, communityLogo: dataUrl })))
      const { objects } = await env.LOGOS.list({ prefix: 'logos/' })
      const rows = await db
        .select({ logo: communities.logo })
        .from(communities)
        .where(like(communities.logo, 'logos/%'))
      expect(objects.map(({ key }) => key).sort()).toEqual(rows.map(({ logo }) => logo).sort())
    })
  })
})
