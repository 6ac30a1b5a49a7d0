import type { Config } from '../../config.ts'
import type { Role } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { missingCsrfToken } from '../../http/csrf-token.ts'
import { ApiError } from '../../http/errors.ts'
import { verifyAccessToken } from '../../lib/jwt.ts'
import type { AuthenticatedSession } from './authenticated-session.ts'
import { findLivingSession } from './repository.ts'

export { endSessionsOfUser } from './own-sessions.ts'
export {
  endSession,
  endSessionsOfCommunity,
  endSurplusSessions,
  openSession,
  undoOpening,
} from './repository.ts'

interface Asked {
  withMemberships: boolean
  /** Asked between signature and database: a cookie without its CSRF token goes no further. */
  isAllowedSession(sessionId: string): boolean
}

/**
 * The session behind an access token, as the database says now, in one query. Throws unauthenticated,
 * access_token_expired, session_ended or csrf_failed.
 */
export async function findAuthenticated(
  deps: Pick<Deps, 'db' | 'config' | 'clock'>,
  accessToken: string,
  asked: Asked,
): Promise<AuthenticatedSession> {
  const now = deps.clock()
  const verified = await verifyAccessToken(deps.config.jwt, accessToken, now)
  if (!verified.ok) {
    throw new ApiError(verified.reason === 'expired' ? 'access_token_expired' : 'unauthenticated')
  }
  const { claims } = verified
  if (!asked.isAllowedSession(claims.sid)) throw missingCsrfToken()
  const found = await findLivingSession(deps.db, claims.sid, {
    now,
    withMemberships: asked.withMemberships,
  })
  if (!found || found.user.id !== claims.sub) throw new ApiError('session_ended')
  // The session has moved to another community since: the token is of the old one.
  if (found.community.id !== claims.cid) throw new ApiError('access_token_expired')
  return found
}

/** The session a genuine access token names, expired or not; undefined for any other. No database. */
export async function sessionIdOfAccessToken(
  { config, clock }: Pick<Deps, 'config' | 'clock'>,
  accessToken: string,
): Promise<string | undefined> {
  const verified = await verifyAccessToken(config.jwt, accessToken, clock())
  return verified.ok || verified.reason === 'expired' ? verified.claims.sid : undefined
}

/** Platform admins live shorter: 30 minutes idle, 12 hours in all, whatever is configured beyond that. */
const ADMIN_IDLE_SECONDS = 30 * 60
const ADMIN_ABSOLUTE_SECONDS = 12 * 3600

/** How long a session of this role lives without a refresh, in seconds. */
export function idleSecondsOf({ sessionIdleSeconds }: Config, role: Role): number {
  return role === 'Admin' ? Math.min(sessionIdleSeconds, ADMIN_IDLE_SECONDS) : sessionIdleSeconds
}

/** When a session that is opened `now` ends, ms UTC. */
export function lifetimeOf(config: Config, role: Role, now: number) {
  const { sessionAbsoluteSeconds } = config
  const absolute =
    role === 'Admin'
      ? Math.min(sessionAbsoluteSeconds, ADMIN_ABSOLUTE_SECONDS)
      : sessionAbsoluteSeconds
  return {
    idleExpiresAt: now + idleSecondsOf(config, role) * 1000,
    absoluteExpiresAt: now + absolute * 1000,
  }
}
