/**
 * A limiter or a guard that does not answer: what it guards is refused and nothing of it is done; to renew or to end a
 * session goes on, for nobody gets in by that.
 */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { auditLogs, outbox } from '../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../factories.ts'
import {
  askForCode,
  mailedCode,
  NEW,
  postReset,
  resetLinkOf,
  signedIn,
} from '../features/passwords/password-client.ts'
import { memberHere } from '../features/personal-data/personal-data-client.ts'
import { addressHere, memberOf, ownerHere } from '../mailbox-client.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, call, expectStatus, freshIp } from '../support/call.ts'
import { observe } from '../support/differ.ts'
import { failingObject } from '../support/faults.ts'
import type { LimitedRoute, Try } from './limit-tries.ts'
import { answerOf, LIMITED_ROUTES, rightOne, send, targetOf } from './limited-routes.ts'

const realSetTimeout = globalThis.setTimeout
/** Whoever hangs is waited for in real time, up to eight seconds. */
const PATIENT = { timeout: 90_000 }

const limiter = (how: 'throws' | 'hangs') => failingObject('RATE_LIMITER', 'hit', how)

const goesOn = ({ route, counts }: LimitedRoute) =>
  counts === 'refused tokens' || route.startsWith('DELETE /api/v1/sessions')
const CLOSED = LIMITED_ROUTES.filter((row) => !goesOn(row))
const OPEN = LIMITED_ROUTES.filter(goesOn)

function expectUnavailable(answer: Answer): void {
  expectStatus(answer, 503, 'unavailable')
  expect(answer.headers.get('Retry-After')).toBe('1')
  expect(answer.headers.getSetCookie()).toEqual([])
}

/** Nothing of the request is in the database, whoever it was. */
async function expectNothingDone(answer: Answer): Promise<void> {
  const requestId = String(answer.json.requestId)
  for (const table of [auditLogs, outbox])
    expect(await db.select().from(table).where(eq(table.requestId, requestId))).toEqual([])
}

/** The answers of all, sent at once to what hangs: they wait for it together. */
const together = <T>(rows: readonly T[], ask: (row: T) => Promise<Answer>) =>
  Promise.all(rows.map(ask))

afterEach(() => {
  vi.useRealTimers()
})

