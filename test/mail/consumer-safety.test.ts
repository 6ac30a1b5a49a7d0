import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { devMails, outbox } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { deliverOutboxRow, MAX_ATTEMPTS } from '../../src/mail/consumer-delivery.ts'
import { claimRow } from '../../src/mail/consumer-rows.ts'
import type { MailDeps } from '../../src/mail/mail-deps.ts'
import { messageFor } from '../../src/mail/messages.ts'
import {
  createWorld,
  DAY,
  db,
  deliver,
  deliverBodies,
  MINUTE,
  makeCommunity,
  queueConfirmation,
  queueGuard,
  queueMail,
  readAudit,
  readRow,
  START,
} from './mail-world.ts'

/** A consumer's isolate that ends right after the provider has answered: nothing after it happens. */
function dyingAfterSend(deps: MailDeps): MailDeps {
  const dies: MailDeps['provider'] = {
    async send(mail) {
      await deps.provider.send(mail)
      throw new Error('the isolate is gone')
    },
  }
  return { ...deps, provider: dies }
}

describe('the outbox consumer', () => {
  describe('is safe', () => {
    it.each(['resend', 'postmark', 'dev'] as const)(
      'one mail by %s from a message that comes three times, shuffled',
      async (name) => {
        const { deps, accepted } = createWorld(name)
        const ids: string[] = []
        for (let i = 0; i < 4; i++) ids.push((await queueConfirmation()).id)
        const shuffled = [...ids, ...ids.toReversed(), ...ids.slice(2), ...ids.slice(0, 2)]
        await deliver(deps, shuffled)
        await deliver(deps, ids.toReversed())
        const byRow = name === 'dev' ? await inboxIds(ids) : (await accepted()).length
        expect(byRow).toBe(4)
        for (const id of ids)
          expect(await readRow(id)).toMatchObject({ attempts: 1, sentAt: START })
      },
    )

    it('one mail from twenty consumers at once', async () => {
      const { deps, accepted } = createWorld('postmark')
      const { id } = await queueConfirmation()
      await Promise.all(Array.from({ length: 20 }, () => deliver(deps, [id])))
      expect(await accepted()).toHaveLength(1)
    })

    it('a message whose row another consumer holds comes again when the claim is over', async () => {
      const { deps, time, accepted } = createWorld()
      const { id } = await queueConfirmation()
      await claimRow(db, id, START)
      time.now = START + 20_000
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: 40 }])
      expect(await accepted()).toEqual([])
      time.now = START + MINUTE
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toHaveLength(1)
    })

    it('a message that comes before its row is due comes again then, and at least a second later', async () => {
      const { deps, accepted } = createWorld()
      const [soon, later] = [await queueConfirmation(), await queueConfirmation()]
      await db
        .update(outbox)
        .set({ notBefore: START + 1 })
        .where(eq(outbox.id, soon.id))
      await db
        .update(outbox)
        .set({ notBefore: START + 90_500 })
        .where(eq(outbox.id, later.id))
      expect(await deliver(deps, [soon.id, later.id])).toEqual([
        { retryInSeconds: 1 },
        { retryInSeconds: 91 },
      ])
      expect(await accepted()).toEqual([])
    })

    it('one mail at Resend when the consumer dies between its answer and the mark', async () => {
      const { deps, time, accepted, lines } = createWorld('resend')
      const { id } = await queueConfirmation()
      expect(await deliver(dyingAfterSend(deps), [id], 3)).toEqual([{ retryInSeconds: 40 }])
      expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'outbox_delivery_broke' })
      expect(await readRow(id)).toMatchObject({ sentAt: null, attempts: 1 })
      time.now = START + MINUTE
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toHaveLength(1)
      expect(await readRow(id)).toMatchObject({ sentAt: time.now, providerMessageId: 'mail-1' })
    })

    it('at most one more at Postmark, which has no such key', async () => {
      const { deps, time, accepted } = createWorld('postmark')
      const { id } = await queueConfirmation()
      await deliver(dyingAfterSend(deps), [id])
      time.now = START + MINUTE
      await deliver(deps, [id])
      await deliver(deps, [id])
      const mails = await accepted()
      expect(mails).toHaveLength(2)
      expect(mails[0]?.body).toEqual(mails[1]?.body)
    })

    it('one mail at Resend when its answer came after our time limit', async () => {
      const { deps, time, accepted } = createWorld('resend', 'late=5000,ok')
      const { id } = await queueConfirmation()
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: 10 }])
      expect(await readRow(id)).toMatchObject({ lastError: 'timeout', claimedUntil: null })
      await expect
        .poll(
          async () => {
            time.now = (await readRow(id)).notBefore
            return deliver(deps, [id])
          },
          { timeout: 15_000, interval: 200 },
        )
        .toEqual(['acked'])
      expect(await accepted()).toHaveLength(1)
      expect((await readRow(id)).sentAt).not.toBeNull()
    })

    it('no second mail a day after an attempt whose end nobody noted: the provider has forgotten the key', async () => {
      const { deps, time, accepted } = createWorld()
      const id = await queueMail(await makeCommunity(), 'community_approved')
      await deliver(dyingAfterSend(deps), [id])
      time.now = START + DAY
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toHaveLength(1)
      expect((await readRow(id)).lastError).toBe('gave_up')
    })

    it('a row that kills each consumer is given up', async () => {
      const { deps, accepted } = createWorld()
      const { id } = await queueConfirmation()
      await db.update(outbox).set({ attempts: MAX_ATTEMPTS }).where(eq(outbox.id, id))
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toEqual([])
      expect((await readRow(id)).lastError).toBe('gave_up')
    })

    it('a consumer that lost its claim changes nothing of the new holder’s', async () => {
      const { deps, time } = createWorld('resend', '503')
      const { id } = await queueConfirmation()
      const slow: MailDeps['provider'] = {
        async send(mail) {
          time.now = START + MINUTE
          await claimRow(db, id, time.now)
          return deps.provider.send(mail)
        },
      }
      await deliver({ ...deps, provider: slow }, [id])
      expect(await readRow(id)).toMatchObject({
        claimedUntil: START + 2 * MINUTE,
        notBefore: START,
        lastError: null,
      })
    })

    it('a refusal by a consumer that lost its claim leaves no audit row', async () => {
      const { deps, time } = createWorld('resend', '422')
      const { id, community } = await queueConfirmation()
      const slow: MailDeps['provider'] = {
        async send(mail) {
          time.now = START + MINUTE
          await claimRow(db, id, time.now)
          return deps.provider.send(mail)
        },
      }
      await deliver({ ...deps, provider: slow }, [id])
      expect((await readRow(id)).failedAt).toBeNull()
      expect(await readAudit(community.id)).toEqual([])
    })

    it('a poison message is acked and logged, and its neighbours are delivered', async () => {
      const { deps, accepted, lines } = createWorld()
      const { id } = await queueConfirmation()
      const bodies = ['poison', { v: 99, type: 'outbox', id }, messageFor(id), null]
      expect(await deliverBodies(deps, bodies)).toEqual(['acked', 'acked', 'acked', 'acked'])
      expect(lines.filter(({ event }) => event === 'queue_message_unreadable')).toHaveLength(3)
      expect(await accepted()).toHaveLength(1)
    })

    it('a message whose row is gone is acked', async () => {
      const { deps } = createWorld()
      expect(await deliver(deps, [newId(START)])).toEqual(['acked'])
    })

    it('a database that cannot be reached brings the message back, and only that one', async () => {
      const { deps, accepted } = createWorld()
      const [bad, good] = [await queueConfirmation(), await queueConfirmation()]
      const provider: MailDeps['provider'] = {
        send: (mail) =>
          mail.id === bad.id ? Promise.reject(new Error('D1_ERROR')) : deps.provider.send(mail),
      }
      expect(await deliver({ ...deps, provider }, [bad.id, good.id], 2)).toEqual([
        { retryInSeconds: 20 },
        'acked',
      ])
      expect(await accepted()).toHaveLength(1)
    })

    it('a guard that is down is asked again later, and hears of it once it is back', async () => {
      const { deps, time, guardCalls } = createWorld()
      const id = await queueGuard('device', { deviceId: 'dev-2', before: 0 })
      const guard = { ...deps.guard, rememberDevice: () => Promise.reject(new Error('down')) }
      expect(await deliver({ ...deps, guard }, [id])).toEqual([{ retryInSeconds: 10 }])
      expect(await readRow(id)).toMatchObject({ lastError: 'guard_unavailable', sentAt: null })
      time.now += 10_000
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(guardCalls).toEqual(['remember ada@people.example dev-2 0'])
    })

    it('neither row nor message ever holds the link', async () => {
      const { deps } = createWorld('resend', '503')
      const { id, tokenSecret } = await queueConfirmation()
      await deliver(deps, [id])
      expect(JSON.stringify(await readRow(id))).not.toContain(tokenSecret)
      expect(JSON.stringify(messageFor(id))).not.toContain(tokenSecret)
    })

    it('a hostile name reaches the provider as text, to one recipient', async () => {
      const { deps, accepted } = createWorld()
      const hostile = `<img src=x onerror=1>"'`
      const community = await makeCommunity({
        community: hostile,
        owner: 'Eve\r\nBcc: all@people.example',
      })
      await deliver(deps, [await queueMail(community, 'community_approved')])
      const [mail] = await accepted()
      expect(mail?.body.to).toEqual([community.email])
      expect(mail?.body.html).not.toContain('<img')
      expect(mail?.body.text).toContain(hostile)
      expect(mail?.body.text).toContain('Hello Eve Bcc: all@people·example,')
      expect(mail?.body.subject).not.toMatch(/[<>\r\n]/)
    })

    it('costs three round trips a mail', async () => {
      const { deps } = createWorld()
      const { id } = await queueConfirmation()
      const { createDatabase } = await import('../../src/db/client.ts')
      const costs = { roundTrips: 0 }
      await deliverOutboxRow({ ...deps, db: createDatabase(env.DB, costs) }, id)
      expect(costs.roundTrips).toBe(3)
    })
  })
})

async function inboxIds(ids: readonly string[]): Promise<number> {
  const rows = await db.select({ id: devMails.id }).from(devMails)
  return rows.filter((row) => ids.includes(row.id)).length
}
