/** What is on record of what went wrong: who tried what, which rule refused it, and what failed behind a 5xx. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { communities } from '../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin, unique } from '../factories.ts'
import { askForCode, mailedCode, otherCode, useCode, useLink } from '../mailbox-client.ts'
import { auditOf, mailedToken, me, openSession, postRefresh, userRow } from '../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../support/call.ts'
import { failingDatabase, failingObject } from '../support/faults.ts'

type Line = Record<string, unknown>

let lines: Line[]

beforeEach(() => {
  lines = []
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(JSON.parse(String(line))))
  }
})

afterEach(() => {
  vi.restoreAllMocks()
})

const requestIdOf = ({ headers }: Answer) => headers.get('X-Request-Id')

/** The lines of one request. */
const linesOf = (answer: Answer) =>
  lines.filter(({ requestId }) => requestId === requestIdOf(answer))

/** The one line that each request leaves. */
function requestLine(answer: Answer): Line {
  const [line, ...more] = linesOf(answer).filter(({ event }) => event === 'request')
  expect(more).toEqual([])
  return line ?? {}
}

const status = (options: CallOptions) =>
  call(`${API}/admin/communities/x/status`, {
    method: 'PATCH',
    body: { status: 'approved' },
    ...options,
  })

describe('a refusal is on record', () => {
  it('of somebody without the permission: which one, who, and on which route', async () => {
    const owner = await openSession(await ownerIn('active'))
    const answer = await status({ token: owner.accessToken })
    expectStatus(answer, 403, 'forbidden')
    expect(requestLine(answer)).toMatchObject({
      route: '/api/v1/admin/communities/:community/status',
      method: 'PATCH',
      status: 403,
      refused: 'forbidden',
      reason: 'communities.review',
      userId: owner.userId,
    })
  })

  it('of a token that is missing, forged, expired or of an ended session', async () => {
    const session = await openSession(await ownerIn('active'))
    await call(`${API}/auth/logout`, { method: 'POST', token: session.accessToken })
    const cases: [Answer, string][] = [
      [await status({}), 'unauthenticated'],
      [await status({ token: 'a.b.c' }), 'unauthenticated'],
      [await me(session.accessToken), 'session_ended'],
      [await postRefresh('rt.forged'), 'refresh_invalid'],
      [await postRefresh(session.refreshToken), 'refresh_invalid'],
    ]
    for (const [answer, refused] of cases) {
      expect(requestLine(answer)).toMatchObject({ status: answer.status, refused })
    }
  })

  it('of a foreign page, a body that does not fit, and one client too often', async () => {
    const ip = '203.0.113.77'
    const login = (options: CallOptions) =>
      postLogin({ email: `x@${unique()}.example`, password: 'x' }, options)
    const foreign = await login({ headers: { Origin: 'https://evil.example' } })
    expect(requestLine(foreign)).toMatchObject({ status: 403, refused: 'csrf_failed' })
    const odd = await postLogin({ email: 7 })
    expect(requestLine(odd)).toMatchObject({ status: 422, refused: 'validation_failed' })
    const answers = []
    for (let n = 0; n < 11; n++) answers.push(await postLogin({}, { ip }))
    expect(requestLine(answers.at(-1) as Answer)).toMatchObject({
      status: 429,
      refused: 'rate_limited',
      reason: 'login',
    })
  })

  it('of an old refresh token, and of an account that is blocked', async () => {
    const owner = await ownerIn('active')
    const session = await openSession(owner)
    const first = await postRefresh(session.refreshToken)
    await postRefresh(String(first.data.refreshToken))
    const reused = await postRefresh(session.refreshToken)
    expect(requestLine(reused)).toMatchObject({ status: 403, refused: 'refresh_reused' })
    const { email } = owner
    for (let n = 0; n < 5; n++) await postLogin({ email, password: 'Wrong-Harbour-99' })
    const blocked = await postLogin({ email, password: 'Wrong-Harbour-99' })
    expect(requestLine(blocked)).toMatchObject({ status: 429, refused: 'too_many_attempts' })
    const events = lines.filter(({ event }) => event === 'login_failed').map(({ guard }) => guard)
    expect(events).toEqual([null, null, null, null, 'blocked'])
  })
})

