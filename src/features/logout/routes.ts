import type { Context } from 'hono'
import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { readCookie } from '../../http/cookies.ts'
import { requireCsrfToken } from '../../http/csrf-token.ts'
import { ok } from '../../http/envelope.ts'
import { ApiError } from '../../http/errors.ts'
import { type AppEnv, factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { parseRefreshToken } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'
import { readBearer } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitRefusals } from '../../middleware/rate-limit.ts'
import { presentedRefreshToken } from '../sessions/presented-token.ts'
import { sessionIdOfAccessToken } from '../sessions/service.ts'
import { clearTokens } from '../sessions/tokens.ts'
import { logoutBody } from './schemas.ts'
import { logOut, logOutEverywhere } from './service.ts'

const ERRORS = [
  'invalid_json',
  'unauthenticated',
  'csrf_failed',
  'refresh_invalid',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
  'rate_limited',
] as const

const ENDED_ALREADY = say('logged_out_before')

export const logoutRoutes = factory
  .createApp()
  .post(
    '/auth/logout',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'Log out',
        description:
          'Ends this session and clears its cookies. An access token is enough, expired or not, and so is a refresh token, in the body or as cookie with `X-CSRF-Token`. May be repeated.',
        example: {},
        bodyIsOptional: true,
        byRefreshCookie: true,
        success: { status: 200, data: z.null() },
        errors: ERRORS,
      },
    ),
    limitRefusals('refused'),
    csrf({ setsCookies: true }),
    validate('json', logoutBody, { optional: true }),
    async (c) => {
      const sessionId = await presentedSession(c, c.req.valid('json').refreshToken)
      if (sessionId !== undefined) await logOut(c.get('deps'), sessionId, auditContext(c))
      clearTokens(c, sessionId)
      return c.json(ok(c, say('logged_out'), null), 200)
    },
  )
  .post(
    '/auth/logout-all',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'Log out everywhere',
        description:
          'Ends every session of the user. Takes what `/auth/logout` takes, of a session that is still alive.',
        example: {},
        bodyIsOptional: true,
        byRefreshCookie: true,
        success: { status: 200, data: z.null() },
        errors: ERRORS,
      },
    ),
    limitRefusals('refused'),
    csrf({ setsCookies: true }),
    validate('json', logoutBody, { optional: true }),
    async (c) => {
      const sessionId = await presentedSession(c, c.req.valid('json').refreshToken)
      const wasAlive =
        sessionId !== undefined &&
        (await logOutEverywhere(c.get('deps'), sessionId, auditContext(c)))
      clearTokens(c, sessionId)
      return c.json(ok(c, wasAlive ? say('logged_out_everywhere') : ENDED_ALREADY, null), 200)
    },
  )

/**
 * The session to end: of the refresh token in the body, else of the access token in `Authorization`, else of a cookie,
 * which needs the CSRF token. Undefined where there is none. A token that we never made is refused: whoever sends a
 * wrong one shall not believe to be logged out.
 */
async function presentedSession(
  c: Context<AppEnv>,
  inBody: string | undefined,
): Promise<string | undefined> {
  const deps = c.get('deps')
  const bearer = readBearer(c)
  if (inBody === undefined && bearer !== undefined) {
    const sessionId = await sessionIdOfAccessToken(deps, bearer)
    if (sessionId === undefined) throw new ApiError('unauthenticated')
    return sessionId
  }
  const presented = presentedRefreshToken(c, inBody)
  const refresh = presented && parseRefreshToken(deps.keys, presented.text)
  if (presented?.by === 'body') {
    if (!refresh) throw new ApiError('refresh_invalid', { reason: 'forged' })
    return refresh.sessionId
  }
  const access = readCookie(c, 'access')
  const sessionId =
    refresh?.sessionId ??
    (access === undefined ? undefined : await sessionIdOfAccessToken(deps, access))
  if (sessionId !== undefined) requireCsrfToken(c, sessionId)
  return sessionId
}
