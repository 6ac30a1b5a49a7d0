import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { sessions } from '../../../src/db/schema/index.ts'
import worker from '../../../src/index.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import { admin, db, ownerIn } from '../../factories.ts'
import { me, type OpenSession, openSession, postRefresh, sessionRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase, failingObject } from '../../support/faults.ts'
import { asBearer, asPage, itemsOf, later, listSessions, type Person } from './clients.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NOON = Date.UTC(2026, 10, 20, 12)

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0'
const TABLET =
  'Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36'

interface Visit {
  ip: string
  userAgent?: string
  cf?: Partial<IncomingRequestCfProperties>
}

/** Logs in from this place with this browser; gives the session's id and its access token. */
async function logInFrom({ email, password }: Person, visit: Visit) {
  const headers = new Headers({
    'Content-Type': 'application/json',
    'CF-Connecting-IP': visit.ip,
    ...(visit.userAgent !== undefined && { 'User-Agent': visit.userAgent }),
  })
  const init = {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password, tokenTransport: 'body' }),
    cf: visit.cf,
  }
  const request = new Request(`https://gatehouse.example${API}/auth/login`, init as RequestInit)
  const context = createExecutionContext()
  const response = await worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    env,
    context,
  )
  const { data } = (await response.json()) as {
    data: { session: { id: string }; accessToken: string }
  }
  await waitOnExecutionContext(context)
  return { id: data.session.id, accessToken: data.accessToken }
}

async function sessionsOf(person: Person, count: number): Promise<OpenSession[]> {
  const opened: OpenSession[] = []
  for (let n = 0; n < count; n++) opened.push(await openSession(person))
  return opened
}

const idsIn = (answer: Parameters<typeof itemsOf>[0]) => itemsOf(answer).map(({ id }) => id)
const startAt = (moment: number) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
}

afterEach(() => {
  vi.useRealTimers()
})

