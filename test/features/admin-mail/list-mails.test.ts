import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { outbox } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { recorder } from '../../db/recorder.ts'
import { accessTokenOf, admin, db, ownerIn, signedUp } from '../../factories.ts'
import { mailedToken, outboxOf } from '../../session-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { costOf } from '../passwords/password-client.ts'

let token = ''
beforeAll(async () => {
  token = (await admin()).token
})

const list = (query: Record<string, string> = {}, workerEnv?: Env) =>
  call(`${API}/admin/mail?${new URLSearchParams(query)}`, { token, env: workerEnv })

interface Item extends Record<string, unknown> {
  id: string
  to: string
}
const itemsOf = (answer: Answer) => answer.data.items as Item[]

/** The newest mail of somebody who has just signed up, with what has become of it. */
async function mailTo(change: Partial<typeof outbox.$inferInsert> = {}) {
  const { email, communityId } = await signedUp()
  const [row] = await outboxOf(email)
  const id = row?.id ?? ''
  if (Object.keys(change).length > 0) await db.update(outbox).set(change).where(eq(outbox.id, id))
  return { id, email, communityId, row }
}

describe('GET /api/v1/admin/mail', () => {
  describe('works', () => {
    it('shows who is written to, with which template, and when the next attempt is due', async () => {
      const { id, email, communityId, row } = await mailTo()
      const answer = await list()
      expectStatus(answer, 200)
      expect(itemsOf(answer)[0]).toEqual({
        id,
        state: 'queued',
        template: 'signup_confirmation',
        to: email,
        locale: 'en',
        userId: row?.userId,
        communityId,
        attempts: 0,
        lastError: null,
        wasDropped: false,
        createdAt: new Date(row?.createdAt ?? 0).toISOString(),
        nextAttemptAt: new Date(row?.notBefore ?? 0).toISOString(),
        sentAt: null,
        failedAt: null,
      })
    })

    it('lists one state, newest first', async () => {
      const queued = await mailTo()
      const sent = await mailTo({ sentAt: 5, attempts: 1 })
      const failed = await mailTo({ failedAt: 6, attempts: 30, lastError: 'gave_up' })
      const dropped = await mailTo({ failedAt: 7, attempts: 1, lastError: 'token_used' })
      const all = [dropped, failed, sent, queued].map(({ id }) => id)
      expect(itemsOf(await list({ limit: '4' })).map(({ id }) => id)).toEqual(all)
      expect(itemsOf(await list({ state: 'queued' }))[0]).toMatchObject({ id: queued.id })
      expect(itemsOf(await list({ state: 'sent' }))).toMatchObject([
        { id: sent.id, state: 'sent', sentAt: '1970-01-01T00:00:00.005Z', nextAttemptAt: null },
      ])
      expect(itemsOf(await list({ state: 'failed' }))).toMatchObject([
        { id: dropped.id, state: 'failed', lastError: 'token_used', wasDropped: true },
        { id: failed.id, state: 'failed', lastError: 'gave_up', wasDropped: false, attempts: 30 },
      ])
    })

    it.each<[Record<string, string>]>([[{}], [{ state: 'queued' }]])(
      'reads on page by page while new mails are queued: %j',
      async (query) => {
        for (let n = 0; n < 3; n++) await mailTo()
        const whole = itemsOf(await list({ ...query, limit: '5' })).map(({ id }) => id)
        const seen: string[] = []
        let cursor: unknown = ''
        while (seen.length < 5) {
          const { data } = await list({
            ...query,
            limit: '2',
            ...(cursor ? { cursor: String(cursor) } : {}),
          })
          seen.push(...(data.items as Item[]).map(({ id }) => id))
          cursor = data.nextCursor
          await mailTo()
        }
        expect(seen.slice(0, 5)).toEqual(whole)
      },
    )

    it('shows no calls of account guards, which wait in the same table', async () => {
      const { email } = await ownerIn('active')
      const kinds = new Set((await outboxOf(email)).map(({ kind }) => kind))
      expect(kinds).toEqual(new Set(['mail', 'guard_device']))
      const { items } = (await list({ limit: '100' })).data as { items: Item[] }
      const rows = await db.select().from(outbox).where(eq(outbox.kind, 'mail'))
      const mails = new Set(rows.map(({ id }) => id))
      expect(items.filter(({ id }) => !mails.has(id))).toEqual([])
    })

    it('reads the database twice, and of the mails no more than the page', async () => {
      for (let n = 0; n < 5; n++) await mailTo()
      const few = recorder()
      expect(costOf(await list({ state: 'queued', limit: '1' }, few.env))).toBe('d1 2, do 0')
      await env.DB.prepare(
        `insert into outbox (id, kind, template, email, address_key, created_at, not_before)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
         select printf('0000%04d-0000-7000-8000-000000000000', i), 'mail', 'verify_email', 'a@b.example', 'k', 1, 1 from n`,
      ).run()
      const many = recorder()
      await list({ state: 'queued', limit: '1' }, many.env)
      expect(many.rowsRead()).toBe(few.rowsRead())
      const all = recorder()
      await list({ limit: '1' }, all.env)
      expect(all.rowsRead()).toBeLessThan(few.rowsRead() + 20)
    })
  })

  describe('refuses', () => {
    it.each<Record<string, string>>([
      { state: 'lost' },
      { state: '' },
      { limit: '101' },
      { cursor: 'x' },
    ])('%j', async (query) => {
      expectStatus(await list(query), 422, 'validation_failed')
    })

    it('whoever is no admin', async () => {
      const owner = await accessTokenOf(await ownerIn('active'))
      expectStatus(await call(`${API}/admin/mail`), 401, 'unauthenticated')
      expectStatus(await call(`${API}/admin/mail`, { token: owner }), 403, 'forbidden')
    })
  })

  describe('is safe', () => {
    it('shows no link, no token and nothing of what a mail carries', async () => {
      const { email, row } = await mailTo({
        payload: { challengeId: newId(1), keyVersion: 1, reason: 'Between us.' },
      })
      const { text } = await list()
      const secret = await mailedToken(email, 'verify_email')
      expect(text).toContain(email)
      for (const hidden of [secret, row?.tokenId ?? 'none', 'http', 'Between us', 'challenge']) {
        expect(text).not.toContain(hidden)
      }
    })

    it('a database that fails is no empty list', async () => {
      expectStatus(await list({}, failingDatabase()), 503, 'unavailable')
    })
  })
})
