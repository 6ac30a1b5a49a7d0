/** Limiters and guards that do not answer are counted, without anybody waiting for it. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/db/client.ts'
import { hourlyCounters } from '../../src/db/schema/index.ts'
import { newTally, tallyFailure } from '../../src/durable-objects/failures.ts'
import { db, unique } from '../factories.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { failingDatabase, failingObject } from '../support/faults.ts'

async function failuresCounted(): Promise<number> {
  const [row] = await db
    .select({ sum: sql<number>`coalesce(sum(${hourlyCounters.count}), 0)` })
    .from(hourlyCounters)
    .where(sql`${hourlyCounters.event} = 'limiter_failed'`)
  return row?.sum ?? 0
}

/** Work that an answer left behind, each on the database that it is given; `writes` counts those that were begun. */
function background(bindings: () => Env = () => env) {
  const pending: Promise<unknown>[] = []
  let writes = 0
  return {
    later: (work: (db: Database) => Promise<unknown>) => {
      writes += 1
      pending.push(work(createDatabase(bindings().DB, { roundTrips: 0 })).catch(() => 'failed'))
    },
    done: () => Promise.all(pending.splice(0)),
    writes: () => writes,
  }
}

describe('limiters and guards that do not answer', () => {
  describe('works', () => {
    it.each([
      ['a limiter', failingObject('RATE_LIMITER', 'hit', 'throws')],
      ['a guard', failingObject('ACCOUNT_GUARD', 'begin', 'throws')],
    ])('%s: counted once, and the answer is the same as ever', async (_, broken) => {
      const before = await failuresCounted()
      const body = { email: `a@${unique()}.example`, password: 'no' }
      expectStatus(await call(`${API}/auth/login`, { body, env: broken }), 503, 'unavailable')
      expect(await failuresCounted()).toBe(before + 1)
    })

    it('a flood: the first at once, the others in one write a second later', async () => {
      const before = await failuresCounted()
      const { later, done, writes } = background()
      const tally = newTally()
      const time = { now: Date.now() }
      const deps = { later, clock: () => time.now }
      for (let n = 0; n < 500; n++) tallyFailure(tally, deps)
      expect(writes()).toBe(2)
      await done()
      expect(await failuresCounted()).toBe(before + 500)
      time.now += 5000
      for (let n = 0; n < 3; n++) tallyFailure(tally, deps)
      await done()
      expect(writes()).toBe(4)
      expect(await failuresCounted()).toBe(before + 503)
    })
  })

  describe('is safe', () => {
    it('without a database too, the answer is 503, and the count waits for the next failure', async () => {
      const before = await failuresCounted()
      const down = failingDatabase()
      let bindings = down
      const { later, done } = background(() => bindings)
      const tally = newTally()
      const time = { now: Date.now() }
      const deps = { later, clock: () => time.now }
      tallyFailure(tally, deps)
      expect(await done()).toEqual(['failed'])
      expect(tally.waiting).toBe(1)
      bindings = env
      time.now += 5000
      tallyFailure(tally, deps)
      await done()
      expect(await failuresCounted()).toBe(before + 2)

      const both = { ...failingObject('RATE_LIMITER', 'hit', 'throws'), DB: down.DB }
      const body = { email: `a@${unique()}.example`, password: 'no' }
      expectStatus(await call(`${API}/auth/login`, { body, env: both }), 503, 'unavailable')
    })

    it('a write whose request was cut off holds no later one back', async () => {
      const before = await failuresCounted()
      const { later, done } = background()
      const tally = newTally()
      const time = { now: Date.now() }
      // The work is handed over, and never done.
      const cutOff = { later: () => undefined, clock: () => time.now }
      tallyFailure(tally, cutOff)
      tally.nextAt = time.now + 1000
      tallyFailure(tally, cutOff)
      time.now += 2000
      tallyFailure(tally, { ...cutOff, later })
      await done()
      expect(await failuresCounted()).toBe(before + 3)
    })
  })
})
