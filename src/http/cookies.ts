/** Our cookies: `__Host-`, HttpOnly, Secure, Path=/ (RFC 6265bis §4.1.3). Names are constants, values are our own tokens. */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { AppEnv } from './factory.ts'

export const COOKIE_NAMES = {
  refresh: '__Host-refresh',
  access: '__Host-access',
  device: '__Host-device',
  flow: '__Host-flow',
} as const

export type CookieKind = keyof typeof COOKIE_NAMES

/** One of our cookies; none where the request carries `Authorization`, which makes cookies count for nothing. */
export function readCookie(c: Context<AppEnv>, kind: CookieKind): string | undefined {
  if (c.req.header('Authorization') !== undefined) return undefined
  return getCookie(c, COOKIE_NAMES[kind])
}

/** Sets one of our cookies for `maxAgeSeconds`. */
export function writeCookie(
  c: Context<AppEnv>,
  kind: CookieKind,
  value: string,
  maxAgeSeconds: number,
): void {
  setCookie(c, COOKIE_NAMES[kind], value, { ...attributes(c), maxAge: maxAgeSeconds })
}

export function clearCookie(c: Context<AppEnv>, kind: CookieKind): void {
  deleteCookie(c, COOKIE_NAMES[kind], attributes(c))
}

function attributes(c: Context<AppEnv>) {
  const { cookieSameSite } = c.get('deps').config
  return { path: '/', secure: true, httpOnly: true, sameSite: cookieSameSite } as const
}
