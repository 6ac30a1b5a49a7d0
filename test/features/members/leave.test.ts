import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { admin, db, postLogin } from '../../factories.ts'
import { invited, ownerHere, postAcceptance } from '../../mailbox-client.ts'
import { me, openSession, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { expectDead } from '../new-device/theft.ts'
import { BOTH_COOKIES, clearedBy } from '../sessions/clients.ts'
import {
  again,
  auditIn,
  joins,
  leave,
  pairHere,
  rolesIn,
  secondOwner,
  switchTo,
  twoCommunities,
} from './member-client.ts'

describe('POST /api/v1/communities/:community/leave', () => {
  describe('works', () => {
    it.each(['Member', 'Moderator'] as const)('takes a %s out', async (role) => {
      const { owner, member } = await pairHere(role)
      const other = await again(member)
      const answer = await leave(member)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expect(await rolesIn(owner.communityId)).toEqual({ [owner.userId]: 'CommunityOwner' })
      await expectDead(member)
      await expectDead(other)
      expectStatus(await me(owner.accessToken), 200)
    })

    it('and says to whoever was in no other that they are in none', async () => {
      const { member } = await pairHere()
      expectStatus(await leave(member), 200)
      const { email, password } = member
      expectStatus(await postLogin({ email, password }), 403, 'no_membership')
    })

    it('clears the cookies of the session that it ends', async () => {
      const { member } = await pairHere()
      const page = await openSession(member, { transport: 'cookie' })
      const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
      const path = `${API}/communities/${member.slug}/leave`
      const answer = await call(path, { method: 'POST', headers })
      expectStatus(answer, 200)
      expect(clearedBy(answer)).toEqual(BOTH_COOKIES)
    })

    it('whoever is elsewhere too goes on there, and that is their home', async () => {
      const { member } = await pairHere()
      const other = await ownerHere()
      await joins(member, other)
      const there = await again(member)
      const moved = await switchTo(there, other.communityId)
      expectStatus(await leave(member), 200)
      expect((await userRow(member.email)).communityId).toBe(other.communityId)
      expectStatus(await me(String(moved.data.accessToken)), 200)
      expect((await me((await again(member)).accessToken)).data).toMatchObject({
        community: { id: other.communityId },
        memberships: [{ communityId: other.communityId }],
      })
    })

    it('leaves the community of the session, and no other', async () => {
      const { person, host } = await twoCommunities()
      const moved = await switchTo(person, host.communityId)
      const acting = { slug: host.slug, accessToken: String(moved.data.accessToken) }
      expectStatus(await leave(acting), 200)
      expect(await rolesIn(host.communityId)).toEqual({ [host.userId]: 'CommunityOwner' })
      expect(Object.keys(await rolesIn(person.communityId))).toEqual([person.userId])
    })

    it('puts it on record', async () => {
      const { owner, member } = await pairHere('Moderator')
      const answer = await leave(member)
      expect(await auditIn(owner.communityId, 'member_left')).toMatchObject([
        {
          actorId: member.userId,
          userId: member.userId,
          details: { role: 'Moderator' },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
      expect(await auditIn(owner.communityId, 'member_removed')).toEqual([])
    })

    it('lets them come back by a new invitation', async () => {
      const { owner, member } = await pairHere()
      expectStatus(await leave(member), 200)
      const { token } = await invited(owner, member.email)
      const answer = await postAcceptance({ token })
      expectStatus(answer, 200)
      expect(answer.data.user).toMatchObject({ id: member.userId })
    })

    it('of two owners, one leaves', async () => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      expectStatus(await leave(owner), 200)
      expect(await rolesIn(owner.communityId)).toEqual({ [second.userId]: 'CommunityOwner' })
    })
  })

  describe('refuses', () => {
    it('the only owner, who hands over first', async () => {
      const { owner } = await pairHere('Moderator')
      expectStatus(await leave(owner), 409, 'last_owner')
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
      expectStatus(await me(owner.accessToken), 200)
    })

    it('an owner beside whom there is only one who cannot log in', async () => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      const isSecond = eq(users.id, second.userId)
      await db.update(users).set({ disabledAt: Date.now() }).where(isSecond)
      expectStatus(await leave(owner), 409, 'last_owner')
    })

    it('a community that is not that of the session, also where one is a member', async () => {
      const { person, host } = await twoCommunities()
      const acting = { slug: host.slug, accessToken: person.accessToken }
      expectStatus(await leave(acting), 404, 'not_found')
      expect(Object.keys(await rolesIn(host.communityId))).toContain(person.userId)
    })

    it('an admin, and whoever is not signed in', async () => {
      const { member } = await pairHere()
      const reviewer = await admin()
      const acting = { slug: 'platform', accessToken: reviewer.token }
      expectStatus(await leave(acting), 403, 'forbidden')
      const path = `${API}/communities/${member.slug}/leave`
      expectStatus(await call(path, { method: 'POST' }), 401, 'unauthenticated')
      const { cookie } = await openSession(member, { transport: 'cookie' })
      const byCookie = await call(path, { method: 'POST', headers: { Cookie: cookie } })
      expectStatus(byCookie, 403, 'csrf_failed')
      expectStatus(await me(member.accessToken), 200)
    })

    it('the second time: the session is over', async () => {
      const { owner, member } = await pairHere()
      expectStatus(await leave(member), 200)
      expectStatus(await leave(member), 401, 'session_ended')
      expect(await auditIn(owner.communityId, 'member_left')).toHaveLength(1)
    })
  })
})
