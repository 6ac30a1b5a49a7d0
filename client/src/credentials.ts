/** What this tab holds of a session, read from answers that give tokens. It lives in memory alone. */

/** The answer of a sign-in, a refresh, or a change of the community. */
export interface TokenAnswer {
  tokenType: 'Bearer'
  expiresIn: number
  accessToken?: string
  refreshToken?: string
  csrfToken?: string
  deviceToken?: string
  session?: { id: string }
}

export interface Credentials {
  /** None where a cookie holds it. */
  accessToken?: string
  csrfToken?: string
  /** Unknown for a while where cookies hold everything. */
  sessionId?: string
  /** Of the access token, ms UTC by this machine's clock. */
  expiresAt: number
}

export function isTokenAnswer(data: unknown): data is TokenAnswer {
  return typeof data === 'object' && data !== null && 'tokenType' in data
}

export function toCredentials(answer: TokenAnswer, now: number): Credentials {
  const { accessToken, csrfToken, expiresIn, session } = answer
  const sessionId = session?.id ?? (accessToken && sessionIdOf(accessToken))
  return {
    expiresAt: now + expiresIn * 1000,
    ...(accessToken !== undefined && { accessToken }),
    ...(csrfToken !== undefined && { csrfToken }),
    ...(sessionId && { sessionId }),
  }
}

/** Are they of one session? Where the ids are not known, its CSRF token tells, which is the same for the session's life. */
export function isSameSession(one: Credentials, other: Credentials): boolean {
  if (one.sessionId && other.sessionId) return one.sessionId === other.sessionId
  return one.csrfToken !== undefined && one.csrfToken === other.csrfToken
}

/** The claim `sid`. Read, not believed: the API alone verifies it. */
function sessionIdOf(accessToken: string): string | undefined {
  try {
    const [, claims = ''] = accessToken.split('.')
    const { sid } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof sid === 'string' ? sid : undefined
  } catch {
    return undefined
  }
}
