/**
 * The way of a request: who is asking goes with it, an expired access token is renewed and the request sent once more,
 * and what its answer says about the session is noted. A request is repeated for the same session only: it never acts
 * for somebody who logged in meanwhile.
 */
import { type Credentials, isSameSession, isTokenAnswer } from './credentials.ts'
import { endSession, type Parts } from './parts.ts'
import { adopt, fetchCsrfToken, type Refresh, sessionIdOfMe } from './refresh.ts'
import { isOutage, request, unlessAborted } from './repeat.ts'
import type { Failure, Result } from './result.ts'
import { endsSession, isKeyed, isPublic, isSafe, isSignIn } from './routes.ts'
import { DEVICE_TOKEN } from './storage.ts'

/** A browser drops the access cookie by its own clock, maybe while the request is on its way. */
const CLOCK_SLACK_MS = 2_000

interface Call {
  url: string
  path: string
  query: URLSearchParams
  method: string
  headers: Headers
  init: RequestInit
}

export type Send = (url: string, init: RequestInit) => Promise<Result<unknown>>

export function createSend(parts: Parts, refresh: Refresh): Send {
  return async function send(url, init) {
    const call = await prepare(parts, url, init)
    const result = isPublic(call.path)
      ? await exchange(parts, call, undefined)
      : await sendSignedIn(parts, refresh, call)
    if (result.ok) await note(parts, call, result)
    return result
  }
}

async function prepare(parts: Parts, url: string, init: RequestInit): Promise<Call> {
  const { pathname, searchParams: query } = new URL(url)
  const path = pathname.slice(new URL(parts.baseUrl).pathname.replace(/\/$/, '').length)
  const headers = new Headers(init.headers)
  const method = init.method ?? 'GET'
  const call = { url, path, query, method, headers, init }
  // One for all the repetitions of this call.
  if (isKeyed(path) && !headers.has('Idempotency-Key')) headers.set('Idempotency-Key', newKey())
  if (!isSignIn(path)) return call
  const { storage, transport } = parts
  const body = JSON.parse(String(init.body ?? '{}'))
  const deviceToken = transport === 'body' ? await storage.getItem(DEVICE_TOKEN) : undefined
  const more = { ...(deviceToken && { deviceToken }), ...body, tokenTransport: transport }
  return { ...call, init: { ...init, body: JSON.stringify(more) } }
}

function newKey(): string {
  // randomUUID is not there on a page without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function sendSignedIn(parts: Parts, refresh: Refresh, call: Call): Promise<Result<unknown>> {
  const { session } = parts
  const { signal } = call.init
  if (needsRefresh(parts)) {
    const failure = await unlessAborted(refresh(session.version), signal)
    if (failure && session.state.status !== 'signed_out') return failure
  }
  const { credentials: used, version } = session
  const first = await exchange(parts, call, used)
  if (first.ok || !used) return first
  if (isExpired(parts, first, used)) {
    const failure = await unlessAborted(refresh(version), signal)
    if (failure) return failure
  } else if (!(await hasNewCsrfToken(parts, call, first, used))) {
    return endedBy(parts, first, version)
  }
  const { credentials: next, version: newVersion } = session
  if (!next || !isSameSession(used, next)) return first
  return endedBy(parts, await exchange(parts, call, next), newVersion)
}

/** Not asked yet who is signed in; or the browser has dropped the cookie of the access token by now. */
function needsRefresh({ session, transport }: Parts): boolean {
  if (session.state.status === 'unknown') return true
  return transport === 'cookie' && (session.credentials?.expiresAt ?? Infinity) <= Date.now()
}

function isExpired({ transport }: Parts, { error }: Failure, used: Credentials): boolean {
  if (error.code === 'access_token_expired') return true
  const isDropped = transport === 'cookie' && used.expiresAt - CLOCK_SLACK_MS <= Date.now()
  return isDropped && error.code === 'unauthenticated'
}

/** The API refused the CSRF token, and gives another one for what the cookies hold: to be the same session's. */
async function hasNewCsrfToken(
  parts: Parts,
  call: Call,
  { error }: Failure,
  used: Credentials,
): Promise<boolean> {
  if (error.code !== 'csrf_failed' || parts.transport !== 'cookie') return false
  const csrfToken = await unlessAborted(fetchCsrfToken(parts), call.init.signal)
  if (typeof csrfToken !== 'string' || csrfToken === used.csrfToken) return false
  const { expiresAt } = used
  const left = Math.max(0, expiresAt - Date.now()) / 1000
  const data = { tokenType: 'Bearer', expiresIn: left, csrfToken }
  return (await adopt(parts, { data, status: 200 }, 'refreshed')) === undefined
}

/** An answer to the credentials of now that says that they are worth nothing is the end of the session. */
async function endedBy(
  parts: Parts,
  result: Result<unknown>,
  version: number,
): Promise<Result<unknown>> {
  if (result.ok || parts.session.version !== version) return result
  const { code } = result.error
  if (code === 'session_ended' || code === 'unauthenticated') await endSession(parts, code)
  return result
}

function exchange(parts: Parts, call: Call, used: Credentials | undefined) {
  const { path, method, init } = call
  const headers = new Headers(call.headers)
  if (used?.accessToken) headers.set('Authorization', `Bearer ${used.accessToken}`)
  else if (used?.csrfToken && !isSafe(method)) headers.set('X-CSRF-Token', used.csrfToken)
  // Signed out here, signed in there: the cookies are somebody else's.
  const hasCookies = parts.transport !== 'body' && (used !== undefined || isPublic(path))
  const isStream = typeof ReadableStream === 'function' && init.body instanceof ReadableStream
  const mayRepeat = (isSafe(method) || headers.has('Idempotency-Key')) && !isStream
  return request(
    call.url,
    { ...init, headers, credentials: hasCookies ? 'include' : 'omit' },
    { fetch: parts.fetch, retries: mayRepeat ? parts.retries : 0, isWorthIt: isOutage },
  )
}

async function note(
  parts: Parts,
  { method, path, query }: Call,
  result: { data: unknown; status: number },
) {
  const { session } = parts
  if (endsSession(method, path, query)) return endSession(parts, 'logged_out')
  if (path.startsWith('/api/v1/auth/') && isTokenAnswer(result.data)) {
    await adopt(parts, result, isSignIn(path) ? 'signed_in' : 'refreshed')
  }
  const { credentials } = session
  if (path === '/api/v1/auth/me' && credentials && !credentials.sessionId) {
    credentials.sessionId = sessionIdOfMe(result.data)
  }
}
