/** Routes that take a token to renew or to end a session: a genuine one is never limited. */
import { ownerIn } from '../factories.ts'
import { openSession } from '../session-client.ts'
import { API, call } from '../support/call.ts'
import {
  BROKEN,
  EMPTY,
  FOREIGN,
  type LimitedRoute,
  MINUTE_SECONDS,
  post,
  type Try,
  UNTYPED,
} from './limit-tries.ts'

const REFUSED = {
  policy: 'refused',
  variable: 'REFUSED_LIMIT_PER_MINUTE',
  limit: 60,
  windowSeconds: MINUTE_SECONDS,
  counts: 'refused tokens',
  again: post('403 refresh_invalid', { refreshToken: 'rt.x' }),
} as const

/** A session and its tokens, ended. */
async function endedSession() {
  const session = await openSession(await ownerIn('active'))
  await call(`${API}/auth/logout`, { method: 'POST', token: session.accessToken })
  return session
}

/** By tokens that are genuine, in every place where one may be. */
async function genuineLogouts(): Promise<Try[]> {
  const person = await ownerIn('active')
  const [first, second] = [await openSession(person), await openSession(person)]
  const page = await openSession(await ownerIn('active'), { transport: 'hybrid' })
  const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
  return [
    post('200', { refreshToken: first.refreshToken }),
    { answer: '200', send: { token: second.accessToken } },
    { answer: '200', send: { headers } },
    // Said a second time.
    post('200', { refreshToken: first.refreshToken }),
    { answer: '200', send: {} },
    BROKEN,
    UNTYPED,
    FOREIGN,
  ]
}

const LOGOUT = {
  ...REFUSED,
  counted: async () => [
    REFUSED.again,
    { answer: '401 unauthenticated', send: { token: 'a.b.c' } },
    { answer: '401 unauthenticated', send: { headers: { Authorization: 'Basic eDp5' } } },
  ],
  free: genuineLogouts,
}

export const TOKEN_ROUTES: LimitedRoute[] = [
  {
    route: 'POST /api/v1/auth/refresh',
    ...REFUSED,
    counted: async () => {
      const ended = await endedSession()
      const cookie = (text: string) => ({ headers: { Cookie: `__Host-refresh=${text}` } })
      return [
        REFUSED.again,
        { answer: '403 refresh_invalid', send: cookie('rt.x') },
        { answer: '403 refresh_invalid', send: {} },
        post('403 refresh_invalid', { refreshToken: ended.refreshToken }),
      ]
    },
    free: async () => {
      const { refreshToken } = await openSession(await ownerIn('active'))
      const page = await openSession(await ownerIn('active'), { transport: 'hybrid' })
      const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
      return [
        post('200', { refreshToken }),
        // A retry of the same one.
        post('200', { refreshToken }),
        { answer: '200', send: { headers } },
        { answer: '403 csrf_failed', send: { headers: { Cookie: page.cookie } } },
        EMPTY,
        BROKEN,
        UNTYPED,
      ]
    },
  },
  { route: 'POST /api/v1/auth/logout', ...LOGOUT },
  { route: 'POST /api/v1/auth/logout-all', ...LOGOUT },
]
