/**
 * A new password by someone who is signed in and proves it once more. One batch: hash set, other sessions ended, links
 * void, audit, mail; it holds only if the session still lives and the password that was proven still is the account's.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { endSessionsOfUser } from '../sessions/service.ts'
import type { Evidence } from './evidence.ts'
import { refuseWeakPassword } from './new-password.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from './prove-identity.ts'
import { setPassword, tellOfNewPassword, voidResetLinks } from './repository.ts'

/**
 * Changes it. Throws password_rejected before anything is counted or used up, then what `proveIdentity` throws, and
 * session_ended or wrong_password where that became so in between.
 */
export async function changePassword(
  deps: Deps,
  who: AuthenticatedSession,
  { evidence, newPassword }: { evidence: Evidence; newPassword: string },
  audit: AuditContext,
): Promise<void> {
  const { user, community, memberships, role } = who
  await refuseWeakPassword(deps, newPassword, {
    context: [user.email, user.fullName, community.name, ...memberships.map(({ name }) => name)],
    role,
    field: 'newPassword',
  })
  const proof = await proveIdentity(deps, who, evidence, audit)
  const passwordHash = await deps.passwords.hash(newPassword)
  await underProof(deps, proof, () => writeChange(deps, who, { proof, passwordHash }, audit))
}

async function writeChange(
  deps: Deps,
  who: AuthenticatedSession,
  { proof, passwordHash }: { proof: Proof; passwordHash: string },
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const { user, session } = who
  const { now } = audit
  const mailId = newId(now)
  const always = sql`true`
  const addressKey = deps.lookup.address(user.email)
  try {
    await db.batch([
      setPassword(
        db,
        user.id,
        // Strangers may have locked themselves out meanwhile: to let them in again takes a reset.
        { passwordHash, liftsLock: false },
        isStillProven(who, proof, now),
      ),
      ...assertOneChange(db),
      endSessionsOfUser(db, user.id, session.id, now, 'password_changed'),
      voidResetLinks(db, user.email, always),
      ...tellOfNewPassword(
        db,
        'password_changed',
        { id: mailId, userId: user.id, addressKey, condition: always },
        audit,
      ),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    throw await whyNotProven(deps, who, proof, now)
  }
  deps.announceOutbox([mailId])
}
