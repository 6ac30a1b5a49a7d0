/** A client with a session, in any of the three transports, for tests of what sessions and passwords go through. */
import { env } from 'cloudflare:workers'
import { and, desc, eq, isNull } from 'drizzle-orm'
import { configOf } from '../src/config.ts'
import {
  auditLogs,
  oneTimeTokens,
  outbox,
  sessions,
  type TokenPurpose,
  users,
} from '../src/db/schema/index.ts'
import { createKeyRing } from '../src/lib/key-ring.ts'
import { deriveLinkToken } from '../src/lib/tokens.ts'
import { db, postLogin } from './factories.ts'
import {
  type Answer,
  API,
  type CallOptions,
  call,
  cookiesOf,
  expectStatus,
} from './support/call.ts'

export interface OpenSession {
  id: string
  userId: string
  accessToken: string
  refreshToken: string
  csrfToken: string
  deviceToken: string
  /** What a browser would send as Cookie. */
  cookie: string
}

/** Cookie header of what an answer has set. */
export function cookieOf(answer: Answer): string {
  const kept = Object.entries(cookiesOf(answer)).filter(([, value]) => value !== '')
  return kept.map(([name, value]) => `${name}=${value}`).join('; ')
}

/** The tokens of an answer, wherever its transport has put them. */
export function tokensOf(answer: Answer) {
  const cookies = cookiesOf(answer)
  const { accessToken, refreshToken, csrfToken, deviceToken } = answer.data
  return {
    accessToken: String(accessToken ?? cookies['__Host-access'] ?? ''),
    refreshToken: String(refreshToken ?? cookies['__Host-refresh'] ?? ''),
    csrfToken: String(csrfToken ?? ''),
    deviceToken: String(deviceToken ?? cookies['__Host-device'] ?? ''),
  }
}

/** Logs in. `deviceToken`: on a device that has one already. */
export async function openSession(
  person: { email: string; password: string },
  options: {
    transport?: 'hybrid' | 'body' | 'cookie'
    deviceToken?: string
    call?: CallOptions
  } = {},
): Promise<OpenSession> {
  const { transport: tokenTransport = 'body', deviceToken } = options
  const { email, password } = person
  const answer = await postLogin({ email, password, tokenTransport, deviceToken }, options.call)
  expectStatus(answer, 200)
  const session = answer.data.session as { id: string }
  const user = answer.data.user as { id: string }
  return { id: session.id, userId: user.id, ...tokensOf(answer), cookie: cookieOf(answer) }
}

export function postRefresh(refreshToken: string, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/refresh`, { ...options, body: { refreshToken } })
}

/** Refreshes as a browser does: by cookie, with the CSRF token. */
export function refreshByCookie(
  session: Pick<OpenSession, 'cookie' | 'csrfToken'>,
  options: CallOptions = {},
): Promise<Answer> {
  const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken, ...options.headers }
  return call(`${API}/auth/refresh`, { ...options, method: 'POST', headers })
}

export function me(accessToken: string, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/me`, { ...options, token: accessToken })
}

export async function sessionRow(id: string) {
  const [row] = await db.select().from(sessions).where(eq(sessions.id, id))
  if (!row) throw new Error('this session is not there')
  return row
}

export async function livingSessionsOf(userId: string) {
  return db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)))
}

export async function userRow(email: string) {
  const [row] = await db.select().from(users).where(eq(users.email, email))
  if (!row) throw new Error('this user is not there')
  return row
}

/** Audit rows of one user, oldest first. */
export async function auditOf(userId: string) {
  return db.select().from(auditLogs).where(eq(auditLogs.userId, userId)).orderBy(auditLogs.id)
}

/** Outbox rows for one address, oldest first. */
export async function outboxOf(email: string) {
  return db.select().from(outbox).where(eq(outbox.email, email)).orderBy(outbox.id)
}

/** The token of the newest unused link of an address, derived as the mail does it. */
export async function mailedToken(
  email: string,
  purpose: Exclude<TokenPurpose, 'email_change'>,
): Promise<string> {
  const [row] = await db
    .select()
    .from(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.email, email),
        eq(oneTimeTokens.purpose, purpose),
        isNull(oneTimeTokens.usedAt),
      ),
    )
    .orderBy(desc(oneTimeTokens.createdAt), desc(oneTimeTokens.id))
    .limit(1)
  if (!row) throw new Error(`no living ${purpose} link for this address`)
  const keys = createKeyRing(configOf(env).authSecrets)
  return deriveLinkToken(keys, `link.${purpose}`, row.id, row.keyVersion) ?? ''
}
