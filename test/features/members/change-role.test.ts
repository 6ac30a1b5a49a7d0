import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { admin, db } from '../../factories.ts'
import { addressHere, type OwnerHere, ownerHere, postInvitation } from '../../mailbox-client.ts'
import { me, openSession, postRefresh, sessionRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { costOf } from '../passwords/password-client.ts'
import {
  auditIn,
  getMembers,
  joins,
  memberIn,
  patchRole,
  rolesIn,
  secondOwner,
  twoCommunities,
} from './member-client.ts'

const UNKNOWN = '01990000-0000-7000-8000-000000000000'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

describe('PATCH /api/v1/communities/:community/members/:userId', () => {
  describe('works', () => {
    it('makes a moderator of a member, and shows them', async () => {
      const member = await memberIn(owner)
      const answer = await patchRole(owner, member.userId, 'Moderator')
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        member: {
          userId: member.userId,
          fullName: 'Joy Mensah',
          email: member.email,
          role: 'Moderator',
          joinedAt: expect.any(String),
        },
      })
      expect((await rolesIn(owner.communityId))[member.userId]).toBe('Moderator')
    })

    it('counts on the next request, with the token in hand, and leaves the session alone', async () => {
      const member = await memberIn(owner)
      expectStatus(await getMembers(member), 403, 'forbidden')
      expectStatus(await patchRole(owner, member.userId, 'Moderator'), 200)
      expectStatus(await getMembers(member), 200)
      expectStatus(await patchRole(owner, member.userId, 'Member'), 200)
      expectStatus(await getMembers(member), 403, 'forbidden')
      expect((await me(member.accessToken)).data).toMatchObject({ user: { role: 'Member' } })
      expect((await sessionRow(member.id)).revokedAt).toBeNull()
      expectStatus(await postRefresh(member.refreshToken), 200)
    })

    it('puts on record from which role to which', async () => {
      const member = await memberIn(owner)
      const answer = await patchRole(owner, member.userId, 'Moderator')
      const rows = await auditIn(owner.communityId, 'member_role_changed')
      expect(rows.filter(({ userId }) => userId === member.userId)).toMatchObject([
        {
          actorId: owner.userId,
          details: { from: 'Member', to: 'Moderator' },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('the role that they have already: nothing to do, and nothing on record', async () => {
      const member = await memberIn(owner, 'Moderator')
      const answer = await patchRole(owner, member.userId, 'Moderator')
      expectStatus(answer, 200)
      expect(answer.data.member).toMatchObject({ role: 'Moderator' })
      const rows = await auditIn(owner.communityId, 'member_role_changed')
      expect(rows.filter(({ userId }) => userId === member.userId)).toEqual([])
    })

    it('of two owners, one makes a moderator of the other: what they hold counts at once', async () => {
      const host = await ownerHere()
      const second = await secondOwner(host)
      expectStatus(await patchRole(second, host.userId, 'Moderator'), 200)
      expect(await rolesIn(host.communityId)).toEqual({
        [host.userId]: 'Moderator',
        [second.userId]: 'CommunityOwner',
      })
      const invitation = { email: addressHere(), role: 'Member' }
      expectStatus(await postInvitation(host, invitation), 403, 'forbidden')
      expectStatus(await patchRole(host, second.userId, 'Member'), 403, 'forbidden')
    })

    it('and of two owners, one steps back', async () => {
      const host = await ownerHere()
      const second = await secondOwner(host)
      const answer = await patchRole(host, host.userId, 'Member')
      expectStatus(answer, 200)
      expect(answer.data.member).toMatchObject({ userId: host.userId, role: 'Member' })
      expect(await rolesIn(host.communityId)).toEqual({
        [host.userId]: 'Member',
        [second.userId]: 'CommunityOwner',
      })
    })

    it('only here: the person keeps their role elsewhere', async () => {
      const { person, host } = await twoCommunities()
      expectStatus(await patchRole(host, person.userId, 'Moderator'), 200)
      expect((await rolesIn(person.communityId))[person.userId]).toBe('CommunityOwner')
    })

    it('costs two round trips', async () => {
      const { userId } = await memberIn(owner)
      expect(costOf(await patchRole(owner, userId, 'Moderator'))).toBe('d1 2, do 1')
    })
  })

  describe('refuses', () => {
    it.each(['CommunityOwner', 'Admin', 'Owner', 'member', '', null, undefined, 1, ['Member'], {}])(
      'the role %j: an owner is made by handing over, an admin not here',
      async (role) => {
        const member = await memberIn(owner)
        const answer = await patchRole(owner, member.userId, role)
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['role'])
        expect((await rolesIn(owner.communityId))[member.userId]).toBe('Member')
      },
    )

    it('to leave the community without an owner', async () => {
      for (const role of ['Moderator', 'Member']) {
        expectStatus(await patchRole(owner, owner.userId, role), 409, 'last_owner')
      }
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
    })

    it('to leave it with an owner who cannot log in', async () => {
      const host = await ownerHere()
      const second = await secondOwner(host)
      const isSecond = eq(users.id, second.userId)
      await db.update(users).set({ disabledAt: Date.now() }).where(isSecond)
      expectStatus(await patchRole(host, host.userId, 'Member'), 409, 'last_owner')
      // The one who cannot may be.
      expectStatus(await patchRole(host, second.userId, 'Member'), 200)
    })

    it('whoever is no member here, member elsewhere or not', async () => {
      const other = await ownerHere()
      const member = await memberIn(owner)
      for (const id of [
        other.userId,
        UNKNOWN,
        'x',
        '%00',
        member.userId.toUpperCase(),
        `${member.userId}x`,
        member.email,
        owner.communityId,
      ]) {
        expectStatus(await patchRole(owner, id, 'Moderator'), 404, 'not_found')
      }
      expect((await rolesIn(other.communityId))[other.userId]).toBe('CommunityOwner')
    })

    it('everyone but the owner of this very community', async () => {
      const [member, stranger] = [await memberIn(owner), await ownerHere()]
      for (const role of ['Member', 'Moderator'] as const) {
        const asking = await memberIn(owner, role)
        for (const id of [member.userId, asking.userId, owner.userId]) {
          expectStatus(await patchRole(asking, id, 'Moderator'), 403, 'forbidden')
        }
      }
      const foreign = { ...stranger, slug: owner.slug }
      expectStatus(await patchRole(foreign, member.userId, 'Moderator'), 404, 'not_found')
      expectStatus(await patchRole(stranger, member.userId, 'Moderator'), 404, 'not_found')
      const reviewer = { slug: owner.slug, accessToken: (await admin()).token }
      expectStatus(await patchRole(reviewer, member.userId, 'Moderator'), 403, 'forbidden')
      const path = `${API}/communities/${owner.slug}/members/${member.userId}`
      const nobody = await call(path, { method: 'PATCH', body: { role: 'Moderator' } })
      expectStatus(nobody, 401, 'unauthenticated')
      expect((await rolesIn(owner.communityId))[member.userId]).toBe('Member')
    })

    it('an owner whose session is in another community of theirs', async () => {
      const { person, host } = await twoCommunities('Moderator')
      const member = await memberIn(host)
      const acting = { slug: host.slug, accessToken: person.accessToken }
      expectStatus(await patchRole(acting, member.userId, 'Moderator'), 404, 'not_found')
    })
  })

  describe('is safe', () => {
    it('neither person nor community come from the body', async () => {
      const [member, other, victim] = [await memberIn(owner), await ownerHere(), await ownerHere()]
      await joins(victim, other, 'Member')
      const body = {
        role: 'Moderator',
        userId: victim.userId,
        communityId: other.communityId,
        community: other.slug,
      }
      const before = await rolesIn(other.communityId)
      expectStatus(await patchRole(owner, member.userId, '', { body }), 200)
      expect(await rolesIn(other.communityId)).toEqual(before)
      expect((await rolesIn(owner.communityId))[member.userId]).toBe('Moderator')
    })

    it('a cookie needs its CSRF token', async () => {
      const member = await memberIn(owner)
      const { cookie } = await openSession(owner, { transport: 'cookie' })
      const path = `${API}/communities/${owner.slug}/members/${member.userId}`
      const answer = await call(path, {
        method: 'PATCH',
        body: { role: 'Moderator' },
        headers: { Cookie: cookie },
      })
      expectStatus(answer, 403, 'csrf_failed')
      expect((await rolesIn(owner.communityId))[member.userId]).toBe('Member')
    })
  })
})