describe('without a limiter', () => {
  it('the routes that go on are those that renew or end a session', () => {
    expect(OPEN.map(({ route }) => route)).toEqual([
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/logout',
      'POST /api/v1/auth/logout-all',
      'DELETE /api/v1/sessions/:id',
      'DELETE /api/v1/sessions',
    ])
  })

  describe.each(CLOSED)('$route, "$policy"', (row) => {
    it('refuses whatever comes with 503, and does nothing of it', async () => {
      const tries = await row.counted()
      for (const one of tries) {
        const [path, options] = targetOf(row, one)
        const { answer, did, messages } = await observe(path, {
          ...options,
          env: limiter('throws'),
        })
        expectUnavailable(answer)
        // The count of the failure may be the round trip before it.
        const isRead = row.policy === 'login' ? /^d1 round trip [12]: select / : /^$/
        // Beside the answer it is counted, once, that the limiter failed.
        const isCount = /^d1 round trip \d: insert into "hourly_counters" /
        expect(did.filter((line) => isCount.test(line))).toHaveLength(1)
        const others = did.filter((line) => !isRead.test(line) && !isCount.test(line))
        expect(others).toEqual(['object RATE_LIMITER.hit'])
        expect(messages).toEqual([])
        expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      }
      const [right] = tries
      if (!right) throw new Error('nothing counts on this route')
      expect(answerOf(await send(row, right, {}))).toBe(right.answer)
    })
  })

  it('every one of them is refused where it hangs, too', PATIENT, async () => {
    const answers = await together(CLOSED, async (row) =>
      send(row, await rightOne(row), { env: limiter('hangs') }),
    )
    for (const answer of answers) {
      expectUnavailable(answer)
      await expectNothingDone(answer)
    }
  })

  describe.each(OPEN)('$route', (row) => {
    it('answers genuine and refused tokens as ever', async () => {
      const tries = [...(await row.counted()), ...((await row.free?.()) ?? [])]
      for (const one of tries) {
        const answer = await send(row, one, { env: limiter('throws') })
        expect(answerOf(answer), answer.text).toBe(one.answer)
        expect(answer.headers.get('RateLimit')).toBeNull()
      }
    })
  })

  it('they answer genuine and refused tokens as ever where it hangs, too', PATIENT, async () => {
    const asked = await Promise.all(
      OPEN.map(async (row) => {
        const tries = [...(await row.counted()), ...((await row.free?.()) ?? [])]
        const genuine = tries.find(({ answer }) => answer === '200')
        if (!genuine) throw new Error(`nothing genuine at ${row.route}`)
        return [genuine, row.again].map((one) => ({ row, one }))
      }),
    )
    const all = asked.flat()
    const answers = await together(all, ({ row, one }) => send(row, one, { env: limiter('hangs') }))
    expect(answers.map(answerOf)).toEqual(all.map(({ one }) => one.answer))
  })

  it('waits three seconds for it before a session ends, and no longer', async () => {
    const person = await ownerIn('active')
    const session = await openSession(person)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isAnswered = false
    const answering = call(`${API}/sessions`, {
      method: 'DELETE',
      token: session.accessToken,
      env: limiter('hangs'),
    }).finally(() => {
      isAnswered = true
    })
    while (vi.getTimerCount() === 0) await new Promise((resolve) => realSetTimeout(resolve, 5))
    await vi.advanceTimersByTimeAsync(2_999)
    expect(isAnswered).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expectStatus(await answering, 200)
  })

  it.each(['throws', 'hangs'] as const)(
    'that %s when it shall forgive: the answer is the same, and the attempt stays counted',
    async (how) => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      const weak = { token, password: 'Password123!' }
      const ip = freshIp()
      const down = {
        ...failingObject('RATE_LIMITER', 'forgive', how),
        RESET_LIMIT_PER_HOUR: '2',
      }
      const forgiven = await postReset(weak)
      const answer = await postReset(weak, { ip, env: down })
      expectStatus(answer, 400, 'password_rejected')
      expect(answer.json).toEqual({ ...forgiven.json, requestId: answer.json.requestId })
      const two = { ...env, RESET_LIMIT_PER_HOUR: '2' }
      expectStatus(await postReset({ token, password: NEW }, { ip, env: two }), 200)
      expectStatus(await postReset({ token: 'x', password: NEW }, { ip, env: two }), 429)
    },
  )
})

