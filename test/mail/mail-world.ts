/** What the mail tests share: real database, real provider server; people, tokens and rows of each test's own. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { createDatabase } from '../../src/db/client.ts'
import {
  auditLogs,
  communities,
  type MailTemplate,
  oneTimeTokens,
  outbox,
  sessions,
  users,
} from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { createKeyRing } from '../../src/lib/key-ring.ts'
import { deriveLinkToken, hashSecret } from '../../src/lib/tokens.ts'
import type { LinkPurpose } from '../../src/mail/compose-secrets.ts'
import { consumeOutbox } from '../../src/mail/consumer.ts'
import type { MailDeps } from '../../src/mail/mail-deps.ts'
import { messageFor } from '../../src/mail/messages.ts'
import {
  type NewMail,
  outboxGuardClear,
  outboxGuardDevice,
  outboxGuardForget,
  outboxMail,
} from '../../src/mail/outbox.ts'
import { createDevProvider } from '../../src/mail/providers/dev.ts'
import { createPostmarkProvider } from '../../src/mail/providers/postmark.ts'
import { createResendProvider } from '../../src/mail/providers/resend.ts'
import type { AcceptedMail } from '../provider-server.ts'

export const START = Date.UTC(2026, 9, 1, 12)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const db = createDatabase(env.DB, { roundTrips: 0 })

const secret = (fill: number) => new Uint8Array(32).fill(fill)
export const keys = createKeyRing([{ version: 1, secret: secret(7) }])
export const keysAfterRetirement = createKeyRing([{ version: 2, secret: secret(8) }])

/** Every alert is off. */
export const NO_ALERTS = {
  failed_logins: 0,
  signups: 0,
  mail_failures: 0,
  dead_letters: 0,
  refresh_reuse: 0,
  limiter_errors: 0,
}

/** Ample for a provider that answers, on a machine that is busy. */
const PROVIDER_TIMEOUT_MS = 1500

export type LogLine = { level: string; event: string; fields: Record<string, unknown> }

/** Deps over the real database with a clock of the test's own; what is logged and queued can be read. */
export function createWorld(provider: 'resend' | 'postmark' | 'dev' = 'resend', plan = 'ok') {
  const time = { now: START }
  const clock = () => time.now
  const box = `${env.TEST_PROVIDER_URL}/${encodeURIComponent(plan)}/${newId(START)}`
  const lines: LogLine[] = []
  const write =
    (level: string) =>
    (event: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, event, fields })
    }
  const queued: string[] = []
  const guardCalls: string[] = []
  const options = {
    apiKey: 'key-of-the-test',
    from: 'Gatehouse <no-reply@gate.example>',
    apiUrl: box,
    clock,
  }
  const providers = {
    resend: () => createResendProvider({ ...options, timeoutMs: PROVIDER_TIMEOUT_MS }),
    postmark: () => createPostmarkProvider({ ...options, timeoutMs: PROVIDER_TIMEOUT_MS }),
    dev: () => createDevProvider(db, clock),
  }
  const deps = {
    db,
    clock,
    config: {
      appName: 'Gatehouse',
      resetLinkTtlSeconds: 3600,
      alerts: { thresholds: NO_ALERTS, emails: [], webhook: { url: '', secret: '' } },
    },
    keys,
    provider: providers[provider](),
    guard: {
      rememberDevice: async (email, deviceId, at) =>
        void guardCalls.push(`remember ${email} ${deviceId} ${at - START}`),
      clear: async (email, before) => void guardCalls.push(`clear ${email} ${before}`),
      startOver: async (email, { before, keepDevice }) =>
        void guardCalls.push(`start over ${email} ${before} ${keepDevice}`),
      forgetDevices: async (email, { before, deviceId }) =>
        void guardCalls.push(`forget ${email} ${before} ${deviceId}`),
    },
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    linkBase: 'https://app.example',
    queue: {
      send: async (message) => {
        queued.push((message as { id: string }).id)
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
      },
      sendBatch: async (messages) => {
        for (const { body } of messages) queued.push((body as { id: string }).id)
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
      },
    },
  } satisfies MailDeps
  const accepted = async () => (await (await fetch(`${box}/mails`)).json()) as AcceptedMail[]
  const setPlan = async (next: string) => {
    await (await fetch(`${box}/plan`, { method: 'PUT', body: next })).text()
  }
  return { deps: deps as MailDeps, time, lines, queued, guardCalls, accepted, setPlan, box }
}

/** A queue that takes nothing. */
export const brokenQueue: MailDeps['queue'] = {
  send: () => Promise.reject(new Error('queue is down')),
  sendBatch: () => Promise.reject(new Error('queue is down')),
}

let counter = 0

/** A pending community with its unverified owner. */
export async function makeCommunity(names: { community?: string; owner?: string } = {}) {
  counter += 1
  const id = newId(START)
  const ownerId = newId(START)
  const email = `owner-${ownerId}@people.example`
  await db.insert(communities).values({
    id,
    name: names.community ?? `Apex Circle ${counter}`,
    nameKey: id,
    slugBase: id,
    slugNumber: 0,
    status: 'pending',
    bio: 'A community of the test.',
    country: 'Nepal',
    city: 'Kathmandu',
    createdBy: ownerId,
    createdAt: START,
    updatedAt: START,
  })
  await db.insert(users).values({
    id: ownerId,
    email,
    fullName: names.owner ?? 'Ada Lovelace',
    communityId: id,
    createdAt: START,
  })
  return { id, ownerId, email, addressKey: `key of ${email}` }
}

