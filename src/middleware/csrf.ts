/**
 * Stops a foreign page from acting with our cookies (OWASP CSRF sheet, ASVS V3.5.1). An unsafe request that carries our cookies, or
 * whose answer may set them (login CSRF), must come from our own origin or from one in ALLOWED_ORIGINS; a client that
 * sends no Origin is no foreign page unless Sec-Fetch-Site says so. With `Authorization`, cookies are ignored.
 */
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { COOKIE_NAMES } from '../http/cookies.ts'
import { ApiError } from '../http/errors.ts'
import { type AppEnv, factory } from '../http/factory.ts'

/** Put after the IP policy on the line of every unsafe route. `setsCookies`: its answer may set cookies of ours. */
export const csrf = (options: { setsCookies?: boolean } = {}) =>
  factory.createMiddleware(async function csrfGuard(c, next) {
    const usesCookies = options.setsCookies === true || carriesCookies(c)
    if (usesCookies && !isTrustedOrigin(c)) throw new ApiError('csrf_failed')
    await next()
  })

function carriesCookies(c: Context<AppEnv>): boolean {
  if (c.req.header('Authorization') !== undefined) return false
  const cookies = getCookie(c)
  return Object.values(COOKIE_NAMES).some((name) => cookies[name] !== undefined)
}

function isTrustedOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header('Origin')
  if (origin !== undefined) {
    const { allowedOrigins } = c.get('deps').config
    return origin === new URL(c.req.url).origin || allowedOrigins.includes(origin)
  }
  const site = c.req.header('Sec-Fetch-Site')
  return site === undefined || site === 'same-origin' || site === 'none'
}
