import type { Context } from 'hono'
import { clientInfo } from '../../http/client-info.ts'
import { readCookie } from '../../http/cookies.ts'
import { requireCsrfToken } from '../../http/csrf-token.ts'
import { ok } from '../../http/envelope.ts'
import { ApiError } from '../../http/errors.ts'
import { type AppEnv, factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { csrfTokenOf, parseRefreshToken } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitRefusals } from '../../middleware/rate-limit.ts'
import { presentedRefreshToken } from '../sessions/presented-token.ts'
import { sessionIdOfAccessToken } from '../sessions/service.ts'
import { deliverTokens } from '../sessions/tokens.ts'
import { csrfData, refreshBody, refreshData } from './schemas.ts'
import { refreshSession } from './service.ts'

export const refreshRoutes = factory
  .createApp()
  .post(
    '/auth/refresh',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'New tokens for a refresh token',
        description:
          'By the refresh cookie with `X-CSRF-Token`, or by `refreshToken` in the body, which counts where both are there; the answer uses the transport of the token presented. Each use rotates the token. Presented again within 30 seconds while its successor is unused, it gives the same successor: repeat a lost request. Any older token ends all sessions of the user.',
        example: { refreshToken: 'rt.…' },
        bodyIsOptional: true,
        byRefreshCookie: true,
        success: { status: 200, data: refreshData },
        errors: ['refresh_invalid', 'refresh_reused', ...BODY_ERRORS],
      },
    ),
    limitRefusals('refused'),
    csrf(),
    validate('json', refreshBody, { optional: true }),
    async (c) => {
      const presented = presentedRefreshToken(c, c.req.valid('json').refreshToken)
      if (!presented) throw nothingPresented(c)
      const token = parseRefreshToken(c.get('deps').keys, presented.text)
      if (!token) throw new ApiError('refresh_invalid', { reason: 'forged' })
      if (presented.by === 'cookie') requireCsrfToken(c, token.sessionId)
      const refreshed = await refreshSession(c.get('deps'), token, clientInfo(c))
      const ownTransport = refreshed.transport === 'cookie' ? 'cookie' : 'hybrid'
      const transport = presented.by === 'body' ? 'body' : ownTransport
      c.set('locale', refreshed.locale)
      const data = deliverTokens(c, transport, refreshed.tokens, refreshed.refreshSeconds)
      return c.json(ok(c, say('new_tokens'), data), 200)
    },
  )
  .get(
    '/auth/csrf',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'The CSRF token of the session in the cookies',
        description:
          'For the header `X-CSRF-Token`. The same for the life of the session; it authenticates nothing by itself. The refresh cookie alone is enough.',
        success: { status: 200, data: csrfData },
        byRefreshCookie: true,
        errors: ['unauthenticated'],
      },
    ),
    async (c) => {
      const sessionId = await sessionIdInCookies(c)
      if (sessionId === undefined) throw new ApiError('unauthenticated')
      const csrfToken = csrfTokenOf(c.get('deps').keys, sessionId)
      return c.json(ok(c, say('csrf_token'), { csrfToken }), 200)
    },
  )

/** A body or a header that should have had the token is the client's mistake; else the browser's cookie has run out. */
function nothingPresented(c: Context<AppEnv>): ApiError {
  const isMistake = !c.get('bodyIsLeftOut') || c.req.header('Authorization') !== undefined
  if (!isMistake) return new ApiError('refresh_invalid', { reason: 'missing' })
  const refreshToken = say('refresh_token_nowhere')
  return new ApiError('validation_failed', { errors: { refreshToken } })
}

async function sessionIdInCookies(c: Context<AppEnv>): Promise<string | undefined> {
  const deps = c.get('deps')
  const refresh = readCookie(c, 'refresh')
  const token = refresh === undefined ? undefined : parseRefreshToken(deps.keys, refresh)
  if (token) return token.sessionId
  const access = readCookie(c, 'access')
  return access === undefined ? undefined : sessionIdOfAccessToken(deps, access)
}
