/** Errors reach Sentry, and nothing else does; whatever Sentry does, nobody who uses the service sees it. */
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configOf } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import worker from '../src/index.ts'
import { createSentry } from '../src/lib/sentry.ts'
import { parseDsn } from '../src/lib/sentry-dsn.ts'
import { accessTokenOf, ownerIn, PASSWORD, postLogin, unique } from './factories.ts'
import { withBug } from './http/provocations.ts'
import { type Box, eventsIn, newBox, parseEnvelope } from './sentry-client.ts'
import { API, call, expectStatus } from './support/call.ts'
import { failingDatabase, failingObject } from './support/faults.ts'

let warned: Record<string, unknown>[]
beforeEach(() => {
  warned = []
  vi.spyOn(console, 'error').mockReturnValue()
  vi.spyOn(console, 'warn').mockImplementation((line) => void warned.push(JSON.parse(String(line))))
})
afterEach(() => {
  vi.restoreAllMocks()
})

const told = ({ dsn }: Pick<Box, 'dsn'>, bindings: Env = env) =>
  ({ ...bindings, SENTRY_DSN: dsn }) as Env
/** A request that meets a fault of ours. */
const crash = (bindings: Env) =>
  postLogin({ email: `ada@${unique()}.example`, password: PASSWORD }, { env: bindings })
const faultsOf = () => warned.filter(({ event }) => event === 'sentry_unavailable')

describe('an error', () => {
  it('of the database is one envelope, with the id that the client was given', async () => {
    const box = newBox()
    const answer = await call(`${API}/auth/login`, {
      body: { email: `ada@${unique()}.example`, password: PASSWORD },
      env: told(box, failingDatabase()),
    })
    expectStatus(answer, 503, 'unavailable')
    const [taken, ...others] = await box.taken()
    expect(others).toEqual([])
    expect(taken?.path).toMatch(/^\/sentry\/[0-9a-f]+\/[^/]+\/api\/42\/envelope\/$/)
    expect(taken?.headers).toMatchObject({
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth': 'Sentry sentry_version=7, sentry_client=gatehouse/1.0, sentry_key=a1b2c3',
    })
    const { head, event } = parseEnvelope(taken?.body ?? '')
    expect(head.event_id).toMatch(/^[0-9a-f]{32}$/)
    expect(head.event_id).toBe(event.event_id)
    expect(Date.parse(head.sent_at)).toBeCloseTo(event.timestamp * 1000, 0)
    expect(event).toMatchObject({
      environment: 'dev',
      transaction: `${API}/auth/login`,
      tags: { event: 'database_failed', request_id: answer.headers.get('X-Request-Id') },
    })
    expect(event.exception?.values.map(({ value }) => value).join()).toContain('connection lost')
  })

  it('that nobody foresaw brings its stack, and of the route its pattern alone', async () => {
    const box = newBox()
    const path = `${API}/communities/ada%40apex.example/members?cursor=secret`
    const answer = await call(path, {
      token: await accessTokenOf(await ownerIn('active')),
      env: told(box, withBug('used')),
    })
    expectStatus(answer, 500, 'internal_error')
    const [event] = await eventsIn(box)
    expect(event?.tags.event).toBe('unexpected_error')
    expect(event?.exception?.values[0]?.type).toBe('TypeError')
    expect(event?.exception?.values[0]?.stacktrace?.frames.length).toBeGreaterThan(1)
    expect(JSON.stringify(event)).not.toMatch(/apex|secret/)
  })

  it('of a limiter, of work after the answer, of the cron, of a queue and of an alarm is one each', async () => {
    const box = newBox()
    const bindings = told(box)
    const { RATE_LIMITER } = failingObject('RATE_LIMITER', 'hit', 'throws')
    const body = { email: 'a@b.example', password: PASSWORD }
    expectStatus(await postLogin(body, { env: { ...bindings, RATE_LIMITER } }), 503)
    const context = createExecutionContext()
    const scope = {
      requestId: 'r',
      waitUntil: (work: Promise<unknown>) => context.waitUntil(work),
      route: () => 'test',
    }
    createDeps(bindings, configOf(bindings), scope).later(() => Promise.reject(new Error('later')))
    await waitOnExecutionContext(context)
    const cron = createExecutionContext()
    await worker.scheduled(
      { cron: '', scheduledTime: 0, noRetry: () => undefined },
      told(box, failingDatabase()),
      cron,
    )
    await waitOnExecutionContext(cron)
    const message = { id: 'm-1', body: 'no message of ours', ack: () => undefined }
    const queue = createExecutionContext()
    const batch = { queue: 'gatehouse-outbox', messages: [message] } as unknown as MessageBatch
    await worker.queue(batch, bindings, queue)
    await waitOnExecutionContext(queue)
    const events = await eventsIn(box)
    const seen = events.map(({ tags, transaction }) => `${transaction} ${tags.event}`)
    expect(seen).toEqual(expect.arrayContaining([`${API}/auth/login failed`, 'test later_failed']))
    expect(seen).toContain('scheduled scheduled_failed')
    expect(seen).toContain('queue queue_message_unreadable')
    expect(events.map(({ tags }) => tags.job)).toEqual(expect.arrayContaining(['purge']))
  })

  it.each(['RATE_LIMITER', 'ACCOUNT_GUARD'] as const)(
    'of an alarm is logged, and thrown on so that it is set again: %s',
    async (binding) => {
      const lines = vi.spyOn(console, 'error').mockReturnValue()
      const namespace = env[binding] as DurableObjectNamespace<never>
      await runInDurableObject(
        namespace.getByName(unique()),
        async (instance: DurableObject, state) => {
          const broken = new Error('storage is full')
          vi.spyOn(state.storage, 'deleteAll').mockRejectedValue(broken)
          await expect(instance.alarm?.()).rejects.toThrow('storage is full')
        },
      )
      const [line] = lines.mock.calls.map(([text]) => JSON.parse(String(text)))
      expect(line).toMatchObject({ event: 'alarm_failed', error: 'Error: storage is full' })
    },
  )

  it('goes nowhere without a DSN', async () => {
    const called = vi.spyOn(globalThis, 'fetch')
    expectStatus(await crash(withBug('used')), 500)
    expect(called).not.toHaveBeenCalled()
  })

  it('is none where somebody is refused', async () => {
    const box = newBox()
    const { email } = await ownerIn('active')
    for (const body of [{ email, password: 'no' }, { email }, {}]) {
      await postLogin(body, { env: told(box) })
    }
    expect(await box.taken()).toEqual([])
  })
})