describe('a way in is on record', () => {
  it('by exactly one audit row of its outcome, with session, transport and place', async () => {
    const ip = '203.0.113.5'
    const owner = await ownerIn('active')
    const { email } = owner
    const { id } = await userRow(email)
    const newActions = async (run: () => Promise<unknown>) => {
      const before = (await auditOf(id)).length
      await run()
      return (await auditOf(id)).slice(before)
    }
    const headers = { 'User-Agent': 'canary/1' }
    const right = await newActions(() => openSession(owner, { call: { ip, headers } }))
    expect(right.map(({ action }) => action)).toEqual(['login_success'])
    expect(right[0]).toMatchObject({
      actorId: id,
      ip,
      userAgent: 'canary/1',
      details: { sessionId: expect.any(String), transport: 'body' },
    })
    const wrong = await newActions(() => postLogin({ email, password: 'Wrong-Harbour-99' }))
    expect(wrong.map(({ action, details }) => [action, details?.reason])).toEqual([
      ['login_failed', 'wrong_password'],
    ])
    const { communityId } = owner
    await db.update(communities).set({ status: 'suspended' }).where(eq(communities.id, communityId))
    const gate = await newActions(() => postLogin({ email, password: PASSWORD }))
    expect(gate.map(({ action, details }) => [action, details?.reason])).toEqual([
      ['login_failed', 'community_suspended'],
    ])
  })

  it('by a code too: how it was asked for, what was wrong, by what somebody came in, and what stopped them', async () => {
    const { email, communityId } = await ownerIn('active')
    const { id } = await userRow(email)
    const told = async () =>
      (await auditOf(id))
        .filter(({ action }) => /^(otp|login)_/.test(action))
        .map(({ action, details }) => [
          action,
          details?.method ?? details?.purpose,
          details?.reason,
        ])
    const before = (await told()).length
    const { flowId } = await askForCode(email)
    const code = await mailedCode(email)
    await useCode({ email, code: otherCode(code), flowId })
    expectStatus(await useCode({ email, code, flowId }), 200)
    const second = await askForCode(email)
    await db.update(communities).set({ status: 'suspended' }).where(eq(communities.id, communityId))
    const token = await mailedToken(email, 'magic_link')
    expectStatus(await useLink({ token, flowId: second.flowId }), 403, 'community_suspended')
    expect((await told()).slice(before)).toEqual([
      ['otp_sent', 'login', undefined],
      ['otp_failed', 'sign_in', 'wrong'],
      ['login_success', 'code', undefined],
      ['otp_sent', 'login', undefined],
      ['login_failed', 'magic_link', 'community_suspended'],
    ])
  })

  it('of a refresh too, by its request line', async () => {
    const session = await openSession(await ownerIn('active'))
    const refreshed = await postRefresh(session.refreshToken)
    expect(requestLine(refreshed)).toMatchObject({ route: '/api/v1/auth/refresh', status: 200 })
  })
})

describe('a failure is on record', () => {
  const faults: [string, () => Env, string, number][] = [
    ['the database is down', failingDatabase, 'database_failed', 503],
    ['a limiter fails', () => failingObject('RATE_LIMITER', 'hit', 'throws'), 'failed', 503],
    ['a guard fails', () => failingObject('ACCOUNT_GUARD', 'begin', 'throws'), 'failed', 503],
    ['something nobody foresaw', () => ({ ...env, DB: {} as D1Database }), 'unexpected_error', 500],
  ]

  it.each(faults)(
    'where %s: an error under the id that the client was given',
    async (_, fault, event, code) => {
      const answer = await postLogin(
        { email: `x@${unique()}.example`, password: 'x' },
        { env: fault() },
      )
      expectStatus(answer, code)
      expect(answer.json.requestId).toBe(requestIdOf(answer))
      expect(linesOf(answer)).toContainEqual(expect.objectContaining({ level: 'error', event }))
      expect(requestLine(answer)).toMatchObject({ status: code })
    },
  )
})

describe('the time of a line', () => {
  it('stands at the head of its request id: milliseconds in UTC', async () => {
    const before = Date.now()
    const answer = await me('a.b.c')
    const after = Date.now()
    const id = String(requestLine(answer).requestId)
    const moment = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
    expect(moment).toBeGreaterThanOrEqual(before)
    expect(moment).toBeLessThanOrEqual(after)
  })
})

describe('what a client writes', () => {
  it('stays inside its JSON text: no line is forged by a path, a header or a body', async () => {
    const forged = '\r\n{"level":"info","event":"forged"}\u001b[31m'
    const raw: string[] = []
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((line) => void raw.push(String(line)))
    }
    await call(`/${encodeURIComponent(forged)}`, { env: { ...env, LOG_LEVEL: 'debug' } })
    await postLogin(
      { email: `a${forged}@b.example`, password: forged },
      { headers: { 'User-Agent': encodeURIComponent(forged) } },
    )
    expect(raw.length).toBeGreaterThan(1)
    for (const line of raw) {
      for (const control of '\r\n\u001b') expect(line.includes(control)).toBe(false)
      expect(JSON.parse(line).event).not.toBe('forged')
      // Nothing of a path, a header or a body is in a line at all.
      expect(line).not.toContain('forged')
    }
  })
})
