/**
 * A new password by someone who is signed in and proves it once more. One batch: hash set, other sessions ended, links
 * void, audit, mail; it holds only if the session still lives and the password that was proven still is the account's.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { FAILURES_UNTIL_RESET, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { errorFields } from '../../log.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { isLivingSession } from '../sessions/living.ts'
import { endSessionsOfUser } from '../sessions/service.ts'
import { refuseWeakPassword } from './new-password.ts'
import { type Evidence, type Proof, proveIdentity } from './prove-identity.ts'
import { findPassword, setPassword, tellOfNewPassword, voidResetLinks } from './repository.ts'

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
  try {
    await writeChange(deps, who, { proof, passwordHash }, audit)
  } catch (error) {
    // What was right when it was judged is no success by now: it makes no device known.
    await proof.book('neutral').catch(() => undefined)
    throw error
  }
  // The password is changed; a place that nobody settles lapses into one failure of ten.
  await proof.book('success').catch((error: unknown) => {
    deps.log.warn('guard_unavailable', errorFields(error))
  })
}

async function writeChange(
  deps: Deps,
  { user, session }: AuthenticatedSession,
  { proof, passwordHash }: { proof: Proof; passwordHash: string },
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const { now } = audit
  const mailId = newId(now)
  const isProven =
    proof.judgedHash === undefined
      ? sql`true`
      : sql`${users.passwordHash} = ${proof.judgedHash}
          and ${users.failedLoginAttempts} < ${FAILURES_UNTIL_RESET}`
  const always = sql`true`
  const addressKey = deps.lookup.address(user.email)
  try {
    await db.batch([
      setPassword(
        db,
        user.id,
        // Strangers may have locked themselves out meanwhile: to let them in again takes a reset.
        { passwordHash, liftsLock: false },
        sql`${isProven} and ${users.email} = ${user.email} and ${isLivingSession(session.id, now)}`,
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
    const { hash, failures } = await findPassword(db, user.id)
    if (proof.judgedHash === undefined) throw new ApiError('session_ended')
    if (hash !== proof.judgedHash) throw new ApiError('wrong_password')
    throw new ApiError(failures >= FAILURES_UNTIL_RESET ? 'account_locked' : 'session_ended')
  }
  deps.announceOutbox([mailId])
}