describe('GET /api/v1/sessions', () => {
  describe('works', () => {
    it('tells of each session which device it is, where it was opened and how long it goes on, newest first', async () => {
      const owner = await ownerIn('active')
      startAt(NOON)
      const phone = await logInFrom(owner, {
        ip: '203.0.113.9',
        userAgent: IPHONE,
        cf: { country: 'IN', city: 'Pune' },
      })
      vi.setSystemTime(NOON + MINUTE)
      const laptop = await logInFrom(owner, {
        ip: '2001:db8::7',
        userAgent: FIREFOX,
        cf: { country: 'BR', city: 'São Paulo' },
      })
      vi.setSystemTime(NOON + 2 * MINUTE)
      const tablet = await logInFrom(owner, { ip: '198.51.100.3', userAgent: TABLET })
      vi.setSystemTime(NOON + 3 * MINUTE)
      const script = await logInFrom(owner, { ip: '198.51.100.4' })
      const answer = await listSessions(asBearer(laptop))
      expectStatus(answer, 200)
      expect(answer.json).toEqual({
        success: true,
        message: expect.any(String),
        data: {
          items: [
            {
              id: script.id,
              current: false,
              device: { browser: null, os: null, type: null },
              userAgent: null,
              ip: '198.51.100.4',
              country: null,
              city: null,
              createdAt: '2026-11-20T12:03:00.000Z',
              lastActiveAt: '2026-11-20T12:03:00.000Z',
              expiresAt: '2026-11-27T12:03:00.000Z',
            },
            {
              id: tablet.id,
              current: false,
              device: { browser: 'Chrome', os: 'Android', type: 'tablet' },
              userAgent: TABLET,
              ip: '198.51.100.3',
              country: null,
              city: null,
              createdAt: '2026-11-20T12:02:00.000Z',
              lastActiveAt: '2026-11-20T12:02:00.000Z',
              expiresAt: '2026-11-27T12:02:00.000Z',
            },
            {
              id: laptop.id,
              current: true,
              device: { browser: 'Firefox', os: 'Windows', type: 'desktop' },
              userAgent: FIREFOX,
              ip: '2001:db8::7',
              country: 'BR',
              city: 'São Paulo',
              createdAt: '2026-11-20T12:01:00.000Z',
              lastActiveAt: '2026-11-20T12:01:00.000Z',
              expiresAt: '2026-11-27T12:01:00.000Z',
            },
            {
              id: phone.id,
              current: false,
              device: { browser: 'Safari', os: 'iOS', type: 'mobile' },
              userAgent: IPHONE,
              ip: '203.0.113.9',
              country: 'IN',
              city: 'Pune',
              createdAt: '2026-11-20T12:00:00.000Z',
              lastActiveAt: '2026-11-20T12:00:00.000Z',
              expiresAt: '2026-11-27T12:00:00.000Z',
            },
          ],
          nextCursor: null,
        },
      })
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
    })

    it('marks the session that asks as the current one, by header and by cookie, and no other', async () => {
      const owner = await ownerIn('active')
      const app = await openSession(owner)
      const page = await openSession(owner, { transport: 'cookie' })
      const hybrid = await openSession(owner, { transport: 'hybrid' })
      for (const [session, options] of [
        [app, asBearer(app)],
        [page, { headers: { Cookie: page.cookie } }],
        [hybrid, asBearer(hybrid)],
      ] as const) {
        const items = itemsOf(await listSessions(options))
        expect(items).toHaveLength(3)
        expect(items.filter(({ current }) => current).map(({ id }) => id)).toEqual([session.id])
      }
    })

    it('shows when a session was last active: that moves at a refresh, and only then', async () => {
      const owner = await ownerIn('active')
      startAt(NOON)
      const session = await openSession(owner)
      vi.setSystemTime(NOON + 10 * MINUTE)
      expectStatus(await me(session.accessToken), 200)
      const before = itemsOf(await listSessions(asBearer(session)))
      expect(before).toMatchObject([{ lastActiveAt: '2026-11-20T12:00:00.000Z' }])
      expectStatus(await postRefresh(session.refreshToken), 200)
      const after = itemsOf(await listSessions(asBearer(session)))
      expect(after).toMatchObject([
        {
          id: session.id,
          createdAt: '2026-11-20T12:00:00.000Z',
          lastActiveAt: '2026-11-20T12:10:00.000Z',
          expiresAt: '2026-11-27T12:10:00.000Z',
        },
      ])
    })

    it('shows the absolute end where that comes before the idle one', async () => {
      const owner = await ownerIn('active')
      startAt(NOON)
      const short = { ...env, SESSION_ABSOLUTE_SECONDS: '3600' }
      const session = await openSession(owner, { call: { env: short } })
      vi.setSystemTime(NOON + 10 * MINUTE)
      expectStatus(await postRefresh(session.refreshToken, { env: short }), 200)
      expect(itemsOf(await listSessions(asBearer(session)))).toMatchObject([
        { expiresAt: '2026-11-20T13:00:00.000Z' },
      ])
    })

    it('an admin sees sessions of half an hour', async () => {
      const { token } = await admin()
      const [item] = itemsOf(await listSessions({ token }))
      const left = Date.parse(String(item?.expiresAt)) - Date.parse(String(item?.lastActiveAt))
      expect(left).toBe(30 * MINUTE)
    })

    it('costs two round trips to the database and asks no object', async () => {
      const owner = await ownerIn('active')
      const [session] = await sessionsOf(owner, 3)
      const answer = await listSessions(asBearer(session as OpenSession))
      // The budget of this call is two; session and list are one each.
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="0"')
    })

    it('works while limiter and guard are unreachable', async () => {
      const session = await openSession(await ownerIn('active'))
      for (const binding of ['RATE_LIMITER', 'ACCOUNT_GUARD'] as const) {
        const broken = failingObject(
          binding,
          binding === 'RATE_LIMITER' ? 'hit' : 'begin',
          'throws',
        )
        expectStatus(await listSessions({ ...asBearer(session), env: broken }), 200)
      }
    })
  })

  describe('shows only what lives and is mine', () => {
    it('no session of another person, not even one on the same device', async () => {
      const [mine, other] = [await ownerIn('active'), await ownerIn('active')]
      const session = await openSession(mine)
      const stranger = await openSession(other, { deviceToken: session.deviceToken })
      expect(idsIn(await listSessions(asBearer(session)))).toEqual([session.id])
      expect(idsIn(await listSessions(asBearer(stranger)))).toEqual([stranger.id])
    })

    it('no session that was logged out, replaced, or has run out', async () => {
      const owner = await ownerIn('active')
      const loggedOut = await openSession(owner)
      expectStatus(
        await call(`${API}/auth/logout`, { method: 'POST', ...asBearer(loggedOut) }),
        200,
      )
      const replaced = await openSession(owner)
      const successor = await openSession(owner, { deviceToken: replaced.deviceToken })
      const idle = await openSession(owner, {
        call: { env: { ...env, SESSION_IDLE_SECONDS: '60' } },
      })
      const old = await openSession(owner, {
        call: { env: { ...env, SESSION_ABSOLUTE_SECONDS: '60' } },
      })
      const shown = async () => idsIn(await listSessions(asBearer(successor))).toSorted()
      expect(await shown()).toEqual([successor.id, idle.id, old.id].toSorted())
      await later(61_000, async () => expect(await shown()).toEqual([successor.id]))
    })

    it('nothing that is a token or is kept of one', async () => {
      const owner = await ownerIn('active')
      const page = await openSession(owner, { transport: 'cookie' })
      const app = await openSession(owner)
      const rotated = await postRefresh(app.refreshToken)
      const { text } = await listSessions(asPage(page))
      const row = await sessionRow(app.id)
      const secrets = [page, app].flatMap(
        ({ accessToken, refreshToken, csrfToken, deviceToken }) => [
          accessToken,
          refreshToken,
          refreshToken.split('.')[3],
          csrfToken,
          deviceToken,
          deviceToken.split('.')[0],
        ],
      )
      const kept = [row.tokenHash, row.previousTokenHash, row.deviceId]
      const all = [...secrets, ...kept, rotated.data.refreshToken, hashSecret(app.refreshToken)]
      for (const secret of all.filter(Boolean)) expect(text).not.toContain(secret)
      expect(all.filter(Boolean).length).toBeGreaterThan(12)
    })
  })

  describe('pages', () => {
    it('give every session once, in order, and say when there are no more', async () => {
      const owner = await ownerIn('active')
      const opened = await sessionsOf(owner, 5)
      const [session] = opened as [OpenSession]
      const expected = opened.map(({ id }) => id).toReversed()
      const seen: unknown[] = []
      const sizes: number[] = []
      let cursor: unknown = ''
      while (cursor !== null) {
        const query = `?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`}`
        const page = await listSessions(asBearer(session), query)
        expectStatus(page, 200)
        sizes.push(itemsOf(page).length)
        seen.push(...idsIn(page))
        cursor = page.data.nextCursor
      }
      expect(seen).toEqual(expected)
      expect(sizes).toEqual([2, 2, 1])
    })

    it('a page that holds them all exactly is the last one', async () => {
      const owner = await ownerIn('active')
      const [session] = (await sessionsOf(owner, 3)) as [OpenSession]
      for (const query of ['?limit=3', '?limit=100', '']) {
        const page = await listSessions(asBearer(session), query)
        expect({ query, count: itemsOf(page).length }).toEqual({ query, count: 3 })
        expect(page.data.nextCursor).toBeNull()
      }
    })

    it('neither repeat nor skip one when a session is opened and another ends between two pages', async () => {
      const owner = await ownerIn('active')
      const opened = await sessionsOf(owner, 4)
      const [first, second, third, fourth] = opened as [
        OpenSession,
        OpenSession,
        OpenSession,
        OpenSession,
      ]
      const page = await listSessions(asBearer(second), '?limit=1')
      expect(idsIn(page)).toEqual([fourth.id])
      await openSession(owner)
      await db.update(sessions).set({ revokedAt: Date.now() }).where(eq(sessions.id, fourth.id))
      const rest = await listSessions(asBearer(second), `?cursor=${page.data.nextCursor}`)
      expect(idsIn(rest)).toEqual([third.id, second.id, first.id])
    })

    it('a cursor of somebody else shows nothing of theirs', async () => {
      const [mine, other] = [await ownerIn('active'), await ownerIn('active')]
      const session = await openSession(mine)
      const [stranger] = (await sessionsOf(other, 2)) as [OpenSession]
      const theirs = await listSessions(asBearer(stranger), '?limit=1')
      const answer = await listSessions(asBearer(session), `?cursor=${theirs.data.nextCursor}`)
      expect(idsIn(answer)).toEqual([session.id])
    })

    it('say nothing of what the cursor is made of in clear', async () => {
      const [session, second] = (await sessionsOf(await ownerIn('active'), 2)) as [
        OpenSession,
        OpenSession,
      ]
      const { nextCursor } = (await listSessions(asBearer(session), '?limit=1')).data
      expect(String(nextCursor)).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(nextCursor).not.toContain(second.id)
    })
  })

  describe('refuses', () => {
    let session: OpenSession
    beforeAll(async () => {
      session = await openSession(await ownerIn('active'))
    })

    it.each([
      ...['0', '-1', '101', '1000', '1.5', '1e2', '0x10', '01', 'ten', '', '%20', '%00', '٣'].map(
        (value) => ['limit', value] as const,
      ),
      ...['', 'x', '%00', 'AAAA', 'null', '../..', "'%20or%201=1", 'A'.repeat(101)].map(
        (value) => ['cursor', value] as const,
      ),
    ])('%s=%s', async (field, value) => {
      const answer = await listSessions(asBearer(session), `?${field}=${value}`)
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ [field]: expect.any(String) })
    })

    it('an id that was not made a cursor, and the same field twice', async () => {
      for (const query of [
        `?cursor=${session.id}`,
        `?cursor=${btoa(`${session.id}'`)}`,
        '?limit=1&limit=2',
        '?limit[]=1&limit=',
      ]) {
        const answer = await listSessions(asBearer(session), query)
        expectStatus(answer, 422, 'validation_failed')
      }
    })

    it('whoever is not signed in, before it looks at the query', async () => {
      expectStatus(await listSessions({}, '?limit=0'), 401, 'unauthenticated')
      const { cookie } = await openSession(await ownerIn('active'), { transport: 'hybrid' })
      const byRefreshCookie = await listSessions({ headers: { Cookie: cookie } })
      expectStatus(byRefreshCookie, 401, 'unauthenticated')
    })
  })

  describe('is safe', () => {
    it('answers 503, not an empty list, when the database is down', async () => {
      const session = await openSession(await ownerIn('active'))
      const answer = await listSessions({ ...asBearer(session), env: failingDatabase() })
      expectStatus(answer, 503, 'unavailable')
    })

    it('tells whoever waits too long to refresh that the list is not theirs any more', async () => {
      const owner = await ownerIn('active')
      startAt(NOON)
      const session = await openSession(owner, {
        call: { env: { ...env, ACCESS_TOKEN_SECONDS: String((8 * DAY) / 1000) } },
      })
      vi.setSystemTime(NOON + 7 * DAY - 1)
      expectStatus(await listSessions(asBearer(session)), 200)
      vi.setSystemTime(NOON + 7 * DAY)
      expectStatus(await listSessions(asBearer(session)), 401, 'session_ended')
    })
  })
})
