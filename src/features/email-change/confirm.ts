/**
 * The code that was mailed to the new address comes back. The guard says whose challenge it was, and the address is the
 * one of that challenge's row: of two changes at once, neither confirms what was not proven. One batch: address moved,
 * other sessions ended, older links void, audit, and to the old address a notice with a link that undoes it.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { oneTimeTokens, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { newLinkToken } from '../../lib/tokens.ts'
import { outboxGuardClear, outboxMail } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { useOwnCode } from '../passwords/prove-identity.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { isLivingSession } from '../sessions/living.ts'
import { endSessionsOfUser } from '../sessions/service.ts'
import {
  type Confirmation,
  claimChange,
  findChange,
  moveAddress,
  nameHolder,
  voidSecrets,
} from './repository.ts'
import { emailChangeFlow } from './request.ts'

/**
 * Moves the address, and gives the new one. Throws code_invalid, code_expired, too_many_attempts, account_locked, or
 * account_exists and session_ended where that became so in between.
 */
export async function confirmEmailChange(
  deps: Deps,
  who: AuthenticatedSession,
  code: string,
  audit: AuditContext,
): Promise<string> {
  const { requestId } = deps
  const { user } = who
  const asked = { flow: emailChangeFlow(who.session.id), code, purpose: 'email_change' as const }
  const challengeId = await useOwnCode(deps, who, asked, audit)
  const confirmation: Confirmation = { challengeId, requestId, userId: user.id, now: audit.now }
  const change = await findChange(deps.db, confirmation)
  if (!change) throw new ApiError('code_invalid', { reason: 'no_request' })
  // The row ends a moment before the guard's challenge does.
  if (change.expiresAt <= audit.now) throw new ApiError('code_expired')
  try {
    await writeChange(deps, who, { confirmation, newEmail: change.email }, audit)
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const now = await findChange(deps.db, confirmation)
    throw new ApiError(now?.isTaken ? 'account_exists' : 'session_ended')
  }
  return change.email
}

async function writeChange(
  deps: Deps,
  { user, session, community }: AuthenticatedSession,
  { confirmation, newEmail }: { confirmation: Confirmation; newEmail: string },
  audit: AuditContext,
): Promise<void> {
  const { db, keys, guard, config, lookup, requestId } = deps
  const { now } = audit
  const oldEmail = user.email
  const undo = newLinkToken(keys, 'revert_email', { now, ttlSeconds: config.emailUndoTtlSeconds })
  const [noticeId, clearId, startId] = [newId(now), newId(now), newId(now)]
  const who = { userId: user.id, communityId: community.id }
  const delivery = { addressKey: '', requestId, createdAt: now }
  await db.batch([
    claimChange(
      db,
      confirmation,
      sql`exists (select 1 from ${users} where ${users.id} = ${user.id} and ${users.email} = ${oldEmail}
        and ${users.emailVerifiedAt} is not null) and ${isLivingSession(session.id, now)}`,
    ),
    ...assertOneChange(db),
    moveAddress(db, { userId: user.id, email: newEmail, now }),
    endSessionsOfUser(db, user.id, session.id, now, 'email_changed'),
    ...voidSecrets(db, { userId: user.id, now }, sql`true`),
    ...nameHolder(
      db,
      { userId: user.id, email: oldEmail, addressKey: lookup.address(oldEmail), since: 0 },
      sql`true`,
    ),
    db.insert(oneTimeTokens).values({ ...undo, ...who, email: oldEmail }),
    outboxMail(db, {
      id: noticeId,
      template: 'email_change_notice',
      locale: user.locale,
      email: oldEmail,
      addressKey: lookup.address(oldEmail),
      tokenId: undo.id,
      ...who,
      requestId,
      createdAt: now,
    }),
    // The old address has no account any more, and the new one's guard begins with this device.
    outboxGuardClear(db, {
      ...delivery,
      id: clearId,
      email: oldEmail,
      before: now,
      forgetDevices: true,
    }),
    outboxGuardClear(db, {
      ...delivery,
      id: startId,
      email: newEmail,
      before: now,
      forgetDevices: true,
      keepDevice: session.deviceId,
    }),
    auditRow(db, 'email_changed', audit, {
      actorId: user.id,
      ...who,
      details: { sessionId: session.id },
    }),
  ])
  deps.announceOutbox([noticeId])
  const before = deps.clock()
  await tellGuard(deps, clearId, () => guard.startOver(oldEmail, { before }))
  await tellGuard(deps, startId, () =>
    guard.startOver(newEmail, { before, keepDevice: session.deviceId }),
  )
}
