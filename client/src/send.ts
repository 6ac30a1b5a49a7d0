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
    const failure = isPublic(call.path) ? undefined : await settle(parts, refresh, call)
    if (failure) return failure
    const used = isPublic(call.path) ? undefined : parts.session.credentials
    const result = used
      ? await sendSignedIn(parts, refresh, call, used)
      : await exchange(parts, call, undefined)
    if (result.ok) await note(parts, call, result, used)
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

/** Before a call that somebody makes: who is that? A failure where nobody can tell now. */
async function settle(parts: Parts, refresh: Refresh, call: Call): Promise<Failure | undefined> {
  const { session } = parts
  if (!needsRefresh(parts)) return undefined
  const failure = await unlessAborted(refresh(session.version), call.init.signal)
  return session.state.status === 'signed_out' ? undefined : failure
}

/** `used`: the credentials of now. */
async function sendSignedIn(
  parts: Parts,
  refresh: Refresh,
  call: Call,
  used: Credentials,
): Promise<Result<unknown>> {
  const { session } = parts
  const { version } = session
  const first = await exchange(parts, call, used)
  if (first.ok) return first
  if (isExpired(parts, first, used)) {
    const failure = await unlessAborted(refresh(version), call.init.signal)
    if (failure) return failure
  } else if (!(await hasNewCsrfToken(parts, call, first, used, version))) {
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
  version: number,
): Promise<boolean> {
  if (error.code !== 'csrf_failed' || parts.transport !== 'cookie') return false
  const csrfToken = await unlessAborted(fetchCsrfToken(parts), call.init.signal)
  if (typeof csrfToken !== 'string' || csrfToken === used.csrfToken) return false
  const { expiresAt } = used
  const left = Math.max(0, expiresAt - Date.now()) / 1000
  const data = { tokenType: 'Bearer', expiresIn: left, csrfToken }
  return (await adopt(parts, { data, status: 200 }, 'refreshed', version)) === undefined
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

/** `used`: those of the call. What it did to their session says nothing about another one that began meanwhile. */
async function note(
  parts: Parts,
  { method, path, query }: Call,
  result: { data: unknown; status: number },
  used: Credentials | undefined,
): Promise<void> {
  const { credentials, version } = parts.session
  if (isSignIn(path)) {
    if (isTokenAnswer(result.data)) await adopt(parts, result, 'signed_in', version)
    return
  }
  if (!used || !credentials) return
  if (used !== credentials && !isSameSession(used, credentials)) return
  if (endsSession(method, path, query)) {
    await endSession(parts, 'logged_out')
    // Nobody is left whom this device could be known to.
    if (path === '/api/v1/account') await parts.storage.removeItem(DEVICE_TOKEN)
  } else if (path.startsWith('/api/v1/auth/') && isTokenAnswer(result.data)) {
    await adopt(parts, result, 'refreshed', version)
  } else if (path === '/api/v1/auth/me' && !credentials.sessionId) {
    credentials.sessionId = sessionIdOfMe(result.data)
  }
}
