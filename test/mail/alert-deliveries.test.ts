/** What tells of an alert on its way out: mails and webhooks, delivered by the consumer of the outbox. */
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, auditLogs, outbox } from '../../src/db/schema/index.ts'
import { signWebhook } from '../../src/lib/webhook-signature.ts'
import type { AcceptedMail } from '../provider-server.ts'
import {
  type AlertWorld,
  alertsSince,
  alertWorld,
  closeAlerts,
  outboxIds,
  SECRET,
} from '../scheduled/alert-world.ts'
import { audited, newStretch } from '../scheduled/number-world.ts'
import { db, deliver, HOUR, MINUTE, readRow } from './mail-world.ts'

beforeEach(closeAlerts)

/** An alert about signups that began a minute after `start`, with its messages. */
async function raised(options: Parameters<typeof alertWorld>[1] = {}) {
  const start = await newStretch()
  const world = alertWorld({ signups: 2 }, options)
  await audited('community_signup', [start, start + 1, start + 2])
  await world.run(start + MINUTE)
  const [alert] = await alertsSince(start)
  if (!alert) throw new Error('no alert was raised')
  return { ...world, start, alert }
}

const hooksOf = async (world: Pick<AlertWorld, 'box'>) =>
  (await (await fetch(`${world.box}-hook/mails`)).json()) as AcceptedMail[]

const planHook = async (world: Pick<AlertWorld, 'box'>, plan: string) => {
  await (await fetch(`${world.box}-hook/plan`, { method: 'PUT', body: plan })).text()
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** As a receiver checks it by the specification: the moment near `now`, one of the signatures right. */
async function isGenuine(
  { headers, text }: Pick<AcceptedMail, 'headers' | 'text'>,
  now: number,
  secret = SECRET,
): Promise<boolean> {
  const of = (name: string) => String(headers[`webhook-${name}`])
  if (Math.abs(now / 1000 - Number(of('timestamp'))) > 300) return false
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = bytesOf(secret.replace('whsec_', ''))
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
  const signed = new TextEncoder().encode(`${of('id')}.${of('timestamp')}.${text}`)
  const verdicts = of('signature')
    .split(' ')
    .map((entry) => entry.split(','))
    .filter(([version]) => version === 'v1')
    .map(([, mac = '']) => crypto.subtle.verify('HMAC', key, bytesOf(mac), signed))
  return (await Promise.all(verdicts)).includes(true)
}

describe('the signature of a webhook', () => {
  /** The worked example that the libraries of the specification are tested with. */
  const EXAMPLE = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    now: 1_614_265_330_000,
    body: '{"test": 2432232314}',
  }

  it('is that of the published example, and its verifier here agrees', async () => {
    const headers = signWebhook(SECRET, EXAMPLE)
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
    const received = { headers, text: EXAMPLE.body }
    expect(await isGenuine(received, EXAMPLE.now)).toBe(true)
    expect(await isGenuine({ headers, text: `${EXAMPLE.body} ` }, EXAMPLE.now)).toBe(false)
    expect(await isGenuine(received, EXAMPLE.now + HOUR)).toBe(false)
    const other = `whsec_${btoa('another-secret-of-24-bytes')}`
    expect(await isGenuine(received, EXAMPLE.now, other)).toBe(false)
  })

  it.each(['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_***'])(
    'is refused under what is no secret: %j',
    (secret) => {
      expect(() => signWebhook(secret, EXAMPLE)).toThrow('not a secret')
    },
  )
})

