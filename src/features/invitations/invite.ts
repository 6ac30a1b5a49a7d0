/** The owner's side of invitations: send one, see those that wait, take one back. */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { type GivenRole, mailLane, oneTimeTokens } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import type { Page } from '../../http/paging.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { newLinkToken } from '../../lib/tokens.ts'
import { findFullSince, outboxMail, underCapOfAll, underSendCaps } from '../../mail/outbox.ts'
import { say } from '../../messages/message.ts'
import { isDenied, selectVerdicts } from '../email-domains/service.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { isLivingSession, lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import {
  INVITATIONS_PER_DAY,
  isMember,
  listInvitations,
  oldestToday,
  roleOf,
  sentToday,
  withdraw,
} from './repository.ts'

const DAY_MS = 24 * 3600 * 1000

export interface PendingInvitation {
  id: string
  email: string
  role: GivenRole
  /** Null for one whose sender is not known. */
  invitedBy: string | null
  /** ms UTC. */
  createdAt: number
  expiresAt: number
}

/**
 * Invites an address, and takes an older pending invitation of it back. Whether the address has an account changes
 * nothing that the owner sees. Throws email_rejected, already_member, rate_limited or, where that became so meanwhile,
 * session_ended or forbidden.
 */
export async function invite(
  deps: Deps,
  who: AuthenticatedSession,
  { email, role }: { email: string; role: GivenRole },
  audit: AuditContext,
): Promise<PendingInvitation> {
  const { db, keys, config, lookup, requestId } = deps
  const { now } = audit
  const communityId = who.community.id
  if (isDenied(email, await selectVerdicts(db, [email]))) {
    throw new ApiError('email_rejected', { errors: { email: say('email_not_lasting') } })
  }
  const token = newLinkToken(keys, 'invitation', { now, ttlSeconds: config.invitationTtlSeconds })
  const mailId = newId(now)
  const addressKey = lookup.address(email)
  // Each community has a lane of its own: what others send to the address keeps no invitation back.
  const lane = mailLane(communityId)
  const cap = underSendCaps({ template: 'invitation', addressKey, lane, now })
  const isMade = sql`exists (select 1 from one_time_tokens made where made.id = ${token.id})`
  const isReplaced = sql`${oneTimeTokens.email} = ${email} and ${oneTimeTokens.id} <> ${token.id} and ${isMade}`
  const [made] = await db.batch([
    insertWhere(
      db,
      oneTimeTokens,
      { ...token, communityId, email, payload: { role, invitedBy: who.user.id } },
      sql`${stillMay(who, 'invitations.edit', now)} and not ${isMember(email, communityId)}
        and ${sentToday(communityId, now)} < ${INVITATIONS_PER_DAY} and ${cap}
        and ${underCapOfAll(['invitation'], addressKey, now)}`,
    ),
    withdraw(db, communityId, isReplaced, now),
    outboxMail(
      db,
      {
        id: mailId,
        template: 'invitation',
        locale: sql<Locale>`coalesce((select u.locale from users u where u.email = ${email}
          and u.email_verified_at is not null), ${who.user.locale})`,
        email,
        addressKey,
        lane,
        tokenId: token.id,
        communityId,
        payload: { senderId: who.user.id },
        requestId,
        createdAt: now,
        expiresAt: token.expiresAt,
      },
      isMade,
    ),
    auditRowWhere(db, 'invitation_sent', audit, {
      actorId: who.user.id,
      communityId,
      details: { invitationId: token.id, role },
      condition: isMade,
    }),
  ])
  if (made.meta.changes === 0) throw await whyNot(deps, who, email, now)
  deps.announceOutbox([mailId])
  const { id, expiresAt } = token
  return { id, email, role, invitedBy: who.user.id, createdAt: now, expiresAt }
}

/** What stood in the way, read again after the insert refused. */
async function whyNot(
  { db, lookup }: Deps,
  who: AuthenticatedSession,
  email: string,
  now: number,
): Promise<ApiError> {
  const { id } = who.community
  const [row] = await db
    .select({
      may: sql<number>`${stillMay(who, 'invitations.edit', now)}`,
      isLiving: sql<number>`${isLivingSession(who.session.id, now)}`,
      isMember: isMember(email, id),
      sent: sentToday(id, now),
      oldest: oldestToday(id, now),
    })
    .from(sql`(select 1)`)
  if (!row?.may) return lostStanding(row)
  if (row.isMember) return new ApiError('already_member')
  const isCommunitys = row.sent >= INVITATIONS_PER_DAY
  const firstAt = isCommunitys
    ? row.oldest
    : await findFullSince(db, ['invitation'], lookup.address(email), now)
  const ends = (firstAt ?? now) + DAY_MS
  return new ApiError('rate_limited', {
    message: isCommunitys
      ? say('invitations_used_up', INVITATIONS_PER_DAY)
      : say('invitee_mailed_enough'),
    retryAfterSeconds: Math.max(1, Math.ceil((ends - now) / 1000)),
    reason: isCommunitys ? 'invitations_of_community' : 'invitations_to_address',
  })
}

/** Those of one page and one more, newest first. */
export async function pendingInvitations(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  communityId: string,
  page: Page,
): Promise<PendingInvitation[]> {
  const rows = await listInvitations(db, communityId, clock(), page)
  return rows.map(({ payload, ...row }) => ({
    ...row,
    role: roleOf(payload),
    invitedBy: payload?.invitedBy ?? null,
  }))
}

/** Takes a pending invitation back: its link works no more. Throws not_found, or session_ended or forbidden where that became so meanwhile. */
export async function withdrawInvitation(
  deps: Deps,
  who: AuthenticatedSession,
  invitationId: string,
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const communityId = who.community.id
  const may = stillMay(who, 'invitations.edit', audit.now)
  const which = sql`${oneTimeTokens.id} = ${invitationId} and ${may}`
  const [gone, , [standing]] = await db.batch([
    withdraw(db, communityId, which, audit.now),
    auditRowWhere(db, 'invitation_revoked', audit, {
      actorId: who.user.id,
      communityId,
      details: { invitationId },
      condition: sql`changes() = 1`,
    }),
    selectStanding(db, who, may, audit.now),
  ])
  if (gone.length > 0) return
  if (!standing?.may) throw lostStanding(standing)
  throw new ApiError('not_found', { message: say('no_such_invitation') })
}
