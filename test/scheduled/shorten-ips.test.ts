import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { jobProgress } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { shortenIps } from '../../src/scheduled/shorten-ips.ts'
import { db } from '../factories.ts'
import { writeMany, written } from '../features/audit/audit-client.ts'
import { failingBatch, lostAnswer } from '../support/faults.ts'
import { race } from '../support/race.ts'
import { at, DAY_MS, depsOf, rowsBetween, setProgress } from './job-client.ts'

const HOUR_MS = 3_600_000
const KEPT_MS = 90 * DAY_MS
let start = Date.UTC(2012, 0, 1)
beforeEach(async () => {
  start += 100 * DAY_MS
  await setProgress('shorten_ips', start)
})

const dueAfter = (moment: number) => moment + KEPT_MS + HOUR_MS
const run = (moment = start, bindings: Env = env) =>
  at(dueAfter(moment), () => shortenIps(depsOf(bindings)))
const rowsHere = () => rowsBetween(start, start + 100 * DAY_MS)
const ipsHere = async () => (await rowsHere()).map(({ ip }) => ip)
const CLIENT = { ip: '203.0.113.7', userAgent: 'Browser 1.0' }

async function progress(): Promise<number | undefined> {
  const [row] = await db.select().from(jobProgress).where(eq(jobProgress.job, 'shorten_ips'))
  return row?.upTo
}

describe('addresses in the audit log', () => {
  describe('works', () => {
    it('lose their host after ninety days, and the browser goes; everything else stays', async () => {
      await written(start + 1, { ...CLIENT, details: { reason: 'x' }, requestId: 'r' })
      await written(start + 2, { ...CLIENT, ip: '2001:db8:1:2::3' })
      await written(start + 3, { ip: '::1', userAgent: null })
      await written(start + 4, { ip: null, userAgent: 'Browser 1.0' })
      await written(start + 5, { ip: 'no address at all' })
      const [before] = await rowsHere()
      await run()
      const [first, ...others] = await rowsHere()
      expect(first).toEqual({ ...before, ip: '203.0.113', userAgent: null })
      expect(others).toMatchObject([
        { ip: '2001:db8:1', userAgent: null },
        { ip: null, userAgent: null },
        { ip: null, userAgent: null },
        { ip: null, userAgent: null },
      ])
    })

    it('stay until the hour in which they are old enough', async () => {
      await written(start + 1, CLIENT)
      await written(start + HOUR_MS, CLIENT)
      await at(start + KEPT_MS + HOUR_MS - 1, () => shortenIps(depsOf()))
      expect(await ipsHere()).toEqual([CLIENT.ip, CLIENT.ip])
      await at(start + KEPT_MS + HOUR_MS, () => shortenIps(depsOf()))
      expect(await ipsHere()).toEqual(['203.0.113', CLIENT.ip])
    })

    it('are taken five thousand in a run, and the next one goes on', async () => {
      await writeMany(5200, start, newId(start))
      const long = async () => (await ipsHere()).filter((ip) => ip?.split('.').length === 4).length
      await run()
      expect(await long()).toBe(200)
      await run()
      expect(await long()).toBe(0)
      expect(await run()).toBe(0)
    })

    it('are caught up with after days on which nothing ran', async () => {
      for (let day = 0; day < 20; day++) await written(start + day * DAY_MS, CLIENT)
      await run(start + 19 * DAY_MS)
      expect(new Set(await ipsHere())).toEqual(new Set(['203.0.113']))
    })

    it('come to an end also where one moment has more rows than a run takes', async () => {
      const moment = start + 7
      await env.DB.prepare(
        `INSERT INTO audit_logs (id, action, ip, created_at)
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
         SELECT ?1 || printf('-7000-8000-%012d', i), 'logout', '203.0.113.7', ?2 FROM n`,
      )
        .bind(newId(moment).slice(0, 13), moment)
        .run()
      await written(moment + 1, CLIENT)
      await run()
      await run()
      expect(new Set(await ipsHere())).toEqual(new Set(['203.0.113']))
    })
  })

  describe('is safe', () => {
    it('three runs at once write the same', async () => {
      await writeMany(1200, start, newId(start))
      await at(dueAfter(start), () => race(3, () => shortenIps(depsOf())))
      expect(new Set(await ipsHere())).toEqual(new Set(['203.0.113']))
      expect(await progress()).toBe(start + HOUR_MS)
    })

    it('never goes back in time', async () => {
      await setProgress('shorten_ips', start + 50 * DAY_MS)
      expect(await run()).toBe(0)
      expect(await progress()).toBe(start + 50 * DAY_MS)
    })

    it.each([0, 1])('is done again where statement %i of its batch fails', async (k) => {
      await written(start + 1, CLIENT)
      await expect(run(start, failingBatch(0, k).env)).rejects.toThrow()
      expect([await ipsHere(), await progress()]).toEqual([[CLIENT.ip], start])
      await run()
      expect(await ipsHere()).toEqual(['203.0.113'])
    })

    it('may be told twice what was done', async () => {
      await written(start + 1, CLIENT)
      await expect(run(start, lostAnswer(0))).rejects.toThrow()
      expect(await run()).toBe(0)
      await setProgress('shorten_ips', start)
      await run()
      expect(await ipsHere()).toEqual(['203.0.113'])
    })
  })
})
