/**
 * The side of an invitee who has an account and is signed in. Both must fit: the token, which the mailbox proved, and the
 * verified address of the account. Neither community nor role is taken from the request.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { type GivenRole, memberships, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { hashSecret } from '../../lib/tokens.ts'
import type { AuthenticatedSession, SessionCommunity } from '../sessions/authenticated-session.ts'
import { isLivingSession } from '../sessions/living.ts'
import { judgeInvitation } from './judging.ts'
import { claimInvitation, findInvitation, roleOf } from './repository.ts'

/**
 * A signed-in person joins. Throws what a bad token throws, the gate of the community, invite_user_mismatch or
 * already_member; none of them uses the invitation up.
 */
export async function confirmInvitation(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  token: string,
  audit: AuditContext,
): Promise<{ community: SessionCommunity; role: GivenRole }> {
  const { db, keys, requestId } = deps
  const { now } = audit
  const tokenHash = hashSecret(token)
  const invitation = judgeInvitation(await findInvitation(db, keys, tokenHash, now), now)
  if (invitation.email !== user.email) throw new ApiError('invite_user_mismatch')
  const { community } = invitation
  const role = roleOf(invitation.payload)
  const who = { actorId: user.id, userId: user.id, communityId: community.id }
  try {
    await db.batch([
      claimInvitation(db, {
        id: invitation.id,
        requestId,
        userId: user.id,
        now,
        condition: sql`exists (select 1 from ${users} where ${users.id} = ${user.id}
          and ${users.email} = one_time_tokens.email and ${users.emailVerifiedAt} is not null)
          and ${isLivingSession(session.id, now)}`,
      }),
      ...assertOneChange(db),
      db.insert(memberships).values({
        userId: user.id,
        communityId: community.id,
        role,
        createdAt: now,
      }),
      auditRow(db, 'invitation_accepted', audit, {
        ...who,
        details: { invitationId: invitation.id, role },
      }),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    throw await whyNot(deps, { userId: user.id, sessionId: session.id, tokenHash, now })
  }
  return { community, role }
}

async function whyNot(
  { db, keys }: Deps,
  asked: { userId: string; sessionId: string; tokenHash: string; now: number },
): Promise<ApiError> {
  const { userId, sessionId, tokenHash, now } = asked
  const { community } = judgeInvitation(await findInvitation(db, keys, tokenHash, now), now)
  const [row] = await db
    .select({
      isMember: sql<number>`exists (select 1 from ${memberships}
        where ${memberships.userId} = ${userId} and ${memberships.communityId} = ${community.id})`,
      isLiving: sql<number>`${isLivingSession(sessionId, now)}`,
    })
    .from(sql`(select 1)`)
  if (!row?.isLiving) return new ApiError('session_ended')
  // What is left: the account has got another address.
  return new ApiError(row.isMember ? 'already_member' : 'invite_user_mismatch')
}
