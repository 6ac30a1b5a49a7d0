/**
 * For every route a call that works, by a person made for it alone. Tests that change one thing about a call start from
 * here; a route without an entry fails them.
 */
import {
  admin,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  type SignedUp,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import { theft } from '../features/new-device/theft.ts'
import { NEW, resetLinkOf } from '../features/passwords/password-client.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, type CallOptions, call } from '../support/call.ts'
import type { RouteEntry } from './route-list.ts'
import { WORKING_BY_ADMIN } from './working-admin-calls.ts'
import { WORKING_BY_MAIL } from './working-mail-calls.ts'

export interface WorkingCall {
  url: string
  method: string
  body?: Record<string, unknown>
  /** In place of a body that is JSON. */
  raw?: Uint8Array
  token?: string
  headers?: Record<string, string>
}

export type Make = () => Promise<Omit<WorkingCall, 'method' | 'url'> & { url?: string }>

const owner = () => ownerIn('active')

const asOwner = async () => {
  const person = await owner()
  return { person, session: await openSession(person) }
}

const byOwner = async (body?: Record<string, unknown>) => {
  const { session } = await asOwner()
  return { token: session.accessToken, ...(body && { body }) }
}

const byAdmin = async (url: string, body?: Record<string, unknown>) => {
  const { token } = await admin()
  return { url: `${API}${url}`, token, ...(body && { body }) }
}

const withRefreshToken = async () => {
  const { session } = await asOwner()
  return { body: { refreshToken: session.refreshToken } }
}

const nothing: Make = async () => ({})

const WORKING: Record<string, Make> = {
  [`POST ${API}/auth/signup-community`]: async () => ({ body: signupForm() }),
  [`POST ${API}/auth/verify-email`]: async () => ({
    body: { token: await linkTokenOf((await signedUp()).communityId) },
  }),
  [`POST ${API}/auth/resend-verification`]: async () => ({
    body: { email: (await signedUp()).email },
  }),
  [`POST ${API}/auth/login`]: async () => ({ body: loginOf(await owner()) }),
  [`POST ${API}/auth/refresh`]: withRefreshToken,
  [`GET ${API}/auth/csrf`]: async () => {
    const session = await openSession(await owner(), { transport: 'hybrid' })
    return { headers: { Cookie: session.cookie } }
  },
  [`POST ${API}/auth/logout`]: withRefreshToken,
  [`POST ${API}/auth/logout-all`]: withRefreshToken,
  [`POST ${API}/auth/not-me`]: async () => ({ body: { token: (await theft()).token } }),
  [`POST ${API}/auth/forgot-password`]: async () => ({ body: { email: (await owner()).email } }),
  [`POST ${API}/auth/verify-reset-token`]: async () => ({
    body: { token: await resetLinkOf((await owner()).email) },
  }),
  [`POST ${API}/auth/reset-password`]: async () => ({
    body: {
      token: await resetLinkOf((await owner()).email),
      password: NEW,
      confirmPassword: NEW,
    },
  }),
  [`GET ${API}/auth/me`]: () => byOwner(),
  [`PATCH ${API}/account`]: () =>
    byOwner({
      fullName: 'Mira Rao',
      locale: 'en',
      location: 'Pune',
      skills: ['Events'],
      areaOfInterest: [],
    }),
  [`POST ${API}/account/password`]: () => byOwner({ currentPassword: PASSWORD, newPassword: NEW }),
  [`POST ${API}/account/code`]: () => byOwner(),
  [`GET ${API}/sessions`]: () => byOwner(),
  [`DELETE ${API}/sessions`]: () => byOwner(),
  [`DELETE ${API}/sessions/:id`]: async () => {
    const { session, person } = await asOwner()
    const other = await openSession(person)
    return { url: `${API}/sessions/${other.id}`, token: session.accessToken }
  },
  [`GET ${API}/admin/communities`]: () => byAdmin('/admin/communities'),
  [`GET ${API}/admin/communities/:community`]: async () =>
    byAdmin(`/admin/communities/${(await signedUp()).slug}`),
  [`PATCH ${API}/admin/communities/:community/status`]: async () =>
    byAdmin(`/admin/communities/${(await ownerIn('pending')).communityId}/status`, {
      status: 'rejected',
      reason: 'Not yet.',
    }),
  [`GET ${API}/admin/stats`]: () => byAdmin('/admin/stats'),
  [`GET ${API}/admin/alerts`]: () => byAdmin('/admin/alerts'),
  [`GET ${API}/admin/email-domains`]: () => byAdmin('/admin/email-domains'),
  [`PUT ${API}/admin/email-domains/:domain`]: () =>
    byAdmin(`/admin/email-domains/${unique()}.example`, { verdict: 'deny' }),
  [`DELETE ${API}/admin/email-domains/:domain`]: async () => {
    const entry = await byAdmin(`/admin/email-domains/${unique()}.example`)
    await call(entry.url, { method: 'PUT', token: entry.token, body: { verdict: 'deny' } })
    return entry
  },
  [`GET ${API}/admin/audit-logs`]: () => byAdmin('/admin/audit-logs'),
  'GET /health': nothing,
  'GET /health/ready': nothing,
  'GET /.well-known/jwks.json': nothing,
  'GET /.well-known/security.txt': nothing,
  'GET /openapi.json': nothing,
  'GET /docs': nothing,
  'GET /docs/script.js': nothing,
  'GET /dev/mail': nothing,
  'GET /dev/mail.json': nothing,
  'GET /verify-email': nothing,
  'GET /reset-password': nothing,
  'GET /not-me': nothing,
  'GET /magic-link': nothing,
  'GET /accept-invite': nothing,
  'GET /revert-email': nothing,
  ...WORKING_BY_MAIL,
  ...WORKING_BY_ADMIN,
}

const loginOf = ({ email, password }: SignedUp) => ({
  email,
  password,
  tokenTransport: 'body',
  deviceToken: 'x',
})

export const keyOf = ({ method, path }: Pick<RouteEntry, 'method' | 'path'>) => `${method} ${path}`

/** What has an entry here, as `METHOD /path`. */
export const KNOWN_ROUTES = Object.keys(WORKING)

/** A new call that this route answers with success. */
export async function workingCall(route: RouteEntry): Promise<WorkingCall> {
  const make = WORKING[keyOf(route)]
  if (!make) throw new Error(`no call is known that works for ${keyOf(route)}`)
  return { url: route.url, method: route.method, ...(await make()) }
}

export function send({ url, ...options }: CallOptions & { url: string }): Promise<Answer> {
  return call(url, options)
}
