import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { type AlertKind, alerts } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { recorder } from '../../db/recorder.ts'
import { admin, db, ownerIn } from '../../factories.ts'
import { openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'

const PATH = `${API}/admin/alerts`
const HOUR = 3_600_000

/** One that began so many hours from now, and ended an hour after that unless it is open. */
async function alertAt(hours: number, kind: AlertKind, isOpen = false): Promise<string> {
  const startedAt = Date.now() + hours * HOUR
  const id = newId(startedAt)
  const endedAt = isOpen ? null : startedAt + HOUR
  await db.insert(alerts).values({ id, kind, threshold: 5, peak: 9, startedAt, endedAt })
  return id
}

const list = async (token: string, query = '') => {
  const answer = await call(`${PATH}${query}`, { token })
  expectStatus(answer, 200)
  return answer.data as {
    items: Record<string, unknown>[]
    nextCursor: string | null
    thresholds: Record<string, number>
  }
}

describe('GET /api/v1/admin/alerts', () => {
  describe('works', () => {
    it('shows the newest first, each with what was counted; open ones have no end', async () => {
      const { token } = await admin()
      const over = await alertAt(1, 'signups')
      const open = await alertAt(2, 'mail_failures', true)
      const { items } = await list(token)
      expect(items.slice(0, 2)).toEqual([
        {
          id: open,
          kind: 'mail_failures',
          threshold: 5,
          peak: 9,
          startedAt: expect.stringMatching(/Z$/),
          endedAt: null,
        },
        expect.objectContaining({ id: over, endedAt: expect.stringMatching(/Z$/) }),
      ])
    })

    it('goes on page by page to the oldest', async () => {
      const { token } = await admin()
      const ids: string[] = []
      for (const hours of [10, 11, 12, 13, 14]) ids.push(await alertAt(hours, 'refresh_reuse'))
      const seen: unknown[] = []
      let cursor: string | null = ''
      while (cursor !== null && seen.length < 5) {
        const page = await list(token, `?limit=2${cursor && `&cursor=${cursor}`}`)
        expect(page.items.length).toBeLessThanOrEqual(2)
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor
      }
      expect(seen.slice(0, 5)).toEqual(ids.toReversed())
    })

    it('tells the thresholds that are in force', async () => {
      const { token } = await admin()
      const changed = { ...env, ALERT_SIGNUPS: '7' }
      const answer = await call(PATH, { token, env: changed })
      expect(answer.data.thresholds).toEqual({ ...configOf(env).alerts.thresholds, signups: 7 })
    })
  })

  describe('refuses', () => {
    it('anybody but admins', async () => {
      expectStatus(await call(PATH), 401, 'unauthenticated')
      const { accessToken: token } = await openSession(await ownerIn('active'))
      expectStatus(await call(PATH, { token }), 403, 'forbidden')
    })

    it.each(['?limit=0', '?limit=101', '?cursor=x'])('%s', async (query) => {
      const { token } = await admin()
      expectStatus(await call(`${PATH}${query}`, { token }), 422, 'validation_failed')
    })
  })

  describe('is safe', () => {
    it('reads no more than the page shows, however many alerts there were', async () => {
      const { token } = await admin()
      const rowsRead = async () => {
        const record = recorder()
        expectStatus(await call(`${PATH}?limit=3`, { token, env: record.env }), 200)
        return record.rowsRead()
      }
      for (let hours = 20; hours < 25; hours++) await alertAt(hours, 'signups')
      const few = await rowsRead()
      for (let hours = 25; hours < 125; hours++) await alertAt(hours, 'signups')
      expect(await rowsRead()).toBe(few)
    })
  })
})
