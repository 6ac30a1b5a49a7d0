import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { db, ownerIn } from '../../factories.ts'
import {
  auditOf,
  me,
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
} from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase, failingObject, lostAnswer } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  asBearer,
  asPage,
  BOTH_COOKIES,
  clearedBy,
  endingsOf,
  endSession,
  endSessions,
  GUARDED_ROUTES,
  later,
} from './clients.ts'

const FOREIGN = { Origin: 'https://evil.example' }

/** One person on three devices. */
async function threeDevices(transport: 'body' | 'cookie' = 'body') {
  const owner = await ownerIn('active')
  const mine = await openSession(owner, { transport })
  const [second, third] = [await openSession(owner), await openSession(owner)]
  return { owner, mine, second, third, userId: mine.userId }
}

const revocationsOf = async (userId: string) =>
  (await auditOf(userId)).filter(({ action }) => action === 'session_revoked')

async function expectDead(session: OpenSession): Promise<void> {
  expectStatus(await me(session.accessToken), 401, 'session_ended')
  expectStatus(await postRefresh(session.refreshToken), 403, 'refresh_invalid')
}

async function expectAlive(session: OpenSession): Promise<void> {
  expectStatus(await me(session.accessToken), 200)
  expect((await endingsOf(session.userId))[session.id]).toBeNull()
}

const expectDone = (answer: Answer) => {
  expectStatus(answer, 200)
  expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
}

