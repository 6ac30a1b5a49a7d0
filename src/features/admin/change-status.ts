/**
 * An admin moves a community through its life. Guarded in SQL by status, version and that whoever asks is an admin still:
 * of two admins at once, one wins.
 */
import type { SQL } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import type { CommunityStatus } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { outboxMail } from '../../mail/outbox.ts'
import { type Said, say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import { endSessionsOfCommunity } from '../sessions/service.ts'
import { stepBetween } from './community-status.ts'
import {
  type CommunityRow,
  changeStatus,
  findCommunityWithOwner,
  type Owner,
} from './repository.ts'
import { noSuchCommunity } from './service.ts'

export interface StatusChange {
  community: string
  to: CommunityStatus
  reason: string | undefined
}

/**
 * Changes the status, ends sessions where that suspends, tells the owner. Throws not_found or invalid_transition, and
 * session_ended or forbidden where that became so meanwhile.
 */
export async function changeCommunityStatus(
  deps: Deps,
  who: AuthenticatedSession,
  change: StatusChange,
  audit: AuditContext,
): Promise<CommunityRow> {
  const { now } = audit
  const may = stillMay(who, 'communities.review', now)
  const { community, owner } = await findCommunityWithOwner(deps.db, change.community, now)
  if (!community) throw noSuchCommunity()
  try {
    return await writeChange(deps, { community, owner }, { ...change, by: who.user.id, may }, audit)
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [standing] = await selectStanding(deps.db, who, may, now)
    if (!standing?.may) throw lostStanding(standing)
    throw invalidTransition(say('cannot_become_now', change.to))
  }
}

async function writeChange(
  deps: Deps,
  { community, owner }: { community: CommunityRow; owner: Owner },
  change: StatusChange & { by: string; may: SQL },
  audit: AuditContext,
): Promise<CommunityRow> {
  const { db } = deps
  const { now, requestId } = audit
  const { to, by: reviewerId, may } = change
  const step = stepBetween(community.status, to)
  if (!step) throw invalidTransition(say('cannot_become', to, community.status))
  const reason = change.reason ?? null
  const mail = owner && {
    id: newId(now),
    template: step.template,
    locale: owner.locale,
    email: owner.email,
    addressKey: deps.lookup.address(owner.email),
    userId: owner.id,
    communityId: community.id,
    payload: change.reason === undefined ? null : { reason: change.reason },
    requestId,
    createdAt: now,
  }
  await db.batch([
    changeStatus(db, community, { to, reason, reviewerId, now, may }),
    ...assertOneChange(db),
    ...(to === 'suspended'
      ? [endSessionsOfCommunity(db, community.id, now, 'community_suspended')]
      : []),
    auditRow(db, step.action, audit, {
      actorId: reviewerId,
      communityId: community.id,
      details: { from: community.status, to, reason },
    }),
    ...(mail ? [outboxMail(db, mail)] : []),
  ])
  if (mail) deps.announceOutbox([mail.id])
  return {
    ...community,
    status: to,
    statusReason: reason,
    reviewedBy: reviewerId,
    reviewedAt: now,
    updatedAt: now,
    version: community.version + 1,
  }
}

function invalidTransition(message: Said): ApiError {
  return new ApiError('invalid_transition', { message })
}
