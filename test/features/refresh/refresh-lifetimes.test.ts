import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, memberships, sessions, users } from '../../../src/db/schema/index.ts'
import { admin, db, ownerIn, PASSWORD } from '../../factories.ts'
import {
  cookieOf,
  me,
  openSession,
  postRefresh,
  refreshByCookie,
  sessionRow,
} from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  attributesOf,
  claimsOf,
  DAY,
  expectRefused,
  HOUR,
  MINUTE,
  pass,
  refreshed,
  SECOND,
  somebody,
  stopClock,
} from './refresh-world.ts'

describe('POST /api/v1/auth/refresh, as time passes and people change', () => {
  stopClock()

  describe('keeps to the lifetimes', () => {
    it('each refresh moves the end by idleness and the last activity, never the end in any case', async () => {
      const { session } = await somebody()
      const opened = await sessionRow(session.id)
      expect(opened).toMatchObject({
        idleExpiresAt: Date.now() + 7 * DAY,
        absoluteExpiresAt: Date.now() + 30 * DAY,
      })
      let { refreshToken, accessToken } = session
      for (let week = 0; week < 4; week++) {
        pass(6 * DAY)
        const tokens = await refreshed(refreshToken)
        ;({ refreshToken, accessToken } = tokens)
        const row = await sessionRow(session.id)
        expect(row).toMatchObject({
          lastActiveAt: Date.now(),
          idleExpiresAt: Date.now() + 7 * DAY,
          absoluteExpiresAt: opened.absoluteExpiresAt,
          createdAt: opened.createdAt,
        })
      }
      const list = await call(`${API}/sessions`, { token: accessToken })
      expect(list.data.items).toMatchObject([
        {
          id: session.id,
          lastActiveAt: new Date().toISOString(),
          expiresAt: new Date(opened.absoluteExpiresAt).toISOString(),
        },
      ])
    })

    it('the cookie lives no longer than the session can', async () => {
      const { session } = await somebody('hybrid')
      let { cookie } = session
      const maxAges: (string | undefined)[] = []
      for (let step = 0; step < 4; step++) {
        pass(6 * DAY + 12 * HOUR)
        const answer = await refreshByCookie({ cookie, csrfToken: session.csrfToken })
        cookie = cookieOf(answer)
        maxAges.push(/Max-Age=(\d+)/.exec(attributesOf(answer)['__Host-refresh'] ?? '')?.[1])
      }
      // 26 of the 30 days are over: what is left is less than a week.
      expect(maxAges).toEqual(['604800', '604800', '604800', String((4 * DAY) / SECOND)])
    })

    it("an admin's session ends after 30 minutes of idleness and after 12 hours in any case", async () => {
      const { email } = await admin()
      const [busy, idle] = [0, 1].map(() => openSession({ email, password: PASSWORD }))
      const [session, sleeper] = [await busy, await idle]
      if (!session || !sleeper) throw new Error('both are open')
      const end = Date.now() + 12 * HOUR
      let { refreshToken } = session
      const next = async () => {
        refreshToken = (await refreshed(refreshToken)).refreshToken
        const row = await sessionRow(session.id)
        expect(row.absoluteExpiresAt).toBe(end)
        expect(row.idleExpiresAt).toBe(Date.now() + 30 * MINUTE)
      }
      pass(30 * MINUTE - SECOND)
      await next()
      pass(2 * SECOND)
      expectRefused(await postRefresh(sleeper.refreshToken), 'refresh_invalid')
      while (Date.now() + 29 * MINUTE < end) {
        pass(29 * MINUTE)
        await next()
      }
      pass(end - SECOND - Date.now())
      await next()
      pass(2 * SECOND)
      expectRefused(await postRefresh(refreshToken), 'refresh_invalid')
    })

    it('the durations are those of the configuration', async () => {
      const run = {
        ...env,
        REFRESH_GRACE_SECONDS: '2',
        SESSION_IDLE_SECONDS: '60',
        ACCESS_TOKEN_SECONDS: '20',
      }
      const { session } = await somebody()
      const answer = await postRefresh(session.refreshToken, { env: run })
      expect(answer.data.expiresIn).toBe(20)
      expect((await sessionRow(session.id)).idleExpiresAt).toBe(Date.now() + 60 * SECOND)
      pass(2 * SECOND)
      expectStatus(await postRefresh(session.refreshToken, { env: run }), 200)
      pass(1)
      expectRefused(await postRefresh(session.refreshToken, { env: run }), 'refresh_reused')
    })
  })

  describe('says what is true now', () => {
    it('a new role stands in the new access token', async () => {
      const { session } = await somebody()
      expect((await claimsOf(session.accessToken))?.role).toBe('CommunityOwner')
      await db
        .update(memberships)
        .set({ role: 'Moderator' })
        .where(eq(memberships.userId, session.userId))
      const { accessToken } = await refreshed(session.refreshToken)
      expect(await claimsOf(accessToken)).toMatchObject({ sub: session.userId, role: 'Moderator' })
      expect((await me(accessToken)).data.user).toMatchObject({ role: 'Moderator' })
    })

    it('a session that has moved to another community gives access tokens for that one', async () => {
      const { person, session } = await somebody()
      const other = await ownerIn('active')
      const membership = { userId: session.userId, communityId: other.communityId }
      await db.insert(memberships).values({ ...membership, role: 'Member', createdAt: Date.now() })
      await db
        .update(sessions)
        .set({ communityId: other.communityId })
        .where(eq(sessions.id, session.id))
      const { accessToken } = await refreshed(session.refreshToken)
      expect(await claimsOf(accessToken)).toEqual({
        sub: session.userId,
        sid: session.id,
        cid: other.communityId,
        role: 'Member',
      })
      expect((await me(accessToken)).data.community).toMatchObject({ id: other.communityId })
      expectRefused(await me(session.accessToken), 'access_token_expired')
      expect(person.communityId).not.toBe(other.communityId)
    })

    it('nothing that a refresh does not need is changed', async () => {
      const { session } = await somebody()
      await db.update(users).set({ failedLoginAttempts: 3 }).where(eq(users.id, session.userId))
      const before = await db.select().from(users).where(eq(users.id, session.userId))
      const community = await db
        .select()
        .from(communities)
        .where(eq(communities.createdBy, session.userId))
      const { tokenHash, previousTokenHash, generation, rotatedAt, ...kept } = await sessionRow(
        session.id,
      )
      await refreshed(session.refreshToken, { headers: { 'User-Agent': 'Another/1.0' } })
      expect(await sessionRow(session.id)).toMatchObject(kept)
      expect([tokenHash, previousTokenHash, generation, rotatedAt]).toEqual([
        expect.any(String),
        null,
        1,
        null,
      ])
      expect(await db.select().from(users).where(eq(users.id, session.userId))).toEqual(before)
      expect(
        await db.select().from(communities).where(eq(communities.createdBy, session.userId)),
      ).toEqual(community)
    })
  })
})
