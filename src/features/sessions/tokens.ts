/**
 * The tokens of a session, given out in the transport asked for: `hybrid` puts the access token into the body and the
 * refresh token only into a cookie, `body` puts both into the body and sets no cookie, `cookie` puts both into cookies.
 */
import type { Context } from 'hono'
import * as z from 'zod'
import type { Role, TokenTransport } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { writeCookie } from '../../http/cookies.ts'
import type { AppEnv } from '../../http/factory.ts'
import { newId } from '../../lib/ids.ts'
import { signAccessToken } from '../../lib/jwt.ts'
import {
  csrfTokenOf,
  formatDeviceToken,
  formatRefreshToken,
  type RefreshToken,
} from '../../lib/tokens.ts'

/** A browser stays known for so long. */
export const DEVICE_COOKIE_SECONDS = 365 * 24 * 3600

export const tokenFields = {
  tokenType: z.literal('Bearer'),
  expiresIn: z.number().int(),
  accessToken: z.string().optional(),
  refreshToken: z.string().optional(),
  csrfToken: z.string().optional(),
}

export interface SessionTokens {
  accessToken: string
  expiresIn: number
  refreshToken: string
  csrfToken: string
  deviceToken: string
}

interface IssuedSession {
  userId: string
  communityId: string
  role: Role
  deviceId: string
  refresh: RefreshToken
}

/** Makes every token of a session. `now` in ms UTC. */
export async function issueTokens(
  deps: Pick<Deps, 'config' | 'keys'>,
  session: IssuedSession,
  now: number,
): Promise<SessionTokens> {
  const { config, keys } = deps
  const claims = {
    sub: session.userId,
    sid: session.refresh.sessionId,
    cid: session.communityId,
    role: session.role,
  }
  const expiresIn = config.accessTokenTtlSeconds
  return {
    accessToken: await signAccessToken(config.jwt, claims, {
      now,
      ttlSeconds: expiresIn,
      jti: newId(now),
    }),
    expiresIn,
    refreshToken: formatRefreshToken(keys, session.refresh),
    csrfToken: csrfTokenOf(keys, session.refresh.sessionId),
    deviceToken: formatDeviceToken(keys, session.deviceId),
  }
}

/** Sets the cookies of a transport and returns the fields that go into the body. `refreshSeconds`: how long the refresh token lives. */
export function deliverTokens(
  c: Context<AppEnv>,
  transport: TokenTransport,
  tokens: SessionTokens,
  refreshSeconds: number,
) {
  const common = { tokenType: 'Bearer' as const, expiresIn: tokens.expiresIn }
  const { accessToken, refreshToken, csrfToken, deviceToken } = tokens
  if (transport === 'body') return { ...common, accessToken, refreshToken, deviceToken }
  writeCookie(c, 'refresh', refreshToken, refreshSeconds)
  writeCookie(c, 'device', deviceToken, DEVICE_COOKIE_SECONDS)
  if (transport === 'hybrid') return { ...common, accessToken, csrfToken }
  writeCookie(c, 'access', accessToken, tokens.expiresIn)
  return { ...common, csrfToken }
}
