/**
 * New tokens for the refresh token (API: POST /auth/refresh), one request at a time. An outage signs nobody out, and a
 * lost answer is asked for again: within the grace the API gives the same successor. Only a refusal is the end.
 */
import {
  type Credentials,
  isSameSession,
  isTokenAnswer,
  type TokenAnswer,
  toCredentials,
} from './credentials.ts'
import { endSession, type Parts } from './parts.ts'
import { type Init, isTemporary, request } from './repeat.ts'
import { type Failure, failed, type Result } from './result.ts'
import { DEVICE_TOKEN, REFRESH_TOKEN } from './storage.ts'

/** Well within the grace of 30 s, so that there is time to ask again. */
const TIMEOUT_MS = 8_000
/** Without an answer, an app is stuck: worth more than any other request. */
const LEAST_RETRIES = 4
const JSON_BODY = { 'Content-Type': 'application/json' }

/** Undefined where this tab's credentials are other ones than those of `version` now; else why there are none. */
export type Refresh = (version: number) => Promise<Failure | undefined>

export function createRefresh(parts: Parts): Refresh {
  const { session, tabs } = parts
  let running: Promise<Failure | undefined> | undefined
  let end: { failure: Failure | undefined; version: number } | undefined
  async function run(version: number): Promise<Failure | undefined> {
    const failure = await tabs.exclusively(() => renew(parts, version))
    end = { failure, version: session.version }
    return failure
  }
  return function refresh(version) {
    // An answer that was late learns what the others did: new credentials, or why there are none.
    if (session.version !== version) {
      return Promise.resolve(end?.version === session.version ? end.failure : undefined)
    }
    running ??= run(version).finally(() => {
      running = undefined
    })
    return running
  }
}

async function renew(parts: Parts, version: number): Promise<Failure | undefined> {
  const { session, transport } = parts
  // Another tab was quicker.
  if (session.version !== version) return undefined
  const result = transport === 'body' ? await byBody(parts) : await byCookie(parts)
  // Somebody logged in or out meanwhile: this answer is about the session before.
  if (session.version !== version) return undefined
  if (result?.ok) return adopt(parts, result, 'refreshed', version)
  if (result === undefined) session.signOut('none')
  else if (isRefusal(result)) await endSession(parts, reasonOf(result))
  return result
}

/** Undefined where there is no token to present. */
async function byBody(parts: Parts): Promise<Result<unknown> | undefined> {
  // Read anew each time: another window may have put its successor there.
  const refreshToken = await parts.storage.getItem(REFRESH_TOKEN)
  return refreshToken ? post(parts, JSON_BODY, JSON.stringify({ refreshToken })) : undefined
}

async function byCookie(parts: Parts): Promise<Result<unknown> | undefined> {
  const known = parts.session.credentials?.csrfToken
  const first = known === undefined ? await fetchCsrfToken(parts) : known
  if (typeof first !== 'string') return first
  const result = await post(parts, { 'X-CSRF-Token': first })
  if (result.ok || result.error.code !== 'csrf_failed') return result
  const next = await fetchCsrfToken(parts)
  if (typeof next !== 'string' || next === first) return result
  return post(parts, { 'X-CSRF-Token': next })
}

/** Undefined where the browser holds no session. */
export async function fetchCsrfToken(parts: Parts): Promise<string | Failure | undefined> {
  const result = await ask(parts, '/auth/csrf', { method: 'GET' })
  if (result.ok) return (result.data as { csrfToken: string }).csrfToken
  return result.error.code === 'unauthenticated' ? undefined : result
}

function post(parts: Parts, headers: Record<string, string>, body?: string) {
  return ask(parts, '/auth/refresh', { method: 'POST', headers, ...(body && { body }) })
}

function ask(parts: Parts, path: string, init: Init): Promise<Result<unknown>> {
  const { baseUrl, fetch, transport } = parts
  const credentials = transport === 'body' ? 'omit' : 'include'
  return request(
    `${baseUrl}/api/v1${path}`,
    { ...init, credentials },
    {
      fetch,
      retries: Math.max(parts.retries, LEAST_RETRIES),
      isWorthIt: isTemporary,
      timeoutMs: TIMEOUT_MS,
    },
  )
}

const REFUSALS = ['refresh_invalid', 'refresh_reused', 'validation_failed']
/** What is in the store cannot even be a token: 422. */
const isRefusal = ({ error }: Failure) => REFUSALS.includes(error.code)
const reasonOf = ({ error }: Failure) =>
  error.code === 'refresh_reused' ? 'refresh_reused' : 'refresh_invalid'

/**
 * Takes the tokens of an answer over, tells the other tabs, and keeps what has to outlive this one: rejects where the
 * storage fails, signed in all the same. Refreshed are the credentials of `version`, or none.
 */
export async function adopt(
  parts: Parts,
  { data, status }: { data: unknown; status: number },
  how: 'signed_in' | 'refreshed',
  version: number,
): Promise<Failure | undefined> {
  if (!isTokenAnswer(data)) return failed('unexpected_answer', status)
  const { session, tabs } = parts
  const known = session.credentials
  const next = await identify(parts, known, toCredentials(data, Date.now()))
  // Somebody logged in or out meanwhile.
  if (how === 'refreshed' && session.version !== version) return undefined
  const kept = keep(parts, data)
  if (how === 'refreshed' && known && !isSameSession(known, next)) {
    // Whoever uses this page is not who those tokens are of.
    session.signOut('replaced')
  } else {
    session.signIn(next)
    tabs.tell({ kind: how, credentials: next })
  }
  await kept
  return undefined
}

/** From the call on, the newest refresh token is the one that is presented. */
async function keep(parts: Parts, { refreshToken, deviceToken }: TokenAnswer): Promise<void> {
  const { session, storage, transport } = parts
  if (transport !== 'body' || !refreshToken) return
  await Promise.all([
    storage.setItem(REFRESH_TOKEN, refreshToken),
    deviceToken && storage.setItem(DEVICE_TOKEN, deviceToken),
  ])
  const { state } = session
  if (state.status !== 'signed_out' || state.reason === 'replaced') return
  // Another window signed out while this was written.
  const isOurs = (await storage.getItem(REFRESH_TOKEN)) === refreshToken
  if (isOurs) await storage.removeItem(REFRESH_TOKEN)
}

/** Cookies alone do not say whose they are. An unchanged CSRF token does; else the API is asked. */
async function identify(
  parts: Parts,
  known: Credentials | undefined,
  next: Credentials,
): Promise<Credentials> {
  if (!known?.sessionId || next.sessionId) return next
  if (next.csrfToken === known.csrfToken) return { ...next, sessionId: known.sessionId }
  const me = await ask(parts, '/auth/me', { method: 'GET' })
  return me.ok ? { ...next, sessionId: sessionIdOfMe(me.data) } : next
}

export const sessionIdOfMe = (data: unknown) => (data as { session: { id: string } }).session.id
