/**
 * Every way in that changes something, or costs much, with the limit of the client's address that counts it: how many, in how many
 * seconds, and which requests. A new route fails the tests of the limits until it stands in one of these tables.
 */
import { isUnsafe, routeList } from '../http/route-list.ts'
import { type Answer, API, type CallOptions, call } from '../support/call.ts'
import type { LimitedRoute, Try } from './limit-tries.ts'
import { ADMIN_ROUTES } from './limited-admin-routes.ts'
import { COMMUNITY_ROUTES } from './limited-community-routes.ts'
import { GUARDED_ROUTES } from './limited-guarded-routes.ts'
import { PUBLIC_ROUTES } from './limited-public-routes.ts'
import { TOKEN_ROUTES } from './limited-token-routes.ts'

export const LIMITED_ROUTES = [
  ...PUBLIC_ROUTES,
  ...TOKEN_ROUTES,
  ...GUARDED_ROUTES,
  ...COMMUNITY_ROUTES,
  ...ADMIN_ROUTES,
]

/** As the app itself tells it. */
const ROUTES = routeList().filter(({ path }) => path.startsWith(API))

export const UNSAFE = ROUTES.filter(isUnsafe)

export const keyOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

/** Path and options of the call that sends it. */
export function targetOf(
  { route }: LimitedRoute,
  { send: { path, ...options } }: Try,
): [path: string, options: CallOptions] {
  const found = ROUTES.find((one) => keyOf(one) === route)
  if (!found) throw new Error(`there is no route ${route}`)
  return [path ?? found.url, { method: found.method, ...options }]
}

export function send(row: LimitedRoute, one: Try, options: CallOptions): Promise<Answer> {
  const [path, own] = targetOf(row, one)
  return call(path, { ...own, ...options })
}

/** As a table has it: `401 unauthenticated`. */
export function answerOf({ status, json }: Answer): string {
  return json.code === undefined ? String(status) : `${status} ${json.code}`
}

/** The first right request of a route on which right ones count. */
export async function rightOne({ route, counted }: LimitedRoute): Promise<Try> {
  const [right] = await counted()
  if (!right?.answer.startsWith('2')) throw new Error(`no right request of ${route} counts`)
  return right
}
