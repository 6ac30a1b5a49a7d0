import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { AUDIT_ACTIONS, auditLogs, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { recorder } from '../../db/recorder.ts'
import { accessTokenOf, admin, db, ownerIn, verified } from '../../factories.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingBatch } from '../../support/faults.ts'
import { race } from '../../support/race.ts'
import { AUDIT_LOGS, ask, type Item, itemsOf, type Query, walk, written } from './audit-client.ts'

const iso = (moment: number) => new Date(moment).toISOString()
const someId = () => newId(Date.now())

let token = ''
let adminId = ''
beforeAll(async () => {
  ;({ token, id: adminId } = await admin())
})

const readsOf = (actorId: string) =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.actorId, actorId), eq(auditLogs.action, 'audit_read')))
    .orderBy(auditLogs.id)

const items = (query: Query) => itemsOf(query, { token })
const idsOf = async (query: Query) => (await items(query)).map(({ id }) => id)

describe('GET /api/v1/admin/audit-logs', () => {
  describe('works', () => {
    it('tells who did what, to whom, from where, in which request', async () => {
      const { communityId, slug } = await verified()
      const answer = await call(`${API}/admin/communities/${slug}/status`, {
        method: 'PATCH',
        body: { status: 'rejected', reason: 'Not yet.' },
        token,
        ip: '203.0.113.7',
        headers: { 'User-Agent': 'Browser 1.0' },
      })
      expectStatus(answer, 200)
      const [item] = await items({ communityId, action: 'community_rejected' })
      expect(item).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        action: 'community_rejected',
        actor: { id: adminId, fullName: 'Ada Admin' },
        userId: null,
        communityId,
        ip: '203.0.113.7',
        userAgent: 'Browser 1.0',
        requestId: answer.headers.get('X-Request-Id'),
        details: { from: 'pending', to: 'rejected', reason: 'Not yet.' },
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      })
    })

    it('names nobody where the service did it, and no name of somebody who is gone', async () => {
      const communityId = someId()
      const actorId = someId()
      await written(Date.now() - 1, { communityId, actorId })
      await written(Date.now(), { communityId, action: 'community_expired' })
      const found = await items({ communityId })
      expect(found.map(({ actor }) => actor)).toEqual([null, { id: actorId, fullName: null }])
    })

    it('is newest first, twenty to a page, and goes on behind the last one', async () => {
      const communityId = someId()
      const now = Date.now()
      const ids: string[] = []
      for (let n = 0; n < 25; n++) ids.push(await written(now + n, { communityId }))
      const pages = await walk({ communityId }, { token })
      expect(pages.map((page) => page.length)).toEqual([20, 5])
      expect(pages.flat().map(({ id }) => id)).toEqual(ids.reverse())
    })

    it('begins with the newest row of all where nothing is asked for', async () => {
      const id = await written(Date.now() + 60_000)
      expect((await items({}))[0]?.id).toBe(id)
    })

    it('combines filters: each row meets all of them', async () => {
      const [actorId, userId, communityId] = [someId(), someId(), someId()]
      const now = Date.now()
      const all = { actorId, userId, communityId, action: 'logout' as const }
      const whole = await written(now, all)
      for (const left of Object.keys(all)) {
        const other = left === 'action' ? 'login_success' : someId()
        await written(now + 1, { ...all, [left]: other })
      }
      expect(await idsOf(all)).toEqual([whole])
      expect(await idsOf({ ...all, from: iso(now), to: iso(now + 1) })).toEqual([whole])
      expect(await idsOf({ ...all, from: iso(now + 1) })).toEqual([])
      expect(await idsOf({ actorId })).toHaveLength(4)
      expect(await idsOf({ userId, action: 'logout' })).toHaveLength(3)
    })

    it('takes `from` in and leaves `to` out, to the millisecond', async () => {
      const communityId = someId()
      const start = Date.UTC(2026, 4, 17, 10, 30, 0, 500)
      const ids: string[] = []
      for (const at of [-1, 0, 0, 1, 2]) ids.push(await written(start + at, { communityId }))
      const within = async (from: string, to: string) =>
        (await idsOf({ communityId, ...(from && { from }), ...(to && { to }) })).sort()
      const [before, first, second, third, last] = ids as [string, string, string, string, string]
      expect(await within(iso(start), iso(start + 2))).toEqual([first, second, third].sort())
      expect(await within(iso(start + 1), '')).toEqual([third, last])
      expect(await within('', iso(start))).toEqual([before])
      // The same moment, written otherwise.
      expect(await within('2026-05-17T12:30:00.500+02:00', '2026-05-17T10:30:00.501Z')).toEqual(
        [first, second].sort(),
      )
      expect(await within('2026-05-17', '2026-05-18')).toHaveLength(5)
      expect(await within('1969-01-01', '2026-05-17')).toEqual([])
    })

    it('reads on within a span where the cursor stands in it', async () => {
      const communityId = someId()
      const start = Date.UTC(2026, 3, 1)
      for (let n = 0; n < 7; n++) await written(start + n, { communityId })
      const query = { communityId, from: iso(start + 1), to: iso(start + 6), limit: '2' }
      const pages = await walk(query, { token })
      expect(pages.map((page) => page.map(({ at }) => Date.parse(at) - start))).toEqual([
        [5, 4],
        [3, 2],
        [1],
      ])
    })

    it('knows every action by its name', async () => {
      for (const action of AUDIT_ACTIONS) {
        const answer = await ask({ action, limit: '1' }, { token })
        expectStatus(answer, 200)
        for (const item of answer.data.items as Item[]) expect(item.action).toBe(action)
      }
    })

    it('is found by an id in capitals', async () => {
      const communityId = someId()
      const id = await written(Date.now(), { communityId })
      expect(await idsOf({ communityId: communityId.toUpperCase() })).toEqual([id])
    })
  })

  describe('refuses', () => {
    it.each([
      [{ action: 'made_up' }, 'action'],
      [{ action: '' }, 'action'],
      [{ action: 'LOGIN_SUCCESS' }, 'action'],
      [{ actorId: 'x' }, 'actorId'],
      [{ userId: "' or 1=1--" }, 'userId'],
      [{ communityId: 'apex-circle' }, 'communityId'],
      [{ from: 'yesterday' }, 'from'],
      [{ from: '1763800000000' }, 'from'],
      [{ from: '2026-02-30' }, 'from'],
      [{ from: '2026-13-01' }, 'from'],
      [{ from: '2026-11-22T10:00' }, 'from'],
      [{ from: '2026-11-22T25:00Z' }, 'from'],
      [{ to: '2026-11-22 10:00:00Z' }, 'to'],
      [{ to: '+275760-09-13' }, 'to'],
      [{ from: '2026-11-22', to: '2026-11-22' }, 'to'],
      [{ from: '2026-11-23', to: '2026-11-22' }, 'to'],
      [{ to: '1970-01-01' }, 'to'],
      [{ limit: '101' }, 'limit'],
      [{ cursor: 'x' }, 'cursor'],
    ])('%j', async (query, field) => {
      for (const accept of ['application/json', 'text/csv']) {
        const answer = await ask(query as Query, { token, headers: { Accept: accept } })
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors as object)).toEqual([field])
      }
    })

    it('two of what there is one of', async () => {
      const query = `action=logout&action=logout`
      expectStatus(await call(`${AUDIT_LOGS}?${query}`, { token }), 422, 'validation_failed')
    })

    it('whoever is no admin, in every form', async () => {
      const owner = await accessTokenOf(await ownerIn('active'))
      for (const accept of ['application/json', 'text/csv', 'application/x-ndjson']) {
        const headers = { Accept: accept }
        expectStatus(await ask({ limit: 'x' }, { headers }), 401, 'unauthenticated')
        expectStatus(await ask({ limit: 'x' }, { headers, token: owner }), 403, 'forbidden')
      }
    })
  })

  describe('is safe', () => {
    const planOf = async (query: Query) => {
      const record = recorder()
      expectStatus(await ask(query, { token, env: record.env }), 200)
      const own = record.statements.filter(({ sql }) => /^select .* from "audit_logs"/.test(sql))
      expect(own).toHaveLength(1)
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${own[0]?.sql}`)
        .bind(...(own[0]?.params ?? []))
        .all<{ detail: string }>()
      return results.map(({ detail }) => detail)
    }

    it('reads by an index in the order of its ids, whatever is asked for', async () => {
      const [id, at] = [someId(), iso(Date.now())]
      const expected: [Query, string][] = [
        [{}, 'sqlite_autoindex_audit_logs_1 (id>? AND id<?)'],
        [{ from: '2026-01-01', to: at }, 'sqlite_autoindex_audit_logs_1 (id>? AND id<?)'],
        [{ action: 'logout' }, 'audit_logs_action (action=? AND id>? AND id<?)'],
        [{ actorId: id, action: 'logout' }, 'audit_logs_actor (actor_id=? AND id>? AND id<?)'],
        [{ userId: id, communityId: id }, 'audit_logs_user (user_id=? AND id>? AND id<?)'],
        [
          { communityId: id, action: 'logout', from: '2026-01-01' },
          'audit_logs_community (community_id=? AND id>? AND id<?)',
        ],
      ]
      for (const [query, index] of expected) {
        const [first, ...others] = await planOf(query)
        expect(first).toBe(`SEARCH audit_logs USING INDEX ${index}`)
        expect(others.join()).not.toMatch(/SCAN|B-TREE/)
      }
    })

    it('leaves no row behind where only the head of a file is asked for', async () => {
      const rows = async () => (await db.select().from(auditLogs)).length
      const before = await rows()
      expectStatus(await ask({}, { token, method: 'HEAD', headers: { Accept: 'text/csv' } }), 200)
      expect(await rows()).toBe(before)
    })

    it('is on record itself: who, from where, by which filters; once an hour and filter', async () => {
      const { token: own, id } = await admin()
      const communityId = someId()
      const filter = { communityId, from: '2026-01-01' }
      const pages = await race(5, () => ask(filter, { token: own, ip: '203.0.113.9' }))
      for (const page of pages) expectStatus(page, 200)
      await ask({ ...filter, action: 'logout' }, { token: own })
      expectStatus(await ask(filter, { token: own }), 200)
      const details = { communityId, from: '2026-01-01T00:00:00.000Z' }
      expect(await readsOf(id)).toMatchObject([
        { userId: null, ip: '203.0.113.9', requestId: expect.any(String), details },
        { details: { ...details, action: 'logout' } },
      ])
    })

    it.each([
      ['an hour ago', 3_601_000, 2],
      ['less than an hour ago', 3_500_000, 1],
    ])('counts a reading of %s', async (_, ago, count) => {
      const { token: own, id } = await admin()
      const details = { action: 'logout' }
      await written(Date.now() - ago, { action: 'audit_read', actorId: id, details })
      expectStatus(await ask({ action: 'logout' }, { token: own }), 200)
      expect(await readsOf(id)).toHaveLength(count)
    })

    it('shows nothing that could not be put on record', async () => {
      const { token: own, id } = await admin()
      const { env: broken } = failingBatch(0, 1)
      expectStatus(await ask({}, { token: own, env: broken }), 503, 'unavailable')
      expect(await readsOf(id)).toEqual([])
    })

    it('tells caches that the form depends on what is asked for', async () => {
      const answer = await ask({}, { token })
      expect(answer.headers.get('Vary')?.split(', ')).toEqual(expect.arrayContaining(['Accept']))
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
    })

    it('shows what somebody wrote as the text that it is', async () => {
      const communityId = someId()
      const name = '"><script>alert(1)</script>'
      const { id: actorId } = await admin()
      await db.update(users).set({ fullName: name }).where(eq(users.id, actorId))
      await written(Date.now(), { communityId, actorId, userAgent: 'a\u2028b' })
      const [item] = await items({ communityId })
      expect(item).toMatchObject({ actor: { fullName: name }, userAgent: 'a\u2028b' })
    })
  })
})
