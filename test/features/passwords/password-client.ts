/** What the tests of passwords and codes share: the calls, the mailbox, links without a mail, a guard in some state. */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { and, desc, eq, isNull } from 'drizzle-orm'
import { vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { auditLogs, devMails, oneTimeTokens, outbox } from '../../../src/db/schema/index.ts'
import worker from '../../../src/index.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { deriveLinkToken, newLinkToken } from '../../../src/lib/tokens.ts'
import { messageFor } from '../../../src/mail/messages.ts'
import { db, ownerIn, postLogin, unique } from '../../factories.ts'
import { openSession, outboxOf, userRow } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'

export const WRONG = 'Wrong-Harbour-99'
export const NEW = 'Quiet-Lantern-64'
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const BLOCK_OVER = 15 * MINUTE + 1

/** An access token that outlives a block. */
export const PATIENT = { ...env, ACCESS_TOKEN_SECONDS: '86400' }

export const keys = createKeyRing(configOf(env).authSecrets)

/** A new person who is signed in, with the session; both tokens in the body. */
export async function signedIn() {
  const person = await ownerIn('active')
  return { ...person, session: await openSession(person, { call: { env: PATIENT } }) }
}

/** An address that nobody has. */
export function unknownAddress(): string {
  return `nobody@${unique()}.example`
}

export function postForgot(email: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/forgot-password`, { ...options, body: { email } })
}

export function postCheck(token: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/verify-reset-token`, { ...options, body: { token } })
}

/** What POST /auth/verify-reset-token says of it. */
export async function isLinkAlive(token: string): Promise<unknown> {
  return (await postCheck(token)).data.valid
}

export function postReset(body: object, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/reset-password`, { ...options, body })
}

export function postChange(
  session: { accessToken: string },
  body: object,
  options: CallOptions = {},
): Promise<Answer> {
  return call(`${API}/account/password`, { ...options, token: session.accessToken, body })
}

export function askForCode(
  session: { accessToken: string },
  options: CallOptions = {},
): Promise<Answer> {
  return call(`${API}/account/code`, { ...options, token: session.accessToken, method: 'POST' })
}

/** Runs with a clock that is `milliseconds` ahead. */
export async function later<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
  return at(Date.now() + milliseconds, run)
}

/** Runs with a clock that stands still at this moment (ms UTC). */
export async function at<T>(moment: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

/** A living reset link of the account, as if it had been mailed just now; no limit counts it. */
export async function resetLinkOf(email: string): Promise<string> {
  const { id: userId, communityId } = await userRow(email)
  const token = newLinkToken(keys, 'reset_password', { now: Date.now(), ttlSeconds: 3600 })
  await db.insert(oneTimeTokens).values({ ...token, userId, communityId, email })
  return deriveLinkToken(keys, 'link.reset_password', token.id, token.keyVersion) ?? ''
}

/** Reset links of an address, as rows. */
export async function resetLinksOf(email: string) {
  const isOfAddress = eq(oneTimeTokens.email, email)
  const isForReset = eq(oneTimeTokens.purpose, 'reset_password')
  return db.select().from(oneTimeTokens).where(and(isOfAddress, isForReset))
}

/** Hands the queue's consumer every outbox row of the address that nobody has finished. */
export async function deliverAll(email: string, workerEnv: Env = env): Promise<void> {
  const rows = await db
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(eq(outbox.email, email), isNull(outbox.sentAt), isNull(outbox.failedAt)))
  const messages = rows.map(({ id }) => ({
    id,
    timestamp: new Date(),
    attempts: 1,
    body: messageFor(id),
  }))
  const batch = createMessageBatch('gatehouse-outbox', messages)
  await worker.queue(batch, workerEnv, createExecutionContext())
}

/** Mails of the local inbox to one address, newest first, after everything that waits has been delivered. */
export async function inboxOf(email: string, template?: string) {
  await deliverAll(email)
  const mails = await db
    .select()
    .from(devMails)
    .where(eq(devMails.to, email))
    .orderBy(desc(devMails.sentAt), desc(devMails.id))
  return mails.filter((mail) => template === undefined || mail.template === template)
}

/** The code of the newest mail that carries one, as a person reads it. */
export async function mailedCode(email: string): Promise<string> {
  const [mail] = await inboxOf(email, 'otp_code')
  return mail?.code ?? ''
}

/** Six digits that are not this code. */
export function otherCode(code: string, step = 1): string {
  return String((Number(code) + step) % 1_000_000).padStart(6, '0')
}

/** Mails of one template that wait or went out to the address. */
export async function mailsOf(email: string, template: string) {
  return (await outboxOf(email)).filter((row) => row.template === template)
}

export async function auditRowsOf(
  userId: string,
  action: (typeof auditLogs.$inferSelect)['action'],
) {
  return db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, userId), eq(auditLogs.action, action)))
}

/** Wrong passwords at login, one after the other; each is judged. */
export async function guessWrong(email: string, times: number, deviceToken?: string) {
  for (let n = 0; n < times; n++) {
    expectStatus(await postLogin({ email, password: WRONG, deviceToken }), 401)
  }
}

/** Ten wrong passwords by strangers: five before a block that is over by now, five just now. */
export async function lock(email: string): Promise<void> {
  await at(Date.now() - BLOCK_OVER, () => guessWrong(email, 5))
  await guessWrong(email, 5)
}

export function guardOf(email: string) {
  return env.ACCOUNT_GUARD.getByName(createLookup(configOf(env).lookupSecret).address(email))
}

/** What an answer cost: `d1 1, do 2`, and `, hash 1` where it hashed. */
export function costOf(answer: Answer): string {
  const parts = (answer.headers.get('Server-Timing') ?? '').matchAll(/(\w+);desc="(\d+)"/g)
  return Array.from(parts, ([, name, count]) => `${name} ${count}`).join(', ')
}

/** Base64 of 32 random bytes, as AUTH_SECRETS holds them. */
export function newSecret(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
}
