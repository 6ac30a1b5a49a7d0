import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import {
  auditLogs,
  communities,
  hourlyCounters,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import { LOCKED_UNTIL_RESET } from '../../../src/db/schema/users.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import {
  db,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../../factories.ts'
import { type Answer, cookiesOf, expectStatus } from '../../support/call.ts'
import {
  failingBatch,
  failingDatabase,
  failingObject,
  lostAnswer,
  traced,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'

const WRONG = 'Wrong-Harbour-99'
const guardOf = (email: string) =>
  env.ACCOUNT_GUARD.getByName(createLookup(configOf(env).lookupSecret).address(email))
const userRow = async (email: string) =>
  (await db.select().from(users).where(eq(users.email, email)))[0]
const hashesOf = (answers: Answer[]) =>
  answers.reduce(
    (sum, { headers }) =>
      sum + Number(/hash;desc="(\d+)"/.exec(headers.get('Server-Timing') ?? '')?.[1] ?? 0),
    0,
  )
const wrong = (email: string, n: number) => race(n, () => postLogin({ email, password: WRONG }))
const inTurn = async (email: string, n: number) => {
  const answers: Answer[] = []
  for (let i = 0; i < n; i++) answers.push(await postLogin({ email, password: WRONG }))
  return answers
}

async function later<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + milliseconds)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

describe('POST /api/v1/auth/login under fire', () => {
  describe('counts', () => {
    it('a hundred wrong passwords at once from a hundred addresses: five are judged, ten hashes', async () => {
      const { email } = await ownerIn('active')
      const answers = await wrong(email, 100)
      expect(tally(answers)).toEqual({ '401 invalid_credentials': 5, '429 too_many_attempts': 95 })
      expect(hashesOf(answers)).toBe(10)
      expect((await userRow(email))?.failedLoginAttempts).toBe(5)
    })

    it('twenty right passwords at once all get in', async () => {
      const { email } = await ownerIn('active')
      expect(tally(await race(20, () => postLogin({ email, password: PASSWORD })))).toEqual({
        '200': 20,
      })
    })

    it('twenty right passwords at once on one device leave one session alive', async () => {
      const { email } = await ownerIn('active')
      const { data } = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const { deviceToken } = data
      expect(
        tally(
          await race(20, () =>
            postLogin({ email, password: PASSWORD, tokenTransport: 'body', deviceToken }),
          ),
        ),
      ).toEqual({ '200': 20 })
      const rows = await db
        .select()
        .from(sessions)
        .where(eq(sessions.userId, String((await userRow(email))?.id)))
      expect(rows.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1)
    })

    it('the fifth failure blocks, five more are judged after it, the tenth locks; right passwords meet block and lock too', async () => {
      const { email } = await ownerIn('active')
      expect(tally(await inTurn(email, 5))).toEqual({ '401 invalid_credentials': 5 })
      const blocked = await postLogin({ email, password: PASSWORD })
      expectStatus(blocked, 429, 'too_many_attempts')
      expect(Number(blocked.headers.get('Retry-After'))).toBeGreaterThan(890)
      expect(blocked.headers.get('Server-Timing')).not.toContain('hash')
      expect((await userRow(email))?.lockUntil).toBeGreaterThan(Date.now() + 890_000)
      await later(900_001, async () => {
        expect(tally(await inTurn(email, 5))).toEqual({ '401 invalid_credentials': 5 })
        expectStatus(await postLogin({ email, password: PASSWORD }), 423, 'account_locked')
      })
      await later(24 * 3_600_000, async () =>
        expectStatus(await postLogin({ email, password: PASSWORD }), 423, 'account_locked'),
      )
      const user = await userRow(email)
      expect(user?.lockUntil).toBe(LOCKED_UNTIL_RESET)
      const rows = await db
        .select()
        .from(auditLogs)
        .where(eq(auditLogs.userId, String(user?.id)))
      const actions = rows.map(({ action }) => action)
      expect(actions.filter((action) => action === 'account_blocked')).toHaveLength(1)
      expect(actions.filter((action) => action === 'account_locked')).toHaveLength(1)
      expect(actions.filter((action) => action === 'login_failed')).toHaveLength(10)
    })

    it('LOGIN_BLOCK_SECONDS says how long the block is', async () => {
      const { email } = await ownerIn('active')
      const short = { ...env, LOGIN_BLOCK_SECONDS: '2' }
      for (let n = 0; n < 5; n++) await postLogin({ email, password: WRONG }, { env: short })
      expectStatus(await postLogin({ email, password: PASSWORD }, { env: short }), 429)
      await later(2_001, async () =>
        expectStatus(await postLogin({ email, password: PASSWORD }, { env: short }), 200),
      )
    })

    it('a success starts the count anew', async () => {
      const { email } = await ownerIn('active')
      await inTurn(email, 4)
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      await inTurn(email, 4)
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('survives the eviction of the guard between attempts', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 5; n++) {
        expectStatus(await postLogin({ email, password: WRONG }), 401)
        await evictDurableObject(guardOf(email))
      }
      expectStatus(await postLogin({ email, password: PASSWORD }), 429, 'too_many_attempts')
    })

    it('a record ends thirty days after its last attempt', async () => {
      const { email } = await ownerIn('active')
      await inTurn(email, 4)
      await later(30 * 24 * 3_600_000 + 1000, async () => {
        await inTurn(email, 4)
        expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      })
    })
  })

  describe('keeps nobody out who should get in', () => {
    it('a hundred wrong passwords by strangers do not keep a known device out', async () => {
      const { email } = await ownerIn('active')
      const { data } = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const { deviceToken } = data
      const [answers, mine] = await Promise.all([
        wrong(email, 100),
        postLogin({ email, password: PASSWORD, deviceToken }),
      ])
      expect(tally(answers)).toEqual({ '401 invalid_credentials': 5, '429 too_many_attempts': 95 })
      expectStatus(mine, 200)
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
      expectStatus(await postLogin({ email, password: PASSWORD }), 429)
    })

    it('the device cookie of one account is a stranger at another', async () => {
      const [mine, theirs] = [await ownerIn('active'), await ownerIn('active')]
      const device = cookiesOf(await postLogin({ email: mine.email, password: PASSWORD }))[
        '__Host-device'
      ]
      const headers = { Cookie: `__Host-device=${device}` }
      await inTurn(theirs.email, 5)
      expectStatus(await postLogin({ email: theirs.email, password: PASSWORD }, { headers }), 429)
    })

    it('a forged device token is a stranger', async () => {
      const { email } = await ownerIn('active')
      const { data } = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const token = String(data.deviceToken)
      const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
      await inTurn(email, 5)
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken: forged }), 429)
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken: token }), 200)
    })

    it('a known device that guesses is blocked apart, and unknown after its tenth failure', async () => {
      const { email } = await ownerIn('active')
      const { data } = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const deviceToken = String(data.deviceToken)
      const guess = async (n: number) => {
        for (let i = 0; i < n; i++)
          expectStatus(await postLogin({ email, password: WRONG, deviceToken }), 401)
      }
      await guess(5)
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 429)
      expect((await userRow(email))?.lockUntil).toBeNull()
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      await later(900_001, async () => {
        await guess(5)
        expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
      })
    })

    it('a right password that a gate stops ends the row of failures but makes no device known', async () => {
      const { email } = await ownerIn('pending')
      await inTurn(email, 4)
      expectStatus(await postLogin({ email, password: PASSWORD }), 403)
      expect((await userRow(email))?.failedLoginAttempts).toBe(0)
      expect(tally(await inTurn(email, 5))).toEqual({ '401 invalid_credentials': 5 })
    })
  })

  describe('tells nothing', () => {
    it('an unknown address: same bytes, same headers, same steps, same number of hashes, same block and lock', async () => {
      const known = (await ownerIn('active')).email
      const seen: unknown[][] = [[], []]
      for (const [index, email] of [known, `nobody@${unique()}.example`].entries()) {
        const shape = async () => {
          const trace = traced()
          const answer = await postLogin({ email, password: WRONG }, { env: trace.env })
          const body = answer.text.replace(String(answer.json.requestId), '')
          const headers = [...answer.headers].filter(
            ([name]) => !['x-request-id', 'server-timing', 'retry-after'].includes(name),
          )
          const costs = answer.headers.get('Server-Timing')?.replace(/dur=\d+/, '')
          const steps = trace.steps.map((step) =>
            step.replace(/^d1 batch (insert|update) .*$/, 'd1 write'),
          )
          seen[index]?.push({
            status: answer.status,
            body,
            headers,
            costs,
            steps: [...new Set(steps)],
          })
        }
        for (let n = 0; n < 6; n++) await shape()
        await later(900_001, async () => {
          for (let n = 0; n < 6; n++) await shape()
        })
      }
      expect(seen[1]).toEqual(seen[0])
      expect(seen[0]?.map((one) => (one as { status: number }).status)).toEqual([
        401, 401, 401, 401, 401, 429, 401, 401, 401, 401, 401, 423,
      ])
    })

    it('counts wrong passwords of unknown addresses by the hour and writes no audit row', async () => {
      const answer = await postLogin({ email: `nobody@${unique()}.example`, password: WRONG })
      expectStatus(answer, 401)
      const rows = await db
        .select()
        .from(hourlyCounters)
        .where(eq(hourlyCounters.event, 'login_failed_unknown'))
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0)
      const audits = await db
        .select()
        .from(auditLogs)
        .where(eq(auditLogs.requestId, String(answer.json.requestId)))
      expect(audits).toEqual([])
    })

    it('a pending signup, verified or not, costs two hashes like a wrong password', async () => {
      const { email } = await signedUp()
      const answers = [
        await postLogin({ email, password: PASSWORD }),
        await postLogin({ email, password: WRONG }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([403, 401])
      expect(hashesOf(answers)).toBe(4)
    })

    it('a password of a megabyte is refused without a hash', async () => {
      const answer = await postLogin({ email: 'a@b.example', password: 'x'.repeat(1_000_000) })
      expectStatus(answer, 413)
      expect(hashesOf([answer])).toBe(0)
    })
  })

  describe('fails closed', () => {
    it.each([
      ['RATE_LIMITER', 'hit', 'throws'],
      ['RATE_LIMITER', 'hit', 'hangs'],
      ['ACCOUNT_GUARD', 'begin', 'throws'],
      ['ACCOUNT_GUARD', 'begin', 'hangs'],
    ] as const)('503 without a hash when %s.%s %s', async (binding, method, how) => {
      const { email } = await ownerIn('active')
      const answer = await postLogin(
        { email, password: PASSWORD },
        { env: failingObject(binding, method, how) },
      )
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('1')
      expect(hashesOf([answer])).toBe(0)
      const rows = await db
        .select()
        .from(sessions)
        .where(eq(sessions.userId, String((await userRow(email))?.id)))
      expect(rows).toEqual([])
    })

    it('503 when the guard cannot be told of the success: no token leaves', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin(
        { email, password: PASSWORD },
        { env: failingObject('ACCOUNT_GUARD', 'settle', 'throws') },
      )
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.text).not.toContain('accessToken')
      const where = eq(sessions.userId, String((await userRow(email))?.id))
      expect(await db.select().from(sessions).where(where)).toMatchObject([
        { revokeReason: 'guard_unavailable' },
      ])
    })

    it('503 when the database is down, and that counts as no failure', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 6; n++) {
        expectStatus(
          await postLogin({ email, password: PASSWORD }, { env: failingDatabase() }),
          503,
          'unavailable',
        )
      }
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('a batch that fails at any statement leaves no session, no activation and no audit row', async () => {
      const probe = failingBatch(1)
      const first = await ownerIn('approved')
      expectStatus(
        await postLogin({ email: first.email, password: PASSWORD }, { env: probe.env }),
        200,
      )
      for (let k = 0; k < (probe.sizes[1] ?? 0); k++) {
        const { email, communityId } = await ownerIn('approved')
        const failed = await postLogin(
          { email, password: PASSWORD },
          { env: failingBatch(1, k).env },
        )
        expectStatus(failed, 503, 'unavailable')
        const user = await userRow(email)
        const where = eq(sessions.userId, String(user?.id))
        expect(await db.select().from(sessions).where(where), `statement ${k}`).toEqual([])
        expect(
          (await db.select().from(communities).where(eq(communities.id, communityId)))[0]?.status,
        ).toBe('approved')
        const audits = await db
          .select()
          .from(auditLogs)
          .where(eq(auditLogs.requestId, String(failed.json.requestId)))
        expect(audits).toEqual([])
        expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      }
    })

    it('a community that is suspended between judging and writing lets nobody in', async () => {
      const { email, communityId } = await ownerIn('active')
      const answer = await postLogin(
        { email, password: PASSWORD },
        { env: beforeWrite(() => setStatus(communityId, 'suspended')) },
      )
      expectStatus(answer, 403, 'community_suspended')
      const rows = await db
        .select()
        .from(sessions)
        .where(eq(sessions.userId, String((await userRow(email))?.id)))
      expect(rows).toEqual([])
    })

    it.each([
      ['a password that was changed', 'invalid_credentials', () => ({ passwordHash: 'another' })],
      ['an account that was disabled', 'account_disabled', () => ({ disabledAt: 1 })],
    ] as const)('%s between judging and writing lets nobody in', async (_, code, change) => {
      const { email } = await ownerIn('active')
      const harm = () => db.update(users).set(change()).where(eq(users.email, email))
      const answer = await postLogin({ email, password: PASSWORD }, { env: beforeWrite(harm) })
      expect(answer.json.code).toBe(code)
      const where = eq(sessions.userId, String((await userRow(email))?.id))
      expect(await db.select().from(sessions).where(where)).toEqual([])
    })

    it('a community that was deleted between judging and writing lets nobody in', async () => {
      const { email, communityId } = await ownerIn('active')
      const harm = () =>
        db.update(communities).set({ isDeleted: true }).where(eq(communities.id, communityId))
      const answer = await postLogin({ email, password: PASSWORD }, { env: beforeWrite(harm) })
      expectStatus(answer, 403, 'no_membership')
    })

    it('a committed login whose answer was lost says 503; the next one works', async () => {
      const { email } = await ownerIn('active')
      expectStatus(await postLogin({ email, password: PASSWORD }, { env: lostAnswer(1) }), 503)
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('an account that keeps changing answers 503 in the end', async () => {
      const { email, communityId } = await ownerIn('active')
      const flip = async () => {
        await setStatus(communityId, 'suspended')
      }
      const restore = () => setStatus(communityId, 'active')
      const answer = await postLogin(
        { email, password: PASSWORD },
        { env: beforeWrite(flip, restore) },
      )
      expectStatus(answer, 503, 'unavailable')
    })
  })

  describe('signup beside login', () => {
    it('a stranger who signs the address up again changes nothing for its owner', async () => {
      const { email } = await ownerIn('active')
      expectStatus(
        await postSignup(signupForm({ email, password: WRONG, confirmPassword: WRONG })),
        201,
      )
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      const rows = await db
        .select()
        .from(users)
        .where(and(eq(users.email, email)))
      expect(rows).toHaveLength(2)
    })
  })
})

function setStatus(id: string, status: 'active' | 'suspended') {
  return db.update(communities).set({ status }).where(eq(communities.id, id))
}

/** The database, where somebody else writes just before each session is written and, if asked, just after it failed. */
function beforeWrite(before: () => Promise<unknown>, after?: () => Promise<unknown>): Env {
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'batch') return value.bind(target)
      return async (statements: D1PreparedStatement[]) => {
        if (statements.length < 5) return target.batch(statements)
        await before()
        try {
          return await target.batch(statements)
        } finally {
          await after?.()
        }
      }
    },
  })
  return { ...env, DB }
}
