/**
 * Who is asking. The JWT is verified, then session, user, membership and community are read in one query: a revoked
 * session, a changed role or a suspended community counts at once. With `Authorization`, cookies are ignored; with the
 * cookie, an unsafe request must also carry the session's CSRF token.
 */
import type { Context } from 'hono'
import { findAuthenticated } from '../features/sessions/service.ts'
import { readCookie } from '../http/cookies.ts'
import { hasCsrfToken } from '../http/csrf-token.ts'
import { ApiError } from '../http/errors.ts'
import { type AppEnv, factory } from '../http/factory.ts'
import { isPermitted, type Permission } from '../permissions.ts'

const BEARER = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Sets `c.var.auth`. Throws unauthenticated, access_token_expired, session_ended or csrf_failed. */
export const authenticate = (options: { withMemberships?: boolean } = {}) =>
  factory.createMiddleware(async function authenticateRequest(c, next) {
    const { token, byCookie } = readAccessToken(c)
    const auth = await findAuthenticated(c.get('deps'), token, {
      withMemberships: options.withMemberships ?? false,
      isAllowedSession: (sessionId) =>
        !byCookie || SAFE_METHODS.includes(c.req.method) || hasCsrfToken(c, sessionId),
    })
    c.set('auth', auth)
    c.set('locale', auth.user.locale)
    await next()
  })

/** Lets only roles pass that have this permission; put right behind `authenticate`. Throws forbidden. */
export const permit = (permission: Permission) =>
  factory.createMiddleware(async function permitRole(c, next) {
    const { role } = c.get('auth')
    if (!isPermitted(role, permission)) throw new ApiError('forbidden', { reason: permission })
    await next()
  })

/** The token in `Authorization`; undefined without that header. Throws unauthenticated for anything but one bearer token. */
export function readBearer(c: Context<AppEnv>): string | undefined {
  const header = c.req.header('Authorization')
  if (header === undefined) return undefined
  const [, token] = BEARER.exec(header) ?? []
  if (token === undefined) throw new ApiError('unauthenticated')
  return token
}

function readAccessToken(c: Context<AppEnv>): { token: string; byCookie: boolean } {
  const bearer = readBearer(c)
  if (bearer !== undefined) return { token: bearer, byCookie: false }
  const cookie = readCookie(c, 'access')
  if (cookie === undefined) throw new ApiError('unauthenticated')
  return { token: cookie, byCookie: true }
}