describe('without a guard', () => {
  type GuardMethod = 'begin' | 'countMail' | 'useCode' | 'knownDevices'

  /** A right request to a route that asks the guard first, and what it is answered once the guard is back. */
  const ASKING: [route: string, method: GuardMethod, right?: () => Promise<Try>][] = [
    ['POST /api/v1/auth/login', 'begin'],
    ['POST /api/v1/auth/forgot-password', 'countMail'],
    ['POST /api/v1/auth/resend-verification', 'countMail'],
    ['POST /api/v1/account/code', 'countMail'],
    ['POST /api/v1/account/password', 'begin'],
    ['POST /api/v1/account/password', 'useCode', changeByCode],
    ['POST /api/v1/auth/send-otp', 'countMail'],
    ['POST /api/v1/auth/send-signup-otp', 'countMail'],
    ['POST /api/v1/auth/verify-otp', 'useCode'],
    ['POST /api/v1/auth/verify-magic', 'useCode'],
    ['POST /api/v1/account/email', 'begin'],
    ['DELETE /api/v1/account', 'begin'],
    ['DELETE /api/v1/account', 'useCode', eraseByCode],
    ['GET /api/v1/account/export', 'knownDevices'],
    ['POST /api/v1/account/email', 'useCode', moveByCode],
    ['POST /api/v1/account/email/verify', 'useCode'],
    ['POST /api/v1/communities/:community/owner', 'begin'],
    ['POST /api/v1/communities/:community/owner', 'useCode', handOverByCode],
  ]

  const prepare = async ([route, , right]: (typeof ASKING)[number]) => {
    const row = rowOf(route)
    return { row, right: right ? await right() : await rightOne(row) }
  }

  it.each(ASKING)('%s refuses with 503 and does nothing where %s fails', async (...asking) => {
    const { row, right } = await prepare(asking)
    const env = failingObject('ACCOUNT_GUARD', asking[1], 'throws')
    const answer = await send(row, right, { env })
    expectUnavailable(answer)
    await expectNothingDone(answer)
    expect(answer.headers.get('Server-Timing')).not.toContain('hash')
    expect(answerOf(await send(row, right, {}))).toBe(right.answer)
  })

  it('every one of them is refused where it hangs, too', PATIENT, async () => {
    const answers = await together(ASKING, async (asking) => {
      const { row, right } = await prepare(asking)
      return send(row, right, { env: failingObject('ACCOUNT_GUARD', asking[1], 'hangs') })
    })
    for (const answer of answers) {
      expectUnavailable(answer)
      await expectNothingDone(answer)
    }
  })

  it('another address waits for it after the password is judged, and a right one is no failure', async () => {
    const row = rowOf('POST /api/v1/account/email')
    const { accessToken: token, email } = await ownerHere()
    const right = { ...(await rightOne(row)).send, token }
    for (let n = 0; n < 6; n++) {
      const env = failingObject('ACCOUNT_GUARD', 'countMail', 'throws')
      const answer = await send(row, { answer: '503', send: right }, { env })
      expectUnavailable(answer)
      await expectNothingDone(answer)
    }
    expect(answerOf(await send(row, { answer: '202', send: right }, {}))).toBe('202')
    expectStatus(await postLogin({ email, password: PASSWORD }), 200)
  })

  /** What they do is done when the guard hears of it. */
  const TELLING = ['verify-otp', 'verify-magic', 'accept-invite', 'revert-email', 'email/verify']

  it.each(TELLING)('%s goes on where it need only be told, and is told later', async (name) => {
    const row = LIMITED_ROUTES.find(({ route }) => route.endsWith(`/${name}`))
    if (!row) throw new Error(`there is no route ${name}`)
    const right = await rightOne(row)
    const env = failingObject('ACCOUNT_GUARD', 'change', 'throws')
    const answer = await send(row, right, { env })
    expect(answerOf(answer), answer.text).toBe(right.answer)
    const requestId = answer.headers.get('X-Request-Id') ?? ''
    const rows = await db.select().from(outbox).where(eq(outbox.requestId, requestId))
    const waiting = rows.filter(({ kind, sentAt }) => kind.startsWith('guard_') && sentAt === null)
    expect(waiting).not.toEqual([])
  })

  it('a signup needs none', async () => {
    const row = LIMITED_ROUTES.find(({ policy }) => policy === 'signup')
    if (!row) throw new Error('there is no signup')
    for (const method of ['begin', 'countMail', 'change']) {
      const env = failingObject('ACCOUNT_GUARD', method, 'throws')
      expect(answerOf(await send(row, await rightOne(row), { env }))).toBe('201')
    }
  })

  it.each(OPEN)('$route goes on', async (row) => {
    const tries = [...(await row.counted()), ...((await row.free?.()) ?? [])]
    for (const one of tries) {
      const env = failingObject('ACCOUNT_GUARD', 'change', 'throws')
      expect(answerOf(await send(row, one, { env }))).toBe(one.answer)
    }
  })
})

function rowOf(route: string): LimitedRoute {
  const row = LIMITED_ROUTES.find((one) => one.route === route)
  if (!row) throw new Error(`there is no route ${route}`)
  return row
}

async function changeByCode(): Promise<Try> {
  const { email, session } = await signedIn()
  expectStatus(await askForCode(session), 202)
  const body = { code: await mailedCode(email), newPassword: NEW }
  return { answer: '200', send: { token: session.accessToken, body } }
}

async function moveByCode(): Promise<Try> {
  const { email, session } = await signedIn()
  expectStatus(await askForCode(session), 202)
  const body = { code: await mailedCode(email), newEmail: addressHere() }
  return { answer: '202', send: { token: session.accessToken, body } }
}

async function eraseByCode(): Promise<Try> {
  const member = await memberHere()
  expectStatus(await askForCode(member), 202)
  const body = { code: await mailedCode(member.email) }
  return { answer: '200', send: { token: member.accessToken, body } }
}

async function handOverByCode(): Promise<Try> {
  const owner = await ownerHere()
  const { userId } = await memberOf(owner)
  expectStatus(await askForCode(owner), 202)
  const body = { userId, code: await mailedCode(owner.email) }
  const path = `${API}/communities/${owner.slug}/owner`
  return { answer: '200', send: { path, token: owner.accessToken, body } }
}
