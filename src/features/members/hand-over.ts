/**
 * An owner hands the community over, and becomes a moderator. It takes a second proof that it is they; one batch makes
 * the one an owner and the other none, so that at no moment there is no owner, nor two who are told they are.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import type { Evidence } from '../passwords/evidence.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from '../passwords/prove-identity.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { stillMay } from '../sessions/living.ts'
import { selectMember, setRole } from './repository.ts'

/**
 * Throws not_found before anything is counted or used up where the other is no member who can log in, then what `proveIdentity` throws.
 */
export async function handOverCommunity(
  deps: Deps,
  who: AuthenticatedSession,
  { userId, evidence }: { userId: string; evidence: Evidence },
  audit: AuditContext,
): Promise<void> {
  if (userId === who.user.id) {
    throw new ApiError('validation_failed', { errors: { userId: say('own_already') } })
  }
  const [heir] = await selectMember(deps.db, { communityId: who.community.id, userId })
  if (!heir || heir.disabledAt !== null) throw noHeir()
  const proof = await proveIdentity(deps, who, evidence, audit)
  await underProof(deps, proof, () => writeHandOver(deps, who, { heirId: userId, proof }, audit))
}

async function writeHandOver(
  deps: Deps,
  who: AuthenticatedSession,
  { heirId, proof }: { heirId: string; proof: Proof },
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const { now } = audit
  const communityId = who.community.id
  const isOwner = stillMay(who, 'members.edit', now)
  const isProven = sql`exists (select 1 from users where ${isStillProven(who, proof, now)})`
  const canOwn = sql`exists (select 1 from users u where u.id = ${heirId}
    and u.email_verified_at is not null and u.disabled_at is null)`
  try {
    await db.batch([
      setRole(
        db,
        { communityId, userId: heirId },
        'CommunityOwner',
        sql`${isOwner} and ${isProven} and ${canOwn}`,
      ),
      ...assertOneChange(db),
      setRole(db, { communityId, userId: who.user.id }, 'Moderator', sql`true`),
      ...assertOneChange(db),
      auditRow(db, 'owner_changed', audit, {
        actorId: who.user.id,
        userId: heirId,
        communityId,
        details: { from: who.user.id, to: heirId },
      }),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [rows] = await db.batch([
      db
        .select({
          isOwner: sql<number>`${isOwner}`.as('is_owner_'),
          isProven: sql<number>`${isProven}`.as('is_proven_'),
        })
        .from(sql`(select 1)`),
    ])
    if (!rows[0]?.isProven) throw await whyNotProven(deps, who, proof, now)
    // The heir has gone since they were looked for, or is disabled.
    throw rows[0].isOwner ? noHeir() : new ApiError('forbidden')
  }
}

function noHeir(): ApiError {
  return new ApiError('not_found', { message: say('no_such_member') })
}
