import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { auditArchives, type auditLogs, jobProgress } from '../../src/db/schema/index.ts'
import { unpackArchive } from '../../src/lib/audit-archive.ts'
import { newId } from '../../src/lib/ids.ts'
import { archiveAudit } from '../../src/scheduled/archive-audit.ts'
import { shortenIps } from '../../src/scheduled/shorten-ips.ts'
import { db } from '../factories.ts'
import { writeMany, written } from '../features/audit/audit-client.ts'
import {
  beforeBatch,
  failingBatch,
  failingBucket,
  lockedBucket,
  lostAnswer,
} from '../support/faults.ts'
import { race } from '../support/race.ts'
import { at, DAY_MS, depsOf, rowsBetween, setProgress } from './job-client.ts'

const RETENTION_MS = 365 * DAY_MS
/** Each test has a year of its own, later than that of the one before. */
let start = Date.UTC(2010, 0, 1)
beforeEach(async () => {
  start += 1000 * DAY_MS
  // What the test before left in the database goes first.
  await setProgress('stats', start)
  await at(start + RETENTION_MS, () => archiveAudit(depsOf()))
  await setProgress('stats', start + 500 * DAY_MS)
})

/** In the night in which day `day` (from 0) of this test has become old enough. */
const dueAfter = (day: number) => start + (day + 1) * DAY_MS + RETENTION_MS
const run = (day = 0, bindings: Env = env) =>
  at(dueAfter(day), () => archiveAudit(depsOf(bindings)))
const rowsHere = () => rowsBetween(start, start + 400 * DAY_MS)
const archivesHere = async () =>
  (await db.select().from(auditArchives)).filter(({ objectKey }) => {
    const day = Date.parse(objectKey.split('/')[1] ?? '')
    return day >= start && day < start + 400 * DAY_MS
  })

async function read(archive: typeof auditArchives.$inferSelect) {
  const object = await env.ARCHIVE.get(archive.objectKey)
  if (!object) throw new Error(`there is no object ${archive.objectKey}`)
  return unpackArchive(new Uint8Array(await object.arrayBuffer()), archive)
}

async function archivedRows() {
  const found = await Promise.all((await archivesHere()).map(read))
  return found.flat()
}

const keysHere = async () => {
  const keys = (await env.ARCHIVE.list({ prefix: 'audit/' })).objects.map(({ key }) => key)
  return keys.filter((key) => {
    const day = Date.parse(key.split('/')[1] ?? '')
    return day >= start && day < start + 400 * DAY_MS
  })
}

const shown = (row: typeof auditLogs.$inferSelect) => ({ ...row, userAgent: null })

