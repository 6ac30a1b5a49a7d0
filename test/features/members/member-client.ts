/** Calls around memberships, and what they leave behind: who is in a community, and what was invited and put on record. */
import { and, asc, eq } from 'drizzle-orm'
import { expect } from 'vitest'
import {
  type AuditAction,
  auditLogs,
  communities,
  memberships,
  oneTimeTokens,
  type Role,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import { admin, db } from '../../factories.ts'
import { invited, memberOf, type OwnerHere, ownerHere } from '../../mailbox-client.ts'
import { type OpenSession, openSession } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'

export const DAY = 24 * 3600 * 1000
export const WEEK = 7 * DAY

/** Who acts, and in which community: its slug or id. */
export interface Acting {
  slug: string
  accessToken: string
}

const at = ({ slug }: Acting, path: string) => `${API}/communities/${slug}/${path}`

export const getInvitations = (who: Acting, query = '', options: CallOptions = {}) =>
  call(at(who, `invitations${query}`), { token: who.accessToken, ...options })

export const withdraw = (who: Acting, id: string, options: CallOptions = {}) =>
  call(at(who, `invitations/${id}`), { method: 'DELETE', token: who.accessToken, ...options })

export const postConfirmation = (
  { accessToken }: { accessToken: string },
  token: unknown,
  options: CallOptions = {},
) => call(`${API}/invitations/confirm`, { token: accessToken, body: { token }, ...options })

export const getMembers = (who: Acting, query = '', options: CallOptions = {}) =>
  call(at(who, `members${query}`), { token: who.accessToken, ...options })

export const patchRole = (
  who: Acting,
  userId: string,
  role: unknown,
  options: CallOptions = {},
): Promise<Answer> =>
  call(at(who, `members/${userId}`), {
    method: 'PATCH',
    token: who.accessToken,
    body: { role },
    ...options,
  })

export const removeMember = (who: Acting, userId: string, options: CallOptions = {}) =>
  call(at(who, `members/${userId}`), { method: 'DELETE', token: who.accessToken, ...options })

export const postOwner = (who: Acting, body: object, options: CallOptions = {}) =>
  call(at(who, 'owner'), { token: who.accessToken, body, ...options })

export const leave = (who: Acting, options: CallOptions = {}) =>
  call(at(who, 'leave'), { method: 'POST', token: who.accessToken, ...options })

export const switchTo = (
  { accessToken }: { accessToken: string },
  communityId: unknown,
  options: CallOptions = {},
) => call(`${API}/auth/switch-community`, { token: accessToken, body: { communityId }, ...options })

/** The person joins the owner's community, with the account that they have. */
export async function joins(
  person: { email: string; accessToken: string },
  owner: Acting,
  role: 'Moderator' | 'Member' = 'Member',
): Promise<void> {
  const { token } = await invited(owner, person.email, role)
  expectStatus(await postConfirmation(person, token), 200)
}

/** A community with an owner and one more person, who act there. */
export async function pairHere(role: 'Moderator' | 'Member' = 'Member') {
  const owner = await ownerHere()
  const member = await memberIn(owner, role)
  return { owner, member }
}

/** A new person who is signed in to the owner's community, with a password. */
export async function memberIn(owner: OwnerHere, role: 'Moderator' | 'Member' = 'Member') {
  const password = 'Copper-Meadow-58'
  const member = await memberOf(owner, role, { fullName: 'Joy Mensah', password })
  return { ...member, password, slug: owner.slug, communityId: owner.communityId }
}

export type MemberHere = Awaited<ReturnType<typeof memberIn>>

/** A second owner: no route makes one, as an owner hands over. */
export async function secondOwner(owner: OwnerHere): Promise<MemberHere> {
  const second = await memberIn(owner, 'Moderator')
  await setRole(owner.communityId, second.userId, 'CommunityOwner')
  return second
}

export async function setRole(communityId: string, userId: string, role: Role): Promise<void> {
  await db.update(memberships).set({ role }).where(isOf({ communityId, userId }))
}

/** The person is no member any more, without a trace. */
export async function dropMembership(communityId: string, userId: string): Promise<void> {
  await db.delete(memberships).where(isOf({ communityId, userId }))
}

const isOf = ({ communityId, userId }: { communityId: string; userId: string }) =>
  and(eq(memberships.communityId, communityId), eq(memberships.userId, userId))

/** Who has which role in a community. */
export async function rolesIn(communityId: string): Promise<Record<string, Role>> {
  const rows = await db.select().from(memberships).where(eq(memberships.communityId, communityId))
  return Object.fromEntries(rows.map(({ userId, role }) => [userId, role]))
}

export async function ownersOf(communityId: string): Promise<string[]> {
  const roles = Object.entries(await rolesIn(communityId))
  return roles.filter(([, role]) => role === 'CommunityOwner').map(([userId]) => userId)
}

export async function setStatus(
  communityId: string,
  status: (typeof communities.$inferSelect)['status'],
): Promise<void> {
  await db.update(communities).set({ status }).where(eq(communities.id, communityId))
}

/** A reviewer closes the community, as they do it: its sessions end with it. */
export async function suspend(communityId: string): Promise<void> {
  const { token } = await admin()
  const body = { status: 'suspended', reason: 'Under review.' }
  const path = `${API}/admin/communities/${communityId}/status`
  expectStatus(await call(path, { method: 'PATCH', token, body }), 200)
}

export async function auditIn(communityId: string, action: AuditAction) {
  return db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, action)))
    .orderBy(asc(auditLogs.id))
}

