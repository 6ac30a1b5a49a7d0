import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { db, postLogin } from '../../factories.ts'
import { invited, type OwnerHere, ownerHere, postAcceptance } from '../../mailbox-client.ts'
import { me, openSession, postRefresh, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { expectDead } from '../new-device/theft.ts'
import { costOf } from '../passwords/password-client.ts'
import { BOTH_COOKIES, clearedBy, endingsOf } from '../sessions/clients.ts'
import {
  again,
  auditIn,
  expectAlive,
  invitationRow,
  joins,
  memberIn,
  postConfirmation,
  removeMember,
  rolesIn,
  secondOwner,
  switchTo,
  twoCommunities,
} from './member-client.ts'

const UNKNOWN = '01990000-0000-7000-8000-000000000000'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

describe('DELETE /api/v1/communities/:community/members/:userId', () => {
  describe('works', () => {
    it('takes the person out; their sessions here end at once', async () => {
      const member = await memberIn(owner)
      const second = await again(member)
      const answer = await removeMember(owner, member.userId)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      expect(Object.keys(await rolesIn(owner.communityId))).not.toContain(member.userId)
      for (const session of [member, second]) await expectDead(session)
      const ended = 'membership_ended'
      expect(await endingsOf(member.userId)).toEqual({ [member.id]: ended, [second.id]: ended })
      const { email, password } = member
      expectStatus(await postLogin({ email, password }), 403, 'no_membership')
    })

    it('but not their sessions of another community', async () => {
      const { person, host } = await twoCommunities()
      const there = await again(person)
      const moved = await switchTo(there, host.communityId)
      expectStatus(moved, 200)
      expectStatus(await removeMember(host, person.userId), 200)
      expectStatus(await me(String(moved.data.accessToken)), 401, 'session_ended')
      expectStatus(await postRefresh(there.refreshToken), 403, 'refresh_invalid')
      expect((await me(person.accessToken)).data.memberships).toHaveLength(1)
      expectStatus(await postRefresh(person.refreshToken), 200)
    })

    it('and nobody else’s session', async () => {
      const [member, bystander] = [await memberIn(owner), await memberIn(owner)]
      expectStatus(await removeMember(owner, member.userId), 200)
      expectStatus(await me(bystander.accessToken), 200)
      expectStatus(await me(owner.accessToken), 200)
    })

    it('moves the home to the oldest membership that is left', async () => {
      const [first, second, member] = [await ownerHere(), await ownerHere(), await memberIn(owner)]
      await joins(member, first)
      await joins(member, second)
      await db
        .update(memberships)
        .set({ createdAt: 1 })
        .where(eq(memberships.communityId, second.communityId))
      expect((await userRow(member.email)).communityId).toBe(owner.communityId)
      expectStatus(await removeMember(owner, member.userId), 200)
      expect((await userRow(member.email)).communityId).toBe(second.communityId)
      const session = await again(member)
      expect((await me(session.accessToken)).data.memberships).toHaveLength(2)
    })

    it('and leaves a home elsewhere where it is', async () => {
      const { person, host } = await twoCommunities()
      const older = await ownerHere()
      await joins(person, older)
      await db
        .update(memberships)
        .set({ createdAt: 1 })
        .where(eq(memberships.communityId, older.communityId))
      expectStatus(await removeMember(host, person.userId), 200)
      expect((await userRow(person.email)).communityId).toBe(person.communityId)
    })

    it('voids what was mailed to them for here before: no older invitation lets them in again', async () => {
      const [person, other] = [await ownerHere(), await ownerHere()]
      const elsewhere = await invited(other, person.email)
      const here = await invited(owner, person.email)
      await joins(person, owner)
      // An invitation from before, as if it had been mailed at the same moment as the one that was used.
      const row = await invitationRow(here.id)
      const older = { ...row, id: newId(1), tokenHash: 'older', usedAt: null, withdrawnAt: null }
      await db.insert(oneTimeTokens).values(older)
      expectStatus(await removeMember(owner, person.userId), 200)
      expect((await invitationRow(older.id)).withdrawnAt).not.toBeNull()
      await expectAlive(elsewhere.id)
      expectStatus(await postConfirmation(person, elsewhere.token), 200)
    })

    it('puts it on record with the role that they had', async () => {
      const { userId } = await memberIn(owner, 'Moderator')
      const answer = await removeMember(owner, userId)
      const rows = await auditIn(owner.communityId, 'member_removed')
      expect(rows.filter((row) => row.userId === userId)).toMatchObject([
        {
          actorId: owner.userId,
          details: { role: 'Moderator' },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('lets them come back by a new invitation', async () => {
      const member = await memberIn(owner)
      expectStatus(await removeMember(owner, member.userId), 200)
      const { token } = await invited(owner, member.email, 'Moderator')
      const answer = await postAcceptance({ token })
      expectStatus(answer, 200)
      expect(answer.data.user).toMatchObject({ id: member.userId, role: 'Moderator' })
    })

    it('of two owners, the one removes the other', async () => {
      const host = await ownerHere()
      const second = await secondOwner(host)
      expectStatus(await removeMember(second, host.userId), 200)
      expect(await rolesIn(host.communityId)).toEqual({ [second.userId]: 'CommunityOwner' })
      await expectDead(host)
    })

    it('or themself: their session ends, and their cookies with it', async () => {
      const host = await ownerHere()
      await secondOwner(host)
      const page = await openSession(host, { transport: 'cookie' })
      const path = `${API}/communities/${host.slug}/members/${host.userId}`
      const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
      const answer = await call(path, { method: 'DELETE', headers })
      expectStatus(answer, 200)
      expect(clearedBy(answer)).toEqual(BOTH_COOKIES)
      await expectDead(host)
    })

    it('and of somebody else no cookie is touched', async () => {
      const host = await ownerHere()
      const member = await memberIn(host)
      const page = await openSession(host, { transport: 'cookie' })
      const path = `${API}/communities/${host.slug}/members/${member.userId}`
      const headers = { Cookie: page.cookie, 'X-CSRF-Token': page.csrfToken }
      const answer = await call(path, { method: 'DELETE', headers })
      expectStatus(answer, 200)
      expect(answer.headers.getSetCookie()).toEqual([])
    })

    it('costs two round trips', async () => {
      const { userId } = await memberIn(owner)
      expect(costOf(await removeMember(owner, userId))).toBe('d1 2, do 1')
    })
  })

  describe('refuses', () => {
    it('to leave the community without an owner', async () => {
      expectStatus(await removeMember(owner, owner.userId), 409, 'last_owner')
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
      expectStatus(await me(owner.accessToken), 200)
    })

    it('to leave it with an owner who cannot log in', async () => {
      const host = await ownerHere()
      const second = await secondOwner(host)
      const isSecond = eq(users.id, second.userId)
      await db.update(users).set({ disabledAt: Date.now() }).where(isSecond)
      expectStatus(await removeMember(host, host.userId), 409, 'last_owner')
      expectStatus(await removeMember(host, second.userId), 200)
    })

    it('whoever is no member here, or no more', async () => {
      const [other, member] = [await ownerHere(), await memberIn(owner)]
      expectStatus(await removeMember(owner, member.userId), 200)
      for (const id of [member.userId, other.userId, UNKNOWN, 'x', '%00', other.email]) {
        expectStatus(await removeMember(owner, id), 404, 'not_found')
      }
      expectStatus(await me(other.accessToken), 200)
      const rows = await auditIn(owner.communityId, 'member_removed')
      expect(rows.filter(({ userId }) => userId === member.userId)).toHaveLength(1)
    })

    it('everyone but the owner of this very community', async () => {
      const [member, stranger] = [await memberIn(owner), await ownerHere()]
      for (const role of ['Member', 'Moderator'] as const) {
        const asking = await memberIn(owner, role)
        for (const id of [member.userId, asking.userId, owner.userId]) {
          expectStatus(await removeMember(asking, id), 403, 'forbidden')
        }
      }
      const foreign = { ...stranger, slug: owner.slug }
      expectStatus(await removeMember(foreign, member.userId), 404, 'not_found')
      expectStatus(await removeMember(stranger, member.userId), 404, 'not_found')
      const path = `${API}/communities/${owner.slug}/members/${member.userId}`
      expectStatus(await call(path, { method: 'DELETE' }), 401, 'unauthenticated')
      expectStatus(await me(member.accessToken), 200)
    })

    it('a cookie without its CSRF token', async () => {
      const member = await memberIn(owner)
      const { cookie } = await openSession(owner, { transport: 'cookie' })
      const path = `${API}/communities/${owner.slug}/members/${member.userId}`
      const answer = await call(path, { method: 'DELETE', headers: { Cookie: cookie } })
      expectStatus(answer, 403, 'csrf_failed')
      expectStatus(await me(member.accessToken), 200)
    })
  })
})