describe('whatever Sentry does', () => {
  it.each([
    ['500', 'http_500'],
    ['403', 'http_403'],
    ['429@30', 'http_429'],
    ['redirect', 'http_307'],
    ['reset', 'network'],
    ['hang', 'timeout'],
  ])('%s: the answer is the same, and the log says %s', async (plan, reason) => {
    const box = newBox(plan)
    expectStatus(await crash(told(box, withBug('used'))), 500, 'internal_error')
    expect(faultsOf()).toMatchObject([{ reason, requestId: expect.any(String) }])
    expect(await box.taken()).toHaveLength(1)
  })

  it('a server that is not there changes nothing', async () => {
    const nobody = { dsn: 'http://k@127.0.0.1:9/1' }
    const answer = await crash(told(nobody, withBug('used')))
    expectStatus(answer, 500, 'internal_error')
    expect(faultsOf()).toMatchObject([{ reason: 'network' }])
  })

  it('nobody waits for it', async () => {
    const box = newBox('hang')
    const context = createExecutionContext()
    const request = new Request(`https://gatehouse.example${API}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'a@b.example', password: PASSWORD }),
    }) as Request<unknown, IncomingRequestCfProperties>
    const response = await worker.fetch(request, told(box, withBug('used')), context)
    expect(response.status).toBe(500)
    // The report is still under way.
    expect(faultsOf()).toEqual([])
    await waitOnExecutionContext(context)
    expect(faultsOf()).toMatchObject([{ reason: 'timeout' }])
  })
})

describe('how often', () => {
  const START = Date.UTC(2026, 10, 22)
  const LINE = { event: 'unexpected_error', requestId: 'r' }

  function sentryOf(box: Box) {
    const time = { now: START }
    const dsn = parseDsn(box.dsn)
    if (!dsn) throw new Error('this is no DSN')
    const sentry = createSentry({ dsn, environment: 'dev', clock: () => time.now })
    const report = async (count: number) => {
      for (let n = 0; n < count; n++) await sentry.report(LINE, 'test')
    }
    return { time, report }
  }

  it('twenty a minute, and the next one tells how many were left out', async () => {
    const box = newBox()
    const { time, report } = sentryOf(box)
    await report(50)
    expect(await box.taken()).toHaveLength(20)
    time.now += 60_000
    await report(2)
    const dropped = (await eventsIn(box)).map(({ extra }) => extra.dropped)
    expect(dropped.slice(19)).toEqual([0, 30, 0])
  })

  it('also where all come at once', async () => {
    const box = newBox()
    const { report } = sentryOf(box)
    await Promise.all(Array.from({ length: 40 }, () => report(1)))
    expect(await box.taken()).toHaveLength(20)
  })

  it.each([
    ['429@30', 30],
    ['429', 60],
    ['429@soon', 60],
    ['429@999999', 3600],
    ['limits=45:error:key', 45],
    ['limits=45:default;error:organization:reason', 45],
    ['limits=45::key', 45],
    ['limits=10:transaction:key, 90:error:key', 90],
  ])('not while it asks to be left alone: %s is %i seconds', async (plan, seconds) => {
    const box = newBox(plan)
    const { time, report } = sentryOf(box)
    await report(1)
    time.now += seconds * 1000 - 1
    await report(1)
    expect(await box.taken()).toHaveLength(1)
    time.now += 1
    await report(1)
    expect((await eventsIn(box)).map(({ extra }) => extra.dropped)).toEqual([0, 1])
  })

  it.each(['limits=60:transaction:key', 'limits=', 'limits=x:error', '503'])(
    'goes on where it asks for nothing of ours: %s',
    async (plan) => {
      const box = newBox(plan)
      await sentryOf(box).report(2)
      expect(await box.taken()).toHaveLength(2)
    },
  )
})
