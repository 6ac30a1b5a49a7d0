/**
 * The tokens of a session, given out in the transport asked for: `hybrid` puts the access token into the body and the
 * refresh token only into a cookie, `body` puts both into the body and sets no cookie, `cookie` puts both into cookies.
 */
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import * as z from 'zod'
import type { Role, TokenTransport } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { COOKIE_NAMES, clearCookie, writeCookie } from '../../http/cookies.ts'
import { writeDeviceToken } from '../../http/device.ts'
import type { AppEnv } from '../../http/factory.ts'
import { newId } from '../../lib/ids.ts'
import { signAccessToken } from '../../lib/jwt.ts'
import {
  csrfTokenOf,
  formatDeviceToken,
  formatRefreshToken,
  type RefreshToken,
} from '../../lib/tokens.ts'
import { heldSessionOf } from './presented-token.ts'

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
  if (transport === 'hybrid') {
    // One of another session that used this browser would go on acting beside the new one.
    if (getCookie(c, COOKIE_NAMES.access) !== undefined) clearCookie(c, 'access')
    return { ...common, accessToken, csrfToken }
  }
  writeCookie(c, 'access', accessToken, tokens.expiresIn)
  return { ...common, csrfToken }
}

/** The same for an access token alone: the refresh token in hand goes on. */
export function deliverAccess(
  c: Context<AppEnv>,
  {
    transport,
    ...tokens
  }: Pick<SessionTokens, 'accessToken' | 'expiresIn' | 'csrfToken'> & { transport: TokenTransport },
) {
  const { accessToken, expiresIn, csrfToken } = tokens
  const common = { tokenType: 'Bearer' as const, expiresIn }
  if (transport === 'body') return { ...common, accessToken }
  if (transport === 'hybrid') return { ...common, accessToken, csrfToken }
  writeCookie(c, 'access', accessToken, expiresIn)
  return { ...common, csrfToken }
}

/** A browser that signed in keeps its device token in a cookie, another client gets it in the body. */
export function deliverDevice(
  c: Context<AppEnv>,
  transport: TokenTransport,
  { deviceToken }: SessionTokens,
) {
  if (transport === 'body') return { deviceToken }
  writeDeviceToken(c, deviceToken)
  return {}
}

/**
 * Takes the tokens of a session that has ended out of the browser; those of another session that it holds stay. So does
 * the device: its cookie opens nothing.
 */
export function clearTokens(c: Context<AppEnv>, endedId: string | undefined): void {
  const heldId = heldSessionOf(c)
  if (heldId !== undefined && endedId !== undefined && heldId !== endedId) return
  clearCookie(c, 'refresh')
  clearCookie(c, 'access')
}
