/** Ends a session, or all sessions of its user, in one round trip. Idempotent. A session that has ended ends nothing else. */
import type { AuditContext } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import { endSession } from '../sessions/service.ts'
import { endAllOfSameUser, recordLogout } from './repository.ts'

/** True if the session was still open. */
export async function logOut(
  { db }: Pick<Deps, 'db'>,
  sessionId: string,
  audit: AuditContext,
): Promise<boolean> {
  const [ended] = await db.batch([
    endSession(db, sessionId, audit.now, 'logout'),
    recordLogout(db, sessionId, audit, 'one'),
  ])
  return ended.meta.changes > 0
}

/** True if the session was alive, and so could end all of its user's. */
export async function logOutEverywhere(
  { db }: Pick<Deps, 'db'>,
  sessionId: string,
  audit: AuditContext,
): Promise<boolean> {
  const [ended] = await db.batch([
    endAllOfSameUser(db, sessionId, audit.now),
    recordLogout(db, sessionId, audit, 'all'),
  ])
  return ended.meta.changes > 0
}
