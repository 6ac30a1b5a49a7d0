import { eq, sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { outbox } from '../../src/db/schema/index.ts'
import { isDeliverable } from '../../src/mail/consumer-rows.ts'
import { announce } from '../../src/mail/outbox.ts'
import { sweepOutbox } from '../../src/scheduled/sweep-outbox.ts'
import {
  brokenQueue,
  createWorld,
  db,
  deliver,
  HOUR,
  MINUTE,
  queueConfirmation,
  readRow,
  START,
} from '../mail/mail-world.ts'

/** The sweeper looks at every row, so each test begins with none that wait. */
beforeEach(async () => {
  await db.update(outbox).set({ failedAt: START }).where(isDeliverable(Number.MAX_SAFE_INTEGER))
})

async function queueRows(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push((await queueConfirmation()).id)
  return ids
}

describe('the outbox sweeper', () => {
  describe('works', () => {
    it('delivers, once, what the queue did not take when it was announced', async () => {
      const { deps, time, queued, accepted } = createWorld()
      const [id = ''] = await queueRows(1)
      await announce(brokenQueue, [id], deps.log)
      time.now = START + 2 * MINUTE
      expect(await sweepOutbox(deps)).toEqual({ found: 1, announced: 1, delivered: 0 })
      expect(queued).toEqual([id])
      await deliver(deps, queued)
      expect(await sweepOutbox(deps)).toEqual({ found: 0, announced: 0, delivered: 0 })
      expect(await accepted()).toHaveLength(1)
    })

    it('delivers the first ten itself while the queue takes nothing, the others in later runs', async () => {
      const { deps, time, accepted, lines } = createWorld()
      await queueRows(12)
      time.now = START + 2 * MINUTE
      const broken = { ...deps, queue: brokenQueue }
      expect(await sweepOutbox(broken)).toEqual({ found: 12, announced: 0, delivered: 10 })
      expect(lines[0]).toMatchObject({ level: 'error', event: 'outbox_queue_unavailable' })
      expect(await sweepOutbox(broken)).toEqual({ found: 2, announced: 0, delivered: 2 })
      expect(await accepted()).toHaveLength(12)
    })

    it('catches up after a day without a run, in bounded steps, the longest due first', async () => {
      const { deps, time, queued } = createWorld()
      const ids = await queueRows(7)
      for (const [index, id] of ids.entries()) {
        await db
          .update(outbox)
          .set({ notBefore: START - index })
          .where(eq(outbox.id, id))
      }
      time.now = START + 20 * HOUR
      expect(await sweepOutbox(deps, 5)).toMatchObject({ found: 5 })
      expect(queued).toEqual(ids.toReversed().slice(0, 5))
    })
  })

  describe('refuses', () => {
    it('rows younger than two minutes: their message is on its way', async () => {
      const { deps, time, queued } = createWorld()
      await queueRows(1)
      time.now = START + 2 * MINUTE - 1
      expect(await sweepOutbox(deps)).toMatchObject({ found: 0 })
      expect(queued).toEqual([])
    })

    it('rows that are finished, claimed or not due', async () => {
      const { deps, time } = createWorld()
      time.now = START + HOUR
      const states = [
        { sentAt: START },
        { failedAt: START },
        { claimedUntil: time.now + 1 },
        { notBefore: time.now + 1 },
      ]
      const ids = await queueRows(states.length)
      for (const [index, state] of states.entries()) {
        await db
          .update(outbox)
          .set(state)
          .where(eq(outbox.id, ids[index] ?? ''))
      }
      expect(await sweepOutbox(deps)).toMatchObject({ found: 0 })
    })
  })

  describe('is safe', () => {
    it('two runs at once send each mail once', async () => {
      const { deps, time, queued, accepted } = createWorld('postmark')
      const ids = await queueRows(4)
      time.now = START + HOUR
      await Promise.all([sweepOutbox(deps), sweepOutbox(deps)])
      await deliver(deps, queued)
      expect(await accepted()).toHaveLength(4)
      for (const id of ids) expect((await readRow(id)).attempts).toBe(1)
    })

    it('two runs at once without a queue send each mail once', async () => {
      const { deps, time, accepted } = createWorld('postmark')
      await queueRows(4)
      time.now = START + HOUR
      const broken = { ...deps, queue: brokenQueue }
      await Promise.all([sweepOutbox(broken), sweepOutbox(broken)])
      expect(await accepted()).toHaveLength(4)
    })

    it('a row that breaks does not stop those behind it', async () => {
      const { deps, time, accepted, lines } = createWorld()
      const [bad] = await queueRows(3)
      time.now = START + HOUR
      const provider: typeof deps.provider = {
        send: (mail) =>
          mail.id === bad ? Promise.reject(new Error('broken')) : deps.provider.send(mail),
      }
      const report = await sweepOutbox({ ...deps, provider, queue: brokenQueue })
      expect(report).toEqual({ found: 3, announced: 0, delivered: 2 })
      expect(await accepted()).toHaveLength(2)
      expect(lines.map(({ event }) => event)).toContain('outbox_delivery_broke')
    })

    it('never asks for more than one batch of the queue takes', async () => {
      const { deps, time, queued } = createWorld()
      await queueRows(105)
      time.now = START + HOUR
      expect(await sweepOutbox(deps, 1000)).toMatchObject({ found: 100, announced: 100 })
      expect(queued).toHaveLength(100)
      expect(await sweepOutbox(deps)).toMatchObject({ found: 90 })
    })

    it('reads the unfinished rows by their index, not the table', async () => {
      const plan = await db.all<{ detail: string }>(
        sql`explain query plan select id from outbox where ${isDeliverable(START)} order by ${outbox.notBefore}`,
      )
      const details = plan.map((line) => line.detail).join('\n')
      expect(details).toContain('USING INDEX outbox_unfinished (not_before<?)')
      expect(details).not.toContain('TEMP B-TREE')
    })
  })
})