describe('DELETE /api/v1/sessions/:id', () => {
  describe('works', () => {
    it('ends that session at once and leaves the others alone', async () => {
      const { mine, second, third, userId } = await threeDevices()
      const answer = await endSession(second.id, asBearer(mine))
      expectDone(answer)
      expect(answer.headers.getSetCookie()).toEqual([])
      await expectDead(second)
      await expectAlive(mine)
      await expectAlive(third)
      const endings = await endingsOf(userId)
      expect(endings).toMatchObject({ [mine.id]: null, [third.id]: null })
      expect(endings[second.id]).not.toBeNull()
    })

    it('writes down who ended which session, from where', async () => {
      const { owner, mine, second, userId } = await threeDevices()
      const headers = { 'User-Agent': 'curl/8.7.1' }
      const ip = '203.0.113.77'
      const answer = await endSession(second.id, { ...asBearer(mine), headers, ip })
      expect(await revocationsOf(userId)).toMatchObject([
        {
          actorId: userId,
          userId,
          communityId: owner.communityId,
          ip,
          userAgent: 'curl/8.7.1',
          requestId: answer.headers.get('X-Request-Id'),
          details: { sessionId: second.id },
        },
      ])
    })

    it('may be repeated: the same answer, and nothing more is written', async () => {
      const { mine, second, userId } = await threeDevices()
      expectDone(await endSession(second.id, asBearer(mine)))
      const after = await endingsOf(userId)
      await later(60_000, async () => expectDone(await endSession(second.id, asBearer(mine))))
      expect(await endingsOf(userId)).toEqual(after)
      expect(await revocationsOf(userId)).toHaveLength(1)
    })

    it('ten times at once end it once', async () => {
      const { mine, second, userId } = await threeDevices()
      const answers = await race(10, () => endSession(second.id, asBearer(mine)))
      expect(tally(answers)).toEqual({ '200': 10 })
      expect(await revocationsOf(userId)).toHaveLength(1)
    })

    it('ends the current session too: its cookies go, the device stays known', async () => {
      const { mine, second } = await threeDevices('cookie')
      const answer = await endSession(mine.id, asPage(mine))
      expectDone(answer)
      expect(clearedBy(answer)).toEqual(BOTH_COOKIES)
      expect(answer.headers.getSetCookie()).toHaveLength(2)
      for (const line of answer.headers.getSetCookie()) {
        expect(line).toMatch(/^__Host-\w+=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
      }
      await expectDead(mine)
      await expectAlive(second)
    })

    it('by cookies with the CSRF token ends another one, and the cookies stay', async () => {
      const { mine, second } = await threeDevices('cookie')
      const answer = await endSession(second.id, asPage(mine))
      expectDone(answer)
      expect(answer.headers.getSetCookie()).toEqual([])
      await expectDead(second)
      expectStatus(await refreshByCookie(mine), 200)
    })

    it('costs two round trips to the database and asks the limiter', async () => {
      const { mine, second } = await threeDevices()
      const answer = await endSession(second.id, asBearer(mine))
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="1"')
    })

    it('works while limiter and guard are unreachable', async () => {
      const { mine, second, third } = await threeDevices()
      for (const [session, broken] of [
        [second, failingObject('RATE_LIMITER', 'hit', 'throws')],
        [third, failingObject('ACCOUNT_GUARD', 'begin', 'throws')],
      ] as const) {
        expectDone(await endSession(session.id, { ...asBearer(mine), env: broken }))
        await expectDead(session)
      }
    })
  })

  describe('refuses', () => {
    it('the session of another person exactly as one that never was, and ends nothing', async () => {
      const [{ mine }, other] = [await threeDevices(), await threeDevices()]
      const theirs = await endSession(other.mine.id, asBearer(mine))
      const nobodys = await endSession(newId(Date.now()), asBearer(mine))
      expectStatus(theirs, 404, 'not_found')
      const bare = ({ text, json, headers }: Answer) => ({
        body: text.replace(String(json.requestId), ''),
        headers: [...headers].filter(([name]) => name !== 'x-request-id'),
      })
      expect(bare(theirs)).toEqual(bare(nobodys))
      await expectAlive(other.mine)
      for (const userId of [mine.userId, other.userId]) {
        expect(await revocationsOf(userId)).toEqual([])
      }
    })

    it('a session of another person that has ended already', async () => {
      const [{ mine }, other] = [await threeDevices(), await threeDevices()]
      expectDone(await endSession(other.second.id, asBearer(other.mine)))
      expectStatus(await endSession(other.second.id, asBearer(mine)), 404, 'not_found')
    })

    it('whatever is no id, and ends nothing', async () => {
      const { mine, userId } = await threeDevices()
      const long = 'a'.repeat(2000)
      for (const id of [
        'x',
        '0',
        'undefined',
        '%00',
        "'%20or%201=1--",
        '..%2f',
        '%E0%A4%A',
        long,
      ]) {
        expectStatus(await endSession(id, asBearer(mine)), 404, 'not_found')
      }
      expect(Object.values(await endingsOf(userId))).toEqual([null, null, null])
    })
  })
})

describe('DELETE /api/v1/sessions', () => {
  describe('works', () => {
    it('ends all of mine, this one too, and takes the cookies out of the browser', async () => {
      const { mine, second, third } = await threeDevices('cookie')
      const stranger = await openSession(await ownerIn('active'))
      const answer = await endSessions(asPage(mine))
      expectDone(answer)
      expect(clearedBy(answer)).toEqual(BOTH_COOKIES)
      for (const session of [mine, second, third]) await expectDead(session)
      await expectAlive(stranger)
    })

    it('keepCurrent=true ends the others and leaves this one with its cookies', async () => {
      const { mine, second, third } = await threeDevices('cookie')
      const answer = await endSessions(asPage(mine), '?keepCurrent=true')
      expectDone(answer)
      expect(answer.headers.getSetCookie()).toEqual([])
      for (const session of [second, third]) await expectDead(session)
      await expectAlive(mine)
      expectStatus(await refreshByCookie(mine), 200)
    })

    it('keepCurrent=false is the same as nothing', async () => {
      const { mine, second } = await threeDevices()
      expectDone(await endSessions(asBearer(mine), '?keepCurrent=false'))
      await expectDead(mine)
      await expectDead(second)
    })

    it('writes one line, and none where nothing was left to end', async () => {
      const { mine, userId } = await threeDevices()
      expectDone(await endSessions(asBearer(mine), '?keepCurrent=true'))
      expectDone(await endSessions(asBearer(mine), '?keepCurrent=true'))
      expect(await revocationsOf(userId)).toMatchObject([{ actorId: userId, userId }])
      const [row] = await revocationsOf(userId)
      expect(row?.details).toMatchObject({ ended: 2 })
    })

    it('costs two round trips to the database and asks the limiter', async () => {
      const { mine } = await threeDevices()
      const answer = await endSessions(asBearer(mine), '?keepCurrent=true')
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="1"')
    })

    it('works while the limiter is unreachable', async () => {
      const { mine, second } = await threeDevices()
      const broken = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectDone(await endSessions({ ...asBearer(mine), env: broken }))
      await expectDead(second)
    })
  })

  describe('refuses', () => {
    it('a keepCurrent that it cannot read: a typing error must not log everybody out', async () => {
      const { mine, userId } = await threeDevices()
      for (const value of ['', '1', 'TRUE', 'yes', 'true%20', 'null', 'true&keepCurrent=false']) {
        const answer = await endSessions(asBearer(mine), `?keepCurrent=${value}`)
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ keepCurrent: expect.any(String) })
      }
      expect(Object.values(await endingsOf(userId))).toEqual([null, null, null])
    })
  })
})

