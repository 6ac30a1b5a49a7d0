import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { signAccessToken } from '../../../src/lib/jwt.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { formatRefreshToken, newRandomSecret } from '../../../src/lib/tokens.ts'
import { ownerIn } from '../../factories.ts'
import { newSigningKey } from '../../lib/raw-jwt.ts'
import {
  auditOf,
  me,
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
  tokensOf,
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
  later,
  type Person,
} from '../sessions/clients.ts'

const MINUTE = 60_000

/** A page with a session that was refreshed twice, and the same person on another device. */
interface World {
  owner: Person & { communityId: string }
  mine: OpenSession
  other: OpenSession
  stranger: OpenSession
  /** The refresh tokens of `mine`, first to current. */
  generations: [string, string, string]
}

async function world(): Promise<World> {
  const owner = await ownerIn('active')
  const other = await openSession(owner)
  const stranger = await openSession(await ownerIn('active'))
  const mine = await openSession(owner, { transport: 'cookie' })
  const second = tokensOf(await refreshByCookie(mine)).refreshToken
  const third = tokensOf(await postRefresh(second)).refreshToken
  const cookie = mine.cookie.replace(mine.refreshToken, third)
  return {
    owner,
    mine: { ...mine, cookie },
    other,
    stranger,
    generations: [mine.refreshToken, second, third],
  }
}

const inBody = (refreshToken: unknown): CallOptions => ({ body: { refreshToken } })
const cookieNamed = (name: string, { cookie }: OpenSession) =>
  cookie
    .split('; ')
    .filter((pair) => pair.startsWith(`__Host-${name}=`))
    .join()
const byCookie = (name: string, session: OpenSession): CallOptions => ({
  headers: { Cookie: cookieNamed(name, session), 'X-CSRF-Token': session.csrfToken },
})

const WAYS: [string, (world: World) => CallOptions][] = [
  ['the access token in the header', ({ mine }) => asBearer(mine)],
  ['the current refresh token in the body', ({ generations }) => inBody(generations[2])],
  ['its parent in the body', ({ generations }) => inBody(generations[1])],
  ['the very first refresh token in the body', ({ generations }) => inBody(generations[0])],
  ['the refresh cookie and the CSRF token', ({ mine }) => byCookie('refresh', mine)],
  ['the access cookie and the CSRF token', ({ mine }) => byCookie('access', mine)],
  ['all cookies of a page and the CSRF token', ({ mine }) => asPage(mine)],
]

