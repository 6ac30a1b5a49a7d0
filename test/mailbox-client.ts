/** What comes and goes by mail, for tests: codes, their links, invitations, and the people whom those bring in. */
import { env } from 'cloudflare:workers'
import { and, desc, eq } from 'drizzle-orm'
import { configOf } from '../src/config.ts'
import { type MailTemplate, outbox } from '../src/db/schema/index.ts'
import { createKeyRing } from '../src/lib/key-ring.ts'
import { deriveCode } from '../src/lib/tokens.ts'
import { db, ownerIn, unique } from './factories.ts'
import { cookieOf, mailedToken, type OpenSession, openSession, tokensOf } from './session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from './support/call.ts'

export const addressHere = () => `person-${unique()}@apex.example`

/** The code of the newest mail of this kind to an address, derived as the mail does it. */
export async function mailedCode(
  email: string,
  template: MailTemplate = 'otp_code',
): Promise<string> {
  const [row] = await db
    .select()
    .from(outbox)
    .where(and(eq(outbox.email, email), eq(outbox.template, template)))
    .orderBy(desc(outbox.createdAt), desc(outbox.id))
    .limit(1)
  const { challengeId = '', keyVersion = 0 } = row?.payload ?? {}
  const code = deriveCode(createKeyRing(configOf(env).authSecrets), challengeId, keyVersion)
  if (!row || code === undefined) throw new Error(`no ${template} mail to this address`)
  return code
}

/** Another code than this one. */
export const otherCode = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

export interface Asked {
  answer: Answer
  flowId: string
  /** What the browser that asked would send as Cookie. */
  cookie: string
}

export async function askForCode(
  email: string,
  purpose: 'login' | 'signup' = 'login',
  options: CallOptions = {},
): Promise<Asked> {
  const path = purpose === 'login' ? 'send-otp' : 'send-signup-otp'
  const answer = await call(`${API}/auth/${path}`, { ...options, body: { email } })
  expectStatus(answer, 202)
  return { answer, flowId: String(answer.data.flowId), cookie: cookieOf(answer) }
}

export function useCode(body: object, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/verify-otp`, { ...options, body })
}

export function useLink(body: object, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/verify-magic`, { ...options, body })
}

/** Opens a session with a code, tokens in the body. */
export async function signInByCode(email: string): Promise<OpenSession> {
  const { flowId } = await askForCode(email)
  const code = await mailedCode(email)
  const answer = await useCode({ email, code, flowId, tokenTransport: 'body' })
  expectStatus(answer, 200)
  return sessionOf(answer)
}

/** The session that an answer has opened. */
export function sessionOf(answer: Answer): OpenSession {
  const session = answer.data.session as { id: string }
  const user = answer.data.user as { id: string }
  return { id: session.id, userId: user.id, ...tokensOf(answer), cookie: cookieOf(answer) }
}

/** A signed-in owner of an active community. */
export async function ownerHere(overrides: Record<string, unknown> = {}) {
  const owner = await ownerIn('active', overrides)
  return { ...owner, ...(await openSession(owner)) }
}

export type OwnerHere = Awaited<ReturnType<typeof ownerHere>>

export function postInvitation(
  owner: { slug: string; accessToken: string },
  body: object,
  options: CallOptions = {},
): Promise<Answer> {
  const path = `${API}/communities/${owner.slug}/invitations`
  return call(path, { ...options, token: owner.accessToken, body })
}

/** Invites an address; gives the invitation's id and the token of its link. */
export async function invited(
  owner: { slug: string; accessToken: string },
  email: string,
  role: 'Moderator' | 'Member' = 'Member',
): Promise<{ id: string; token: string }> {
  const answer = await postInvitation(owner, { email, role })
  expectStatus(answer, 201)
  const { id } = answer.data.invitation as { id: string }
  return { id, token: await mailedToken(email, 'invitation') }
}

export function postAcceptance(body: object, options: CallOptions = {}): Promise<Answer> {
  return call(`${API}/auth/accept-invite`, { ...options, body })
}

/** A new person who has joined the owner's community and is signed in there. */
export async function memberOf(
  owner: { slug: string; accessToken: string },
  role: 'Moderator' | 'Member' = 'Member',
  body: { email?: string; fullName?: string; password?: string } = {},
): Promise<OpenSession & { email: string }> {
  const { email = addressHere(), ...person } = body
  const { token } = await invited(owner, email, role)
  const answer = await postAcceptance({ token, tokenTransport: 'body', ...person })
  expectStatus(answer, 200)
  return { email, ...sessionOf(answer) }
}
