import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client.ts'
import { hourlyCounters, outbox } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { consumeDeadLetters } from '../../src/mail/dead-letters.ts'
import type { MailDeps } from '../../src/mail/mail-deps.ts'
import { messageFor } from '../../src/mail/messages.ts'
import { outboxMail, outboxWebhook } from '../../src/mail/outbox.ts'
import { sweepOutbox } from '../../src/scheduled/sweep-outbox.ts'
import { failingBatch } from '../support/faults.ts'
import {
  consume,
  createWorld,
  db,
  deliver,
  HOUR,
  queueConfirmation,
  readRow,
  START,
} from './mail-world.ts'

const bury = (deps: Pick<MailDeps, 'db' | 'clock' | 'log'>, bodies: readonly unknown[]) =>
  consume('gatehouse-outbox-dead', bodies, 2, (batch) => consumeDeadLetters(batch, deps))

async function countedAt(hour: number): Promise<number | undefined> {
  const isHour = eq(hourlyCounters.hour, hour)
  const rows = await db.select().from(hourlyCounters).where(isHour)
  return rows.find(({ event }) => event === 'dead_letter')?.count
}

describe('the dead-letter consumer', () => {
  describe('works', () => {
    it('notes the dead message on its row and as an error; the sweeper then delivers the mail once', async () => {
      const { deps, time, lines, queued, accepted } = createWorld()
      const { id } = await queueConfirmation()
      time.now = START + HOUR
      const result = await bury(deps, [messageFor(id)])
      expect(result).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({
        lastError: 'dead_letter',
        notBefore: time.now,
        sentAt: null,
        failedAt: null,
      })
      expect(lines).toMatchObject([
        { level: 'error', event: 'outbox_dead_letter', fields: { outboxId: id, unfinished: true } },
      ])
      await sweepOutbox(deps)
      expect(queued).toContain(id)
      await deliver(deps, queued)
      const mails = (await accepted()).filter(({ headers }) => headers['idempotency-key'] === id)
      expect(mails).toHaveLength(1)
    })
  })

  describe('is safe', () => {
    it('counts each letter, readable or not, but for what tells of an alert', async () => {
      const { deps, time } = createWorld()
      time.now = START + 7 * HOUR
      const { id } = await queueConfirmation()
      const payload = { alertId: newId(START), event: 'alert.started', count: 1 } as const
      const hook = { id: newId(START), createdAt: START, payload }
      const mail = { ...hook, id: newId(START), template: 'alert_ended', locale: 'en' } as const
      await db.batch([
        outboxWebhook(db, hook),
        outboxMail(db, { ...mail, email: 'ops@gate.example', addressKey: '' }),
      ])
      await bury(deps, [messageFor(hook.id), messageFor(mail.id)])
      expect(await countedAt(time.now)).toBeUndefined()
      await bury(deps, [messageFor(id), 'nonsense', messageFor(newId(START))])
      expect(await countedAt(time.now)).toBe(3)
    })

    it('whichever statement fails, nothing is counted or noted, and the message comes again', async () => {
      const { deps, time } = createWorld()
      time.now = START + 9 * HOUR
      const { id } = await queueConfirmation()
      for (const k of [0, 1]) {
        const { env, sizes } = failingBatch(0, k)
        const broken = { ...deps, db: createDatabase(env.DB, { roundTrips: 0 }) }
        expect(await bury(broken, [messageFor(id)])).toEqual([{ retryInSeconds: 20 }])
        expect(sizes).toEqual([2])
        expect(await countedAt(time.now)).toBeUndefined()
        expect((await readRow(id)).lastError).toBeNull()
      }
      expect(await bury(deps, [messageFor(id)])).toEqual(['acked'])
      expect(await countedAt(time.now)).toBe(1)
    })

    it('changes nothing of a row that is finished', async () => {
      const { deps, lines } = createWorld()
      const { id } = await queueConfirmation()
      await deliver(deps, [id])
      const before = await readRow(id)
      await bury(deps, [messageFor(id), messageFor(newId(START))])
      expect(await readRow(id)).toEqual(before)
      expect(lines.filter(({ fields }) => fields.unfinished === false)).toHaveLength(2)
    })

    it('keeps a back-off that reaches beyond now', async () => {
      const { deps } = createWorld()
      const { id } = await queueConfirmation()
      await db
        .update(outbox)
        .set({ notBefore: START + HOUR })
        .where(eq(outbox.id, id))
      await bury(deps, [messageFor(id)])
      expect((await readRow(id)).notBefore).toBe(START + HOUR)
    })

    it('acks and logs what it cannot read', async () => {
      const { deps, lines } = createWorld()
      const result = await bury(deps, ['nonsense'])
      expect(result).toEqual(['acked'])
      expect(lines).toMatchObject([{ level: 'error', event: 'outbox_dead_letter' }])
    })

    it('keeps the message while the database cannot be reached, and its neighbour goes on', async () => {
      const { deps, lines } = createWorld()
      const { env } = failingBatch(0, 0)
      const broken = { ...deps, db: createDatabase(env.DB, { roundTrips: 0 }) }
      const result = await bury(broken, [messageFor(newId(START)), 'nonsense'])
      expect(result).toEqual([{ retryInSeconds: 20 }, 'acked'])
      expect(lines[0]).toMatchObject({ level: 'error', event: 'dead_letter_broke' })
    })
  })
})
