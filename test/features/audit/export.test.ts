import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { auditLogs, users } from '../../../src/db/schema/index.ts'
import { ROWS_PER_PAGE } from '../../../src/features/audit/service.ts'
import worker from '../../../src/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { admin, db } from '../../factories.ts'
import { type Answer, expectStatus, freshIp } from '../../support/call.ts'
import { parseCsv } from '../../support/csv.ts'
import { failingBatch, failingDatabase } from '../../support/faults.ts'
import { AUDIT_LOGS, ask, type Query, writeMany, written } from './audit-client.ts'

const FORMS = ['text/csv', 'application/x-ndjson'] as const
const HEAD =
  'id,at,action,actorId,actorName,userId,communityId,ip,userAgent,requestId,details'.split(',')

const someId = () => newId(Date.now())

let token = ''
let adminId = ''
beforeAll(async () => {
  ;({ token, id: adminId } = await admin())
})

const download = (query: Query, accept: string, workerEnv?: Env): Promise<Answer> =>
  ask(query, { token, headers: { Accept: accept }, ...(workerEnv && { env: workerEnv }) })

const linesOf = ({ text }: Answer) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The ids of a file, in its order. */
function idsIn(answer: Answer): string[] {
  const isCsv = answer.headers.get('Content-Type')?.startsWith('text/csv') === true
  if (!isCsv) return linesOf(answer).map(({ id }) => String(id))
  const [head, ...rows] = parseCsv(answer.text)
  expect(head).toEqual(HEAD)
  return rows.map(([id = '']) => id)
}

const exportsOf = (id: string) =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.action, 'audit_exported'), eq(auditLogs.actorId, id)))
    .orderBy(auditLogs.id)

/** The answer as it streams, to be read by hand. */
async function open(query: Query, workerEnv: Env) {
  const request = new Request(
    `https://gatehouse.example${AUDIT_LOGS}?${new URLSearchParams(query)}`,
    {
      headers: {
        Accept: 'application/x-ndjson',
        Authorization: `Bearer ${token}`,
        'CF-Connecting-IP': freshIp(),
      },
    },
  ) as Request<unknown, IncomingRequestCfProperties>
  const context = createExecutionContext()
  const response = await worker.fetch(request, workerEnv, context)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  return { response, reader, end: () => waitOnExecutionContext(context) }
}

/** The database with a count of the queries for pages, one of which may be met by `before`. */
function counted(before?: (nth: number) => Promise<unknown>) {
  const seen = { pages: 0 }
  const wrap = (statement: D1PreparedStatement, query: string): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (name === 'bind') return (...args: unknown[]) => wrap(target.bind(...args), query)
        return async (...args: unknown[]) => {
          if (/from "audit_logs"/.test(query)) {
            seen.pages += 1
            await before?.(seen.pages)
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') return (query: string) => wrap(target.prepare(query), query)
      return Reflect.get(target, name, target).bind(target)
    },
  })
  return { env: { ...env, DB }, seen }
}