export type TestCommunity = Awaited<ReturnType<typeof makeCommunity>>

/** A token for the community's owner, of a verification unless told otherwise; 24 hours. */
export async function makeToken(
  community: TestCommunity,
  changes: Partial<typeof oneTimeTokens.$inferInsert> & { purpose?: LinkPurpose } = {},
) {
  const id = changes.id ?? newId(START)
  const purpose = changes.purpose ?? 'verify_email'
  const secretText = deriveLinkToken(keys, `link.${purpose}`, id, 1) ?? ''
  await db.insert(oneTimeTokens).values({
    id,
    purpose,
    keyVersion: 1,
    tokenHash: hashSecret(secretText),
    userId: community.ownerId,
    communityId: community.id,
    email: community.email,
    createdAt: START,
    expiresAt: START + DAY,
    ...changes,
  })
  return { id, secret: secretText }
}

/** A session of the community's owner, begun half an hour after START. */
export async function makeSession(
  community: TestCommunity,
  changes: Partial<typeof sessions.$inferInsert> = {},
): Promise<string> {
  const id = newId(START)
  const createdAt = START + 30 * MINUTE
  await db.insert(sessions).values({
    id,
    userId: community.ownerId,
    communityId: community.id,
    deviceId: newId(START),
    transport: 'body',
    tokenHash: id,
    generation: 0,
    createdAt,
    lastActiveAt: createdAt,
    idleExpiresAt: createdAt + DAY,
    absoluteExpiresAt: createdAt + DAY,
    ...changes,
  })
  return id
}

/** Queues a mail for the community's owner and gives the row's id. */
export async function queueMail(
  community: TestCommunity,
  template: MailTemplate,
  changes: Partial<NewMail> = {},
): Promise<string> {
  const id = newId(START)
  await outboxMail(db, {
    id,
    template,
    locale: 'en',
    email: community.email,
    addressKey: community.addressKey,
    userId: community.ownerId,
    communityId: community.id,
    requestId: newId(START),
    createdAt: START,
    ...changes,
  })
  return id
}

/** A signup_confirmation with its token, for a community of its own. */
export async function queueConfirmation(token: Parameters<typeof makeToken>[1] = {}) {
  const community = await makeCommunity()
  const { id: tokenId, secret: tokenSecret } = await makeToken(community, token)
  const id = await queueMail(community, 'signup_confirmation', { tokenId, expiresAt: START + DAY })
  return { id, tokenId, tokenSecret, community }
}

const GUARD_ROWS = {
  device: outboxGuardDevice,
  clear: outboxGuardClear,
  forget: outboxGuardForget,
}

/** Queues a call to the guard of an address and gives the row's id. */
export async function queueGuard(
  kind: keyof typeof GUARD_ROWS,
  payload: { deviceId: string; before: number },
) {
  const id = newId(START)
  const row = { id, email: 'ada@people.example', addressKey: 'k', createdAt: START, ...payload }
  await GUARD_ROWS[kind](db, row)
  return id
}

export async function readRow(id: string) {
  const [row] = await db.select().from(outbox).where(eq(outbox.id, id))
  if (!row) throw new Error(`no outbox row ${id}`)
  return row
}

export async function readAudit(communityId: string) {
  return db.select().from(auditLogs).where(eq(auditLogs.communityId, communityId))
}

/** Delivers messages for these rows in one batch, as the queue would; says for each id whether it was acked or when it comes again. */
export async function deliver(deps: MailDeps, ids: readonly string[], attempts = 1) {
  return deliverBodies(
    deps,
    ids.map((id) => messageFor(id)),
    attempts,
  )
}

export async function deliverBodies(deps: MailDeps, bodies: readonly unknown[], attempts = 1) {
  return consume('gatehouse-outbox', bodies, attempts, (batch) => consumeOutbox(batch, deps))
}

/** Runs a consumer over real queue messages; says for each whether it was acked, comes again (and when), or neither. */
export async function consume(
  queue: string,
  bodies: readonly unknown[],
  attempts: number,
  run: (batch: Pick<MessageBatch, 'messages'>) => Promise<void>,
) {
  const timestamp = new Date(START)
  const specs = bodies.map((body, index) => ({ id: `message-${index}`, timestamp, attempts, body }))
  const batch = createMessageBatch(queue, specs)
  // The result of a batch does not tell the delays, so they are noted on their way to the real message.
  const delays = new Map<string, number | undefined>()
  const messages = batch.messages.map((message) => ({
    id: message.id,
    timestamp: message.timestamp,
    attempts: message.attempts,
    body: message.body,
    ack: () => message.ack(),
    retry: (options?: QueueRetryOptions) => {
      delays.set(message.id, options?.delaySeconds)
      message.retry(options)
    },
  }))
  await run({ messages })
  const result = await getQueueResult(batch, createExecutionContext())
  return specs.map(({ id }) => {
    if (result.retryMessages.some((one) => one.msgId === id)) {
      return { retryInSeconds: delays.get(id) }
    }
    return result.explicitAcks.includes(id) ? 'acked' : 'forgotten'
  })
}
