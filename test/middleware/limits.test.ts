/** The limits of the client's address, on every route that changes something, as limited-routes.ts has them. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, outbox } from '../../src/db/schema/index.ts'
import { db, ownerIn } from '../factories.ts'
import { at, NEW, postReset, resetLinkOf, SECOND } from '../features/passwords/password-client.ts'
import { type Answer, freshIp } from '../support/call.ts'
import { observe } from '../support/differ.ts'
import { failingDatabase } from '../support/faults.ts'
import type { LimitedRoute } from './limit-tries.ts'
import {
  answerOf,
  keyOf,
  LIMITED_ROUTES,
  rightOne,
  send,
  targetOf,
  UNSAFE,
} from './limited-routes.ts'

/** Those that every request is charged for, before anything else is looked at. */
const CHARGED = LIMITED_ROUTES.filter(({ counts }) => counts !== 'refused tokens')
const WITH_FREE = LIMITED_ROUTES.filter(({ free }) => free !== undefined)

const lowered = ({ variable }: LimitedRoute, limit: number): Env => ({
  ...env,
  [variable]: String(limit),
})

/** What the fields say of one policy. */
function fieldsOf({ headers }: Answer, policy: string) {
  const of = (name: string) =>
    headers
      .get(name)
      ?.split(', ')
      .find((item) => item.startsWith(`"${policy}";`))
  return { limit: of('RateLimit'), policy: of('RateLimit-Policy') }
}

const fields = (row: LimitedRoute, limit: number, left: number, seconds = row.windowSeconds) => ({
  limit: `"${row.policy}";r=${left};t=${seconds}`,
  policy: `"${row.policy}";q=${limit};w=${row.windowSeconds}`,
})

function expectLimited(answer: Answer, row: LimitedRoute, retryAfterSeconds: number): void {
  expect(answerOf(answer), answer.text).toBe('429 rate_limited')
  expect(answer.headers.get('Retry-After')).toBe(String(retryAfterSeconds))
  expect(fieldsOf(answer, row.policy).limit).toMatch(/;r=0;t=\d+$/)
}

/** A client that has used up its one request. */
async function usedUp(row: LimitedRoute, ip: string): Promise<Env> {
  const workerEnv = lowered(row, 1)
  expect(answerOf(await send(row, row.again, { ip, env: workerEnv }))).toBe(row.again.answer)
  return workerEnv
}

/** They change nothing, and read much. */
const COSTLY_READS = ['GET /api/v1/account/export']

describe('the table of limits', () => {
  it('has every route under /api that changes something, and no other', () => {
    const routes = new Set(LIMITED_ROUTES.map(({ route }) => route))
    expect([...routes].sort()).toEqual([...UNSAFE.map(keyOf), ...COSTLY_READS].sort())
  })

  it('has every limiter that stands on a route’s line', () => {
    for (const { steps, ...route } of UNSAFE) {
      const limiters = steps.filter((step) =>
        /^limit(ClientIp|ClientIpBeside|RefusedIp)$/.test(step),
      )
      const rows = LIMITED_ROUTES.filter((row) => row.route === keyOf(route))
      expect(limiters, keyOf(route)).toHaveLength(rows.length)
    }
  })
})

