/**
 * The tokens of a session, given out in the transport asked for: `hybrid` puts the access token into the body and the
 * refresh token only into a cookie, `body` puts both into the body and sets no cookie, `cookie` puts both into cookies.
 */
import type { Context } from 'hono'
import * as z from 'zod'
import type { Role, TokenTransport } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { clearCookie, writeCookie } from '../../http/cookies.ts'
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
  const { accessToken, refreshToken, csrfToken } = tokens
  if (transport === 'body') return { ...common, accessToken, refreshToken }
  writeCookie(c, 'refresh', refreshToken, refreshSeconds)
  if (transport === 'hybrid') return { ...common, accessToken, csrfToken }
  writeCookie(c, 'access', accessToken, tokens.expiresIn)
  return { ...common, csrfToken }
}

/** A browser that signed in keeps its device token in a cookie, another client gets it in the body. */
export function deliverDevice(
  c: Context<AppEnv>,
  transport: TokenTransport,
  { deviceToken }: SessionTokens,
) {
  if (transport === 'body') return { deviceToken }
  writeCookie(c, 'device', deviceToken, DEVICE_COOKIE_SECONDS)
  return {}
}

/** Takes the tokens out of the browser. The device stays known: its cookie opens nothing. */
export function clearTokens(c: Context<AppEnv>): void {
  clearCookie(c, 'refresh')
  clearCookie(c, 'access')
}