function expectLoggedOut(answer: Answer): void {
  expectStatus(answer, 200)
  expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
  expect(clearedBy(answer)).toEqual(BOTH_COOKIES)
  for (const line of answer.headers.getSetCookie()) {
    expect(line).toMatch(/^__Host-\w+=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  }
}

async function expectDead(session: OpenSession): Promise<void> {
  expectStatus(await me(session.accessToken), 401, 'session_ended')
  expectStatus(await postRefresh(session.refreshToken), 403, 'refresh_invalid')
}

const logoutsOf = async (userId: string) =>
  (await auditOf(userId)).filter(({ action }) => action === 'logout')

async function expectUntouched({ mine, other, stranger }: World): Promise<void> {
  expect(await endingsOf(mine.userId)).toEqual({ [mine.id]: null, [other.id]: null })
  expect(await endingsOf(stranger.userId)).toEqual({ [stranger.id]: null })
  expect(await logoutsOf(mine.userId)).toEqual([])
}

const DOORS = [
  ['POST /api/v1/auth/logout', `${API}/auth/logout`, 'one'],
  ['POST /api/v1/auth/logout-all', `${API}/auth/logout-all`, 'all'],
] as const

describe.each(DOORS)('%s', (_, path, scope) => {
  const leave = (options: CallOptions = {}) => call(path, { ...options, method: 'POST' })

  describe('works', () => {
    it.each(WAYS)('with %s, and may be repeated', async (_way, present) => {
      const all = await world()
      const { mine, other, stranger, owner } = all
      const answer = await leave(present(all))
      expectLoggedOut(answer)
      await expectDead(mine)
      if (scope === 'all') await expectDead(other)
      else expectStatus(await me(other.accessToken), 200)
      expectStatus(await me(stranger.accessToken), 200)
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="1", do;desc="0"')
      const endings = await endingsOf(mine.userId)
      expectLoggedOut(await leave(present(all)))
      expect(await endingsOf(mine.userId)).toEqual(endings)
      expect(await logoutsOf(mine.userId)).toMatchObject([
        {
          actorId: mine.userId,
          communityId: owner.communityId,
          requestId: answer.headers.get('X-Request-Id'),
          details: { sessionId: mine.id, scope, ended: scope === 'all' ? 2 : 1 },
        },
      ])
    })

    it('with an access token that has expired, in the header or as cookie', async () => {
      for (const way of [asBearer, (session: OpenSession) => byCookie('access', session)]) {
        const { mine } = await world()
        await later(16 * MINUTE, async () => {
          expectStatus(await me(mine.accessToken), 401, 'access_token_expired')
          expectLoggedOut(await leave(way(mine)))
        })
        expect((await endingsOf(mine.userId))[mine.id]).not.toBeNull()
      }
    })

    it('with nothing at all, and with cookies that are garbage: the browser is clean afterwards', async () => {
      const all = await world()
      const { headers } = await leave()
      expect(headers.get('Server-Timing')).toBe('d1;desc="0", do;desc="0"')
      const attempts: CallOptions[] = [
        {},
        { body: {} },
        { headers: { Cookie: '__Host-refresh=x; __Host-access=a.b.c' } },
        { headers: { Cookie: `__Host-device=${all.mine.deviceToken}` } },
        {
          headers: { Cookie: cookieNamed('device', all.mine), 'X-CSRF-Token': all.mine.csrfToken },
        },
      ]
      for (const options of attempts) {
        expectLoggedOut(await leave(options))
      }
      await expectUntouched(all)
    })

    it('from one of our own pages', async () => {
      const origins: Record<string, string>[] = [
        { Origin: 'https://gatehouse.example' },
        { 'Sec-Fetch-Site': 'same-origin' },
        { 'Sec-Fetch-Site': 'none' },
      ]
      for (const headers of origins) {
        const { mine } = await world()
        expectLoggedOut(await leave({ headers: { ...asPage(mine).headers, ...headers } }))
        await expectDead(mine)
      }
    })

    it('while limiter and guard are unreachable', async () => {
      for (const binding of ['RATE_LIMITER', 'ACCOUNT_GUARD'] as const) {
        const { mine } = await world()
        const broken = failingObject(
          binding,
          binding === 'RATE_LIMITER' ? 'hit' : 'change',
          'throws',
        )
        expectLoggedOut(await leave({ ...asBearer(mine), env: broken }))
        await expectDead(mine)
      }
    })
  })

  describe('refuses', () => {
    it('access tokens that are not ours: 401, no cookie goes, nothing ends', async () => {
      const all = await world()
      const { mine } = all
      const { jwt } = configOf(env)
      const claims = { sub: mine.userId, sid: mine.id, cid: 'x', role: 'Admin' }
      const impostor = { ...jwt, keys: [await newSigningKey(jwt.keys[0].kid)] as const }
      const issued = { now: Date.now(), ttlSeconds: 900, jti: 'x' }
      const [head, body] = mine.accessToken.split('.')
      for (const token of [
        await signAccessToken(impostor, claims, issued),
        await signAccessToken({ ...jwt, audience: 'billing' }, claims, issued),
        `${head}.${body}.${'A'.repeat(86)}`,
        `${head}.${body}.`,
        mine.refreshToken,
        mine.deviceToken,
      ]) {
        const answer = await leave({ token, headers: { Cookie: mine.cookie } })
        expectStatus(answer, 401, 'unauthenticated')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      for (const Authorization of ['', 'Bearer', `Basic ${mine.accessToken}`, mine.accessToken]) {
        const answer = await leave({ headers: { Cookie: mine.cookie, Authorization } })
        expectStatus(answer, 401, 'unauthenticated')
      }
      await expectUntouched(all)
    })

    it('refresh tokens that are not ours: 403, no cookie goes, nothing ends', async () => {
      const all = await world()
      const { mine, stranger, generations } = all
      const [, id, generation, secret, mac] = generations[2].split('.')
      const foreign = createKeyRing([
        { version: 1, secret: crypto.getRandomValues(new Uint8Array(32)) },
      ])
      const token = { sessionId: mine.id, generation: 3, secret: newRandomSecret() }
      for (const forged of [
        formatRefreshToken(foreign, token),
        `rt.${stranger.id}.${generation}.${secret}.${mac}`,
        `rt.${id}.1.${secret}.${mac}`,
        `rt.${id}.${generation}.${newRandomSecret()}.${mac}`,
        `rt.${id}.${generation}.${secret}`,
        mine.id,
        mine.csrfToken,
        mine.deviceToken,
      ]) {
        const answer = await leave(inBody(forged))
        expectStatus(answer, 403, 'refresh_invalid')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      // Longer than any refresh token of ours.
      expectStatus(await leave(inBody(mine.accessToken)), 422, 'validation_failed')
      await expectUntouched(all)
    })

    it('cookies without the CSRF token of their session', async () => {
      const all = await world()
      const { mine, other } = all
      const ofOther = tokensOf(await refreshByCookie(other)).csrfToken
      for (const name of ['refresh', 'access']) {
        for (const token of [undefined, '', 'x', mine.csrfToken.slice(0, -1), ofOther]) {
          const Cookie = cookieNamed(name, mine)
          const headers = token === undefined ? { Cookie } : { Cookie, 'X-CSRF-Token': token }
          const answer = await leave({ headers: headers as Record<string, string> })
          expectStatus(answer, 403, 'csrf_failed')
          expect(answer.headers.getSetCookie()).toEqual([])
        }
      }
      await expectUntouched(all)
    })

    it('a foreign page, whatever it sends: nobody is logged out from outside', async () => {
      const all = await world()
      const origins: Record<string, string>[] = [
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { Origin: 'http://gatehouse.example' },
        { Origin: 'https://gatehouse.example.evil.example' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
      ]
      for (const headers of origins) {
        for (const options of [{}, asPage(all.mine), inBody(all.generations[2])]) {
          const answer = await leave({ ...options, headers: { ...options.headers, ...headers } })
          expectStatus(answer, 403, 'csrf_failed')
          expect(answer.headers.getSetCookie()).toEqual([])
        }
      }
      await expectUntouched(all)
    })

    it('a body that cannot be read, without logging anybody out', async () => {
      const all = await world()
      const token = all.mine.accessToken
      for (const [options, status] of [
        [{ body: '{' }, 400],
        [{ body: '[]' }, 400],
        [{ body: 'refreshToken=x', headers: { 'Content-Type': 'text/plain' } }, 415],
        [{ body: { refreshToken: '' } }, 422],
        [{ body: { refreshToken: ' ' } }, 422],
        [{ body: { refreshToken: null } }, 422],
        [{ body: { refreshToken: 0 } }, 422],
        [{ body: { refreshToken: [all.generations[2]] } }, 422],
        [{ body: { refreshToken: 'x'.repeat(513) } }, 422],
        [{ body: { refreshToken: 'x'.repeat(70_000) } }, 413],
      ] as const) {
        const answer = await leave({ ...options, token })
        expectStatus(answer, status)
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      await expectUntouched(all)
    })

    it('GET: opening an address logs nobody out', async () => {
      const all = await world()
      for (const method of ['GET', 'HEAD']) {
        const answer = await call(path, { ...asPage(all.mine), method })
        expect(answer.status).toBe(405)
      }
      await expectUntouched(all)
    })
  })

  describe('is safe', () => {
    it.each<[string, (world: World) => Promise<OpenSession>]>([
      [
        'was logged out',
        async ({ mine }) => {
          expectLoggedOut(await call(`${API}/auth/logout`, { method: 'POST', ...asBearer(mine) }))
          return mine
        },
      ],
      [
        'was replaced on its device',
        async ({ owner, mine }) => {
          await openSession(owner, { deviceToken: mine.deviceToken })
          return mine
        },
      ],
      [
        'has run out',
        ({ owner }) =>
          openSession(owner, {
            transport: 'cookie',
            call: { env: { ...env, SESSION_IDLE_SECONDS: '1' } },
          }),
      ],
    ])('the token of a session that %s touches no other session', async (_how, end) => {
      const all = await world()
      const dead = await end(all)
      const livingOnes = async () => {
        const endings = await endingsOf(dead.userId)
        return Object.keys(endings).filter((id) => id !== dead.id && endings[id] === null)
      }
      const before = await livingOnes()
      expect(before).toContain(all.other.id)
      await later(2_000, async () => {
        for (const options of [
          asBearer(dead),
          inBody(dead.refreshToken),
          byCookie('refresh', dead),
          byCookie('access', dead),
        ]) {
          expectLoggedOut(await leave(options))
        }
      })
      expect(await livingOnes()).toEqual(before)
    })

    it('a token in the body counts before one in the header, and that before cookies; those of another session stay', async () => {
      const b = await world()
      const page = asPage(b.mine).headers
      for (const present of [
        ({ generations }: World) => ({ ...asBearer(b.mine), ...inBody(generations[2]) }),
        ({ generations }: World) => ({ ...inBody(generations[2]), headers: page }),
        ({ mine }: World) => ({ ...asBearer(mine), headers: page }),
      ]) {
        const a = await world()
        const answer = await leave(present(a))
        expectStatus(answer, 200)
        expect((await endingsOf(a.mine.userId))[a.mine.id]).not.toBeNull()
        await expectUntouched(b)
        const isFromPage = present(a).headers !== undefined
        expect(clearedBy(answer)).toEqual(isFromPage ? [] : BOTH_COOKIES)
      }
    })

    it('ten at once are one', async () => {
      const { mine } = await world()
      expect(tally(await race(10, () => leave(asPage(mine))))).toEqual({ '200': 10 })
      expect(await logoutsOf(mine.userId)).toHaveLength(1)
    })

    it('the database is down, or fails at any statement: 503, and the cookies stay for another try', async () => {
      const all = await world()
      const probe = failingBatch(0)
      await leave({ ...asBearer((await world()).mine), env: probe.env })
      const statements = Array.from(
        { length: probe.sizes[0] ?? 0 },
        (_statement, k) => failingBatch(0, k).env,
      )
      expect(statements.length).toBeGreaterThan(0)
      for (const broken of [failingDatabase(), ...statements]) {
        const answer = await leave({ ...asPage(all.mine), env: broken })
        expectStatus(answer, 503, 'unavailable')
        expect(answer.headers.getSetCookie()).toEqual([])
        expect(answer.headers.get('Retry-After')).toBe('1')
      }
      await expectUntouched(all)
      expectLoggedOut(await leave(asPage(all.mine)))
    })

    it('an answer that was lost: the session has ended, and the next try says so', async () => {
      const { mine } = await world()
      expectStatus(await leave({ ...asPage(mine), env: lostAnswer(0) }), 503, 'unavailable')
      await expectDead(mine)
      expectLoggedOut(await leave(asPage(mine)))
      expect(await logoutsOf(mine.userId)).toHaveLength(1)
    })

    it('refusals count against the address, and a genuine token is never limited', async () => {
      const { mine } = await world()
      const ip = scope === 'one' ? '198.51.100.201' : '198.51.100.202'
      // One moment of the clock, however long the machine takes.
      await later(1000, async () => {
        for (let n = 0; n < 30; n++) {
          expectStatus(await leave({ ...inBody('rt.x'), ip }), 403, 'refresh_invalid')
          expectStatus(await leave({ token: 'a.b.c', ip }), 401, 'unauthenticated')
        }
        const refused = await leave({ ...inBody('rt.x'), ip })
        expectStatus(refused, 429, 'rate_limited')
        expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
        expectLoggedOut(await leave({ ...asPage(mine), ip }))
      })
    })

    it('with the limiter unreachable a forged token is refused as ever', async () => {
      const broken = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectStatus(await leave({ ...inBody('rt.x'), env: broken }), 403, 'refresh_invalid')
      expectStatus(await leave({ token: 'a.b.c', env: broken }), 401, 'unauthenticated')
    })
  })
})
