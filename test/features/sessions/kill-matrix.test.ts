/**
 * Each event that ends a session, against each kind of token that the session ever gave out, and against a refresh that
 * happens at that very moment. What an event must leave alone is in the same table.
 */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities, memberships, sessions, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { admin, db, ownerIn, type SignedUp, unique } from '../../factories.ts'
import {
  cookieOf,
  mailedToken,
  me,
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
  tokensOf,
  userRow,
} from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { beforeBatch } from '../../support/faults.ts'
import { race } from '../../support/race.ts'
import {
  asBearer,
  asPage,
  endSession,
  endSessions,
  later,
  listSessions,
  patchAccount,
} from './clients.ts'

const NEW_PASSWORD = 'Quiet-Lantern-64'
let adminToken = ''
/** Another person of another community, whom none of this concerns. */
let bystander: OpenSession

beforeAll(async () => {
  adminToken = (await admin()).token
  bystander = await openSession(await ownerIn('active'))
})

/** `parent` and `earlierAccess` are the tokens before the last refresh. */
interface Victim extends OpenSession {
  parent: string
  earlierAccess: string
}

interface World {
  owner: SignedUp
  victim: Victim
  /** The same person on another device. */
  other: OpenSession
  /** Another member of the same community. */
  colleague: OpenSession
}

interface Event {
  /** Ends the victim's session. */
  kill(world: World): Promise<unknown>
  /** Whose sessions end with it; all others go on. */
  ends?: ('other' | 'colleague')[]
  /** Lifetimes that the victim's session is opened with. */
  vars?: Partial<Env>
  /** What ends it is time, this many milliseconds. */
  after?: number
}

const post = (path: string, options: CallOptions = {}) =>
  call(`${API}${path}`, { ...options, method: 'POST' })
const done = async (answer: Promise<Answer>) => expectStatus(await answer, 200)

async function setStatus({ owner }: World, status: string): Promise<void> {
  const path = `${API}/admin/communities/${owner.communityId}/status`
  const body = { status, reason: 'A test of ours.' }
  await done(call(path, { method: 'PATCH', token: adminToken, body }))
}

