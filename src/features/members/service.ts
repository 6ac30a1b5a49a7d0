/**
 * Who is in a community, and who decides it. Each command is one batch that begins with its audit row: that is written
 * only where whoever asks may do so still and an owner stays, and everything else asks for it. So two owners who let go
 * of a community at once cannot both.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere, newMark } from '../../audit.ts'
import { type GivenRole, memberships } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import {
  afterLeaving,
  deleteMember,
  isSpared,
  type Member,
  type MemberKey,
  selectMember,
  setRole,
} from './repository.ts'

/** Gives the member the role; one who has it keeps it. Throws not_found or last_owner. */
export async function changeRole(
  { db }: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  { userId, role }: { userId: string; role: GivenRole },
  audit: AuditContext,
): Promise<Member> {
  const key = { communityId: who.community.id, userId }
  const may = stillMay(who, 'members.edit', audit.now)
  const mark = newMark(audit)
  const [, , members, asked] = await db.batch([
    auditRowWhere(db, 'member_role_changed', audit, {
      id: mark.id,
      actorId: who.user.id,
      ...key,
      details: sql<string>`json_object('from', ${memberships.role}, 'to', ${role})`,
      condition: sql`${isSpared(key)} and ${memberships.role} <> ${role} and ${may}`,
      from: sql`${memberships}`,
    }),
    setRole(db, key, role, mark.isMade),
    selectMember(db, key),
    selectStanding(db, who, may, audit.now),
  ])
  const [member] = members
  if (member?.role === role) return member
  throw refused(member, asked[0], 'owner_stays')
}

/** Takes the member out; their sessions here end at once. Throws not_found or last_owner. */
export async function removeMember(
  deps: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  userId: string,
  audit: AuditContext,
): Promise<void> {
  const may = stillMay(who, 'members.edit', audit.now)
  await endMembership(deps, who, { userId, action: 'member_removed', may }, audit)
}

/** Leaves the community of the session, which ends. Throws last_owner. */
export async function leaveCommunity(
  deps: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  audit: AuditContext,
): Promise<void> {
  const may = stillMay(who, 'membership.own', audit.now)
  await endMembership(deps, who, { userId: who.user.id, action: 'member_left', may }, audit)
}

interface Ending {
  userId: string
  action: 'member_removed' | 'member_left'
  /** SQL: whoever asks may do so still. */
  may: SQL
}

async function endMembership(
  { db }: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  { userId, action, may }: Ending,
  audit: AuditContext,
): Promise<void> {
  const key: MemberKey = { communityId: who.community.id, userId }
  const mark = newMark(audit)
  const results = await db.batch([
    selectStanding(db, who, may, audit.now),
    selectMember(db, key),
    auditRowWhere(db, action, audit, {
      id: mark.id,
      actorId: who.user.id,
      ...key,
      details: sql<string>`json_object('role', ${memberships.role})`,
      condition: sql`${isSpared(key)} and ${may}`,
      from: sql`${memberships}`,
    }),
    deleteMember(db, key, mark.isMade),
    ...afterLeaving(db, key, mark.isMade, audit.now),
  ])
  const [asked, [member], marked] = results
  if (marked.meta.changes > 0) return
  throw refused(member, asked[0], action === 'member_left' ? 'owner_leaves' : 'owner_stays')
}

/** Whether one may do still what one asks for, and is signed in at all. */
function refused(
  member: Member | undefined,
  standing: { may: number; isLiving: number } | undefined,
  why: 'owner_stays' | 'owner_leaves',
): ApiError {
  if (!standing?.may) return lostStanding(standing)
  if (!member) return new ApiError('not_found', { message: say('no_such_member') })
  return new ApiError('last_owner', { message: say(why) })
}