describe.each([
  ['DELETE /sessions/:id', (id: string, options: CallOptions) => endSession(id, options)],
  ['DELETE /sessions', (_: string, options: CallOptions) => endSessions(options)],
  [
    'DELETE /sessions?keepCurrent=true',
    (_: string, options: CallOptions) => endSessions(options, '?keepCurrent=true'),
  ],
])('%s is safe', (_, end) => {
  it('against pages of others: no cookie acts without its CSRF token, or for a foreign origin', async () => {
    const { mine, second, userId } = await threeDevices('cookie')
    const { Cookie } = asPage(mine).headers as { Cookie: string }
    const csrf = { 'X-CSRF-Token': mine.csrfToken }
    const ofAnother = (await threeDevices('cookie')).mine.csrfToken
    const attempts: Record<string, string>[] = [
      { Cookie },
      { Cookie, 'X-CSRF-Token': '' },
      { Cookie, 'X-CSRF-Token': ofAnother },
      { Cookie, 'X-CSRF-Token': mine.csrfToken.slice(0, -1) },
      { Cookie, ...csrf, ...FOREIGN },
      { Cookie, ...csrf, Origin: 'null' },
      { Cookie, ...csrf, 'Sec-Fetch-Site': 'cross-site' },
      { Cookie, ...csrf, 'Sec-Fetch-Site': 'same-site' },
    ]
    for (const headers of attempts) {
      const answer = await end(second.id, { headers })
      expectStatus(answer, 403, 'csrf_failed')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(Object.values(await endingsOf(userId))).toEqual([null, null, null])
  })

  it('the token in a body or a cookie is no CSRF token', async () => {
    const { mine, second, userId } = await threeDevices('cookie')
    const { csrfToken, cookie } = mine
    const double = { headers: { Cookie: `${cookie}; X-CSRF-Token=${csrfToken}` } }
    expectStatus(await end(second.id, double), 403, 'csrf_failed')
    const body = { headers: { Cookie: cookie }, body: { csrfToken, 'X-CSRF-Token': csrfToken } }
    expectStatus(await end(second.id, body), 403, 'csrf_failed')
    expect(Object.values(await endingsOf(userId))).toEqual([null, null, null])
  })

  it('with an Authorization header cookies count for nothing, neither to act nor to be asked for', async () => {
    const mine = await threeDevices()
    const page = await threeDevices('cookie')
    const headers = { Cookie: page.mine.cookie }
    expectDone(await end(mine.second.id, { ...asBearer(mine.mine), headers }))
    expect(Object.values(await endingsOf(page.userId))).toEqual([null, null, null])
    const bad = { ...asPage(page.mine).headers, Authorization: 'Bearer a.b.c' }
    expectStatus(await end(page.second.id, { headers: bad }), 401, 'unauthenticated')
    expect(Object.values(await endingsOf(page.userId))).toEqual([null, null, null])
  })

  it('nobody who is not signed in: no token, a refresh cookie alone, an ended session', async () => {
    const { mine, second, third, userId } = await threeDevices('cookie')
    const refresh = mine.cookie.split('; ').find((pair) => pair.startsWith('__Host-refresh='))
    const byRefresh = { Cookie: String(refresh), 'X-CSRF-Token': mine.csrfToken }
    expectStatus(await end(second.id, {}), 401, 'unauthenticated')
    expectStatus(await end(second.id, { headers: byRefresh }), 401, 'unauthenticated')
    expectDone(await endSession(third.id, asPage(mine)))
    expectStatus(await end(second.id, asBearer(third)), 401, 'session_ended')
    expect(await endingsOf(userId)).toMatchObject({ [mine.id]: null, [second.id]: null })
  })

  it('answers 503 and changes nothing when the database is down or fails at any statement', async () => {
    const { mine, second, userId } = await threeDevices('cookie')
    const probe = failingBatch(0)
    const trial = await threeDevices()
    await end(trial.second.id, { ...asBearer(trial.mine), env: probe.env })
    const statements = Array.from({ length: probe.sizes[0] ?? 0 }, (_, k) => failingBatch(0, k).env)
    expect(statements.length).toBeGreaterThan(0)
    for (const broken of [failingDatabase(), ...statements]) {
      const answer = await end(second.id, { ...asPage(mine), env: broken })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(Object.values(await endingsOf(userId))).toEqual([null, null, null])
    }
    expect(await revocationsOf(userId)).toEqual([])
    expectDone(await end(second.id, asPage(mine)))
  })

  it('a committed end whose answer was lost says 503, and stands', async () => {
    const { mine, second, userId } = await threeDevices()
    expectStatus(await end(second.id, { ...asBearer(mine), env: lostAnswer(0) }), 503)
    expect((await endingsOf(userId))[second.id]).not.toBeNull()
    expect(await revocationsOf(userId)).toHaveLength(1)
  })
})

describe('the access token of a session that has ended', () => {
  it('is refused at once by every route that asks who one is', async () => {
    const { mine, second, userId } = await threeDevices('cookie')
    expectDone(await endSession(mine.id, asBearer(second)))
    const paths = GUARDED_ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(paths).toEqual(
      expect.arrayContaining([
        `GET ${API}/auth/me`,
        `GET ${API}/sessions`,
        `DELETE ${API}/sessions`,
        `DELETE ${API}/sessions/:id`,
        `PATCH ${API}/account`,
        `POST ${API}/account/password`,
        `POST ${API}/account/code`,
        `PATCH ${API}/admin/communities/:community/status`,
      ]),
    )
    for (const { method, url } of GUARDED_ROUTES) {
      for (const options of [asBearer(mine), asPage(mine)]) {
        const answer = await call(url, { method, ...options })
        expect([method, url, answer.status, answer.json.code]).toEqual([
          method,
          url,
          401,
          'session_ended',
        ])
        expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
      }
    }
    expect(await endingsOf(userId)).toMatchObject({ [second.id]: null })
  })

  it('is not revived by a later login, nor by a refresh token of the same person', async () => {
    const { owner, mine, second } = await threeDevices()
    expectDone(await endSession(second.id, asBearer(mine)))
    const again = await openSession(owner, { deviceToken: second.deviceToken })
    expect(again.id).not.toBe(second.id)
    expectStatus(await postRefresh(mine.refreshToken), 200)
    await expectDead(second)
    await expectAlive(again)
  })

  it('an ended session is written off with its own reason, and only once', async () => {
    const { mine, second, userId } = await threeDevices()
    expectDone(await endSession(second.id, asBearer(mine)))
    const reason = (await endingsOf(userId))[second.id]
    expectDone(await endSessions(asBearer(mine)))
    expect((await endingsOf(userId))[second.id]).toBe(reason)
    const rows = await db
      .select()
      .from(auditLogs)
      .where(and(eq(auditLogs.userId, userId), eq(auditLogs.action, 'session_revoked')))
    expect(rows.map(({ details }) => details?.ended ?? 1)).toEqual([1, 2])
  })

  it('one that ran out by itself is dead too, and may still be ended', async () => {
    const owner = await ownerIn('active')
    const brief = await openSession(owner, {
      call: { env: { ...env, SESSION_IDLE_SECONDS: '60' } },
    })
    await later(61_000, async () => {
      await expectDead(brief)
      const mine = await openSession(owner)
      expectDone(await endSession(brief.id, asBearer(mine)))
    })
  })
})
