import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  auditLogs,
  communities,
  memberships,
  oneTimeTokens,
  outbox,
  users,
} from '../../../src/db/schema/index.ts'
import worker from '../../../src/index.ts'
import { isUuid, newId } from '../../../src/lib/ids.ts'
import { messageFor } from '../../../src/mail/messages.ts'
import { communityRow, db, postSignup, signupForm, unique } from '../../factories.ts'
import { expectStatus, freshIp } from '../../support/call.ts'
import { failingBatch, failingObject } from '../../support/faults.ts'
import { pngOf } from '../../support/png.ts'
import { race, tally } from '../../support/race.ts'
import type { AskedVerification } from '../../turnstile-server.ts'

const SECRET = 'secret-of-the-widget'
const MESSAGE = 'Please confirm that you are human and try again.'

/** The environment with the check on, at an API that behaves as `plan` says. */
function asking(plan: string, overrides: Record<string, string> = {}) {
  const base = `${env.TEST_PROVIDER_URL}/turnstile/${encodeURIComponent(plan)}/${newId(0)}`
  const asked = async () => {
    const requests = (await (await fetch(`${base}/asked`)).json()) as AskedVerification[]
    return requests.map(({ body }) => JSON.parse(body) as Record<string, string>)
  }
  const vars = { TURNSTILE_SECRET: SECRET, TURNSTILE_API_URL: base, ...overrides }
  return { env: { ...env, ...vars }, asked }
}

const withKey = (key: string) => ({ headers: { 'Idempotency-Key': key } })
const humanToken = () => `human-${unique()}`

/** Everything that a signup with these values could have left, but for its logo. */
async function leftBy(form: ReturnType<typeof signupForm>, requestId: string) {
  const owners = await db.select().from(users).where(eq(users.email, form.email))
  const rows = await Promise.all([
    db.select().from(communities).where(eq(communities.name, form.communityName)),
    db
      .select()
      .from(memberships)
      .where(eq(memberships.userId, owners[0]?.id ?? '')),
    db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, form.email)),
    db.select().from(outbox).where(eq(outbox.email, form.email)),
    db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId)),
  ])
  return [...owners, ...rows.flat()]
}

const logosKept = async () => (await env.LOGOS.list({ prefix: 'logos/' })).objects.length

const signalsOf = async (communityId: unknown) =>
  ((await communityRow(String(communityId)))?.riskSignals ?? []).map(({ signal }) => signal)

/** All lines of the log from here on. */
function logged(): string[] {
  const lines: string[] = []
  for (const level of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      lines.push(words.map(String).join(' '))
    })
  }
  return lines
}

