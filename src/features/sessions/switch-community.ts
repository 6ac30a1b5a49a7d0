/**
 * A session goes over to another community of its user. It stays the same session, and the refresh token in hand goes
 * on; access tokens of the community before are refused from then on. The reserved community is entered by logging in:
 * its sessions live shorter.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import {
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  sessions,
  type TokenTransport,
} from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { signAccessToken } from '../../lib/jwt.ts'
import { csrfTokenOf } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'
import { activateAtOwnersLogin } from '../communities/activation.ts'
import { gateOf } from '../login/gates.ts'
import type { AuthenticatedSession } from './authenticated-session.ts'
import { isLiving } from './living.ts'
import { touchMembership } from './repository.ts'

export interface Switched {
  /** The session's own. */
  transport: TokenTransport
  accessToken: string
  expiresIn: number
  csrfToken: string
}

/** Throws not_found for a community that is none of the user's, and the code of its gate where that is closed. */
export async function switchCommunity(
  deps: Deps,
  who: AuthenticatedSession,
  communityId: string,
  audit: AuditContext,
): Promise<Switched> {
  const { config, keys } = deps
  const { user, session } = who
  const { now } = audit
  const role = await roleInOpen(deps, user.id, communityId)
  const expiresIn = config.accessTokenTtlSeconds
  // Signed before anything is written: a session never moves to where it cannot be used.
  const accessToken = await signAccessToken(
    config.jwt,
    { sub: user.id, sid: session.id, cid: communityId, role },
    { now, ttlSeconds: expiresIn, jti: newId(now) },
  )
  const transport = await moveSession(deps, who, communityId, audit)
  return { transport, accessToken, expiresIn, csrfToken: csrfTokenOf(keys, session.id) }
}

/** Under every condition that a refresh asks for, in the community that it moves to. */
async function moveSession(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  communityId: string,
  audit: AuditContext,
): Promise<TokenTransport> {
  const { db } = deps
  const { now } = audit
  const who = { userId: user.id, communityId }
  try {
    const [moved] = await db.batch([
      db
        .update(sessions)
        .set({ communityId })
        .where(
          sql`${sessions.id} = ${session.id} and ${isLiving(now)} and ${sessions.communityId} <> ${PLATFORM_COMMUNITY_ID}
            and exists (select 1 from users u join memberships m on m.user_id = u.id
              join communities c on c.id = m.community_id
              where u.id = ${user.id} and u.disabled_at is null and c.id = ${communityId}
                and c.status in ('approved', 'active') and c.is_deleted = 0)`,
        )
        .returning({ transport: sessions.transport }),
      ...assertOneChange(db),
      touchMembership(db, user.id, communityId, now),
      ...activateAtOwnersLogin(db, who, audit),
    ])
    const [row] = moved
    if (row) return row.transport
  } catch (error) {
    if (!isConstraintError(error)) throw error
  }
  // The community closed a moment ago, or the membership ended; else the session itself did.
  await roleInOpen(deps, user.id, communityId)
  throw new ApiError('session_ended')
}

/** The user's role in a community that is open. */
async function roleInOpen({ db }: Pick<Deps, 'db'>, userId: string, communityId: string) {
  const [target] = await db
    .select({ role: memberships.role, status: communities.status })
    .from(memberships)
    .innerJoin(
      communities,
      and(eq(communities.id, memberships.communityId), eq(communities.isDeleted, false)),
    )
    .where(
      sql`${memberships.userId} = ${userId} and ${memberships.communityId} = ${communityId}
        and ${communities.id} <> ${PLATFORM_COMMUNITY_ID}`,
    )
  if (!target) throw new ApiError('not_found', { message: say('not_a_member_there') })
  const closed = gateOf(target.status)
  if (closed) throw new ApiError(closed)
  return target.role
}