const EVENTS: Record<string, Event> = {
  logout: { kill: ({ victim }) => done(post('/auth/logout', asBearer(victim))) },
  'logout, by an old refresh token': {
    kill: ({ victim }) => done(post('/auth/logout', { body: { refreshToken: victim.parent } })),
  },
  'logout-all on another device': {
    kill: ({ other }) => done(post('/auth/logout-all', asBearer(other))),
    ends: ['other'],
  },
  'ended from the list': {
    kill: ({ victim, other }) => done(endSession(victim.id, asBearer(other))),
  },
  'all ended': { kill: ({ other }) => done(endSessions(asBearer(other))), ends: ['other'] },
  'all others ended': {
    kill: ({ other }) => done(endSessions(asBearer(other), '?keepCurrent=true')),
  },
  'the community is suspended': {
    kill: (world) => setStatus(world, 'suspended'),
    ends: ['other', 'colleague'],
  },
  'the community is rejected': {
    kill: async (world) => {
      const { communityId } = world.owner
      await db
        .update(communities)
        .set({ status: 'under_review' })
        .where(eq(communities.id, communityId))
      await setStatus(world, 'rejected')
    },
    ends: ['other', 'colleague'],
  },
  'the community is deleted': {
    kill: ({ owner }) =>
      db.update(communities).set({ isDeleted: true }).where(eq(communities.id, owner.communityId)),
    ends: ['other', 'colleague'],
  },
  'the person is disabled': {
    kill: ({ victim }) =>
      db.update(users).set({ disabledAt: Date.now() }).where(eq(users.id, victim.userId)),
    ends: ['other'],
  },
  'the person is removed from the community': {
    kill: ({ victim }) => db.delete(memberships).where(eq(memberships.userId, victim.userId)),
    ends: ['other'],
  },
  'the person is deleted': {
    kill: ({ victim }) =>
      db.batch([
        db.delete(sessions).where(eq(sessions.userId, victim.userId)),
        db.delete(memberships).where(eq(memberships.userId, victim.userId)),
        db.delete(users).where(eq(users.id, victim.userId)),
      ]),
    ends: ['other'],
  },
  'the password is reset': {
    kill: async ({ owner }) => {
      const { email } = owner
      expectStatus(await post('/auth/forgot-password', { body: { email } }), 202)
      const token = await mailedToken(email, 'reset_password')
      await done(post('/auth/reset-password', { body: { token, password: NEW_PASSWORD } }))
    },
    ends: ['other'],
  },
  'the password is changed on another device': {
    kill: ({ owner, other }) => {
      const body = { currentPassword: owner.password, newPassword: NEW_PASSWORD }
      return done(post('/account/password', { ...asBearer(other), body }))
    },
  },
  'an old refresh token of another device is used again': {
    kill: async ({ other }) => {
      const { refreshToken } = (await postRefresh(other.refreshToken)).data
      expectStatus(await postRefresh(String(refreshToken)), 200)
      expectStatus(await postRefresh(other.refreshToken), 403, 'refresh_reused')
    },
    ends: ['other'],
  },
  'this was not me': {
    kill: async ({ owner }) => {
      const token = await mailedToken(owner.email, 'not_me')
      await done(post('/auth/not-me', { body: { token } }))
    },
  },
  'replaced on its device': {
    kill: ({ owner, victim }) => openSession(owner, { deviceToken: victim.deviceToken }),
  },
  'ten newer sessions': {
    kill: ({ owner }) => race(10, () => openSession(owner)),
    ends: ['other'],
  },
  'idle for too long': {
    kill: async () => undefined,
    vars: { SESSION_IDLE_SECONDS: '10' },
    after: 10_000,
  },
  'too old': {
    kill: async () => undefined,
    vars: { SESSION_ABSOLUTE_SECONDS: '10' },
    after: 10_000,
  },
}

async function newWorld(vars: Partial<Env> = {}): Promise<World> {
  const owner = await ownerIn('active')
  const other = await openSession(owner)
  const colleague = await colleagueOf(owner)
  const options = { env: { ...env, ...vars } }
  // On a device that the account does not know: its mail has the link of "this was not me".
  const opened = await openSession(owner, { transport: 'cookie', call: options })
  const refreshed = await refreshByCookie(opened, options)
  expectStatus(refreshed, 200)
  const { accessToken, refreshToken } = tokensOf(refreshed)
  const cookie = cookieOf(refreshed)
  const earlier = { parent: opened.refreshToken, earlierAccess: opened.accessToken }
  const victim = { ...opened, ...earlier, accessToken, refreshToken, cookie }
  return { owner, victim, other, colleague }
}

async function colleagueOf({ email, password, communityId }: SignedUp): Promise<OpenSession> {
  const twin = { ...(await userRow(email)), id: newId(Date.now()), email: `${unique()}@c.example` }
  await db.batch([
    db.insert(users).values(twin),
    db.insert(memberships).values({ userId: twin.id, communityId, role: 'Member', createdAt: 1 }),
  ])
  return openSession({ email: twin.email, password })
}

/** Every way in that a session's tokens give. */
const WAYS: Record<string, (victim: Victim) => Promise<Answer>> = {
  'access token on /auth/me': ({ accessToken }) => me(accessToken),
  'access token of before the refresh': ({ earlierAccess }) => me(earlierAccess),
  'access token on /sessions': (victim) => listSessions(asBearer(victim)),
  'access token on PATCH /account': (victim) => patchAccount(asBearer(victim)),
  'access cookie on /auth/me': ({ cookie }) =>
    call(`${API}/auth/me`, { headers: { Cookie: cookie } }),
  'access cookie and CSRF token on PATCH /account': (victim) => patchAccount(asPage(victim)),
  'refresh token': ({ refreshToken }) => postRefresh(refreshToken),
  'its parent, within the grace': ({ parent }) => postRefresh(parent),
  'refresh cookie and CSRF token': (victim) => refreshByCookie(victim),
}

