/**
 * Which refresh token counts where a request could carry several: the one in the body; without it, the cookie's.
 * With `Authorization` cookies count for nothing. A token in the body needs no CSRF token, a cookie does.
 */
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import * as z from 'zod'
import { COOKIE_NAMES, readCookie } from '../../http/cookies.ts'
import type { AppEnv } from '../../http/factory.ts'
import { parseRefreshToken } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'

export interface PresentedToken {
  text: string
  by: 'body' | 'cookie'
}

export const refreshTokenField = z
  .string({ error: say('refresh_token_not_text') })
  .trim()
  .min(1, say('refresh_token_missing'))
  .max(512, say('refresh_token_unusable'))
  .optional()

export function presentedRefreshToken(
  c: Context<AppEnv>,
  inBody: string | undefined,
): PresentedToken | undefined {
  if (inBody !== undefined) return { text: inBody, by: 'body' }
  const text = readCookie(c, 'refresh')
  return text === undefined ? undefined : { text, by: 'cookie' }
}

/** The session that the browser's refresh cookie names, or undefined. */
export function heldSessionOf(c: Context<AppEnv>): string | undefined {
  const token = getCookie(c, COOKIE_NAMES.refresh)
  return token === undefined ? undefined : parseRefreshToken(c.get('deps').keys, token)?.sessionId
}