describe('GET /api/v1/admin/audit-logs, as a file', () => {
  describe('works', () => {
    it('is CSV with a head, every row that matches, newest first, in UTF-8', async () => {
      const communityId = someId()
      const moment = Date.UTC(2026, 10, 22, 9, 30)
      const { id: actorId } = await admin()
      await db.update(users).set({ fullName: '村上, "Haru"' }).where(eq(users.id, actorId))
      const first = await written(moment, { communityId })
      const second = await written(moment + 1, {
        communityId,
        actorId,
        userId: actorId,
        ip: '2001:db8::1',
        userAgent: 'Browser, 1.0',
        requestId: first,
        details: { reason: 'two\nlines' },
      })
      const answer = await download({ communityId }, 'text/csv')
      expectStatus(answer, 200)
      expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present')
      const none = ['', '', '', communityId, '', '', '', '']
      expect(parseCsv(answer.text)).toEqual([
        HEAD,
        [
          second,
          '2026-11-22T09:30:00.001Z',
          'login_success',
          actorId,
          '村上, "Haru"',
          actorId,
          communityId,
          '2001:db8::1',
          'Browser, 1.0',
          first,
          '{"reason":"two\\nlines"}',
        ],
        [first, '2026-11-22T09:30:00.000Z', 'login_success', ...none],
      ])
    })

    it('is NDJSON of the very items that the list shows', async () => {
      const communityId = someId()
      for (let n = 0; n < 3; n++) {
        await written(Date.now() + n, { communityId, actorId: adminId, details: { n } })
      }
      const answer = await download({ communityId }, 'application/x-ndjson')
      expectStatus(answer, 200)
      expect(answer.headers.get('Content-Type')).toBe('application/x-ndjson')
      expect(linesOf(answer)).toEqual((await ask({ communityId }, { token })).data.items)
      expect(answer.text.endsWith('}\n')).toBe(true)
    })

    it.each(FORMS)(
      'has all rows of many pages, each once, filtered and in order: %s',
      async (form) => {
        const communityId = someId()
        const start = Date.UTC(2025, 2, 1)
        await writeMany(2 * ROWS_PER_PAGE + 7, start, communityId)
        const ids = idsIn(await download({ communityId }, form))
        expect(ids).toHaveLength(2 * ROWS_PER_PAGE + 7)
        expect(ids).toEqual([...new Set(ids)].sort().reverse())
        const query = {
          communityId,
          action: 'login_failed',
          to: new Date(start + 100).toISOString(),
        }
        expect(idsIn(await download(query, form))).toHaveLength(10)
      },
    )

    it('ends where the last page is full', async () => {
      const communityId = someId()
      await writeMany(ROWS_PER_PAGE, Date.UTC(2025, 3, 1), communityId)
      for (const form of FORMS) {
        expect(idsIn(await download({ communityId }, form))).toHaveLength(ROWS_PER_PAGE)
      }
    })

    it('is a head alone, or nothing, where nothing matches', async () => {
      const communityId = someId()
      expect(parseCsv((await download({ communityId }, 'text/csv')).text)).toEqual([HEAD])
      expect((await download({ communityId }, 'application/x-ndjson')).text).toBe('')
    })

    it('holds everything, whatever page is asked for', async () => {
      const communityId = someId()
      await writeMany(30, Date.UTC(2025, 4, 1), communityId)
      const { data } = await ask({ communityId, limit: '5' }, { token })
      const query = { communityId, limit: '5', cursor: String(data.nextCursor) }
      expect(idsIn(await download(query, 'text/csv'))).toHaveLength(30)
    })

    it('has a name that we give it, and is kept by nobody', async () => {
      const answer = await download({ communityId: someId() }, 'text/csv')
      expect(answer.headers.get('Content-Disposition')).toMatch(
        /^attachment; filename="audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.csv"$/,
      )
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(answer.headers.get('Vary')).toContain('Accept')
      const other = await download({ communityId: someId() }, 'application/x-ndjson')
      expect(other.headers.get('Content-Disposition')).toMatch(/\.ndjson"$/)
    })

    it('is on record before its first byte: who, in which form, by which filters', async () => {
      const { token: own, id } = await admin()
      const communityId = someId()
      const query = { communityId, action: 'logout', from: '2026-01-01', to: '2026-02-01T00:00Z' }
      const headers = { Accept: 'text/csv' }
      const answer = await ask(query, { token: own, headers, ip: '203.0.113.9' })
      expectStatus(answer, 200)
      expect(await exportsOf(id)).toMatchObject([
        {
          userId: null,
          ip: '203.0.113.9',
          requestId: answer.headers.get('X-Request-Id'),
          details: {
            type: 'text/csv',
            communityId,
            action: 'logout',
            from: '2026-01-01T00:00:00.000Z',
            to: '2026-02-01T00:00:00.000Z',
          },
        },
      ])
    })
  })

  describe('refuses', () => {
    it('the export beyond the hourly limit of a client, but no page of the list', async () => {
      const ip = freshIp()
      const ofOne = { ...env, EXPORT_LIMIT_PER_HOUR: '1' }
      const get = (accept: string) =>
        ask({ communityId: someId() }, { token, ip, env: ofOne, headers: { Accept: accept } })
      expectStatus(await get('text/csv'), 200)
      const refused = await get('application/x-ndjson')
      expectStatus(refused, 429, 'rate_limited')
      expect(refused.headers.get('RateLimit-Policy')).toContain('"export";q=1')
      expect(refused.headers.get('Content-Disposition')).toBeNull()
      const page = await get('application/json')
      expectStatus(page, 200)
      expect(page.headers.get('RateLimit-Policy')).toContain('"general"')
    })
  })

  describe('is safe', () => {
    it('no cell is a formula, whoever wrote it', async () => {
      const communityId = someId()
      const { id: actorId } = await admin()
      await db.update(users).set({ fullName: '＝cmd' }).where(eq(users.id, actorId))
      const signs = [
        '=1+1',
        '+1',
        '-1',
        '@SUM(1)',
        '\t=1',
        '\r=1',
        ' =1',
        '"=1"',
        "'=1",
        '＝1',
        '＠1',
      ]
      for (const [n, userAgent] of signs.entries()) {
        await written(Date.now() + n, { communityId, actorId, userAgent })
      }
      const { text } = await download({ communityId }, 'text/csv')
      const [, ...rows] = parseCsv(text)
      expect(rows.map((row) => row[8]).reverse()).toEqual(signs.map((sign) => `'${sign}`))
      for (const row of rows) {
        expect(row[4]).toBe("'＝cmd")
        for (const cell of row) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/)
      }
    })

    it('reads a page only once the one before has been taken', async () => {
      const communityId = someId()
      const PAGES = 6
      await writeMany(PAGES * ROWS_PER_PAGE - 1, Date.UTC(2025, 5, 1), communityId)
      const database = counted()
      const { reader, end } = await open({ communityId }, database.env)
      // The first page came in the batch of the record.
      for (let taken = 1; taken <= PAGES; taken++) {
        const { value } = await reader.read()
        expect(new TextDecoder().decode(value).split('\n').length - 1).toBe(
          taken < PAGES ? ROWS_PER_PAGE : ROWS_PER_PAGE - 1,
        )
        expect(database.seen.pages).toBe(taken - 1)
      }
      expect((await reader.read()).done).toBe(true)
      expect(database.seen.pages).toBe(PAGES - 1)
      await end()
    })

    it('reads no further once the client has gone', async () => {
      const communityId = someId()
      await writeMany(3 * ROWS_PER_PAGE, Date.UTC(2025, 6, 1), communityId)
      const database = counted()
      const { reader, end } = await open({ communityId }, database.env)
      await reader.read()
      await reader.cancel()
      await end()
      expect(database.seen.pages).toBe(0)
    })

    it('holds what was there as it began, each row once, while others are written', async () => {
      const communityId = someId()
      const start = Date.UTC(2025, 7, 1)
      await writeMany(3 * ROWS_PER_PAGE, start, communityId)
      const late: string[] = []
      // The newest of all, and one in the midst of what has been read already.
      const database = counted(async () => {
        late.push(await written(Date.now(), { communityId }))
        late.push(await written(start + 3 * ROWS_PER_PAGE - 5, { communityId }))
      })
      const answer = await download({ communityId }, 'text/csv', database.env)
      const ids = idsIn(answer)
      expect(late).toHaveLength(6)
      expect(ids).toHaveLength(3 * ROWS_PER_PAGE)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.filter((id) => late.includes(id))).toEqual([])
    })

    it.each(FORMS)('a database that fails midway breaks the transfer: %s', async (form) => {
      const communityId = someId()
      await writeMany(3 * ROWS_PER_PAGE, Date.UTC(2025, 8, 1), communityId)
      const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const database = counted(async (nth) => {
        if (nth === 2) throw new Error('D1_ERROR: Network connection lost.')
      })
      await expect(download({ communityId }, form, database.env)).rejects.toThrow()
      const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)))
      log.mockRestore()
      expect(lines).toMatchObject([
        { event: 'audit_export_broke', pages: 2, requestId: expect.any(String) },
      ])
    })

    it('a database that fails at once is 503, no file', async () => {
      const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const { token: own, id } = await admin()
      const headers = { Accept: 'text/csv' }
      for (const broken of [failingBatch(0, 0).env, failingBatch(0, 1).env, failingDatabase()]) {
        const answer = await ask({}, { token: own, headers, env: broken })
        expectStatus(answer, 503, 'unavailable')
        expect(answer.headers.get('Content-Type')).toBe('application/json')
        expect(answer.headers.get('Content-Disposition')).toBeNull()
      }
      log.mockRestore()
      expect(await exportsOf(id)).toEqual([])
    })

    it('a HEAD gets the head, reads nothing, and is no export', async () => {
      const { token: own, id } = await admin()
      const answer = await ask({}, { token: own, method: 'HEAD', headers: { Accept: 'text/csv' } })
      expectStatus(answer, 200)
      expect(answer.text).toBe('')
      expect(answer.headers.get('Content-Disposition')).toContain('.csv')
      expect(await exportsOf(id)).toEqual([])
    })
  })
})
