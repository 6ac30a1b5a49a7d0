import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { outbox } from '../../../src/db/schema/index.ts'
import type { Service } from '../../../src/features/health/readiness.ts'
import { recorder } from '../../db/recorder.ts'
import { db, signedUp } from '../../factories.ts'
import { expectSafeHeaders } from '../../http/expect-answer.ts'
import { call, expectStatus } from '../../support/call.ts'
import {
  failingBucket,
  failingDatabase,
  failingObject,
  failingQueue,
} from '../../support/faults.ts'

const ALL: readonly Service[] = ['database', 'limits', 'queue', 'storage', 'mail']

const servicesWith = (...down: Service[]) =>
  Object.fromEntries(ALL.map((name) => [name, down.includes(name) ? 'down' : 'up']))

/** Of an environment that nobody has asked about, so that a look is taken. */
const ready = (bindings: Env = env) => call('/health/ready', { env: { ...bindings } })

let logged: Record<string, unknown>[]
beforeEach(() => {
  logged = []
  vi.spyOn(console, 'warn').mockImplementation((line) => void logged.push(JSON.parse(String(line))))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('GET /health/ready', () => {
  describe('works', () => {
    it('is 200 and healthy where everything is there', async () => {
      const before = Date.now()
      const answer = await ready()
      expectStatus(answer, 200)
      expect(answer.json).toEqual({
        status: 'healthy',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        services: servicesWith(),
      })
      expect(Date.parse(String(answer.json.timestamp))).toBeGreaterThanOrEqual(before)
      expectSafeHeaders(answer)
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(logged).toEqual([])
    })

    it('answers HEAD with the status alone', async () => {
      const head = (bindings: Env) =>
        call('/health/ready', { method: 'HEAD', env: { ...bindings } })
      const [well, ill] = [await head(env), await head(failingQueue())]
      expect([well.status, well.text, ill.status, ill.text]).toEqual([200, '', 503, ''])
    })

    it('needs no configuration to say what is there: mails cannot go out without it', async () => {
      const { AUTH_SECRETS: _, ...rest } = env
      const answer = await ready(rest as unknown as Env)
      expectStatus(answer, 503)
      expect(answer.json).toMatchObject({ status: 'degraded', services: servicesWith('mail') })
      expect(logged).toMatchObject([
        { event: 'not_ready', mail: { error: expect.stringContaining('AUTH_SECRETS') } },
      ])
    })

    it('is degraded while mails wait and nobody delivers them', async () => {
      const { communityId } = await signedUp()
      const since = (minutes: number) =>
        db
          .update(outbox)
          .set({ notBefore: Date.now() - minutes * 60_000 })
          .where(eq(outbox.communityId, communityId))
      await since(14)
      expectStatus(await ready(), 200)
      await since(16)
      const answer = await ready()
      expectStatus(answer, 503)
      expect(answer.json.services).toEqual(servicesWith('mail'))
      await db.update(outbox).set({ sentAt: Date.now() }).where(eq(outbox.communityId, communityId))
      expectStatus(await ready(), 200)
    })
  })

  describe('says what is down', () => {
    const FAULTS: [Service, string, (how: 'throws' | 'hangs') => Env][] = [
      ['database', 'D1', (how) => failingDatabase(how)],
      ['limits', 'the limiter', (how) => failingObject('RATE_LIMITER', 'ping', how)],
      ['limits', 'the guard', (how) => failingObject('ACCOUNT_GUARD', 'ping', how)],
      ['queue', 'the queue', (how) => failingQueue(how)],
      ['storage', 'the bucket of logos', (how) => failingBucket('head', 'LOGOS', how)],
      ['storage', 'the bucket of the archive', (how) => failingBucket('head', 'ARCHIVE', how)],
    ]

    it.each(FAULTS)('%s, where %s refuses', async (service, _, faulty) => {
      const answer = await ready(faulty('throws'))
      expectStatus(answer, 503)
      expect(answer.json).toMatchObject({ status: 'degraded', services: servicesWith(service) })
      expect(logged).toMatchObject([
        { event: 'not_ready', requestId: answer.headers.get('X-Request-Id') },
      ])
      expect(logged[0]).toHaveProperty(service)
    })

    it.each(FAULTS)('%s, where %s lets everybody wait', async (service, _, faulty) => {
      const answer = await ready(faulty('hangs'))
      expectStatus(answer, 503)
      expect(answer.json.services).toEqual(servicesWith(service))
      expect(logged).toMatchObject([{ [service]: { error: 'no answer' } }])
    })

    it.each([
      ['DB', 'database'],
      ['RATE_LIMITER', 'limits'],
      ['ACCOUNT_GUARD', 'limits'],
      ['OUTBOX_QUEUE', 'queue'],
      ['LOGOS', 'storage'],
      ['ARCHIVE', 'storage'],
    ] as const)('a binding that is missing: %s', async (binding, service) => {
      const { [binding]: _, ...rest } = env
      const answer = await ready(rest as unknown as Env)
      expectStatus(answer, 503)
      expect(answer.json.services).toEqual(servicesWith(service))
    })

    it('several at once', async () => {
      const queue = failingQueue('hangs').OUTBOX_QUEUE
      const answer = await ready({ ...failingDatabase('hangs'), OUTBOX_QUEUE: queue })
      expect(answer.json.services).toEqual(servicesWith('database', 'queue'))
    })
  })

  describe('is safe', () => {
    it('tells nobody why', async () => {
      const { MAIL_FROM: _, ...rest } = failingDatabase()
      const { text } = await ready(rest as unknown as Env)
      expect(text).not.toMatch(/D1|select|outbox|MAIL_|error|stack/i)
      expect(JSON.stringify(logged)).toContain('MAIL_FROM')
    })

    it('takes one look in five seconds, however many ask', async () => {
      const record = recorder()
      const ask = () => call('/health/ready', { env: record.env })
      const looks = () => record.statements.filter(({ sql }) => /outbox/.test(sql)).length
      vi.useFakeTimers({ toFake: ['Date'] })
      const start = Date.now()
      const first = await ask()
      vi.setSystemTime(start + 4999)
      const answers = await Promise.all(Array.from({ length: 20 }, ask))
      expect(looks()).toBe(1)
      for (const { json } of answers) expect(json).toEqual(first.json)
      vi.setSystemTime(start + 5000)
      await ask()
      expect(looks()).toBe(2)
      // A clock that stepped back keeps nothing alive.
      vi.setSystemTime(start)
      await ask()
      expect(looks()).toBe(3)
    })

    it('finds a fault, and that it is over, with the next look', async () => {
      const bindings = failingQueue()
      const ask = () => call('/health/ready', { env: bindings })
      vi.useFakeTimers({ toFake: ['Date'] })
      expect((await ask()).status).toBe(503)
      bindings.OUTBOX_QUEUE = env.OUTBOX_QUEUE
      expect((await ask()).status).toBe(503)
      vi.setSystemTime(Date.now() + 5000)
      expect((await ask()).status).toBe(200)
    })

    it('changes nothing', async () => {
      const record = recorder()
      await call('/health/ready', { env: record.env })
      expect(record.statements.map(({ sql }) => sql.slice(0, 6))).toEqual(['select'])
      expect(await env.LOGOS.head('ready')).toBeNull()
      expect(await env.ARCHIVE.head('ready')).toBeNull()
    })
  })
})
