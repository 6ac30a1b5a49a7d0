/** Every way in, tried by people who were in order when it was prepared and have become something else since. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { memberships, users } from '../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from './factories.ts'
import { type Mailed, mailed, signIn } from './features/one-time-codes/sign-in-client.ts'
import { invited, type OwnerHere, postAcceptance } from './mailbox-client.ts'
import { livingSessionsOf, type OpenSession, openSession, postRefresh } from './session-client.ts'
import { type Answer, API, call } from './support/call.ts'

/** Somebody with what opens the way in at hand; what another way needs is empty. */
export interface Prepared {
  owner: { email: string; communityId: string }
  userId: string
  session: OpenSession
  /** Code and link in the browser that asked. */
  mail: Mailed
  /** To another community than one's own. */
  invitation: string
  /** Another community that one is a member of. */
  otherId: string
}

export type Way = keyof typeof WAYS

/** By the device that the account knows, or by a stranger's. */
type Via = 'stranger' | 'known device'

const deviceOf = ({ session }: Prepared, via: Via) =>
  via === 'known device' ? { deviceToken: session.deviceToken } : {}

const at = (path: string, { accessToken: token }: OpenSession, body: object) =>
  call(`${API}${path}`, { token, body })

/** What each way in asks for, in the transport that hands everything to the body. */
export const WAYS = {
  password: (who: Prepared, via: Via) =>
    postLogin({
      email: who.owner.email,
      password: PASSWORD,
      tokenTransport: 'body',
      ...deviceOf(who, via),
    }),
  code: (who: Prepared, via: Via) => signIn('code', who.mail, deviceOf(who, via)),
  link: (who: Prepared, via: Via) => signIn('link', who.mail, deviceOf(who, via)),
  refresh: ({ session }: Prepared) => postRefresh(session.refreshToken),
  switch: ({ session, otherId: communityId }: Prepared) =>
    at('/auth/switch-community', session, { communityId }),
  accept: ({ invitation: token }: Prepared) => postAcceptance({ token, tokenTransport: 'body' }),
  confirm: ({ session, invitation: token }: Prepared) =>
    at('/invitations/confirm', session, { token }),
} as const satisfies Record<string, (who: Prepared, via: Via) => Promise<Answer>>

export const WAY_NAMES = Object.keys(WAYS) as Way[]

/** Codes that outlive what it takes to block and lock an account. */
const PATIENT = { ...env, OTP_SECONDS: '3600' }

/** A person in order, the owner of an active community. */
export async function prepared(way: Way, inviter: OwnerHere): Promise<Prepared> {
  const owner = await ownerIn('active')
  const { email } = owner
  const session = await openSession(owner)
  const { userId, deviceToken } = session
  const isByMail = way === 'code' || way === 'link'
  const isInvited = way === 'accept' || way === 'confirm'
  return {
    owner,
    userId,
    session,
    mail: isByMail ? await mailed(email, { deviceToken, env: PATIENT }) : NO_MAIL,
    invitation: isInvited ? (await invited(inviter, email)).token : '',
    otherId: way === 'switch' ? await joined(userId) : '',
  }
}

const NO_MAIL: Mailed = { email: '', flowId: '', cookie: '', code: '', token: '' }

/** Makes somebody a member of another active community, and gives its id. */
export async function joined(userId: string): Promise<string> {
  const { communityId } = await ownerIn('active')
  await db.insert(memberships).values({ userId, communityId, role: 'Member', createdAt: 1 })
  return communityId
}

/** What an answer comes to: `200`, or `403 account_disabled`. */
export const verdictOf = ({ status, json }: Answer) =>
  json.code === undefined ? String(status) : `${status} ${json.code}`

/** A refusal hands out nothing and opens nothing: what it has done wrong, or nothing. */
export async function leakOf(answer: Answer, { userId }: Prepared, sessionsBefore: number) {
  if (answer.status === 200) return undefined
  const leaks = []
  if (answer.headers.getSetCookie().length > 0) leaks.push('a cookie')
  if (answer.json.data !== undefined) leaks.push('data')
  if ((await livingSessionsOf(userId)).length > sessionsBefore) leaks.push('a session')
  return leaks.length > 0 ? leaks.join(', ') : undefined
}

export const setUser = (userId: string, columns: Partial<typeof users.$inferInsert>) =>
  db.update(users).set(columns).where(eq(users.id, userId))

export const leaveAll = (userId: string) =>
  db.delete(memberships).where(eq(memberships.userId, userId))