describe.each(LIMITED_ROUTES)('$route, "$policy", counting $counts', (row) => {
  it('works up to the limit, whatever is sent and answered, then refuses this client and no other', async () => {
    const ip = freshIp()
    const tries = await row.counted()
    const workerEnv = lowered(row, tries.length)
    await at(Date.now(), async () => {
      for (const [n, one] of tries.entries()) {
        const answer = await send(row, one, { ip, env: workerEnv })
        expect(answerOf(answer), answer.text).toBe(one.answer)
        const left = tries.length - n - 1
        expect(fieldsOf(answer, row.policy)).toEqual(fields(row, tries.length, left))
      }
      expectLimited(await send(row, row.again, { ip, env: workerEnv }), row, row.windowSeconds)
      const other = await send(row, row.again, { ip: freshIp(), env: workerEnv })
      expect(answerOf(other)).toBe(row.again.answer)
    })
  })

  it('slides exactly: each request is free again when it is as old as the window', async () => {
    const ip = freshIp()
    const workerEnv = lowered(row, 2)
    const start = Date.now()
    const window = row.windowSeconds
    const ask = (second: number) =>
      at(start + second * SECOND, () => send(row, row.again, { ip, env: workerEnv }))
    const allowed = async (second: number) =>
      expect(answerOf(await ask(second))).toBe(row.again.answer)
    await allowed(0)
    await allowed(10)
    expectLimited(await ask(window - 1), row, 1)
    await allowed(window)
    expectLimited(await ask(window), row, 10)
    expectLimited(await ask(window + 9), row, 1)
    await allowed(window + 10)
    expectLimited(await ask(window + 10), row, window - 10)
  })

  it('is so many in so many seconds where nobody says otherwise', async () => {
    const answer = await send(row, row.again, { ip: freshIp() })
    expect(answerOf(answer)).toBe(row.again.answer)
    expect(fieldsOf(answer, row.policy)).toEqual(fields(row, row.limit, row.limit - 1))
  })

  it('refuses every kind of request beyond it: nothing is written, hashed or asked of a guard', async () => {
    const ip = freshIp()
    const tries = await row.counted()
    await at(Date.now(), async () => {
      const workerEnv = await usedUp(row, ip)
      for (const one of tries) {
        const [path, options] = targetOf(row, one)
        const { answer, did, messages } = await observe(path, { ...options, ip, env: workerEnv })
        expectLimited(answer, row, row.windowSeconds)
        expect(did.filter((line) => !isHarmless(row, line))).toEqual([])
        expect(messages).toEqual([])
        expect(answer.headers.get('Server-Timing')).not.toContain('hash')
        const requestId = String(answer.json.requestId)
        for (const table of [auditLogs, outbox])
          expect(await db.select().from(table).where(eq(table.requestId, requestId))).toEqual([])
      }
    })
  })
})

describe.each(CHARGED)('$route, "$policy", in an outage', (row) => {
  it('sends its fields with the 503 as well', async () => {
    const answer = await send(row, await rightOne(row), { env: failingDatabase() })
    expect(answerOf(answer), answer.text).toBe('503 unavailable')
    expect(fieldsOf(answer, row.policy).policy).toBe(fields(row, row.limit, 0).policy)
  })
})

describe.each(WITH_FREE)('$route, "$policy", counting $counts alone', (row) => {
  it('answers as ever what does not count, and asks nobody about it', async () => {
    const ip = freshIp()
    const tries = (await row.free?.()) ?? []
    expect(tries).not.toEqual([])
    await at(Date.now(), async () => {
      const workerEnv = await usedUp(row, ip)
      for (const one of tries) {
        const [path, options] = targetOf(row, one)
        const { answer, did } = await observe(path, { ...options, ip, env: workerEnv })
        expect(answerOf(answer), answer.text).toBe(one.answer)
        expect(fieldsOf(answer, row.policy)).toEqual({})
        const asked = did.filter((line) => line === 'object RATE_LIMITER.hit')
        expect(asked).toHaveLength(row.counts === 'refused tokens' ? 0 : 1)
        if (row.counts === 'refused tokens')
          expect(answer.headers.get('Server-Timing')).toContain('do;desc="0"')
      }
    })
  })

  it('does not use the limit up by it', async () => {
    const ip = freshIp()
    const tries = (await row.free?.()) ?? []
    const workerEnv = lowered(row, 1)
    for (const one of tries) await send(row, one, { ip, env: workerEnv })
    expect(answerOf(await send(row, row.again, { ip, env: workerEnv }))).toBe(row.again.answer)
  })
})

