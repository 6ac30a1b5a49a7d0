import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { outbox } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { consumeDeadLetters } from '../../src/mail/dead-letters.ts'
import type { MailDeps } from '../../src/mail/mail-deps.ts'
import { messageFor } from '../../src/mail/messages.ts'
import { sweepOutbox } from '../../src/scheduled/sweep-outbox.ts'
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
      const broken = {
        ...deps,
        clock: () => {
          throw new Error('D1_ERROR')
        },
      }
      const result = await bury(broken, [messageFor(newId(START)), 'nonsense'])
      expect(result).toEqual([{ retryInSeconds: 20 }, 'acked'])
      expect(lines[0]).toMatchObject({ level: 'error', event: 'dead_letter_broke' })
    })
  })
})
