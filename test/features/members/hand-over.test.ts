import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { admin, db, PASSWORD, postLogin } from '../../factories.ts'
import {
  addressHere,
  mailedCode,
  otherCode,
  ownerHere,
  postInvitation,
} from '../../mailbox-client.ts'
import { me, openSession, postRefresh, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { askForCode, auditRowsOf, costOf, WRONG } from '../passwords/password-client.ts'
import {
  auditIn,
  dropMembership,
  getMembers,
  leave,
  memberIn,
  pairHere,
  patchRole,
  postOwner,
  rolesIn,
  twoCommunities,
} from './member-client.ts'

const password = PASSWORD
const UNKNOWN = '01990000-0000-7000-8000-000000000000'

/** An owner with a code in the mailbox, and somebody who could follow. */
async function withCode() {
  const { owner, member } = await pairHere()
  expectStatus(await askForCode(owner), 202)
  return { owner, member, code: await mailedCode(owner.email) }
}

describe('POST /api/v1/communities/:community/owner', () => {
  describe('works', () => {
    it.each(['Member', 'Moderator'] as const)(
      'by the password, to a %s: the old owner becomes a moderator',
      async (role) => {
        const { owner, member } = await pairHere(role)
        const answer = await postOwner(owner, { userId: member.userId, password })
        expectStatus(answer, 200)
        expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
        expect(await rolesIn(owner.communityId)).toEqual({
          [owner.userId]: 'Moderator',
          [member.userId]: 'CommunityOwner',
        })
      },
    )

    it('counts at once, with the tokens in hand, and ends no session', async () => {
      const { owner, member } = await pairHere()
      expectStatus(await postOwner(owner, { userId: member.userId, password }), 200)
      const invitation = { email: addressHere(), role: 'Member' }
      expectStatus(await postInvitation(member, invitation), 201)
      expectStatus(await postInvitation(owner, invitation), 403, 'forbidden')
      expectStatus(await patchRole(owner, member.userId, 'Member'), 403, 'forbidden')
      expectStatus(await getMembers(owner), 200)
      expectStatus(await postRefresh(owner.refreshToken), 200)
      expectStatus(await leave(owner), 200)
    })

    it('by a code from the mailbox, which works once', async () => {
      const { owner, member, code } = await withCode()
      expectStatus(await postOwner(owner, { userId: member.userId, code }), 200)
      expect((await rolesIn(owner.communityId))[member.userId]).toBe('CommunityOwner')
      const back = { userId: owner.userId, password: member.password }
      expectStatus(await postOwner(member, back), 200)
      const again = await postOwner(owner, { userId: member.userId, code })
      expectStatus(again, 400, 'code_invalid')
    })

    it('and back again', async () => {
      const { owner, member } = await pairHere()
      expectStatus(await postOwner(owner, { userId: member.userId, password }), 200)
      const back = { userId: owner.userId, password: member.password }
      expectStatus(await postOwner(member, back), 200)
      expect(await rolesIn(owner.communityId)).toEqual({
        [owner.userId]: 'CommunityOwner',
        [member.userId]: 'Moderator',
      })
    })

    it('puts on record from whom to whom', async () => {
      const { owner, member } = await pairHere()
      const answer = await postOwner(owner, { userId: member.userId, password })
      expect(await auditIn(owner.communityId, 'owner_changed')).toMatchObject([
        {
          actorId: owner.userId,
          userId: member.userId,
          details: { from: owner.userId, to: member.userId },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('ends a row of wrong passwords as a login does', async () => {
      const { owner, member } = await pairHere()
      const wrong = { userId: member.userId, password: WRONG }
      for (let n = 0; n < 4; n++) {
        expectStatus(await postOwner(owner, wrong), 403, 'wrong_password')
      }
      expectStatus(await postOwner(owner, { userId: member.userId, password }), 200)
      const back = { userId: owner.userId, password: member.password }
      expectStatus(await postOwner(member, back), 200)
      for (let n = 0; n < 4; n++) {
        expectStatus(await postOwner(owner, wrong), 403, 'wrong_password')
      }
      expectStatus(await postOwner(owner, { userId: member.userId, password }), 200)
    })

    it('only this community, though the owner has another one', async () => {
      const { person, host } = await twoCommunities()
      expectStatus(await postOwner(host, { userId: person.userId, password }), 200)
      expect(await rolesIn(person.communityId)).toEqual({ [person.userId]: 'CommunityOwner' })
      expect((await rolesIn(host.communityId))[person.userId]).toBe('CommunityOwner')
    })
  })

  describe('refuses', () => {
    it('a wrong password, counted by the account’s guard: the fifth blocks this device', async () => {
      const { owner, member } = await pairHere()
      for (let n = 0; n < 5; n++) {
        const answer = await postOwner(owner, { userId: member.userId, password: WRONG })
        expectStatus(answer, 403, 'wrong_password')
      }
      const blocked = await postOwner(owner, { userId: member.userId, password })
      expectStatus(blocked, 429, 'too_many_attempts')
      expect(Number(blocked.headers.get('Retry-After'))).toBeGreaterThan(0)
      expect(costOf(blocked)).not.toContain('hash')
      const { email, deviceToken } = owner
      expectStatus(await postLogin({ email, password, deviceToken }), 429)
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
      expect(await auditRowsOf(owner.userId, 'login_failed')).toHaveLength(5)
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
    })

    it('a wrong code, and the right one of another session', async () => {
      const { owner, member, code } = await withCode()
      const { userId } = member
      expectStatus(await postOwner(owner, { userId, code: otherCode(code) }), 400, 'code_invalid')
      const other = { ...owner, ...(await openSession(owner)) }
      expectStatus(await postOwner(other, { userId, code }), 400, 'code_invalid')
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
      expectStatus(await postOwner(owner, { userId, code }), 200)
    })

    it('without any proof, or with two', async () => {
      const { owner, member, code } = await withCode()
      const { userId } = member
      for (const body of [
        { userId },
        { userId, password: null },
        { userId, password: '' },
        { userId, password, code },
        { userId, code: '12' },
        { userId, code: Number(code) },
        { userId, password: [password] },
      ]) {
        expectStatus(await postOwner(owner, body), 422, 'validation_failed')
      }
      expect((await rolesIn(owner.communityId))[userId]).toBe('Member')
    })

    it('to hand over to oneself', async () => {
      const { owner } = await pairHere()
      const answer = await postOwner(owner, { userId: owner.userId, password })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors ?? {})).toEqual(['userId'])
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
    })

    it.each([undefined, null, '', 'x', 7, [], {}])('what is no id: %j', async (userId) => {
      const answer = await postOwner(await ownerHere(), { userId, password })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors ?? {})).toEqual(['userId'])
    })

    it('whoever is no member, and uses no code up', async () => {
      const { owner, member, code } = await withCode()
      const other = await ownerHere()
      for (const userId of [other.userId, UNKNOWN]) {
        expectStatus(await postOwner(owner, { userId, code }), 404, 'not_found')
      }
      expectStatus(await postOwner(owner, { userId: member.userId, code }), 200)
    })

    it('and counts no attempt, right or wrong, for whoever is no member', async () => {
      const { owner } = await pairHere()
      for (let n = 0; n < 6; n++) {
        const answer = await postOwner(owner, { userId: UNKNOWN, password: WRONG })
        expectStatus(answer, 404, 'not_found')
        expect(costOf(answer)).not.toContain('hash')
      }
      expect((await userRow(owner.email)).failedLoginAttempts).toBe(0)
    })

    it('whoever was a member', async () => {
      const { owner, member } = await pairHere()
      await dropMembership(owner.communityId, member.userId)
      const answer = await postOwner(owner, { userId: member.userId, password })
      expectStatus(answer, 404, 'not_found')
    })

    it('whoever is disabled: nobody could log in as the owner', async () => {
      const { owner, member } = await pairHere()
      const isMember = eq(users.id, member.userId)
      await db.update(users).set({ disabledAt: Date.now() }).where(isMember)
      const answer = await postOwner(owner, { userId: member.userId, password })
      expectStatus(answer, 404, 'not_found')
      expect(await rolesIn(owner.communityId)).toEqual({
        [owner.userId]: 'CommunityOwner',
        [member.userId]: 'Member',
      })
      expect(await auditIn(owner.communityId, 'owner_changed')).toEqual([])
    })

    it('everyone but the owner of this very community', async () => {
      const { owner, member } = await pairHere()
      const moderator = await memberIn(owner, 'Moderator')
      for (const asking of [member, moderator]) {
        for (const userId of [asking.userId, moderator.userId]) {
          const body = { userId, password: asking.password }
          expectStatus(await postOwner(asking, body), 403, 'forbidden')
        }
      }
      const stranger = await ownerHere()
      const body = { userId: member.userId, password }
      expectStatus(await postOwner({ ...stranger, slug: owner.slug }, body), 404, 'not_found')
      expectStatus(await postOwner(stranger, body), 404, 'not_found')
      const reviewer = { slug: owner.slug, accessToken: (await admin()).token }
      expectStatus(await postOwner(reviewer, body), 403, 'forbidden')
      const path = `${API}/communities/${owner.slug}/owner`
      expectStatus(await call(path, { body }), 401, 'unauthenticated')
      const { cookie } = await openSession(owner, { transport: 'cookie' })
      const byCookie = await call(path, { body, headers: { Cookie: cookie } })
      expectStatus(byCookie, 403, 'csrf_failed')
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
    })
  })

  describe('is safe', () => {
    it('the password of the heir proves nothing, nor does one that the body names for somebody else', async () => {
      const { owner, member } = await pairHere()
      const body = { userId: member.userId, password: member.password, email: member.email }
      expectStatus(await postOwner(owner, body), 403, 'wrong_password')
      expect((await rolesIn(owner.communityId))[owner.userId]).toBe('CommunityOwner')
    })

    it('an account without a password proves itself by a code, and by nothing else', async () => {
      const { owner, member } = await pairHere()
      const isOwner = eq(users.id, owner.userId)
      await db.update(users).set({ passwordHash: null }).where(isOwner)
      const { userId } = member
      expectStatus(await postOwner(owner, { userId, password }), 403, 'wrong_password')
      expectStatus(await askForCode(owner), 202)
      const code = await mailedCode(owner.email)
      expectStatus(await postOwner(owner, { userId, code }), 200)
      expect((await me(owner.accessToken)).data).toMatchObject({ user: { role: 'Moderator' } })
    })
  })
})
