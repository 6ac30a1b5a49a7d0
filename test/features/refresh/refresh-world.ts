/** What the tests of refreshing share: a clock that moves only when told, people with sessions, and a picture of what is stored about one. */
import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { auditLogs, oneTimeTokens, outbox, sessions, users } from '../../../src/db/schema/index.ts'
import type { ErrorCode } from '../../../src/http/error-codes.ts'
import { verifyAccessToken } from '../../../src/lib/jwt.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { parseRefreshToken } from '../../../src/lib/tokens.ts'
import { db, ownerIn } from '../../factories.ts'
import { expectEnvelope } from '../../http/expect-answer.ts'
import {
  auditOf,
  me,
  type OpenSession,
  openSession,
  outboxOf,
  postRefresh,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { type Answer, type CallOptions, expectStatus } from '../../support/call.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** After it, the parent of a token is a reused one. */
export const GRACE = 30 * SECOND
export const MORE_THAN_GRACE = GRACE + SECOND

/** As the worker of these tests has them. */
export const keys = createKeyRing(configOf(env).authSecrets)

/** For hundreds of requests in one test, on a busy machine too; in ms. */
export const MANY_ROUNDS = { timeout: 180_000 }

/** In each test of the block the clock stands still until `pass`: nothing depends on how quick the machine is. */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

export function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds)
}

type Transport = 'hybrid' | 'body' | 'cookie'

/** A person with one session. */
export async function somebody(transport: Transport = 'body') {
  const person = await ownerIn('active')
  return { person, session: await openSession(person, { transport }) }
}

/** What a genuine refresh token carries. */
export function partsOf(refreshToken: string) {
  const parts = parseRefreshToken(keys, refreshToken)
  if (!parts) throw new Error('this is no refresh token of ours')
  return parts
}

/** Somebody whose first token is two rotations old: to present it again is reuse. */
export async function somebodyWithAnOldToken() {
  const { person, session } = await somebody()
  const second = await refreshed(session.refreshToken)
  const third = await refreshed(second.refreshToken)
  pass(GRACE + 1)
  return { person, session, second, third }
}

/** Refreshes, and fails unless that works. */
export async function refreshed(refreshToken: string, options: CallOptions = {}) {
  const answer = await postRefresh(refreshToken, options)
  expectStatus(answer, 200)
  return tokensOf(answer)
}

/** Refused with this code, in our envelope, and no cookie is touched. */
export function expectRefused(answer: Answer, code: ErrorCode): void {
  expectEnvelope(answer, code)
  expect(answer.headers.getSetCookie()).toEqual([])
}

/** Neither refreshing nor calling works with anything that the session ever gave out. */
export async function expectDead(tokens: { accessToken: string; refreshToken: string }[]) {
  for (const { accessToken, refreshToken } of tokens) {
    expectRefused(await postRefresh(refreshToken), 'refresh_invalid')
    expectRefused(await me(accessToken), 'session_ended')
  }
}

/** The session lives, as does the access token in hand. */
export async function expectAlive(session: Pick<OpenSession, 'id' | 'accessToken'>) {
  expect(await sessionRow(session.id)).toMatchObject({ revokedAt: null })
  expectStatus(await me(session.accessToken), 200)
}

/** Everything stored about a person: two pictures are equal if nothing was written in between. */
export async function pictureOf(userId: string) {
  const { email } = (await db.select().from(users).where(eq(users.id, userId)))[0] ?? {}
  if (email === undefined) throw new Error('this person is not there')
  return {
    user: await db.select().from(users).where(eq(users.id, userId)),
    sessions: await db
      .select()
      .from(sessions)
      .where(eq(sessions.userId, userId))
      .orderBy(sessions.id),
    audit: await db
      .select()
      .from(auditLogs)
      .where(eq(auditLogs.userId, userId))
      .orderBy(auditLogs.id),
    outbox: await db.select().from(outbox).where(eq(outbox.email, email)).orderBy(outbox.id),
    links: await db
      .select()
      .from(oneTimeTokens)
      .where(eq(oneTimeTokens.email, email))
      .orderBy(oneTimeTokens.id),
  }
}

export const reuseRowsOf = async (userId: string) =>
  (await auditOf(userId)).filter(({ action }) => action === 'refresh_reused')

export const reuseMailsOf = async (email: string) =>
  (await outboxOf(email)).filter(({ template }) => template === 'refresh_reused')

/** Audit rows that a request wrote, whomever they name. */
export async function auditOfAnswer({ headers }: Answer) {
  const requestId = headers.get('X-Request-Id') ?? ''
  return db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId))
}

/** `d1;desc="1", do;desc="0"`: round trips to the database, calls of Durable Objects. */
export function costsOf({ headers }: Answer): { d1: number; objects: number } {
  const timing = headers.get('Server-Timing') ?? ''
  const count = (name: string) => Number(new RegExp(`${name};desc="(\\d+)"`).exec(timing)?.[1])
  return { d1: count('d1'), objects: count('do') }
}

/** Cookies that an answer sets: name → its attributes, without the value. */
export function attributesOf(answer: Answer): Record<string, string> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((line) => {
      const [pair = '', ...attributes] = line.split('; ')
      return [pair.slice(0, pair.indexOf('=')), attributes.join('; ')]
    }),
  )
}

/** What an access token says, if it is good now. */
export async function claimsOf(accessToken: unknown) {
  const verified = await verifyAccessToken(configOf(env).jwt, String(accessToken), Date.now())
  return verified.ok ? verified.claims : undefined
}

/** The whole database as text. */
export async function databaseText(): Promise<string> {
  const tables = await db.all<{ name: string }>(
    sql`select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\' and name not like 'sqlite%'`,
  )
  const contents: unknown[] = []
  for (const { name } of tables) {
    contents.push(await db.all(sql.raw(`select * from "${name}"`)))
  }
  return JSON.stringify(contents)
}