describe('a new password that the policy refuses, for a genuine link', () => {
  it('is no guess: it counts with everything else', async () => {
    const ip = freshIp()
    const workerEnv = { ...env, RESET_LIMIT_PER_HOUR: '1', GENERAL_LIMIT_PER_MINUTE: '2' }
    const reset = (token: string, password: string) =>
      postReset({ token, password }, { ip, env: workerEnv })
    const token = await resetLinkOf((await ownerIn('active')).email)
    await at(Date.now(), async () => {
      for (const left of [1, 0]) {
        const answer = await reset(token, 'Password123!')
        expect(answerOf(answer)).toBe('400 password_rejected')
        expect(fieldsOf(answer, 'general').limit).toBe(`"general";r=${left};t=60`)
      }
      const beyond = await reset(token, 'Password123!')
      expect(answerOf(beyond)).toBe('429 rate_limited')
      expect(beyond.headers.get('Retry-After')).toBe('60')
      expect(fieldsOf(beyond, 'general').limit).toBe('"general";r=0;t=60')
      expect(answerOf(await reset(token, NEW))).toBe('200')
      expect(answerOf(await reset(token, NEW))).toBe('429 rate_limited')
    })
  })
})

describe('one limit for several routes', () => {
  const FAMILIES = ['code', 'login'].map((policy) => ({
    policy,
    rows: LIMITED_ROUTES.filter((row) => row.policy === policy),
  }))

  it('is that of every way in by password, code or link, and that of every code that is asked for', () => {
    expect(FAMILIES.map(({ rows }) => rows.map(({ route }) => route.split('/').at(-1)))).toEqual([
      ['send-otp', 'send-signup-otp'],
      ['login', 'verify-otp', 'verify-magic'],
    ])
  })

  it.each(FAMILIES)('counts them together: $policy', async ({ policy, rows }) => {
    const ip = freshIp()
    const [first] = rows
    if (!first) throw new Error('no route has this policy')
    const workerEnv = lowered(first, rows.length)
    await at(Date.now(), async () => {
      for (const [n, row] of rows.entries()) {
        const one = await rightOne(row)
        const answer = await send(row, one, { ip, env: workerEnv })
        expect(answerOf(answer), answer.text).toBe(one.answer)
        expect(fieldsOf(answer, policy)).toEqual(fields(row, rows.length, rows.length - n - 1))
      }
      for (const row of rows) {
        const answer = await send(row, await rightOne(row), { ip, env: workerEnv })
        expectLimited(answer, row, row.windowSeconds)
      }
    })
  })
})

describe('the numbers', () => {
  const BY_POLICY = LIMITED_ROUTES.filter(
    (row, n) => LIMITED_ROUTES.findIndex(({ policy }) => policy === row.policy) === n,
  )

  it.each(BY_POLICY)('$policy: exactly $limit get through', async (row) => {
    const ip = freshIp()
    await at(Date.now(), async () => {
      for (let n = 0; n < row.limit; n++)
        expect(answerOf(await send(row, row.again, { ip }))).toBe(row.again.answer)
      expectLimited(await send(row, row.again, { ip }), row, row.windowSeconds)
    })
  })

  it('are those of the contract', () => {
    const told = BY_POLICY.map(({ policy, limit, windowSeconds }) => [policy, limit, windowSeconds])
    expect(Object.fromEntries(told.map(([policy, ...rest]) => [policy, rest]))).toEqual({
      general: [300, 60],
      signup: [5, 3600],
      verification: [20, 3600],
      resend: [5, 3600],
      login: [10, 60],
      refused: [60, 60],
      forgot: [5, 3600],
      reset: [5, 3600],
      code: [30, 3600],
      upload: [20, 3600],
      export: [10, 3600],
    })
  })
})

/** Whoever signs in is read beside the limiter, and what was read is thrown away; a token is looked at before it is refused. */
function isHarmless({ policy, counts }: LimitedRoute, line: string): boolean {
  if (line === 'object RATE_LIMITER.hit') return true
  if (policy === 'login') return line.startsWith('d1 round trip 1: select ')
  return counts === 'refused tokens' && line.startsWith('d1 ')
}
