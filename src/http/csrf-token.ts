import type { Context } from 'hono'
import { isCsrfTokenOf } from '../lib/tokens.ts'
import { say } from '../messages/message.ts'
import { ApiError } from './errors.ts'
import type { AppEnv } from './factory.ts'

/** Does the request carry the CSRF token of this session, in the header and nowhere else? */
export function hasCsrfToken(c: Context<AppEnv>, sessionId: string): boolean {
  const token = c.req.header('X-CSRF-Token')
  return token !== undefined && isCsrfTokenOf(c.get('deps').keys, sessionId, token)
}

/** Whoever acts by cookie alone must also know the session's CSRF token. Throws csrf_failed. */
export function requireCsrfToken(c: Context<AppEnv>, sessionId: string): void {
  if (!hasCsrfToken(c, sessionId)) throw missingCsrfToken()
}

export function missingCsrfToken(): ApiError {
  return new ApiError('csrf_failed', {
    message: say('csrf_token_missing'),
    reason: 'csrf_token',
  })
}
