import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { jobProgress } from '../../src/db/schema/index.ts'
import { purge } from '../../src/scheduled/purge.ts'
import { rollUp } from '../../src/scheduled/roll-up.ts'
import { DAY, db, HOUR, MINUTE, readRow } from '../mail/mail-world.ts'
import { failingBatch, lostAnswer } from '../support/faults.ts'
import { race } from '../support/race.ts'
import {
  audited,
  auditedMany,
  countedUpTo,
  countsSince,
  databaseOf,
  newStretch,
  queued,
  readUpTo,
} from './number-world.ts'

const run = (now: number, rowsPerStep?: number, bindings: Env = env) =>
  rollUp({ db: databaseOf(bindings), clock: () => now }, rowsPerStep)

describe('the roll-up', () => {
  describe('works', () => {
    it('counts by the hour: audit rows by their action, mails as they were queued and sent', async () => {
      const start = await newStretch()
      await audited('login_success', [start, start + 1, start + HOUR - 1, start + HOUR])
      await audited('account_locked', [start + 2 * HOUR])
      await queued(start + 5)
      await queued(start + 6, { sentAt: start + HOUR })
      await queued(start + 7, { failedAt: start + HOUR })
      await queued(start + 8, { kind: 'guard_clear', sentAt: start + 9 })
      expect(await run(start + DAY)).toBe(1)
      expect(await countsSince(start)).toEqual([
        '0 login_success: 3',
        '0 mail_queued: 3',
        '1 login_success: 1',
        '1 mail_sent: 1',
        '2 account_locked: 1',
      ])
      expect(await readUpTo()).toBe(start + DAY - 5 * MINUTE)
    })

    it('adds what came since to the same hour, and nothing twice', async () => {
      const start = await newStretch()
      await audited('logout', [start])
      await run(start + 10 * MINUTE)
      await audited('logout', [start + 20 * MINUTE])
      for (const minutes of [30, 30, 31]) await run(start + minutes * MINUTE)
      expect(await countsSince(start)).toEqual(['0 logout: 2'])
    })

    it('leaves what is younger than five minutes: its neighbours may not be committed yet', async () => {
      const start = await newStretch()
      await audited('logout', [start + 10 * MINUTE])
      await run(start + 15 * MINUTE)
      expect(await countsSince(start)).toEqual([])
      await audited('logout', [start + 10 * MINUTE])
      await run(start + 15 * MINUTE + 1)
      expect(await countsSince(start)).toEqual(['0 logout: 2'])
    })

    it('begins with the oldest row when it runs for the first time', async () => {
      const start = await newStretch()
      await audited('logout', [start])
      await db.delete(jobProgress).where(eq(jobProgress.job, 'stats'))
      await run(start + DAY)
      expect(await countsSince(start)).toEqual(['0 logout: 1'])
      expect(await readUpTo()).toBe(start + DAY - 5 * MINUTE)
    })

    it('catches up in one step after weeks without a run', async () => {
      const start = await newStretch()
      const moments = Array.from({ length: 60 }, (_, at) => start + at * 8 * HOUR)
      await audited('logout', moments)
      expect(await run(start + 50 * DAY)).toBe(1)
      expect(await countsSince(start)).toEqual(moments.map((_, at) => `${at * 8} logout: 1`))
    })

    it('goes in bounded steps where there is much, ten in a run, and the next run goes on', async () => {
      const start = await newStretch()
      await auditedMany('logout', start, 250)
      for (let at = 0; at < 30; at++) await queued(start + at, { sentAt: start + HOUR + at })
      expect(await run(start + DAY, 20)).toBe(10)
      expect(await readUpTo()).toBe(start + 200)
      expect(await countsSince(start)).toEqual(['0 logout: 200', '0 mail_queued: 30'])
      expect(await run(start + DAY, 20)).toBeLessThan(10)
      expect(await countsSince(start)).toEqual([
        '0 logout: 250',
        '0 mail_queued: 30',
        '1 mail_sent: 30',
      ])
      expect(await readUpTo()).toBe(start + DAY - 5 * MINUTE)
    })

    it('counts a moment whole, however much happened in it', async () => {
      const start = await newStretch()
      await audited(
        'logout',
        Array.from({ length: 15 }, () => start + 1),
      )
      await run(start + DAY, 4)
      expect(await countsSince(start)).toEqual(['0 logout: 15'])
    })
  })

  describe('is safe', () => {
    it('five runs at once count once', async () => {
      const start = await newStretch()
      await auditedMany('logout', start, 100)
      await race(5, () => run(start + DAY, 30))
      while ((await run(start + DAY, 30)) > 0);
      expect(await countsSince(start)).toEqual(['0 logout: 100'])
    })

    it('five first runs at once count once', async () => {
      const start = await newStretch()
      await audited('logout', [start])
      await db.delete(jobProgress).where(eq(jobProgress.job, 'stats'))
      await race(5, () => run(start + DAY))
      expect(await countsSince(start)).toEqual(['0 logout: 1'])
    })

    it('whichever statement fails, nothing is counted, and the next run counts everything', async () => {
      const start = await newStretch()
      await audited('logout', [start])
      await queued(start, { sentAt: start })
      const { sizes, env: counting } = failingBatch(9)
      await run(start + DAY, undefined, counting)
      expect(sizes).toEqual([3, 6])
      const counted = ['0 logout: 1', '0 mail_queued: 1', '0 mail_sent: 1']
      expect(await countsSince(start)).toEqual(counted)
      for (let k = 0; k < 6; k++) {
        const next = await newStretch()
        await audited('logout', [next])
        await queued(next, { sentAt: next })
        await expect(run(next + DAY, undefined, failingBatch(1, k).env)).rejects.toThrow()
        expect(await countsSince(next)).toEqual([])
        expect(await readUpTo()).toBe(next)
        await run(next + DAY)
        expect(await countsSince(next)).toEqual(counted)
      }
    })

    it('a step whose answer was lost is not counted again', async () => {
      const start = await newStretch()
      await audited('logout', [start])
      await expect(run(start + DAY, undefined, lostAnswer(1))).rejects.toThrow()
      await run(start + DAY)
      expect(await countsSince(start)).toEqual(['0 logout: 1'])
    })

    it('a clock that steps back changes nothing', async () => {
      const start = await newStretch()
      await countedUpTo(start + DAY)
      await audited('logout', [start + HOUR])
      expect(await run(start + 2 * HOUR)).toBe(0)
      expect(await readUpTo()).toBe(start + DAY)
    })

    it('no mail leaves the outbox before it is counted', async () => {
      const start = await newStretch()
      const id = await queued(start + HOUR, { sentAt: start + 2 * HOUR })
      const deps = { db, clock: () => start + 60 * DAY }
      await purge(deps)
      expect(await readRow(id)).toBeDefined()
      await run(start + 60 * DAY)
      await purge(deps)
      await expect(readRow(id)).rejects.toThrow('no outbox row')
      expect(await countsSince(start)).toEqual(['1 mail_queued: 1', '2 mail_sent: 1'])
    })
  })
})
