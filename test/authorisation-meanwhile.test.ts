/** A command asks once more, where it writes, whether whoever asked may: what they lose between the two counts at once. */
import { and, eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, sessions } from '../src/db/schema/index.ts'
import { PERMISSION_OF } from './authorisation-table.ts'
import { db } from './factories.ts'
import { isUnsafe, type RouteEntry, routeList } from './http/route-list.ts'
import { keyOf, send, workingCall } from './http/working-calls.ts'
import { API } from './support/call.ts'
import { allRows, changesBetween } from './support/database-rows.ts'
import { beforeBatch, failingBatch } from './support/faults.ts'

const permissionOf = ({ method, path }: RouteEntry) =>
  PERMISSION_OF[`${method} ${path.slice(API.length)}`]
const isOwn = (route: RouteEntry) => permissionOf(route)?.endsWith('.own')
const ROUTES = routeList().filter(
  (route) => isUnsafe(route) && permissionOf(route) && !isOwn(route),
)

interface Claims {
  sub: string
  sid: string
  cid: string
}

const LOSSES = {
  'the session has ended': {
    code: 'session_ended',
    lose: ({ sid }: Claims) =>
      db.update(sessions).set({ revokedAt: Date.now() }).where(eq(sessions.id, sid)),
  },
  'the role is another': {
    code: 'forbidden',
    lose: ({ sub, cid }: Claims) =>
      db
        .update(memberships)
        .set({ role: 'Member' })
        .where(and(eq(memberships.userId, sub), eq(memberships.communityId, cid))),
  },
}

const cases = ROUTES.flatMap((route) =>
  Object.entries(LOSSES).map(([loss, { code, lose }]) => ({ ...route, route, loss, code, lose })),
)

/** Which batch of a request is its last, from 0. */
const lastBatch: Record<string, number> = {}
beforeAll(async () => {
  for (const route of ROUTES) {
    const { env, sizes } = failingBatch(-1)
    expect((await send({ ...(await workingCall(route)), env })).status).toBeLessThan(300)
    lastBatch[keyOf(route)] = sizes.length - 1
  }
}, 60_000)

describe('writes nothing', () => {
  it.each(cases)('where $loss by then: $method $path', async ({ route, code, lose }) => {
    const working = await workingCall(route)
    let before = {}
    const env = beforeBatch(lastBatch[keyOf(route)] ?? 0, async () => {
      await lose(decodeJwt<Claims>(working.token ?? ''))
      before = await allRows()
    })
    const answer = await send({ ...working, env })
    expect({ status: answer.status, code: answer.json.code }).toEqual({
      status: code === 'forbidden' ? 403 : 401,
      code,
    })
    expect(changesBetween(before, await allRows())).toEqual([])
  })
})