const REFUSED = Object.fromEntries(
  Object.keys(WAYS).map((way) => [
    way,
    way.includes('access') ? '401 session_ended' : '403 refresh_invalid',
  ]),
)

/** What each way in answers, by its name. */
async function tryAll(victim: Victim): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  for (const [way, enter] of Object.entries(WAYS)) {
    const { status, json } = await enter(victim)
    seen[way] = `${status} ${json.code}`
  }
  return seen
}

/** A refusal leaves the row of the session as it is: it rotates no token and ends nothing anew. */
const stateOf = ({ id }: Victim) => db.select().from(sessions).where(eq(sessions.id, id))

async function expectFates(world: World, ends: readonly string[] = []): Promise<void> {
  const { other, colleague } = world
  const fates: Record<string, number> = {}
  for (const [name, session] of Object.entries({ other, colleague, bystander })) {
    fates[name] = (await me(session.accessToken)).status
  }
  const expected = { other: 200, colleague: 200, bystander: 200 }
  for (const name of ends) Object.assign(expected, { [name]: 401 })
  expect(fates).toEqual(expected)
}

/** A refresh that got through gave tokens that are as dead as all others. */
async function expectNothingOpens(victim: Victim, refreshed: Answer): Promise<void> {
  expect(await tryAll(victim)).toEqual(REFUSED)
  if (refreshed.status !== 200) return expectStatus(refreshed, 403, 'refresh_invalid')
  const { accessToken, refreshToken } = tokensOf(refreshed)
  expectStatus(await me(accessToken), 401, 'session_ended')
  expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
}

const inTime = <T>({ after }: Event, run: () => Promise<T>) =>
  after === undefined ? run() : later(after, run)

describe('every token of a session is dead once it has ended', () => {
  it('and every one of them opens something before, so that the refusals below mean something', async () => {
    const { victim } = await newWorld()
    for (const [way, enter] of Object.entries(WAYS)) {
      // The parent gives what it gave before only until its successor is used: so it comes first.
      if (way.startsWith('refresh token')) expectStatus(await postRefresh(victim.parent), 200)
      if (way.startsWith('its parent')) continue
      const fresh = way.startsWith('refresh cookie') ? (await newWorld()).victim : victim
      const { status } = await enter(fresh)
      expect({ way, status }).toEqual({ way, status: 200 })
    }
  })

  it.each(Object.entries(EVENTS))('%s', async (_, event) => {
    const world = await newWorld(event.vars)
    await event.kill(world)
    await inTime(event, async () => {
      const before = await stateOf(world.victim)
      expect(await tryAll(world.victim)).toEqual(REFUSED)
      expect(await stateOf(world.victim)).toEqual(before)
      await expectFates(world, event.ends)
    })
  })
})

const ACTED = Object.entries(EVENTS).filter(([, { after }]) => after === undefined)

