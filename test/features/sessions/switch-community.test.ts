import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { memberships, PLATFORM_COMMUNITY_ID, sessions } from '../../../src/db/schema/index.ts'
import { admin, db, linkTokenOf, postLogin, postVerification, signedUp } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { me, openSession, postRefresh, refreshByCookie, sessionRow } from '../../session-client.ts'
import { type Answer, API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  again,
  auditIn,
  dropMembership,
  joins,
  setStatus,
  suspend,
  switchTo,
  twoCommunities,
} from '../members/member-client.ts'
import { costOf, later } from '../passwords/password-client.ts'
import { asPage, BOTH_COOKIES, clearedBy } from './clients.ts'

const whereIs = async (accessToken: string) => (await me(accessToken)).data.community
const tokenOf = (answer: Answer) => String(answer.data.accessToken)

/** The person owns a second community too, of this status. */
async function secondCommunity(email: string, status: Parameters<typeof setStatus>[1]) {
  const { communityId } = await signedUp({ email })
  expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
  await setStatus(communityId, status)
  return communityId
}

describe('POST /api/v1/auth/switch-community', () => {
  describe('works', () => {
    it('goes over: the same session, in the other community, with the role there', async () => {
      const { person, host } = await twoCommunities('Moderator')
      const answer = await switchTo(person, host.communityId)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        tokenType: 'Bearer',
        expiresIn: 900,
        accessToken: expect.any(String),
      })
      expect((await me(tokenOf(answer))).data).toMatchObject({
        user: { id: person.userId, role: 'Moderator' },
        community: { id: host.communityId, slug: host.slug },
        session: { id: person.id },
      })
    })

    it('and the access token of before is refused: it is refreshed, not logged out', async () => {
      const { person, host } = await twoCommunities()
      expectStatus(await switchTo(person, host.communityId), 200)
      expectStatus(await me(person.accessToken), 401, 'access_token_expired')
    })

    it('and the refresh token in hand goes on, to the other community', async () => {
      const { person, host } = await twoCommunities()
      const before = await sessionRow(person.id)
      expectStatus(await switchTo(person, host.communityId), 200)
      expect(await sessionRow(person.id)).toEqual({ ...before, communityId: host.communityId })
      const refreshed = await postRefresh(person.refreshToken)
      expectStatus(refreshed, 200)
      expect(await whereIs(tokenOf(refreshed))).toMatchObject({ id: host.communityId })
    })

    it('there and back again', async () => {
      const { person, host } = await twoCommunities()
      const there = await switchTo(person, host.communityId)
      const back = await switchTo({ accessToken: tokenOf(there) }, person.communityId)
      expectStatus(back, 200)
      expect((await me(tokenOf(back))).data).toMatchObject({
        user: { role: 'CommunityOwner' },
        community: { id: person.communityId },
      })
      expectStatus(await me(tokenOf(there)), 401, 'access_token_expired')
    })

    it('to where one is already', async () => {
      const { person } = await twoCommunities()
      const answer = await switchTo(person, person.communityId)
      expectStatus(answer, 200)
      expect(await whereIs(tokenOf(answer))).toMatchObject({ id: person.communityId })
    })

    it('and leaves the other sessions where they are', async () => {
      const { person, host } = await twoCommunities()
      const other = await again(person)
      expectStatus(await switchTo(person, host.communityId), 200)
      expect(await whereIs(other.accessToken)).toMatchObject({ id: person.communityId })
    })

    it('answers in the transport of the session: hybrid', async () => {
      const { person, host } = await twoCommunities()
      const page = await openSession(person, { transport: 'hybrid' })
      const answer = await switchTo(page, host.communityId)
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ csrfToken: page.csrfToken, expiresIn: 900 })
      expect(answer.headers.getSetCookie()).toEqual([])
      const refreshed = await refreshByCookie(page)
      expectStatus(refreshed, 200)
      expect(await whereIs(tokenOf(refreshed))).toMatchObject({ id: host.communityId })
    })

    it('and cookie: the new access token is in its cookie, and in no body', async () => {
      const { person, host } = await twoCommunities()
      const page = await openSession(person, { transport: 'cookie' })
      const body = { communityId: host.communityId }
      const path = `${API}/auth/switch-community`
      const answer = await call(path, { ...asPage(page), body })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        tokenType: 'Bearer',
        expiresIn: 900,
        csrfToken: page.csrfToken,
      })
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-access=[^;]+; Max-Age=900; Path=\/; HttpOnly; Secure;/),
      ])
      const token = cookiesOf(answer)['__Host-access'] ?? ''
      expect(await whereIs(token)).toMatchObject({ id: host.communityId })
      expectStatus(await call(`${API}/auth/me`, asPage(page)), 401, 'access_token_expired')
    })

    it('the next login opens the community that was used last', async () => {
      const { person, host } = await twoCommunities()
      expect(await whereIs((await again(person)).accessToken)).toMatchObject({
        id: person.communityId,
      })
      await later(1000, async () => {
        expectStatus(await switchTo(person, host.communityId), 200)
      })
      await later(2000, async () => {
        const session = await again(person)
        expect(await whereIs(session.accessToken)).toMatchObject({ id: host.communityId })
        expectStatus(await switchTo(session, person.communityId), 200)
      })
      await later(3000, async () => {
        const session = await again(person)
        expect(await whereIs(session.accessToken)).toMatchObject({ id: person.communityId })
      })
    })

    it('an approved community turns active as its owner comes, and says so on record', async () => {
      const person = await ownerHere()
      const communityId = await secondCommunity(person.email, 'approved')
      const answer = await switchTo(person, communityId)
      expectStatus(answer, 200)
      expect(await whereIs(tokenOf(answer))).toMatchObject({ id: communityId, status: 'active' })
      expect(await auditIn(communityId, 'community_activated')).toMatchObject([
        { actorId: person.userId, details: { from: 'approved', to: 'active' } },
      ])
    })

    it('but not as a member comes', async () => {
      const { person, host } = await twoCommunities()
      await setStatus(host.communityId, 'approved')
      const answer = await switchTo(person, host.communityId)
      expectStatus(answer, 200)
      expect(await whereIs(tokenOf(answer))).toMatchObject({ status: 'approved' })
      expect(await auditIn(host.communityId, 'community_activated')).toEqual([])
    })

    it('costs three round trips and no look at the account’s guard', async () => {
      const { person, host } = await twoCommunities()
      expect(costOf(await switchTo(person, host.communityId))).toBe('d1 3, do 1')
    })
  })

  describe('a login with several memberships', () => {
    it('opens the one used last that is open, else the next one', async () => {
      const { person, host } = await twoCommunities()
      const third = await ownerHere()
      await joins(person, third)
      await later(1000, async () => {
        expectStatus(await switchTo(person, third.communityId), 200)
      })
      await later(2000, async () => {
        expectStatus(await switchTo(await again(person), host.communityId), 200)
      })
      await later(3000, async () => {
        const where = async () => whereIs((await again(person)).accessToken)
        expect(await where()).toMatchObject({ id: host.communityId })
        await suspend(host.communityId)
        expect(await where()).toMatchObject({ id: third.communityId })
        await suspend(third.communityId)
        expect(await where()).toMatchObject({ id: person.communityId })
      })
    })

    it('meets the gate of the home where none is open', async () => {
      const { person, host } = await twoCommunities()
      await setStatus(host.communityId, 'rejected')
      await suspend(person.communityId)
      const { email, password } = person
      expectStatus(await postLogin({ email, password }), 403, 'community_suspended')
    })
  })

  describe('refuses', () => {
    it('a community that one is no member of, whether or not there is one', async () => {
      const [person, other] = [await ownerHere(), await ownerHere()]
      const answers = []
      for (const id of [other.communityId, '01990000-0000-7000-8000-000000000000']) {
        const answer = await switchTo(person, id)
        expectStatus(answer, 404, 'not_found')
        answers.push({ ...answer.json, requestId: '' })
      }
      expect(answers[0]).toEqual(answers[1])
      expectStatus(await me(person.accessToken), 200)
    })

    it('one that one is no member of any more', async () => {
      const { person, host } = await twoCommunities()
      await dropMembership(host.communityId, person.userId)
      expectStatus(await switchTo(person, host.communityId), 404, 'not_found')
    })

    it.each([
      ['pending', 'community_not_approved'],
      ['under_review', 'community_not_approved'],
      ['rejected', 'community_rejected'],
      ['suspended', 'community_suspended'],
    ] as const)('one that is %s, and says so', async (status, code) => {
      const person = await ownerHere()
      const communityId = await secondCommunity(person.email, status)
      expectStatus(await switchTo(person, communityId), 403, code)
      expect(await whereIs(person.accessToken)).toMatchObject({ id: person.communityId })
    })

    it('the reserved one, for whomever', async () => {
      const person = await ownerHere()
      expectStatus(await switchTo(person, PLATFORM_COMMUNITY_ID), 404, 'not_found')
      const { userId } = person
      const membership = { userId, communityId: PLATFORM_COMMUNITY_ID, role: 'Admin' as const }
      await db.insert(memberships).values({ ...membership, createdAt: 1 })
      expectStatus(await switchTo(person, PLATFORM_COMMUNITY_ID), 404, 'not_found')
      expect((await sessionRow(person.id)).communityId).toBe(person.communityId)
    })

    it('an admin, even to a community they are a member of', async () => {
      const [reviewer, host] = [await admin(), await ownerHere()]
      const membership = { communityId: host.communityId, role: 'Member' as const, createdAt: 1 }
      await db.insert(memberships).values({ ...membership, userId: reviewer.id })
      const answer = await switchTo({ accessToken: reviewer.token }, host.communityId)
      expectStatus(answer, 403, 'forbidden')
      expectStatus(await me(reviewer.token), 200)
    })

    it.each([undefined, null, '', 'x', 7, [], ['01990000-0000-7000-8000-000000000000'], {}])(
      'what is no id: %j',
      async (communityId) => {
        const answer = await switchTo(await ownerHere(), communityId)
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['communityId'])
      },
    )

    it('whoever is not signed in, and the token of before', async () => {
      const { person, host } = await twoCommunities()
      const path = `${API}/auth/switch-community`
      const body = { communityId: host.communityId, userId: person.userId }
      expectStatus(await call(path, { body }), 401, 'unauthenticated')
      expectStatus(await switchTo(person, host.communityId), 200)
      expectStatus(await switchTo(person, person.communityId), 401, 'access_token_expired')
    })

    it('a cookie without its CSRF token, or from a foreign page', async () => {
      const { person, host } = await twoCommunities()
      const page = await openSession(person, { transport: 'cookie' })
      const [path, body] = [`${API}/auth/switch-community`, { communityId: host.communityId }]
      const { cookie: Cookie, csrfToken } = page
      const foreign: Record<string, string>[] = [
        { Cookie, 'X-CSRF-Token': '' },
        { Cookie, 'X-CSRF-Token': `${csrfToken}x` },
        { Cookie, 'X-CSRF-Token': csrfToken, Origin: 'https://evil.example' },
      ]
      for (const headers of foreign) {
        const answer = await call(path, { body, headers })
        expectStatus(answer, 403, 'csrf_failed')
        expect(clearedBy(answer)).not.toEqual(BOTH_COOKIES)
      }
      expect((await sessionRow(page.id)).communityId).toBe(person.communityId)
    })
  })

  describe('is safe', () => {
    it('suspended at that very moment: it says so, and the session stays and lives', async () => {
      const { person, host } = await twoCommunities()
      const meanwhile = beforeBatch(0, () => suspend(host.communityId))
      const answer = await switchTo(person, host.communityId, { env: meanwhile })
      expectStatus(answer, 403, 'community_suspended')
      expect(await whereIs(person.accessToken)).toMatchObject({ id: person.communityId })
      expectStatus(await postRefresh(person.refreshToken), 200)
    })

    it('removed at that very moment: not found, and the session stays and lives', async () => {
      const { person, host } = await twoCommunities()
      const meanwhile = beforeBatch(0, () => dropMembership(host.communityId, person.userId))
      const answer = await switchTo(person, host.communityId, { env: meanwhile })
      expectStatus(answer, 404, 'not_found')
      expect(await whereIs(person.accessToken)).toMatchObject({ id: person.communityId })
    })

    it('a session that ends at that very moment stays ended', async () => {
      const { person, host } = await twoCommunities()
      const end = () => db.update(sessions).set({ revokedAt: 1 }).where(eq(sessions.id, person.id))
      const meanwhile = beforeBatch(0, () => Promise.resolve(end()))
      const answer = await switchTo(person, host.communityId, { env: meanwhile })
      expectStatus(answer, 401, 'session_ended')
      expect(await sessionRow(person.id)).toMatchObject({
        communityId: person.communityId,
        revokedAt: 1,
      })
    })

    it('two tabs that go to two communities at once: both are answered, one token works', async () => {
      for (let round = 0; round < 3; round++) {
        const { person, host } = await twoCommunities()
        const third = await ownerHere()
        await joins(person, third)
        const [one, two] = await Promise.all([
          switchTo(person, host.communityId),
          switchTo(person, third.communityId),
        ])
        expectStatus(one, 200)
        expectStatus(two, 200)
        const answers = await Promise.all([me(tokenOf(one)), me(tokenOf(two))])
        expect(tally(answers)).toEqual({ '200': 1, '401 access_token_expired': 1 })
        expectStatus(await postRefresh(person.refreshToken), 200)
      }
    })

    it('switched and refreshed at once: one session, whose newest tokens work', async () => {
      const { person, host } = await twoCommunities()
      const answers = await race(10, (n) =>
        n % 2 === 0 ? switchTo(person, host.communityId) : postRefresh(person.refreshToken),
      )
      // Whoever comes with the access token of before finds that the session has moved.
      const { '200': done = 0, '401 access_token_expired': late = 0, ...rest } = tally(answers)
      expect([rest, done + late]).toEqual([{}, 10])
      expect(late).toBeLessThan(5)
      const refreshed = answers.filter((_, n) => n % 2 === 1)
      expect(new Set(refreshed.map(({ data }) => data.refreshToken)).size).toBe(1)
      const last = await postRefresh(String(refreshed[0]?.data.refreshToken))
      expectStatus(last, 200)
      expect(await whereIs(tokenOf(last))).toMatchObject({ id: host.communityId })
    })

    it('a database that fails anywhere is 503, and the session stays where it was', async () => {
      const { person, host } = await twoCommunities()
      const before = await sessionRow(person.id)
      const SIZE = 6
      for (let k = 0; k < SIZE; k++) {
        const { env } = failingBatch(0, k)
        expectStatus(await switchTo(person, host.communityId, { env }), 503, 'unavailable')
      }
      expectStatus(await switchTo(person, host.communityId, { env: failingDatabase() }), 503)
      expect(await sessionRow(person.id)).toEqual(before)
      expectStatus(await me(person.accessToken), 200)
      const { sizes, env } = failingBatch(0)
      expectStatus(await switchTo(person, host.communityId, { env }), 200)
      expect(sizes).toEqual([SIZE])
    })
  })
})
