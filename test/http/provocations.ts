/**
 * For each status that a route can answer a way to make it answer so. What the OpenAPI document tells of a route is what
 * must be provoked: a status without a way fails the test of the headers.
 */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { FAILURES_UNTIL_RESET, users } from '../../src/db/schema/index.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/http/error-codes.ts'
import { isPermitted } from '../../src/permissions.ts'
import { PERMISSION_OF } from '../authorisation-table.ts'
import { admin, communityRow, db, linkTokenOf, ownerIn, PASSWORD, signedUp } from '../factories.ts'
import { NEW } from '../features/passwords/password-client.ts'
import { type OwnerHere, ownerHere } from '../mailbox-client.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, type CallOptions, call, freshIp } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'
import { REFUSALS } from './refusals.ts'
import { isUnsafe, type RouteEntry, takesBody } from './route-list.ts'
import { keyOf, send, workingCall } from './working-calls.ts'

/** What goes along with every request of a test: an origin, an environment. */
export type Extras = Pick<CallOptions, 'headers' | 'env'>

type Provoke = (route: RouteEntry, extras: Extras) => Promise<Answer>

const is = (route: RouteEntry, ...names: string[]) =>
  names.includes(keyOf(route).replace(`${API}/`, ''))

const isGuarded = ({ steps }: RouteEntry) => steps.includes('authenticateRequest')

/** Routes that need nothing of the database for an answer of success. */
export const WITHOUT_DATABASE = [
  'GET /health',
  'GET /.well-known/jwks.json',
  'GET /.well-known/security.txt',
  'GET /verify-email',
  'GET /reset-password',
  'GET /not-me',
  'GET /magic-link',
  'GET /accept-invite',
  'GET /revert-email',
  `GET ${API}/auth/csrf`,
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/script.js',
]

export const usesDatabase = (route: RouteEntry) => !WITHOUT_DATABASE.includes(keyOf(route))

/** One admin and one owner for whatever is refused and changes nothing. */
const known: { admin?: ReturnType<typeof admin>; owner?: Promise<OwnerHere> } = {}

async function knownAdmin(): Promise<CallOptions> {
  known.admin ??= admin()
  return { token: (await known.admin).token }
}

async function knownOwner(): Promise<CallOptions & { slug: string }> {
  known.owner ??= ownerHere()
  const { accessToken: token, slug } = await known.owner
  return { token, slug }
}

const mayAdmin = (route: RouteEntry) =>
  isPermitted('Admin', PERMISSION_OF[keyOf(route).replace(API, '')] ?? 'account.own')

/** Who may ask for this route, and where: an admin, or an owner in their own community. */
export async function credentials(route: RouteEntry): Promise<CallOptions & { url?: string }> {
  if (!isGuarded(route)) return {}
  if (mayAdmin(route)) return knownAdmin()
  const { token, slug } = await knownOwner()
  return { token, url: route.url.replace('/communities/x', `/communities/${slug}`) }
}

/** A request to the route itself, by somebody who may where somebody must be signed in. */
export async function ask(
  route: RouteEntry,
  extras: Extras,
  options: CallOptions & { url?: string } = {},
): Promise<Answer> {
  const { method } = route
  const body = takesBody(route) ? {} : undefined
  const { url, ...all } = {
    url: route.url,
    method,
    body,
    ...(await credentials(route)),
    ...extras,
    ...options,
  }
  return call(url, { ...all, headers: { ...extras.headers, ...options.headers } })
}

/** The working call with other headers or another environment. */
async function work(route: RouteEntry, extras: Extras, options: CallOptions = {}) {
  const working = await workingCall(route)
  const headers = { ...extras.headers, ...options.headers, ...working.headers }
  return send({ ...working, ...extras, ...options, headers })
}

async function switchedOff() {
  const { email, password } = await ownerIn('active')
  const { accessToken } = await openSession({ email, password })
  await db
    .update(users)
    .set({ failedLoginAttempts: FAILURES_UNTIL_RESET })
    .where(eq(users.email, email))
  return { email, token: accessToken }
}

const FOREIGN_PAGE = {
  Cookie: '__Host-device=x',
  Origin: 'https://evil.example',
}

/** Every limit is one: the second request of an address is too many. */
const LIMITED = Object.fromEntries(
  Object.keys(env)
    .filter((name) => /_LIMIT_PER_(MINUTE|HOUR)$/.test(name))
    .map((name) => [name, '1']),
)

/** An environment whose database breaks in a way that nobody foresaw, at its first use or as soon as it is touched. */
export function withBug(when: 'used' | 'touched'): Env {
  const raise = (name: string): never => {
    throw new TypeError(`Cannot read properties of undefined (reading '${name}')`)
  }
  if (when === 'used') {
    return { ...env, DB: new Proxy({} as never, { get: (_, name) => raise(String(name)) }) }
  }
  return Object.defineProperty({ ...env }, 'DB', { get: () => raise('DB') })
}

/** By the first of its own codes that has this status. */
async function byItsRules(route: RouteEntry, extras: Extras, status: number) {
  const makers = Object.entries(REFUSALS[keyOf(route)] ?? {})
  const [, make] = makers.find(([code]) => ERROR_CODES[code as ErrorCode].status === status) ?? []
  if (!make) return undefined
  const { url, headers, ...refused } = await make()
  return ask(route, extras, { ...refused, url: url ?? route.url, ...(headers && { headers }) })
}

