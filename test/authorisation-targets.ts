/** The request in which somebody names something of theirs, of another, or of nobody, in its path or in its body. */
import { eq } from 'drizzle-orm'
import { communities, memberships, PLATFORM_COMMUNITY_ID, users } from '../src/db/schema/index.ts'
import { newId } from '../src/lib/ids.ts'
import { type Actor, BY_ROLE, memberOf } from './authorisation-actors.ts'
import type { Target } from './authorisation-table.ts'
import { admin, db, ownerIn, PASSWORD, unique } from './factories.ts'
import { type RouteEntry, takesBody } from './http/route-list.ts'
import { mailTo } from './http/working-admin-calls.ts'
import { workingCall } from './http/working-calls.ts'
import { changeAsked } from './http/working-mail-calls.ts'
import { addressHere, invited, ownerHere } from './mailbox-client.ts'
import { openSession, userRow } from './session-client.ts'
import { API, call } from './support/call.ts'

export interface NamingRequest {
  method: string
  url: string
  body: Record<string, unknown> | undefined
  raw?: Uint8Array | undefined
}

interface Named {
  target: Target
  actor: Actor
  route: RouteEntry
}

/** The request that this actor would be answered with success, if they may and the target lets them. */
export async function requestNaming(
  route: RouteEntry,
  target: Target,
  actor: Actor,
): Promise<NamingRequest> {
  const { method, path } = route
  const named: Named = { target, actor, route }
  let url = path === `${API}/admin/users` ? `${path}?email=${actor.email}` : path
  for (const [parameter, name] of Object.entries(IN_PATH)) {
    if (url.includes(parameter)) url = url.replace(parameter, await name(named))
  }
  const { raw } = method === 'PUT' ? await workingCall(route) : {}
  return { method, url, body: await bodyNaming(named), raw }
}

/** The same request, with what is another's own in place of this actor's. */
export async function ofAnother(
  request: NamingRequest,
  target: Target,
  { from, to }: { from: Actor; to: Actor },
): Promise<NamingRequest> {
  if (!target.startsWith('their own')) return request
  const ownOf = (actor: Actor) => {
    if (target === 'their own session') return actor.sessionId
    if (target === 'their own account') return actor.userId
    return target.endsWith('slug') ? slugOf(actor.communityId) : actor.communityId
  }
  return { ...request, url: request.url.replace(await ownOf(from), await ownOf(to)) }
}

const IN_PATH: Record<string, (named: Named) => Promise<string>> = {
  ':community': communityOf,
  ':userId': personOf,
  ':invitationId': invitationOf,
  ':id': idOf,
  ':domain': domainOf,
}

async function bodyNaming(named: Named): Promise<Record<string, unknown> | undefined> {
  const { route, target, actor } = named
  switch (`${route.method} ${route.path.slice(API.length)}`) {
    case 'DELETE /account': {
      const [membership] = await db
        .select()
        .from(memberships)
        .where(eq(memberships.userId, actor.userId))
      // Else an only owner stays.
      return { password: PASSWORD, closeCommunity: membership?.role === 'CommunityOwner' }
    }
    case 'POST /auth/switch-community':
      return { communityId: await communityOf(named) }
    case 'POST /communities/:community/owner':
      return { userId: await personOf(named), password: PASSWORD }
    case 'POST /invitations/confirm': {
      const email = target === 'an invitation to somebody else' ? addressHere() : actor.email
      return { token: (await invited(await ownerHere(), email)).token }
    }
    case 'POST /account/email/verify': {
      const isOther = target === 'a code of another session of theirs'
      const session = isOther
        ? await openSession({ email: actor.email, password: PASSWORD })
        : { accessToken: String(actor.token) }
      return { code: (await changeAsked(session)).code }
    }
    default:
      return takesBody(route) ? (await workingCall(route)).body : undefined
  }
}

async function communityOf({ target, actor, route }: Named): Promise<string> {
  switch (target) {
    case 'their own community':
      return actor.communityId
    case 'their own community by its slug':
      return slugOf(actor.communityId)
    case 'another community of theirs':
      return joinedBy(actor)
    case 'another community':
      // Of one that waits more can be done by whoever reviews it.
      return (await ownerIn(route.path.includes('/admin/') ? 'pending' : 'active')).communityId
    case 'the reserved community by its id':
      return PLATFORM_COMMUNITY_ID
    case 'the reserved community by its slug':
      return 'platform'
    case 'a community that is not there':
      return newId(Date.now())
    default:
      return actor.communityId
  }
}

async function slugOf(communityId: string): Promise<string> {
  const [row] = await db.select().from(communities).where(eq(communities.id, communityId))
  return row?.slug ?? ''
}

/** A community that they are in beside that of their session. */
async function joinedBy({ userId }: Actor): Promise<string> {
  const { communityId } = await ownerIn('active')
  const membership = { userId, communityId, role: 'CommunityOwner' as const, createdAt: 1 }
  await db.insert(memberships).values(membership)
  return communityId
}

async function personOf({ target, actor }: Named): Promise<string> {
  switch (target) {
    case 'themselves':
      return actor.userId
    case 'a person of another community':
      return (await userRow((await ownerIn('active')).email)).id
    case 'a person who is not there':
      return newId(Date.now())
    default:
      return (await memberOf(actor.communityId, 'Member')).userId
  }
}

async function invitationOf({ target, actor }: Named): Promise<string> {
  if (target === 'an invitation that is not there') return newId(Date.now())
  const own = { slug: actor.communityId, accessToken: String(actor.token) }
  const owner = target === 'an invitation of another community' ? await ownerHere() : own
  return (await invited(owner, addressHere())).id
}

async function idOf(named: Named): Promise<string> {
  const { path } = named.route
  if (path.includes('/mail/')) return mailOf(named)
  return path.includes('/users/') ? accountOf(named) : sessionOf(named)
}

async function mailOf({ target }: Named): Promise<string> {
  if (target === 'a mail that is not there') return newId(Date.now())
  return mailTo((await ownerIn('active')).email, target === 'a mail that has failed')
}

async function accountOf({ target, actor, route }: Named): Promise<string> {
  if (target === 'a person whom nobody knows') return newId(Date.now())
  if (target === 'their own account') return actor.userId
  const { id } = await userRow((await ownerIn('active')).email)
  const disabledAt = route.path.endsWith('/enable') ? 1 : null
  await db.update(users).set({ disabledAt }).where(eq(users.id, id))
  return id
}

async function sessionOf({ target, actor }: Named): Promise<string> {
  switch (target) {
    case 'their own session':
      return actor.sessionId
    case 'a session of another person in their community':
      return (await colleagueOf(actor)).sessionId
    case 'a session of another community':
      return (await BY_ROLE.CommunityOwner()).sessionId
    default:
      return newId(Date.now())
  }
}

async function colleagueOf({ communityId }: Actor): Promise<Actor> {
  const isPlatform = communityId === PLATFORM_COMMUNITY_ID
  return isPlatform ? BY_ROLE.Admin() : memberOf(communityId, 'Member')
}

async function domainOf({ target }: Named): Promise<string> {
  const domain = `${unique()}.example`
  if (target !== 'a domain with an entry') return domain
  const { token } = await admin()
  const url = `${API}/admin/email-domains/${domain}`
  await call(url, { method: 'PUT', token, body: { verdict: 'deny' } })
  return domain
}
