import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { configOf } from '../../src/config.ts'
import { memberships, PLATFORM_COMMUNITY_ID, sessions } from '../../src/db/schema/index.ts'
import { signAccessToken } from '../../src/lib/jwt.ts'
import { admin, db } from '../factories.ts'
import { getMembers } from '../features/members/member-client.ts'
import { routeList } from '../http/route-list.ts'
import { type OwnerHere, ownerHere } from '../mailbox-client.ts'
import { me } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'

const BENEATH = `${API}/communities/:community/`
/** Those that ask who one is; others are public. */
const ROUTES = routeList().filter(
  ({ path, steps }) => `${path}/`.startsWith(BENEATH) && steps.includes('authenticateRequest'),
)
const UNKNOWN = '01990000-0000-7000-8000-000000000000'

let owner: OwnerHere
let other: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
  other = await ownerHere()
})

/** Calls the route beneath that community, as the owner of theirs. A body is broken on purpose: nothing is done. */
function callBeneath({ method, path }: (typeof ROUTES)[number], community: string) {
  const url = path.replace(':community', community).replaceAll(/:[a-z]+/gi, 'x')
  const body = ['POST', 'PATCH', 'PUT'].includes(method) ? { body: {} } : {}
  return call(url, { method, token: owner.accessToken, ...body })
}

const seen = ({ status, json }: Answer) => ({ status, code: json.code, message: json.message })

describe('a route beneath /communities/:community', () => {
  it('is there, and each of them asks whether the community is that of the session', () => {
    expect(ROUTES.length).toBeGreaterThan(7)
    const open = ROUTES.filter(({ steps }) => !steps.includes('requireOwnCommunity'))
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  it('asks that after who one is and what one may, and before it looks at the body', () => {
    for (const { path, steps } of ROUTES) {
      const order = steps.filter((name) =>
        ['authenticateRequest', 'permitRole', 'requireOwnCommunity', 'validateInput'].includes(
          name,
        ),
      )
      expect([path, ...order.slice(0, 3)]).toEqual([
        path,
        'authenticateRequest',
        'permitRole',
        'requireOwnCommunity',
      ])
    }
  })

  it.each(ROUTES)('$method $path is 404 for every community but the own one', async (route) => {
    const answers = []
    for (const named of [
      other.communityId,
      other.slug,
      UNKNOWN,
      'nobody-has-this',
      PLATFORM_COMMUNITY_ID,
      'platform',
      owner.slug.toUpperCase(),
      `${owner.slug}%20`,
      `${owner.slug}%00`,
    ]) {
      const answer = await callBeneath(route, named)
      expectStatus(answer, 404, 'not_found')
      answers.push(seen(answer))
    }
    // Whether there is such a community is not told.
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })
})

describe('the own community', () => {
  it('is there by its slug and by its id', async () => {
    expectStatus(await getMembers(owner), 200)
    expectStatus(await getMembers({ ...owner, slug: owner.communityId }), 200)
  })

  it('is not there for an admin: the reserved one has no owner, nor members to see', async () => {
    const { token } = await admin()
    for (const named of ['platform', PLATFORM_COMMUNITY_ID, owner.slug]) {
      const answer = await getMembers({ slug: named, accessToken: token })
      expectStatus(answer, 403, 'forbidden')
    }
  })

  it('is not there for an owner either, should the reserved one ever have one', async () => {
    const stray = await ownerHere()
    const { userId, id } = stray
    const communityId = PLATFORM_COMMUNITY_ID
    await db.update(memberships).set({ communityId }).where(eq(memberships.userId, userId))
    await db.update(sessions).set({ communityId }).where(eq(sessions.id, id))
    const claims = { sub: userId, sid: id, cid: communityId, role: 'CommunityOwner' as const }
    const terms = { now: Date.now(), ttlSeconds: 60, jti: 'x' }
    const token = await signAccessToken(configOf(env).jwt, claims, terms)
    expectStatus(await me(token), 200)
    for (const slug of ['platform', communityId, stray.slug]) {
      expectStatus(await getMembers({ slug, accessToken: token }), 404, 'not_found')
    }
  })

  it('may be left out of no path: nothing stands beneath an empty name', async () => {
    const { accessToken } = owner
    expectStatus(await call(`${API}/communities//members`, { token: accessToken }), 404)
  })
})