async function conflict(route: RouteEntry, extras: Extras): Promise<Answer> {
  const answer = await byItsRules(route, extras, 409)
  if (answer) return answer
  if (is(route, 'POST auth/verify-email')) {
    const { communityId } = await signedUp({ email: (await admin()).email })
    return ask(route, extras, { body: { token: await linkTokenOf(communityId) } })
  }
  const { communityId } = await ownerIn('pending')
  const status = (await communityRow(communityId))?.status
  const url = `${API}/admin/communities/${communityId}/status`
  return ask(route, extras, { url, body: { status } })
}

async function unauthenticated(route: RouteEntry, extras: Extras): Promise<Answer> {
  if (is(route, 'POST auth/login')) {
    const { email } = await ownerIn('active')
    return ask(route, extras, { body: { email, password: 'Wrong-Harbour-99' } })
  }
  const token = is(route, 'POST auth/logout', 'POST auth/logout-all') ? 'a.b.c' : undefined
  return ask(route, extras, { token })
}

async function forbidden(route: RouteEntry, extras: Extras): Promise<Answer> {
  if (isUnsafe(route)) return ask(route, extras, { token: undefined, headers: FOREIGN_PAGE })
  const outsider = mayAdmin(route) ? await knownOwner() : await knownAdmin()
  return ask(route, extras, { token: outsider.token })
}

async function invalid(route: RouteEntry, extras: Extras): Promise<Answer> {
  const wrong: Record<string, CallOptions & { url?: string }> = {
    'POST auth/logout': { body: { refreshToken: 1 } },
    'POST auth/logout-all': { body: { refreshToken: 1 } },
    'PATCH account': { body: { fullName: 1 } },
    'PUT communities/:community/logo': { raw: new Uint8Array(1) },
    'DELETE sessions': { url: `${route.url}?keepCurrent=x` },
    'POST admin/users/:id/disable': { body: { reason: 1 } },
    'GET admin/stats': { url: `${API}/admin/stats?window=1h` },
    'PUT admin/email-domains/:domain': { body: { verdict: 'x' } },
    'DELETE admin/email-domains/:domain': { url: `${API}/admin/email-domains/x` },
  }
  const { url = route.url } = await credentials(route)
  const query = route.method === 'GET' ? { url: `${url}?limit=0&v=${'x'.repeat(101)}` } : {}
  return ask(route, extras, wrong[keyOf(route).replace(`${API}/`, '')] ?? query)
}

async function limited(route: RouteEntry, extras: Extras): Promise<Answer> {
  const ip = freshIp()
  const workerEnv = { ...(extras.env ?? env), ...LIMITED }
  const body = takesBody(route) ? { refreshToken: 'rt.x' } : undefined
  // A session of its own: the first request may end it.
  const { token } = await workingCall(route)
  const options = { ip, token, ...(body && { body }) }
  const again = () => ask(route, { ...extras, env: workerEnv }, options)
  // What counts refusals alone judges the third request for certain.
  await again()
  await again()
  return again()
}

async function locked(route: RouteEntry, extras: Extras): Promise<Answer> {
  const answer = await byItsRules(route, extras, 423)
  if (answer) return answer
  const { email, token } = await switchedOff()
  if (is(route, 'POST auth/login')) {
    return ask(route, extras, { body: { email, password: PASSWORD } })
  }
  return ask(route, extras, { token, body: { currentPassword: PASSWORD, newPassword: NEW } })
}

async function outage(route: RouteEntry, extras: Extras): Promise<Answer> {
  const workerEnv = usesDatabase(route) ? failingDatabase() : { ...env, AUTH_SECRETS: '' }
  return work(route, extras, { env: { ...workerEnv, ALLOWED_ORIGINS: originsOf(extras) } })
}

async function fault(route: RouteEntry, extras: Extras): Promise<Answer> {
  const workerEnv = withBug(usesDatabase(route) ? 'used' : 'touched')
  Object.assign(workerEnv, { ALLOWED_ORIGINS: originsOf(extras) })
  return work(route, extras, { env: workerEnv })
}

const originsOf = ({ env: given }: Extras) => (given ?? env).ALLOWED_ORIGINS

const sent =
  (options: CallOptions): Provoke =>
  (route, extras) =>
    ask(route, extras, options)

const BESIDE = 'beside/it'

export const PROVOCATIONS: Record<number, Provoke> = {
  200: work,
  201: work,
  202: work,
  304: (route, extras) => work(route, extras, { headers: { 'If-None-Match': '*' } }),
  400: sent({ body: '{' }),
  401: unauthenticated,
  403: forbidden,
  404: nowhere,
  405: (route, extras) => call(route.url, { ...extras, method: otherMethod(route) }),
  409: conflict,
  413: (route, extras) => ask(route, extras, tooLarge(route)),
  415: sent({ body: '{}', headers: { 'Content-Type': 'text/plain' } }),
  422: invalid,
  423: locked,
  429: limited,
  500: fault,
  503: outage,
}

const tooLarge = (route: RouteEntry) =>
  is(route, 'PUT communities/:community/logo')
    ? { raw: new Uint8Array(3_700_000) }
    : { body: 'x'.repeat(3_700_000) }

async function nowhere(route: RouteEntry, extras: Extras): Promise<Answer> {
  const answer = await byItsRules(route, extras, 404)
  if (answer) return answer
  const isOneOfMany = /:(id|community|domain)/.test(route.path)
  if (!isOneOfMany) return ask(route, extras, { url: `${route.url}/${BESIDE}` })
  const isStatus = is(route, 'PATCH admin/communities/:community/status')
  return ask(route, extras, isStatus ? { body: { status: 'approved' } } : {})
}

/** A method that nothing at this path answers: no route here has an OPTIONS of its own. */
const otherMethod = ({ path }: RouteEntry) => (/:domain|\/logo$/.test(path) ? 'PATCH' : 'PUT')
