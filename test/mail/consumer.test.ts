import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, devMails, oneTimeTokens, outbox, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { MAX_ATTEMPTS } from '../../src/mail/consumer-delivery.ts'
import {
  createWorld,
  DAY,
  db,
  deliver,
  HOUR,
  keysAfterRetirement,
  makeCommunity,
  queueConfirmation,
  queueGuard,
  queueMail,
  readAudit,
  readRow,
  START,
} from './mail-world.ts'

const REVIEW = [
  'community_under_review',
  'community_approved',
  'community_rejected',
  'community_suspended',
  'community_reinstated',
] as const

describe('the outbox consumer', () => {
  describe('works', () => {
    it('sends a signup confirmation with the link of its token, and marks it', async () => {
      const { deps, accepted, lines } = createWorld()
      const { id, tokenSecret, community } = await queueConfirmation()
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const [mail, ...others] = await accepted()
      expect(others).toEqual([])
      expect(mail?.body).toMatchObject({
        to: [community.email],
        subject: 'Confirm your email address',
      })
      expect(mail?.body.text).toContain(`https://app.example/verify-email?token=${tokenSecret}\n`)
      expect(mail?.body.text).toContain('24 hours')
      expect(mail?.body.text).toContain('Hello Ada Lovelace,')
      expect(await readRow(id)).toMatchObject({
        sentAt: START,
        claimedUntil: null,
        attempts: 1,
        providerMessageId: 'mail-1',
      })
      expect(JSON.stringify(lines)).not.toContain(community.email)
      expect(JSON.stringify(lines)).not.toContain(tokenSecret)
    })

    it('says the lifetime that the token was given', async () => {
      const { deps, accepted } = createWorld()
      const { id } = await queueConfirmation({ expiresAt: START + 2 * HOUR })
      await deliver(deps, [id])
      expect((await accepted())[0]?.body.text).toContain('2 hours')
    })

    it.each(REVIEW)('sends %s with the reviewer’s reason where there is one', async (template) => {
      const { deps, accepted } = createWorld()
      const community = await makeCommunity({ community: 'Himal Makers' })
      const id = await queueMail(community, template, { payload: { reason: 'Because of it' } })
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const [mail] = await accepted()
      expect(mail?.body.subject).toContain('Himal Makers')
      expect(mail?.body.text).toContain('Because of it')
    })

    it('greets the account that has the address before the person of the form, in the row’s language', async () => {
      const { deps, accepted } = createWorld()
      const community = await makeCommunity({ owner: 'Somebody Else' })
      const home = await makeCommunity({ owner: 'Grace Hopper' })
      await db
        .update(users)
        .set({ email: community.email, emailVerifiedAt: START })
        .where(eq(users.id, home.ownerId))
      const id = await queueMail(community, 'community_approved', { locale: 'zh' })
      await deliver(deps, [id])
      expect((await accepted())[0]?.body.text).toContain('Grace Hopper，您好：')
    })

    it('keeps mails for the local inbox with their link', async () => {
      const { deps } = createWorld('dev')
      const { id, tokenSecret } = await queueConfirmation()
      await deliver(deps, [id])
      const [mail] = await db.select().from(devMails).where(eq(devMails.id, id))
      expect(mail).toMatchObject({
        template: 'signup_confirmation',
        locale: 'en',
        link: `https://app.example/verify-email?token=${tokenSecret}`,
      })
    })

    it('sends more than one batch’s worth side by side, each once', async () => {
      const { deps, accepted } = createWorld()
      const ids: string[] = []
      for (let i = 0; i < 12; i++) ids.push((await queueConfirmation()).id)
      expect(await deliver(deps, ids)).toEqual(ids.map(() => 'acked'))
      expect(new Set((await accepted()).map(({ headers }) => headers['idempotency-key']))).toEqual(
        new Set(ids),
      )
    })

    it('sends each mail once after a provider that was down for an hour', async () => {
      const { deps, time, accepted, setPlan } = createWorld('resend', 'reset,429@30,hang,503')
      const ids: string[] = []
      for (let i = 0; i < 3; i++) ids.push((await queueConfirmation()).id)
      const due = new Map(ids.map((id) => [id, START]))
      let recovered = false
      for (let step = 0; due.size > 0; step++) {
        expect(step).toBeLessThan(100)
        time.now = Math.min(...due.values())
        if (!recovered && time.now >= START + HOUR) {
          await setPlan('ok')
          recovered = true
        }
        for (const [id, at] of [...due]) {
          if (at > time.now) continue
          const [result] = await deliver(deps, [id])
          if (result === 'acked') due.delete(id)
          else if (typeof result === 'object')
            due.set(id, time.now + (result.retryInSeconds ?? 0) * 1000)
        }
      }
      expect(recovered).toBe(true)
      expect((await accepted()).map(({ headers }) => headers['idempotency-key']).sort()).toEqual(
        ids.sort(),
      )
      for (const id of ids) expect((await readRow(id)).lastError).toBeNull()
    })

    it('sends a decision that nobody tried for 25 hours: late is better than never', async () => {
      const { deps, time, accepted } = createWorld()
      const id = await queueMail(await makeCommunity(), 'community_approved')
      time.now = START + 25 * HOUR
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    it('to send a link that has expired: 25 hours late there is no mail', async () => {
      const { deps, time, accepted } = createWorld()
      const { id, community } = await queueConfirmation()
      time.now = START + 25 * HOUR
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toEqual([])
      expect(await readRow(id)).toMatchObject({
        failedAt: time.now,
        lastError: 'expired',
        sentAt: null,
      })
      expect(await readAudit(community.id)).toEqual([])
    })

    it.each([
      ['expired', { expiresAt: START }],
      ['token_used', { usedAt: START }],
      ['key_retired', { keyVersion: 9 }],
    ])('to send a link that is %s', async (reason, token) => {
      const { deps, accepted } = createWorld()
      const { id } = await queueConfirmation(token)
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toEqual([])
      expect(await readRow(id)).toMatchObject({ failedAt: START, lastError: reason })
    })

    it('to send a link whose token is gone, or whose secret has been retired', async () => {
      const { deps, accepted } = createWorld()
      const [gone, retired] = [await queueConfirmation(), await queueConfirmation()]
      await db.delete(oneTimeTokens).where(eq(oneTimeTokens.id, gone.tokenId))
      await deliver(deps, [gone.id])
      await deliver({ ...deps, keys: keysAfterRetirement }, [retired.id])
      expect(await accepted()).toEqual([])
      expect((await readRow(gone.id)).lastError).toBe('token_missing')
      expect((await readRow(retired.id)).lastError).toBe('key_retired')
    })

    it('to write about a community that is gone', async () => {
      const { deps, accepted } = createWorld()
      const deleted = await makeCommunity()
      await db.update(communities).set({ isDeleted: true }).where(eq(communities.id, deleted.id))
      const ids = [
        await queueMail(deleted, 'community_approved'),
        await queueMail({ ...deleted, id: newId(START) }, 'community_approved'),
        await queueMail(deleted, 'community_approved', { communityId: null }),
      ]
      expect(await deliver(deps, ids)).toEqual(['acked', 'acked', 'acked'])
      for (const id of ids) expect((await readRow(id)).lastError).toBe('community_gone')
      expect(await accepted()).toEqual([])
    })

    it('rows that say nothing: no template, no device, no moment, an unknown kind', async () => {
      const { deps, guardCalls } = createWorld()
      const community = await makeCommunity()
      const ids = [
        await queueMail(community, 'community_approved'),
        await queueGuard('device', { deviceId: 'x', before: 0 }),
        await queueGuard('clear', { deviceId: 'x', before: 0 }),
        await queueGuard('clear', { deviceId: 'x', before: 0 }),
        await queueGuard('forget', { deviceId: 'x', before: 0 }),
      ]
      const [mail = '', device = '', clear = '', unknown = '', forget = ''] = ids
      await db.update(outbox).set({ template: null }).where(eq(outbox.id, mail))
      await db.update(outbox).set({ payload: null }).where(eq(outbox.id, device))
      await db.update(outbox).set({ payload: {} }).where(eq(outbox.id, clear))
      await db
        .update(outbox)
        .set({ payload: { deviceId: 'x' } })
        .where(eq(outbox.id, forget))
      await env.DB.prepare(`update outbox set kind = 'pigeon' where id = ?`).bind(unknown).run()
      expect(await deliver(deps, ids)).toEqual(ids.map(() => 'acked'))
      for (const id of ids) expect((await readRow(id)).lastError).toBe('unreadable')
      expect(guardCalls).toEqual([])
    })

    it('gives a final refusal of the provider up at once, with an audit row', async () => {
      const { deps, lines, setPlan } = createWorld('postmark', '422=406')
      const { id, community } = await queueConfirmation()
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ failedAt: START, lastError: 'postmark_406' })
      expect(await readAudit(community.id)).toMatchObject([
        {
          action: 'email_failed',
          userId: community.ownerId,
          details: { mailId: id, template: 'signup_confirmation', reason: 'postmark_406' },
        },
      ])
      expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'outbox_failed' })
      await setPlan('ok')
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect((await readRow(id)).sentAt).toBeNull()
    })

    it('gives up after its last attempt, with an audit row', async () => {
      const { deps, time } = createWorld('resend', '503')
      const id = await queueMail(await makeCommunity(), 'community_approved')
      const { communityId } = await readRow(id)
      let tries = 0
      for (let done = false; !done && tries < 100; tries++) {
        const [result] = await deliver(deps, [id])
        if (typeof result === 'object') time.now += (result.retryInSeconds ?? 0) * 1000
        else done = true
      }
      expect(tries).toBe(MAX_ATTEMPTS)
      expect(await readRow(id)).toMatchObject({ failedAt: time.now, lastError: 'gave_up' })
      expect(await readAudit(communityId ?? '')).toMatchObject([
        { action: 'email_failed', details: { reason: 'gave_up', cause: 'http_503' } },
      ])
    })

    it('gives up when the next attempt would come after a day', async () => {
      const { deps, time } = createWorld('resend', '503')
      const id = await queueMail(await makeCommunity(), 'community_approved')
      time.now = START + DAY - 10_001
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: 10 }])
      time.now += 10_000
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect((await readRow(id)).lastError).toBe('gave_up')
    })

    it('gives a guard that never answers up without an audit row about mail', async () => {
      const { deps } = createWorld()
      const guard = { ...deps.guard, clear: () => Promise.reject(new Error('overloaded')) }
      const id = await queueGuard('clear', { deviceId: '', before: 1 })
      await db
        .update(outbox)
        .set({ attempts: MAX_ATTEMPTS - 1 })
        .where(eq(outbox.id, id))
      expect(await deliver({ ...deps, guard }, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ failedAt: START, lastError: 'gave_up' })
    })
  })
})