/** Every row of every table, the local inbox among them. */
async function wholeDatabase(): Promise<string> {
  const query = "select name from sqlite_master where type = 'table'"
  const { results } = await env.DB.prepare(query).all<{ name: string }>()
  const tables = results.filter(({ name }) => !/^(_cf|sqlite|d1)/.test(name))
  const rows = await Promise.all(
    tables.map(({ name }) => env.DB.prepare(`select * from "${name}"`).all()),
  )
  return JSON.stringify(rows.map(({ results }) => results))
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('POST /api/v1/auth/signup-community where a human is asked for', () => {
  describe('works', () => {
    it.each([
      ['without a token', {}],
      ['with one that nobody asked for', { turnstileToken: 'forged' }],
      ['with null for one', { turnstileToken: null }],
    ])('unchanged while it is not configured, %s', async (_, extra) => {
      const off = asking('ok', { TURNSTILE_SECRET: '' })
      const answer = await postSignup(signupForm(extra), { env: off.env })
      expectStatus(answer, 201)
      expect(await off.asked()).toEqual([])
      expect(await signalsOf(answer.data.communityId)).not.toContain('human_check_skipped')
    })

    it('a human signs up: one question with what the widget gave, no round trip more', async () => {
      const api = asking('ok')
      const turnstileToken = humanToken()
      const ip = freshIp()
      const answer = await postSignup(signupForm({ turnstileToken }), { env: api.env, ip })
      expectStatus(answer, 201)
      expect(answer.headers.get('Server-Timing')).toMatch(
        /^d1;desc="2", do;desc="2", hash;desc="1"/,
      )
      const [question, ...others] = await api.asked()
      expect(others).toEqual([])
      expect(question).toEqual({
        secret: SECRET,
        response: turnstileToken,
        remoteip: ip,
        idempotency_key: expect.any(String),
      })
      expect(isUuid(question?.idempotency_key ?? '')).toBe(true)
      expect(await signalsOf(answer.data.communityId)).not.toContain('human_check_skipped')
    })

    it('a request from nowhere, as no edge sends it, names no address', async () => {
      const api = asking('ok')
      const form = signupForm({ turnstileToken: humanToken() })
      expectStatus(await postSignup(form, { env: api.env, ip: null }), 201)
      expect(await api.asked()).toEqual([
        expect.not.objectContaining({ remoteip: expect.anything() }),
      ])
    })

    it('where an outage lets in: accepted, the reviewer is told, and the log says why', async () => {
      const api = asking('503', { TURNSTILE_OUTAGE: 'allow' })
      const lines = logged()
      const form = signupForm({ turnstileToken: humanToken() })
      const answer = await postSignup(form, { env: api.env })
      expectStatus(answer, 201)
      expect(await signalsOf(answer.data.communityId)).toContain('human_check_skipped')
      expect(lines.map((line) => JSON.parse(line))).toContainEqual({
        level: 'warn',
        event: 'turnstile_unavailable',
        requestId: answer.headers.get('X-Request-Id'),
        reason: 'http_503',
      })
      expect(await api.asked()).toHaveLength(1)
    })

    it.each(['403', 'redirect', 'ok'])(
      'but never past a fault of ours, where the API says %s',
      async (plan) => {
        const api = asking(plan, { TURNSTILE_OUTAGE: 'allow', TURNSTILE_SECRET: 'mistyped' })
        const form = signupForm({ turnstileToken: humanToken() })
        const answer = await postSignup(form, { env: api.env })
        expectStatus(answer, 503, 'unavailable')
        expect(await leftBy(form, String(answer.json.requestId))).toEqual([])
      },
    )

    it('a form that repeats itself with a new token gets its first answer again', async () => {
      const api = asking('ok')
      const form = signupForm({ turnstileToken: humanToken() })
      const options = { env: api.env, ...withKey(newId(0)) }
      const first = await postSignup(form, options)
      expectStatus(first, 201)
      const again = await postSignup({ ...form, turnstileToken: humanToken() }, options)
      expectStatus(again, 201)
      expect(again.data).toEqual(first.data)
      expect(again.headers.get('Idempotent-Replayed')).toBe('true')
      const other = await postSignup({ ...form, city: 'Mumbai' }, options)
      expectStatus(other, 422, 'idempotency_key_reused')
      expect(await api.asked()).toHaveLength(1)
    })

    it('where an outage lets in, and the API never answers: accepted after three seconds', async () => {
      const api = asking('hang', { TURNSTILE_OUTAGE: 'allow' })
      const lines = logged()
      const form = signupForm({ turnstileToken: humanToken() })
      const answer = await postSignup(form, { env: api.env })
      expectStatus(answer, 201)
      expect(await signalsOf(answer.data.communityId)).toContain('human_check_skipped')
      expect(lines.join('\n')).toContain('"reason":"timeout"')
    })

    it('a repeated request gets the first answer again without a second question', async () => {
      const api = asking('ok')
      const key = unique()
      const form = signupForm({ turnstileToken: humanToken() })
      const first = await postSignup(form, { ...withKey(key), env: api.env })
      expectStatus(first, 201)
      expect(await api.asked()).toHaveLength(1)
      // Not even an outage stands in the way of what has been answered.
      const down = asking('503')
      const second = await postSignup(form, { ...withKey(key), env: down.env })
      expectStatus(second, 201)
      expect(second.json).toEqual(first.json)
      expect(second.headers.get('Idempotent-Replayed')).toBe('true')
      expect(await down.asked()).toEqual([])
    })

    it('a signup that failed after its check is repeated with the same token, under its key', async () => {
      const api = asking('ok')
      const key = unique()
      const form = signupForm({ turnstileToken: humanToken() })
      const { DB } = failingBatch(1, 0).env
      const failed = await postSignup(form, { ...withKey(key), env: { ...api.env, DB } })
      expectStatus(failed, 503, 'unavailable')
      expectStatus(await postSignup(form, { ...withKey(key), env: api.env }), 201)
      const keys = (await api.asked()).map(({ idempotency_key }) => idempotency_key)
      expect(keys).toHaveLength(2)
      expect(new Set(keys).size).toBe(1)
      expect(isUuid(keys[0] ?? '')).toBe(true)
    })

    it('a refused one is mended under the same key with another token: that is a new question', async () => {
      const api = asking('ok')
      const key = unique()
      const form = signupForm()
      const tokens = ['forged', humanToken()]
      const statuses: number[] = []
      for (const turnstileToken of tokens) {
        const options = { ...withKey(key), env: api.env }
        statuses.push((await postSignup({ ...form, turnstileToken }, options)).status)
      }
      expect(statuses).toEqual([422, 201])
      const keys = (await api.asked()).map(({ idempotency_key }) => idempotency_key)
      expect(new Set(keys).size).toBe(2)
    })
  })

  describe('refuses', () => {
    it.each([
      ['no token', undefined],
      ['an empty one', ''],
      ['null for one', null],
    ])('%s, under its field, and asks nobody', async (_, turnstileToken) => {
      const api = asking('ok')
      const form = signupForm({ turnstileToken })
      const answer = await postSignup(form, { env: api.env })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ turnstileToken: MESSAGE })
      expect(await api.asked()).toEqual([])
      expect(await leftBy(form, String(answer.json.requestId))).toEqual([])
    })

    it('no token during an outage that lets in, too: to leave it out is no way around', async () => {
      const api = asking('503', { TURNSTILE_OUTAGE: 'allow' })
      expectStatus(await postSignup(signupForm(), { env: api.env }), 422, 'validation_failed')
    })

    it('what the API refuses, also where an outage lets in: one question, no hash, nothing kept', async () => {
      const api = asking('ok', { TURNSTILE_OUTAGE: 'allow' })
      const { dataUrl } = await pngOf(20_000)
      const before = await logosKept()
      const form = signupForm({ turnstileToken: 'forged', communityLogo: dataUrl })
      const answer = await postSignup(form, { env: api.env })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ turnstileToken: MESSAGE })
      expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      expect(await api.asked()).toHaveLength(1)
      expect(await leftBy(form, String(answer.json.requestId))).toEqual([])
      expect(await logosKept()).toBe(before)
    })

    it('a token that another signup has used, with and without keys', async () => {
      const api = asking('ok')
      const turnstileToken = humanToken()
      const options = [{}, {}, withKey(unique()), withKey(unique())]
      const statuses: number[] = []
      for (const option of options) {
        const answer = await postSignup(signupForm({ turnstileToken }), { ...option, env: api.env })
        statuses.push(answer.status)
      }
      expect(statuses).toEqual([201, 422, 422, 422])
    })

    it.each([
      ['a token that is no text', 7, 'Send the Turnstile token as text.'],
      ['an endless one', `human-${'x'.repeat(2043)}`, 'The Turnstile token is too long.'],
    ])('%s, without a question', async (_, turnstileToken, message) => {
      const api = asking('ok')
      const answer = await postSignup(signupForm({ turnstileToken }), { env: api.env })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ turnstileToken: message })
      expect(await api.asked()).toEqual([])
    })

    it('but not the longest one there is', async () => {
      const turnstileToken = `human-${'x'.repeat(2042)}`
      const api = asking('ok')
      expectStatus(await postSignup(signupForm({ turnstileToken }), { env: api.env }), 201)
    })

    it('everybody while the API is down and an outage refuses: 503, try again, nothing kept', async () => {
      const api = asking('503', { TURNSTILE_OUTAGE: 'refuse' })
      const lines = logged()
      const { dataUrl } = await pngOf(20_000)
      const before = await logosKept()
      const form = signupForm({ turnstileToken: humanToken(), communityLogo: dataUrl })
      const answer = await postSignup(form, { ...withKey(unique()), env: api.env })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('5')
      expect(answer.json).not.toHaveProperty('errors')
      expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      expect(await leftBy(form, String(answer.json.requestId))).toEqual([])
      expect(await logosKept()).toBe(before)
      expect(lines.join('\n')).toContain('"event":"turnstile_unavailable"')
    })

    it('everybody with a secret that the API does not know: 503 and an error in the log, not a robot', async () => {
      const api = asking('ok', { TURNSTILE_SECRET: 'mistyped' })
      const lines = logged()
      const form = signupForm({ turnstileToken: humanToken() })
      const answer = await postSignup(form, { env: api.env })
      expectStatus(answer, 503, 'unavailable')
      expect(lines.map((line) => JSON.parse(line))).toContainEqual({
        level: 'error',
        event: 'turnstile_unavailable',
        requestId: answer.json.requestId,
        reason: 'secret_refused',
      })
    })
  })

  describe('is safe', () => {
    it('twins with one key and one token both get the same answer', async () => {
      const api = asking('ok')
      const key = unique()
      const form = signupForm({ turnstileToken: humanToken() })
      const answers = await race(4, () => postSignup(form, { ...withKey(key), env: api.env }))
      expect(tally(answers)).toEqual({ '201': 4 })
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      const keys = (await api.asked()).map(({ idempotency_key }) => idempotency_key)
      expect(new Set(keys).size).toBe(1)
    })

    it('one token lets one signup in, however many arrive at once', async () => {
      const api = asking('ok')
      const turnstileToken = humanToken()
      const answers = await race(6, () =>
        postSignup(signupForm({ turnstileToken }), { env: api.env }),
      )
      expect(tally(answers)).toEqual({ '201': 1, '422 validation_failed': 5 })
    })

    it('asks nobody about what is no signup: a bad body, a weak password, a name that is taken', async () => {
      const api = asking('ok')
      const turnstileToken = humanToken()
      const taken = signupForm()
      expectStatus(await postSignup(taken), 201)
      const refused = [
        signupForm({ turnstileToken, city: '' }),
        signupForm({ turnstileToken, password: 'Password1!', confirmPassword: 'Password1!' }),
        { ...taken, turnstileToken },
      ]
      const statuses: number[] = []
      for (const form of refused) {
        statuses.push((await postSignup(form, { env: api.env })).status)
      }
      expect(statuses).toEqual([422, 400, 409])
      expect(await api.asked()).toEqual([])
    })

    it('asks nobody before the signup limit is charged: refusals count, and beyond it nobody is asked', async () => {
      const api = asking('ok', { SIGNUP_LIMIT_PER_HOUR: '2' })
      const ip = '198.51.100.91'
      const ask = () => postSignup(signupForm({ turnstileToken: 'forged' }), { env: api.env, ip })
      expectStatus(await ask(), 422, 'validation_failed')
      expectStatus(await ask(), 422, 'validation_failed')
      expectStatus(await ask(), 429, 'rate_limited')
      expect(await api.asked()).toHaveLength(2)
    })

    it('asks nobody while the limiter cannot answer', async () => {
      const api = asking('ok')
      const { RATE_LIMITER } = failingObject('RATE_LIMITER', 'hit', 'throws')
      const form = signupForm({ turnstileToken: humanToken() })
      const answer = await postSignup(form, { env: { ...api.env, RATE_LIMITER } })
      expectStatus(answer, 503, 'unavailable')
      expect(await api.asked()).toEqual([])
    })

    it('neither token nor secret is in a line of the log, an answer, a row, a queue message or a mail', async () => {
      const lines = logged()
      const token = `human-canary-${crypto.randomUUID()}`
      const forged = `forged-canary-${crypto.randomUUID()}`
      const down = `down-canary-${crypto.randomUUID()}`
      const debug = { LOG_LEVEL: 'debug' }
      const api = asking('ok', debug)
      const form = signupForm({ turnstileToken: token })
      const answers = [
        await postSignup(form, { ...withKey(unique()), env: api.env }),
        await postSignup(signupForm({ turnstileToken: forged }), { env: api.env }),
        await postSignup(signupForm({ turnstileToken: down }), { env: asking('503', debug).env }),
        await postSignup(signupForm({ turnstileToken: down }), {
          env: asking('503', { ...debug, TURNSTILE_OUTAGE: 'allow' }).env,
        }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([201, 422, 503, 201])
      const mails = await db.select().from(outbox).where(eq(outbox.email, form.email))
      expect(mails).toHaveLength(1)
      const body = messageFor(String(mails[0]?.id))
      const message = { id: 'm', timestamp: 1, attempts: 1, body }
      const batch = createMessageBatch('gatehouse-outbox', [message])
      await worker.queue(batch, api.env, createExecutionContext())
      const rows = await wholeDatabase()
      // The mail is in what is searched.
      expect(rows).toContain('Confirm your email address')
      const said = answers.map(({ text, headers }) => text + JSON.stringify([...headers]))
      const searched = [lines.join('\n'), rows, JSON.stringify(body), ...said].join('\n')
      expect(lines.length).toBeGreaterThan(4)
      for (const secret of [token, forged, down, SECRET]) {
        expect(searched.includes(secret), secret).toBe(false)
      }
    })
  })
})
