/** A person who moves to another address: the calls, and what they leave behind. */
import { and, desc, eq } from 'drizzle-orm'
import { type MailTemplate, oneTimeTokens, outbox } from '../../../src/db/schema/index.ts'
import { deriveCode, parseDeviceToken } from '../../../src/lib/tokens.ts'
import { db, PASSWORD } from '../../factories.ts'
import { addressHere } from '../../mailbox-client.ts'
import {
  livingSessionsOf,
  mailedToken,
  type OpenSession,
  outboxOf,
  userRow,
} from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { auditRowsOf, guardOf, keys } from '../passwords/password-client.ts'

type Signed = Pick<OpenSession, 'accessToken'>

export const DAY = 24 * 3600 * 1000

export function postEmail(
  session: Signed,
  body: object | string,
  options: CallOptions = {},
): Promise<Answer> {
  return call(`${API}/account/email`, { ...options, token: session.accessToken, body })
}

/** Asks with the right password. */
export function ask(session: Signed, newEmail: string, options: CallOptions = {}) {
  return postEmail(session, { newEmail, password: PASSWORD }, options)
}

export function confirm(
  session: Signed,
  code: unknown,
  options: CallOptions = {},
): Promise<Answer> {
  return call(`${API}/account/email/verify`, {
    ...options,
    token: session.accessToken,
    body: { code },
  })
}

export function postRevert(token: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/revert-email`, { ...options, body: { token } })
}

/** The code of the newest mail that this user had sent to a new address. */
export async function changeCodeOf(userId: string): Promise<string> {
  const template: MailTemplate = 'email_change_code'
  const [row] = await db
    .select()
    .from(outbox)
    .where(and(eq(outbox.userId, userId), eq(outbox.template, template)))
    .orderBy(desc(outbox.createdAt), desc(outbox.id))
    .limit(1)
  const { challengeId = '', keyVersion = 0 } = row?.payload ?? {}
  const code = deriveCode(keys, challengeId, keyVersion)
  if (!row || code === undefined) throw new Error('no change was asked for')
  return code
}

/** Asks for a new address and gives it with its code. */
export async function asked(person: { session: OpenSession }, newEmail = addressHere()) {
  expectStatus(await ask(person.session, newEmail), 202)
  return { newEmail, code: await changeCodeOf(person.session.userId) }
}

/** Moves the account from `from` to another address; gives that, and the token that undoes it. */
export async function moved(
  person: { session: OpenSession },
  from: string,
  options: { to?: string; call?: CallOptions } = {},
) {
  const { newEmail, code } = await asked(person, options.to)
  expectStatus(await confirm(person.session, code, options.call), 200)
  return { newEmail, undo: await mailedToken(from, 'revert_email') }
}

/** The requests of a user, oldest first. */
export async function requestsOf(userId: string) {
  const ofUser = eq(oneTimeTokens.userId, userId)
  return db
    .select()
    .from(oneTimeTokens)
    .where(and(ofUser, eq(oneTimeTokens.purpose, 'email_change')))
    .orderBy(oneTimeTokens.id)
}

/** What the links are for that this user may still use. */
export async function livingLinksOf(userId: string): Promise<string[]> {
  const rows = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.userId, userId))
  const living = rows.filter(({ usedAt, withdrawnAt }) => usedAt === null && withdrawnAt === null)
  return living.map(({ purpose }) => purpose).sort()
}

/** Everything around an account that moving it may change. */
export async function stateOf(userId: string, emails: readonly string[]) {
  const [email = ''] = emails
  return {
    user: await userRow(email),
    sessions: await livingSessionsOf(userId),
    tokens: await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.userId, userId)),
    outbox: await Promise.all(emails.map(outboxOf)),
    audits: [
      await auditRowsOf(userId, 'email_change_requested'),
      await auditRowsOf(userId, 'email_changed'),
      await auditRowsOf(userId, 'email_change_reverted'),
    ],
  }
}

/** Does the address's guard count this device apart? Takes no place. */
export async function isKnown(email: string, deviceToken: string): Promise<boolean> {
  const deviceId = parseDeviceToken(keys, deviceToken) ?? ''
  const guard = guardOf(email)
  const begun = await guard.begin({ deviceId, blockSeconds: 900 })
  if (begun.kind !== 'granted') return false
  await guard.settle({ ticket: begun.ticket, outcome: 'neutral', blockSeconds: 900 })
  return begun.knownDevice
}
