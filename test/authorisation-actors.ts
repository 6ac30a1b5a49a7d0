/** Everybody who may come to a route: people of each role, and those who are not let in any more. */
import { eq } from 'drizzle-orm'
import {
  type CommunityStatus,
  communities,
  memberships,
  type Role,
  sessions,
  users,
} from '../src/db/schema/index.ts'
import type { ErrorCode } from '../src/http/error-codes.ts'
import { admin, db, ownerIn, PASSWORD, type SignedUp } from './factories.ts'
import { at } from './features/passwords/password-client.ts'
import { openSession, userRow } from './session-client.ts'

export interface Actor {
  token?: string
  userId: string
  sessionId: string
  communityId: string
  email: string
}

async function signedIn(person: { email: string; communityId: string }): Promise<Actor> {
  const { email, communityId } = person
  const session = await openSession({ email, password: PASSWORD })
  const { accessToken: token, userId, id: sessionId } = session
  return { token, userId, sessionId, communityId, email }
}

/** Someone with this role in that community, made by hand: an owner, a second one or an admin is invited by nobody. */
export async function memberOf(communityId: string, role: Role): Promise<Actor> {
  const { email } = await ownerIn('active')
  const { id } = await userRow(email)
  await db.update(users).set({ communityId }).where(eq(users.id, id))
  await db.update(memberships).set({ communityId, role }).where(eq(memberships.userId, id))
  return signedIn({ email, communityId })
}

/** People who are let in, each in an active community with an owner. */
export const BY_ROLE: Record<Role, () => Promise<Actor>> = {
  CommunityOwner: async () => signedIn(await ownerIn('active')),
  Moderator: async () => memberOf((await ownerIn('active')).communityId, 'Moderator'),
  Member: async () => memberOf((await ownerIn('active')).communityId, 'Member'),
  Admin: async () => {
    const { email } = await admin()
    return signedIn({ email, communityId: (await userRow(email)).communityId })
  },
}

const inCommunity =
  (change: Partial<typeof communities.$inferInsert>) => async (): Promise<Actor> => {
    const actor = await BY_ROLE.CommunityOwner()
    await db.update(communities).set(change).where(eq(communities.id, actor.communityId))
    return actor
  }

const withStatus = (status: CommunityStatus) => inCommunity({ status })

const disabled = (make: () => Promise<Actor>) => async (): Promise<Actor> => {
  const actor = await make()
  await db.update(users).set({ disabledAt: 1 }).where(eq(users.id, actor.userId))
  return actor
}

const removed = (make: () => Promise<Actor>) => async (): Promise<Actor> => {
  const actor = await make()
  await db.delete(memberships).where(eq(memberships.userId, actor.userId))
  return actor
}

const ended = (make: () => Promise<Actor>) => async (): Promise<Actor> => {
  const actor = await make()
  await db
    .update(sessions)
    .set({ revokedAt: Date.now(), revokeReason: 'logout' })
    .where(eq(sessions.id, actor.sessionId))
  return actor
}

const late = (make: () => Promise<{ email: string }>) => async (): Promise<Actor> => {
  const { email } = await make()
  const { communityId } = await userRow(email)
  // Ten minutes less than a session of an admin lives, and more than its token.
  return at(Date.now() - 20 * 60_000, () => signedIn({ email, communityId }))
}

/** The session goes on in another community; the token in hand is of the one before. */
async function moved(): Promise<Actor> {
  const actor = await BY_ROLE.CommunityOwner()
  const { communityId } = await ownerIn('active')
  const { userId } = actor
  const membership = { userId, communityId, role: 'CommunityOwner' as const, createdAt: 1 }
  await db.insert(memberships).values(membership)
  await db.update(sessions).set({ communityId }).where(eq(sessions.id, actor.sessionId))
  return actor
}

const withToken = (token: string | undefined) => async (): Promise<Actor> => {
  const { token: _, ...actor } = await BY_ROLE.CommunityOwner()
  return { ...actor, ...(token !== undefined && { token }) }
}

interface Refused {
  code: ErrorCode
  make: () => Promise<Actor>
}

const owner = (): Promise<SignedUp> => ownerIn('active')

/** Whoever is not let in, by what a test says of them, with what they are told. */
export const REFUSED: Record<string, Refused> = {
  anonymous: { code: 'unauthenticated', make: withToken(undefined) },
  'a bad token': { code: 'unauthenticated', make: withToken('a.b.c') },
  'an expired token': { code: 'access_token_expired', make: late(owner) },
  'an expired token of an admin': { code: 'access_token_expired', make: late(admin) },
  'an ended session': { code: 'session_ended', make: ended(BY_ROLE.CommunityOwner) },
  'an ended session of an admin': { code: 'session_ended', make: ended(BY_ROLE.Admin) },
  'a session that has moved on': { code: 'access_token_expired', make: moved },
  'an owner whose community is pending': { code: 'session_ended', make: withStatus('pending') },
  'an owner whose community is under review': {
    code: 'session_ended',
    make: withStatus('under_review'),
  },
  'an owner whose community is rejected': { code: 'session_ended', make: withStatus('rejected') },
  'an owner whose community is suspended': { code: 'session_ended', make: withStatus('suspended') },
  'an owner whose community is deleted': {
    code: 'session_ended',
    make: inCommunity({ isDeleted: true }),
  },
  'a disabled user': { code: 'session_ended', make: disabled(BY_ROLE.CommunityOwner) },
  'a disabled admin': { code: 'session_ended', make: disabled(BY_ROLE.Admin) },
  'a member who was removed': { code: 'session_ended', make: removed(BY_ROLE.Member) },
  'an admin who was removed': { code: 'session_ended', make: removed(BY_ROLE.Admin) },
}