describe('the archive of the audit log', () => {
  describe('works', () => {
    it('takes the rows of a day that is old enough, all of them, and no younger one', async () => {
      await written(start, { details: { reason: 'é "quoted"\n' }, actorId: newId(start) })
      await written(start + DAY_MS - 1, { action: 'logout' })
      const young = await written(start + DAY_MS)
      const before = await rowsHere()
      expect(await at(dueAfter(0) - 1, () => archiveAudit(depsOf()))).toBe(0)
      expect(await run()).toBe(2)
      expect((await rowsHere()).map(({ id }) => id)).toEqual([young])
      expect(await archivedRows()).toEqual(before.slice(0, 2))
      expect(await run()).toBe(0)
    })

    it('names the object by day, first and last id, and notes rows and SHA-256 of its bytes', async () => {
      const first = await written(start + 5)
      const last = await written(start + 6)
      await run()
      const [archive, ...others] = await archivesHere()
      expect(others).toEqual([])
      expect(archive).toMatchObject({ lastId: last, rowCount: 2, createdAt: dueAfter(0) })
      const day = new Date(start).toISOString().slice(0, 10)
      const { objectKey = '', sha256 = '' } = archive ?? {}
      expect(objectKey).toBe(`audit/${day}/${first}_${last}_${sha256.slice(0, 16)}.ndjson.gz`)
      const head = await env.ARCHIVE.head(objectKey)
      expect(head?.checksums.toJSON().sha256).toBe(sha256)
    })

    it('takes no more than ten thousand rows in a run, two thousand to an object, and goes on', async () => {
      await writeMany(10_500, start, newId(start))
      expect(await run()).toBe(10_000)
      expect(await rowsHere()).toHaveLength(500)
      expect(await run()).toBe(500)
      const archives = await archivesHere()
      expect(archives.map(({ rowCount }) => rowCount)).toEqual([2000, 2000, 2000, 2000, 2000, 500])
      const ids = (await archivedRows()).map(({ id }) => id)
      expect(new Set(ids).size).toBe(10_500)
    })

    it('catches up after days on which it did not run', async () => {
      for (let day = 0; day < 9; day++) await written(start + day * DAY_MS + 1)
      expect(await run(6)).toBe(7)
      expect(await rowsHere()).toHaveLength(2)
    })

    it('takes a row that came late, with an id older than what has left', async () => {
      await written(start + 10)
      await run()
      const late = await written(start + 5)
      expect(await run()).toBe(1)
      expect((await archivedRows()).map(({ id }) => id)).toContain(late)
    })
  })

  describe('refuses', () => {
    it('what the statistics have not counted', async () => {
      await written(start + 1)
      await written(start + DAY_MS + 1)
      await setProgress('stats', start + DAY_MS - 1)
      expect(await run(5)).toBe(0)
      await setProgress('stats', start + DAY_MS)
      expect(await run(5)).toBe(1)
      expect(await rowsHere()).toHaveLength(1)
    })

    it('everything while nothing has been counted ever', async () => {
      await written(start + 1)
      await db.delete(jobProgress)
      expect(await run(5)).toBe(0)
      expect(await rowsHere()).toHaveLength(1)
    })
  })

  describe('is safe', () => {
    it('nothing leaves the database while the storage takes nothing', async () => {
      await written(start + 1)
      await expect(run(0, failingBucket('put', 'ARCHIVE'))).rejects.toThrow('R2 is unavailable')
      expect([await rowsHere(), await archivesHere()]).toMatchObject([[{}], []])
      expect(await run()).toBe(1)
    })

    it.each([0, 1, 2, 3])(
      'nothing is half done where statement %i of its batch fails',
      async (k) => {
        await written(start + 1)
        await written(start + 2)
        await expect(run(0, failingBatch(0, k).env)).rejects.toThrow()
        expect([(await rowsHere()).length, await archivesHere()]).toEqual([2, []])
        const orphans = await keysHere()
        expect(orphans).toHaveLength(1)
        // The next run writes the same bytes under the same name.
        expect(await run()).toBe(2)
        expect(await keysHere()).toEqual(orphans)
        expect(await archivedRows()).toHaveLength(2)
      },
    )

    it('goes on where a lock of the bucket keeps what a broken run left', async () => {
      await written(start + 1)
      await expect(run(0, failingBatch(0, 0).env)).rejects.toThrow()
      expect(await keysHere()).toHaveLength(1)
      expect(await run(0, lockedBucket('ARCHIVE'))).toBe(1)
      expect([await rowsHere(), (await archivedRows()).length]).toEqual([[], 1])
    })

    it('takes nothing else for the archive that was to be written', async () => {
      await written(start + 1)
      await expect(run(0, failingBatch(0, 0).env)).rejects.toThrow()
      const [key = ''] = await keysHere()
      await env.ARCHIVE.put(key, 'something else')
      await expect(run(0, lockedBucket('ARCHIVE'))).rejects.toThrow('the object is locked')
      expect((await rowsHere()).length).toBe(1)
    })

    it('an answer of the database that is lost doubles nothing', async () => {
      await written(start + 1)
      await expect(run(0, lostAnswer(0))).rejects.toThrow('Network connection lost')
      expect(await run()).toBe(0)
      expect(await archivedRows()).toHaveLength(1)
      expect(await archivesHere()).toHaveLength(1)
    })

    it('five runs at once lose nothing and double nothing', async () => {
      await writeMany(4500, start, newId(start))
      const left = await at(dueAfter(0), () => race(5, () => archiveAudit(depsOf())))
      await run()
      expect(left.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(4500)
      expect(await rowsHere()).toEqual([])
      const ids = (await archivedRows()).map(({ id }) => id)
      expect([ids.length, new Set(ids).size]).toEqual([4500, 4500])
    })

    it('a row that is written while an archive is packed stays, until the next', async () => {
      await written(start + 1)
      await written(start + 9)
      const disturbed = beforeBatch(0, () => written(start + 5))
      expect(await run(0, disturbed)).toBe(0)
      expect([(await rowsHere()).length, await archivesHere()]).toEqual([3, []])
      expect(await run()).toBe(3)
      // What was packed before lies under another name: neither overwrote the other.
      expect(await keysHere()).toHaveLength(2)
      expect(await archivedRows()).toHaveLength(3)
    })

    it('keeps no address of a host and no browser, however early a row leaves', async () => {
      const row = { ip: '203.0.113.7', userAgent: 'Browser 1.0' }
      await written(start + 1, row)
      await written(start + 2, { ...row, ip: '2001:db8:1:2:3:4:5:6' })
      await run()
      expect(await archivedRows()).toMatchObject([
        { ip: '203.0.113', userAgent: null },
        { ip: '2001:db8:1', userAgent: null },
      ])
    })

    it('gives the same bytes whether or not addresses were shortened before', async () => {
      await written(start + 1, { ip: '203.0.113.7', userAgent: 'Browser 1.0' })
      await expect(run(0, failingBatch(0, 0).env)).rejects.toThrow()
      const [packed] = await keysHere()
      await setProgress('shorten_ips', start - DAY_MS)
      await at(dueAfter(0), () => shortenIps(depsOf()))
      expect((await rowsHere())[0]).toMatchObject({ ip: '203.0.113', userAgent: null })
      await run()
      expect(await keysHere()).toEqual([packed])
    })

    it('an object that was changed, cut or swapped is not taken for the archive', async () => {
      await written(start + 1)
      await written(start + 2)
      await run()
      const [archive] = await archivesHere()
      if (!archive) throw new Error('there is no archive')
      const object = await env.ARCHIVE.get(archive.objectKey)
      const bytes = new Uint8Array(await (object as R2ObjectBody).arrayBuffer())
      expect(await unpackArchive(bytes, archive)).toHaveLength(2)
      const changed = bytes.slice()
      changed[20] = (changed[20] ?? 0) ^ 1
      await expect(unpackArchive(changed, archive)).rejects.toThrow('SHA-256')
      await expect(unpackArchive(bytes.slice(0, -1), archive)).rejects.toThrow('SHA-256')
      await expect(unpackArchive(bytes, { ...archive, rowCount: 3 })).rejects.toThrow('2 rows')
      await expect(unpackArchive(bytes, { ...archive, lastId: 'x' })).rejects.toThrow('ends with')
    })

    it('a failed run is logged by the cron, and the row goes with the next', async () => {
      const id = await written(start + 1, { details: { a: 1 } })
      const before = (await rowsHere()).map(shown)
      const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const { runScheduled } = await import('../../src/scheduled/run.ts')
      await at(dueAfter(0), () => runScheduled(depsOf(failingBucket('put', 'ARCHIVE'))))
      expect(log.mock.calls.flat().join()).toContain('"job":"archive_audit"')
      log.mockRestore()
      expect((await rowsHere()).map(({ id: one }) => one)).toEqual([id])
      expect(await run()).toBe(1)
      expect(await archivedRows()).toEqual(before)
    })
  })
})
