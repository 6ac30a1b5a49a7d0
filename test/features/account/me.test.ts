import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { communities, memberships, sessions, users } from '../../../src/db/schema/index.ts'
import { signAccessToken } from '../../../src/lib/jwt.ts'
import {
  accessTokenOf,
  admin,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
} from '../../factories.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { failingDatabase, failingObject } from '../../support/faults.ts'

const me = (options: Parameters<typeof call>[1]) => call(`${API}/auth/me`, options)
const withAuthorization = (Authorization: string) => me({ headers: { Authorization } })

describe('GET /api/v1/auth/me', () => {
  describe('works', () => {
    it('says who asks, where, and of what one is a member', async () => {
      const owner = await ownerIn('active')
      const second = await signedUp({ email: owner.email })
      await postVerification(await linkTokenOf(second.communityId))
      const login = await postLogin({ email: owner.email, password: PASSWORD })
      const answer = await me({ token: String(login.data.accessToken) })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        user: login.data.user,
        community: login.data.community,
        session: login.data.session,
        memberships: expect.arrayContaining([
          {
            communityId: owner.communityId,
            name: owner.form.communityName,
            slug: owner.slug,
            status: 'active',
            role: 'CommunityOwner',
          },
          {
            communityId: second.communityId,
            name: second.form.communityName,
            slug: second.slug,
            status: 'pending',
            role: 'CommunityOwner',
          },
        ]),
      })
    })

    it('with the access cookie as with the header', async () => {
      const { email } = await ownerIn('active')
      const login = await postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' })
      const Cookie = `__Host-access=${cookiesOf(login)['__Host-access']}`
      expectStatus(await me({ headers: { Cookie } }), 200)
    })

    it('for an admin, in the reserved community', async () => {
      const { token } = await admin()
      expect((await me({ token })).data).toMatchObject({
        user: { role: 'Admin' },
        community: { slug: 'platform' },
      })
    })

    it('in one round trip, without asking any object', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      const answer = await me({ token })
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="1", do;desc="0"')
      expectStatus(await me({ token, env: failingObject('RATE_LIMITER', 'hit', 'throws') }), 200)
    })

    it('a changed role counts at once', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      await db
        .update(memberships)
        .set({ role: 'Member' })
        .where(eq(memberships.communityId, owner.communityId))
      expect((await me({ token })).data).toMatchObject({ user: { role: 'Member' } })
    })
  })

  describe('refuses', () => {
    it('no token, and every header that is not one Bearer token', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      expectStatus(await me({}), 401, 'unauthenticated')
      for (const header of [
        '',
        'Bearer',
        'Bearer ',
        `Basic ${token}`,
        `Token ${token}`,
        token,
        `Bearer  ${token}`,
        `Bearer ${token}, Bearer ${token}`,
        `Bearer ${token} x`,
        'Bearer a.b',
        'Bearer a.b.c',
        `Bearer ${token}.x.y`,
      ]) {
        const answer = await withAuthorization(header)
        expect([401, header]).toEqual([answer.status, header])
      }
      expectStatus(await withAuthorization(`bearer ${token}`), 200)
    })

    it('the cookie where an Authorization header is there: cookies are ignored then', async () => {
      const { email } = await ownerIn('active')
      const login = await postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' })
      const Cookie = `__Host-access=${cookiesOf(login)['__Host-access']}`
      expectStatus(
        await me({ headers: { Cookie, Authorization: 'Bearer a.b.c' } }),
        401,
        'unauthenticated',
      )
    })

    it('a token after its fifteen minutes, and a session after its end', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        vi.setSystemTime(Date.now() + 900_000 - 1000)
        expectStatus(await me({ token }), 200)
        vi.setSystemTime(Date.now() + 7_000)
        expectStatus(await me({ token }), 401, 'access_token_expired')
      } finally {
        vi.useRealTimers()
      }
    })

    it.each([
      ['revoked', { revokedAt: 1 }],
      ['idle too long', { idleExpiresAt: 1 }],
      ['too old', { absoluteExpiresAt: 1 }],
    ])('a session that is %s', async (_, change) => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const [user] = await db.select().from(users).where(eq(users.email, owner.email))
      await db
        .update(sessions)
        .set(change)
        .where(eq(sessions.userId, String(user?.id)))
      expectStatus(await me({ token }), 401, 'session_ended')
    })

    it.each(['pending', 'rejected', 'suspended'] as const)(
      'a session in a community that is %s',
      async (status) => {
        const owner = await ownerIn('active')
        const token = await accessTokenOf(owner)
        await db.update(communities).set({ status }).where(eq(communities.id, owner.communityId))
        expectStatus(await me({ token }), 401, 'session_ended')
      },
    )

    it('a disabled account, a lost membership, a deleted community', async () => {
      for (const harm of ['disable', 'remove', 'delete'] as const) {
        const owner = await ownerIn('active')
        const token = await accessTokenOf(owner)
        if (harm === 'disable')
          await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, owner.email))
        if (harm === 'remove')
          await db.delete(memberships).where(eq(memberships.communityId, owner.communityId))
        if (harm === 'delete')
          await db
            .update(communities)
            .set({ isDeleted: true })
            .where(eq(communities.id, owner.communityId))
        expectStatus(await me({ token }), 401, 'session_ended')
      }
    })

    it('a genuine signature over a session of somebody else, or of another community', async () => {
      const [one, other] = [await ownerIn('active'), await ownerIn('active')]
      const login = await postLogin({ email: one.email, password: PASSWORD })
      const [stranger] = await db.select().from(users).where(eq(users.email, other.email))
      const user = login.data.user as { id: string }
      const sid = (login.data.session as { id: string }).id
      const sign = (sub: string, cid: string) =>
        signAccessToken(
          configOf(env).jwt,
          { sub, sid, cid, role: 'Admin' },
          { now: Date.now(), ttlSeconds: 60, jti: 'x' },
        )
      expectStatus(
        await me({ token: await sign(String(stranger?.id), one.communityId) }),
        401,
        'session_ended',
      )
      expectStatus(
        await me({ token: await sign(user.id, other.communityId) }),
        401,
        'access_token_expired',
      )
      expect((await me({ token: await sign(user.id, one.communityId) })).data).toMatchObject({
        user: { role: 'CommunityOwner' },
      })
    })
  })

  describe('is safe', () => {
    it('answers 503, not 401, when the database is down', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      expectStatus(await me({ token, env: failingDatabase() }), 503, 'unavailable')
    })
  })
})
