/** Somebody who has asked for a code to sign in with, and the two ways that its mail opens: the code and the link. */
import { runInDurableObject } from 'cloudflare:test'
import { eq } from 'drizzle-orm'
import { expect } from 'vitest'
import { oneTimeTokens, type TokenPurpose } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import { mailedCode, useCode, useLink } from '../../mailbox-client.ts'
import { cookieOf, livingSessionsOf, mailedToken, outboxOf, userRow } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { guardOf } from '../passwords/password-client.ts'

export const WAYS = ['code', 'link'] as const
export type Way = (typeof WAYS)[number]

/** What a code, or a link, is refused as: never right, or right too late. */
export const REFUSALS = {
  code: { invalid: 'code_invalid', expired: 'code_expired' },
  link: { invalid: 'token_invalid', expired: 'token_expired' },
} as const

/** A mail that was asked for, as whoever reads it in the browser that asked holds it. */
export interface Mailed {
  email: string
  flowId: string
  /** What that browser would send as Cookie. */
  cookie: string
  code: string
  token: string
}

export function postSend(
  body: unknown,
  options: CallOptions = {},
  path: 'send-otp' | 'send-signup-otp' = 'send-otp',
): Promise<Answer> {
  return call(`${API}/auth/${path}`, { ...options, body })
}

/** Asks for a code that is mailed, and reads the mail. */
export async function mailed(
  email: string,
  options: CallOptions & { deviceToken?: string; path?: 'send-otp' | 'send-signup-otp' } = {},
): Promise<Mailed> {
  const { deviceToken, path, ...others } = options
  const answer = await postSend({ email, deviceToken }, others, path)
  expectStatus(answer, 202)
  const code = await mailedCode(email)
  const token = await mailedToken(email, 'magic_link')
  return { email, flowId: String(answer.data.flowId), cookie: cookieOf(answer), code, token }
}

/** Signs in by code or by link in the flow that asked, tokens in the body; `body` may say otherwise. */
export function signIn(
  way: Way,
  { email, code, token, flowId }: Mailed,
  body: object = {},
  options: CallOptions = {},
): Promise<Answer> {
  const common = { flowId, tokenTransport: 'body', ...body }
  return way === 'code'
    ? useCode({ email, code, ...common }, options)
    : useLink({ token, ...common }, options)
}

/** Mails with a code to sign in with, that wait or went out. */
export async function codeMailsTo(email: string) {
  return (await outboxOf(email)).filter(({ template }) => template === 'otp_code')
}

async function tokensTo(email: string, purpose: TokenPurpose) {
  const rows = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
  return rows.filter((row) => row.purpose === purpose)
}

export const magicLinksTo = (email: string) => tokensTo(email, 'magic_link')
/** Proofs to sign up with that were given to who reads the address's mail. */
export const proofsOf = (email: string) => tokensTo(email, 'signup')

export async function expectNothingMailed(email: string): Promise<void> {
  expect(await codeMailsTo(email)).toEqual([])
  expect(await magicLinksTo(email)).toEqual([])
}

export const livingOf = async (email: string) => livingSessionsOf((await userRow(email)).id)

/** Names of the challenges that an address's guard keeps, mailed or not. */
export async function challengeIdsOf(email: string): Promise<string[]> {
  return runInDurableObject(guardOf(email), (_, state) => {
    const rows = state.storage.sql.exec<{ id: string }>('select id from challenges')
    return rows.toArray().map(({ id }) => id)
  })
}

/** Everything of an answer that does not differ from one request to the next. */
export function shapeOf({ status, json, headers }: Answer) {
  const { requestId: _, data, ...body } = json
  const { flowId, ...rest } = (data ?? {}) as Record<string, unknown>
  const differing = ['x-request-id', 'server-timing', 'set-cookie']
  return {
    status,
    body: { ...body, data: { ...rest, flowId: typeof flowId } },
    headers: [...headers].filter(([name]) => !differing.includes(name)),
    cookies: headers.getSetCookie().map((line) => line.replace(String(flowId), '<flowId>')),
  }
}

/** Headers of a page of somebody else's. */
export const FOREIGN: Record<string, string>[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { 'Sec-Fetch-Site': 'cross-site' },
]