describe('the webhook of an alert', () => {
  describe('works', () => {
    it('tells the beginning and the end, each signed and under the id of its row', async () => {
      const world = await raised()
      const { deps, start, alert } = world
      await deliver(deps, world.announced)
      await audited('community_signup', [start + 2 * MINUTE])
      await world.run(start + 3 * MINUTE)
      await world.run(start + 2 * HOUR)
      await deliver(deps, world.announced)
      const [begun, ended, ...others] = await hooksOf(world)
      expect(others).toEqual([])
      const of = { id: alert.id, kind: 'signups', threshold: 2 }
      const startedAt = new Date(start + MINUTE).toISOString()
      const endedAt = new Date(start + 2 * HOUR).toISOString()
      expect(begun?.body).toEqual({
        type: 'alert.started',
        timestamp: startedAt,
        data: { ...of, count: 3, peak: 3, startedAt, endedAt: null },
      })
      expect(ended?.body).toEqual({
        type: 'alert.ended',
        timestamp: endedAt,
        data: { ...of, count: 0, peak: 4, startedAt, endedAt },
      })
      const sentAt = [start + MINUTE, start + 2 * HOUR]
      for (const [at, hook] of [begun, ended].entries()) {
        if (!hook) throw new Error('a webhook is missing')
        expect(await isGenuine(hook, sentAt[at] ?? 0)).toBe(true)
        expect(hook.headers['content-type']).toBe('application/json')
      }
      const ids = [begun, ended].map((hook) => hook?.headers['webhook-id'])
      expect(ids.sort()).toEqual((await outboxIds(start)).sort())
    })

    it.each([
      ['503', 'http_503', 10],
      ['429@120', 'http_429', 120],
      ['reset', 'network', 10],
    ])('answered by %s it is posted again later, the same body signed anew', async (...row) => {
      const [plan, lastError, seconds] = row
      const world = await raised()
      const { deps, start, time } = world
      const [id = ''] = await outboxIds(start)
      await planHook(world, `${plan},ok`)
      expect(await deliver(deps, [id])).toEqual([{ retryInSeconds: seconds }])
      expect(await readRow(id)).toMatchObject({ lastError, sentAt: null, failedAt: null })
      // Meanwhile the alert has grown and is over.
      await audited('community_signup', [start + 2 * MINUTE])
      await world.run(start + 3 * MINUTE)
      await world.run(start + 3 * HOUR)
      time.now = start + 4 * HOUR
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const [hook, ...others] = await hooksOf(world)
      expect(others).toEqual([])
      expect(hook?.body.data).toMatchObject({ count: 3, peak: 3, endedAt: null })
      expect(hook && (await isGenuine(hook, time.now))).toBe(true)
      expect(hook?.headers['webhook-id']).toBe(id)
    })
  })

  describe('refuses', () => {
    it.each(['400', '404', '410', 'redirect'])('to try again after %s', async (plan) => {
      const world = await raised()
      const { deps, start, lines } = world
      const [id = ''] = await outboxIds(start)
      await planHook(world, `${plan},ok`)
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const row = await readRow(id)
      expect(row).toMatchObject({
        failedAt: start + MINUTE,
        lastError: `http_${plan === 'redirect' ? 302 : plan}`,
      })
      expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'outbox_failed' })
      expect(await hooksOf(world)).toEqual([])
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await hooksOf(world)).toEqual([])
    })

    it('to post where no webhook is set any more', async () => {
      const world = await raised()
      const [id = ''] = await outboxIds(world.start)
      const { alerts: settings } = world.deps.config
      const config = {
        ...world.deps.config,
        alerts: { ...settings, webhook: { url: '', secret: '' } },
      }
      expect(await deliver({ ...world.deps, config }, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ lastError: 'webhook_off', sentAt: null })
      expect(await hooksOf(world)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('delivered three times at once it is posted once', async () => {
      const world = await raised()
      const [id = ''] = await outboxIds(world.start)
      await Promise.all([1, 2, 3].map(() => deliver(world.deps, [id])))
      expect(await hooksOf(world)).toHaveLength(1)
    })

    it('is given up after a day, with a line in the log and no row of the audit log', async () => {
      const world = await raised()
      const { deps, start, time, lines } = world
      const [id = ''] = await outboxIds(start)
      await planHook(world, '503')
      for (let tries = 0; tries < 31 && (await readRow(id)).failedAt === null; tries++) {
        time.now = Math.max(time.now, (await readRow(id)).notBefore)
        await deliver(deps, [id])
      }
      expect(await readRow(id)).toMatchObject({ lastError: 'gave_up' })
      expect(lines.at(-1)).toMatchObject({ event: 'outbox_failed', fields: { cause: 'http_503' } })
      const failed = await db.select().from(auditLogs).where(eq(auditLogs.action, 'email_failed'))
      expect(failed.filter(({ createdAt }) => createdAt >= start)).toEqual([])
    })

    it('an event whose alert is not there is dropped', async () => {
      const world = await raised()
      const [id = ''] = await outboxIds(world.start)
      await db.delete(alerts).where(eq(alerts.id, world.alert.id))
      expect(await deliver(world.deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ lastError: 'unreadable' })
    })
  })
})

describe('the mails about an alert', () => {
  it('go to each operator, and say what is counted, when and how much', async () => {
    const world = await raised()
    const { deps, start } = world
    await deliver(deps, world.announced)
    await world.run(start + 2 * HOUR)
    await deliver(deps, world.announced)
    const mails = await world.accepted()
    const seen = mails.map(({ body }) => `${body.subject} → ${body.to}`)
    expect(seen.sort()).toEqual([
      'Alert: signups → night@gate.example',
      'Alert: signups → ops@gate.example',
      'Over: signups → night@gate.example',
      'Over: signups → ops@gate.example',
    ])
    const textOf = (subject: string) =>
      String(mails.find(({ body }) => body.subject === subject)?.body.text)
    const begun = textOf('Alert: signups')
    for (const fact of ['Within the last hour: 3', 'Threshold: 2', 'Began: ']) {
      expect(begun).toContain(fact)
    }
    const ended = textOf('Over: signups')
    for (const fact of ['Most within an hour: 3', 'Threshold: 2', 'Ended: ']) {
      expect(ended).toContain(fact)
    }
  })

  it('say the same at a later attempt, though the alert has grown and is over', async () => {
    const world = await raised({ hasWebhook: false })
    const { deps, start, time } = world
    const [id = ''] = await outboxIds(start, 'alert_started')
    await deliver(deps, [id])
    // The consumer died before it noted that the mail had gone out.
    await db.update(outbox).set({ sentAt: null }).where(eq(outbox.id, id))
    await audited('community_signup', [start + 2 * MINUTE])
    await world.run(start + 3 * MINUTE)
    await world.run(start + 3 * HOUR)
    time.now = start + 4 * HOUR
    expect(await deliver(deps, [id])).toEqual(['acked'])
    expect(await readRow(id)).toMatchObject({ sentAt: time.now, lastError: null })
    const mails = await world.accepted()
    expect(mails.filter(({ headers }) => headers['idempotency-key'] === id)).toHaveLength(1)
  })

  it('are dropped where their alert is not there', async () => {
    const world = await raised()
    const [id = ''] = await outboxIds(world.start, 'alert_started')
    await db.update(outbox).set({ payload: null }).where(eq(outbox.id, id))
    expect(await deliver(world.deps, [id])).toEqual(['acked'])
    expect(await readRow(id)).toMatchObject({ lastError: 'unreadable' })
  })
})