export async function invitationRow(id: string) {
  const [row] = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, id))
  if (!row) throw new Error('this invitation is not there')
  return row
}

/** The invitation was made so much earlier. */
export async function ageInvitation(id: string, milliseconds: number): Promise<void> {
  const { createdAt, expiresAt } = await invitationRow(id)
  await db
    .update(oneTimeTokens)
    .set({ createdAt: createdAt - milliseconds, expiresAt: expiresAt - milliseconds })
    .where(eq(oneTimeTokens.id, id))
}

/** Nobody has used the invitation or taken it back. */
export async function expectAlive(id: string): Promise<void> {
  const unused = { usedAt: null, usedBy: null, userId: null, withdrawnAt: null }
  expect(await invitationRow(id)).toMatchObject(unused)
}

/** Everything about the people and invitations of one community, to see that nothing has changed. */
export async function stateIn(communityId: string) {
  const isHere = eq(memberships.communityId, communityId)
  return {
    members: await db.select().from(memberships).where(isHere).orderBy(asc(memberships.userId)),
    people: await db
      .select({ user: users })
      .from(users)
      .innerJoin(memberships, eq(memberships.userId, users.id))
      .where(isHere)
      .orderBy(asc(users.id)),
    sessions: await db
      .select({ id: sessions.id, end: sessions.revokedAt })
      .from(sessions)
      .where(eq(sessions.communityId, communityId))
      .orderBy(asc(sessions.id)),
    tokens: await db
      .select()
      .from(oneTimeTokens)
      .where(eq(oneTimeTokens.communityId, communityId))
      .orderBy(asc(oneTimeTokens.id)),
    audits: await db
      .select({ id: auditLogs.id })
      .from(auditLogs)
      .where(eq(auditLogs.communityId, communityId))
      .orderBy(asc(auditLogs.id)),
  }
}

/** A person with a community of their own who is a member of another one too; signed in to their own. */
export async function twoCommunities(role: 'Moderator' | 'Member' = 'Member') {
  const [person, host] = [await ownerHere(), await ownerHere()]
  await joins(person, host, role)
  return { person, host }
}

/** Signs in once more, in the community that a login opens. */
export const again = (person: { email: string; password: string }): Promise<OpenSession> =>
  openSession(person)