describe('a token that is refreshed at that very moment is dead too', () => {
  it.each(ACTED)('%s: the end comes in just before the refresh is written', async (_, event) => {
    const world = await newWorld()
    const meanwhile = beforeBatch(0, () => event.kill(world))
    const refreshed = await postRefresh(world.victim.refreshToken, { env: meanwhile })
    expectStatus(refreshed, 403, 'refresh_invalid')
    await expectNothingOpens(world.victim, refreshed)
    await expectFates(world, event.ends)
  })

  it.each(ACTED)('%s: both at once, whichever comes first', async (_, event) => {
    for (const isRefreshFirst of [true, false]) {
      const world = await newWorld()
      const { refreshToken } = world.victim
      const acts = [() => postRefresh(refreshToken), () => event.kill(world)]
      const order = isRefreshFirst ? acts : acts.toReversed()
      const results = await Promise.all(order.map((act) => act()))
      await expectNothingOpens(world.victim, results[isRefreshFirst ? 0 : 1] as Answer)
      await expectFates(world, event.ends)
    }
  })

  it.each(Object.entries(EVENTS).filter(([, { after }]) => after !== undefined))(
    '%s: no refresh, and no parent within the grace, brings it back',
    async (_, event) => {
      const { victim } = await newWorld(event.vars)
      await inTime(event, async () => {
        const answers = await race(5, (n) =>
          postRefresh(n % 2 ? victim.parent : victim.refreshToken),
        )
        for (const answer of answers) expectStatus(answer, 403, 'refresh_invalid')
      })
    },
  )
})

describe('what has ended does not come back', () => {
  it('when a suspended community is active again', async () => {
    const world = await newWorld()
    await setStatus(world, 'suspended')
    await setStatus(world, 'active')
    expect(await tryAll(world.victim)).toEqual(REFUSED)
    await expectFates(world, ['other', 'colleague'])
    expectStatus(await me((await openSession(world.owner)).accessToken), 200)
  })

  it('when the session that replaced it ends', async () => {
    const { owner, victim, other } = await newWorld()
    const again = await openSession(owner, { deviceToken: victim.deviceToken })
    await done(endSessions(asBearer(again)))
    expect(await tryAll(victim)).toEqual(REFUSED)
    expectStatus(await me(other.accessToken), 401, 'session_ended')
  })
})

describe('what must not end a session', () => {
  it('the password is changed in that very session: it goes on with the tokens it has', async () => {
    const { owner, victim, other, colleague } = await newWorld()
    const body = { currentPassword: owner.password, newPassword: NEW_PASSWORD }
    await done(post('/account/password', { ...asPage(victim), body }))
    expectStatus(await me(victim.accessToken), 200)
    expectStatus(await refreshByCookie(victim), 200)
    expectStatus(await me(other.accessToken), 401, 'session_ended')
    expectStatus(await me(colleague.accessToken), 200)
  })

  it('a logout elsewhere, a failed login, a forged token, a refused change, a link that was only asked for', async () => {
    const { owner, victim, other } = await newWorld()
    const { email } = owner
    await done(post('/auth/logout', asBearer(other)))
    const wrong = { email, password: 'Wrong-Harbour-99', deviceToken: victim.deviceToken }
    expectStatus(await post('/auth/login', { body: wrong }), 401)
    expectStatus(await postRefresh(`${victim.refreshToken.slice(0, -1)}.`), 403)
    const change = { currentPassword: 'Wrong-Harbour-99', newPassword: NEW_PASSWORD }
    expectStatus(await post('/account/password', { ...asPage(victim), body: change }), 403)
    expectStatus(await post('/auth/forgot-password', { body: { email } }), 202)
    expectStatus(
      await post('/auth/reset-password', { body: { token: 'x', password: NEW_PASSWORD } }),
      400,
    )
    expectStatus(await post('/auth/not-me', { body: { token: 'x' } }), 400)
    expectStatus(await me(victim.accessToken), 200)
    expectStatus(await refreshByCookie(victim), 200)
  })

  it('the owner becomes a member, or the community active: the session goes on under the new role', async () => {
    const { victim } = await newWorld()
    await db
      .update(memberships)
      .set({ role: 'Member' })
      .where(eq(memberships.userId, victim.userId))
    const known = await me(victim.accessToken)
    expect(known.data).toMatchObject({ user: { role: 'Member' } })
    expectStatus(await refreshByCookie(victim), 200)
  })

  it('the bystander has been here all the time, and refreshes still', async () => {
    expectStatus(await postRefresh(bystander.refreshToken), 200)
  })
})
