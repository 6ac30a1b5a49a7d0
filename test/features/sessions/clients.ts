/** Ways to act with a session, a browser that keeps its cookies, and the clock, for the tests of sessions. */
import { eq } from 'drizzle-orm'
import { vi } from 'vitest'
import { sessions } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import { routeList } from '../../http/route-list.ts'
import type { OpenSession } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, cookiesOf } from '../../support/call.ts'

export interface Person {
  email: string
  password: string
}

/** Acts by the access token in the header. */
export const asBearer = (session: Pick<OpenSession, 'accessToken'>): CallOptions => ({
  token: session.accessToken,
})

/** Acts by cookies and the CSRF token, as a page does. */
export const asPage = (session: Pick<OpenSession, 'cookie' | 'csrfToken'>): CallOptions => ({
  headers: { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken },
})

export const listSessions = (options: CallOptions, query = '') =>
  call(`${API}/sessions${query}`, options)

export const endSession = (id: string, options: CallOptions) =>
  call(`${API}/sessions/${id}`, { ...options, method: 'DELETE' })

export const endSessions = (options: CallOptions, query = '') =>
  call(`${API}/sessions${query}`, { ...options, method: 'DELETE' })

export const patchAccount = (options: CallOptions) =>
  call(`${API}/account`, { method: 'PATCH', body: { fullName: 'Mira Rao' }, ...options })

export const itemsOf = (answer: Answer) => answer.data.items as Record<string, unknown>[]

/** Every route that asks who one is, as the app itself tells it. */
export const GUARDED_ROUTES = routeList().filter(({ steps }) =>
  steps.includes('authenticateRequest'),
)

/** Runs with a clock that is so much ahead. */
export async function later<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + milliseconds)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

/** Why each session of a user has ended; null for one that lives. */
export async function endingsOf(userId: string): Promise<Record<string, string | null>> {
  const rows = await db.select().from(sessions).where(eq(sessions.userId, userId))
  return Object.fromEntries(
    rows.map(({ id, revokedAt, revokeReason }) => [id, revokedAt === null ? null : revokeReason]),
  )
}

/** Names of the cookies that an answer takes out of the browser. */
export const clearedBy = (answer: Answer) =>
  answer.headers
    .getSetCookie()
    .filter((line) => /; Max-Age=0(;|$)/i.test(line))
    .map((line) => line.slice(0, line.indexOf('=')))
    .sort()

export const BOTH_COOKIES = ['__Host-access', '__Host-refresh']

/** A browser: sends the cookies that it was given, and forgets those that were cleared. */
export class Browser {
  readonly cookies = new Map<string, string>()

  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await call(path, { ...options, headers: { Cookie, ...options.headers } })
    for (const [name, value] of Object.entries(cookiesOf(answer))) {
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }
}
