import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
} from '../../mailbox-client.ts'
import { auditOf, livingSessionsOf, me, openSession, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  auditIn,
  expectAlive,
  getMembers,
  invitationRow,
  joins,
  postConfirmation,
  rolesIn,
  setStatus,
  suspend,
  switchTo,
  WEEK,
  withdraw,
} from '../members/member-client.ts'
import { at } from '../passwords/password-client.ts'

let host: OwnerHere

beforeAll(async () => {
  host = await ownerHere()
})

/** An owner of a community elsewhere who is invited here. */
async function guest(role: 'Moderator' | 'Member' = 'Member') {
  const person = await ownerHere()
  return { person, ...(await invited(host, person.email, role)) }
}

describe('POST /api/v1/invitations/confirm', () => {
  describe('works', () => {
    it('joins with the role of the invitation, and says which community it is', async () => {
      const { person, token, id } = await guest('Moderator')
      const answer = await postConfirmation(person, token)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        community: {
          id: host.communityId,
          name: host.form.communityName,
          slug: host.slug,
          status: 'active',
        },
        role: 'Moderator',
      })
      expect((await rolesIn(host.communityId))[person.userId]).toBe('Moderator')
      expect(await invitationRow(id)).toMatchObject({
        usedAt: expect.any(Number),
        userId: person.userId,
      })
    })

    it('shows both communities, and the session stays where it was until it goes over', async () => {
      const { person, token } = await guest()
      expectStatus(await postConfirmation(person, token), 200)
      const { data } = await me(person.accessToken)
      expect(data).toMatchObject({
        user: { role: 'CommunityOwner' },
        community: { id: person.communityId },
        memberships: expect.arrayContaining([
          expect.objectContaining({ communityId: person.communityId, role: 'CommunityOwner' }),
          expect.objectContaining({ communityId: host.communityId, role: 'Member' }),
        ]),
      })
      expect(data.memberships).toHaveLength(2)
      expectStatus(await switchTo(person, host.communityId), 200)
    })

    it('changes nothing else of the account, and opens no session', async () => {
      const { person, token } = await guest()
      const before = await userRow(person.email)
      const answer = await postConfirmation(person, token)
      expectStatus(answer, 200)
      expect(await userRow(person.email)).toEqual(before)
      expect(await livingSessionsOf(person.userId)).toHaveLength(1)
      expect(answer.headers.getSetCookie()).toEqual([])
    })

    it('puts it on record', async () => {
      const { person, token, id } = await guest()
      const answer = await postConfirmation(person, token)
      const rows = await auditOf(person.userId)
      expect(rows.filter(({ action }) => action === 'invitation_accepted')).toMatchObject([
        {
          actorId: person.userId,
          communityId: host.communityId,
          details: { invitationId: id, role: 'Member' },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })

    it('in a browser too, with its cookie and its CSRF token', async () => {
      const { person, token } = await guest()
      const page = await openSession(person, { transport: 'cookie' })
      const options = { token: undefined, body: { token } }
      const Cookie = page.cookie
      const without = await call(`${API}/invitations/confirm`, { ...options, headers: { Cookie } })
      expectStatus(without, 403, 'csrf_failed')
      const headers = { Cookie, 'X-CSRF-Token': page.csrfToken }
      expectStatus(await call(`${API}/invitations/confirm`, { ...options, headers }), 200)
    })

    it('for an account that was made by another invitation', async () => {
      const [other, email] = [await ownerHere(), addressHere()]
      const member = await memberOf(other, 'Member', { email })
      const { token } = await invited(host, email, 'Moderator')
      expectStatus(await postConfirmation(member, token), 200)
      expect((await rolesIn(host.communityId))[member.userId]).toBe('Moderator')
    })
  })

  describe('refuses', () => {
    it('the second time', async () => {
      const { person, token } = await guest()
      expectStatus(await postConfirmation(person, token), 200)
      expectStatus(await postConfirmation(person, token), 400, 'token_used')
      expectStatus(await postAcceptance({ token }), 400, 'token_used')
    })

    it('an invitation of somebody else, which lives on', async () => {
      const [{ person, token, id }, thief] = [await guest(), await ownerHere()]
      expectStatus(await postConfirmation(thief, token), 403, 'invite_user_mismatch')
      expect(Object.keys(await rolesIn(host.communityId))).not.toContain(thief.userId)
      await expectAlive(id)
      expectStatus(await postConfirmation(person, token), 200)
    })

    it('the owner who sent it, and an invitation of a new person', async () => {
      const { token, id } = await invited(host, addressHere())
      expectStatus(await postConfirmation(host, token), 403, 'invite_user_mismatch')
      await expectAlive(id)
      expectStatus(await postAcceptance({ token }), 200)
    })

    it('whoever has left the address that was invited since', async () => {
      const { person, token, id } = await guest()
      const email = addressHere()
      await db.update(users).set({ email }).where(eq(users.id, person.userId))
      expectStatus(await postConfirmation(person, token), 403, 'invite_user_mismatch')
      await expectAlive(id)
    })

    it('an address that nobody has verified: it may be anybody’s', async () => {
      const { person, token, id } = await guest()
      const isPerson = eq(users.id, person.userId)
      await db.update(users).set({ emailVerifiedAt: null }).where(isPerson)
      expectStatus(await postConfirmation(person, token), 403, 'invite_user_mismatch')
      expect(Object.keys(await rolesIn(host.communityId))).not.toContain(person.userId)
      await expectAlive(id)
    })

    it('a member already, and uses nothing up', async () => {
      const { person, token, id } = await guest()
      const { userId } = person
      const membership = { userId, communityId: host.communityId, role: 'Moderator' as const }
      await db.insert(memberships).values({ ...membership, createdAt: 1 })
      expectStatus(await postConfirmation(person, token), 409, 'already_member')
      expect((await rolesIn(host.communityId))[userId]).toBe('Moderator')
      await expectAlive(id)
      const isAccepted = eq(oneTimeTokens.id, id)
      expect(await db.select().from(oneTimeTokens).where(isAccepted)).toHaveLength(1)
      const accepted = await auditIn(host.communityId, 'invitation_accepted')
      expect(accepted.filter((row) => row.userId === userId)).toEqual([])
    })

    it('while the community is suspended, and says so; afterwards it joins', async () => {
      const [other, person] = [await ownerHere(), await ownerHere()]
      const { token, id } = await invited(other, person.email)
      await suspend(other.communityId)
      expectStatus(await postConfirmation(person, token), 403, 'community_suspended')
      await expectAlive(id)
      await setStatus(other.communityId, 'active')
      expectStatus(await postConfirmation(person, token), 200)
    })

    it('after its seven days, to the millisecond', async () => {
      const { person, token, id } = await guest()
      const { expiresAt } = await invitationRow(id)
      await at(expiresAt, async () => {
        const session = await openSession(person)
        expectStatus(await postConfirmation(session, token), 400, 'token_expired')
      })
      await expectAlive(id)
      await at(expiresAt - 1, async () => {
        const session = await openSession(person)
        expectStatus(await postConfirmation(session, token), 200)
      })
      expect(expiresAt - (await invitationRow(id)).createdAt).toBe(WEEK)
    })

    it('one that was withdrawn', async () => {
      const { person, token, id } = await guest()
      expectStatus(await withdraw(host, id), 200)
      expectStatus(await postConfirmation(person, token), 400, 'token_invalid')
    })

    it('what is no token, and a token that was tampered with', async () => {
      const { person, token, id } = await guest()
      for (const none of ['', ' ', null, undefined, 0, [], [token], { token }]) {
        expectStatus(await postConfirmation(person, none), 422, 'validation_failed')
      }
      for (const tampered of [`${token}A`, token.slice(0, -1), token.toLowerCase(), id]) {
        expectStatus(await postConfirmation(person, tampered), 400, 'token_invalid')
      }
      await expectAlive(id)
    })

    it('whoever is not signed in any more', async () => {
      const { person, token, id } = await guest()
      const path = `${API}/invitations/confirm`
      expectStatus(await call(path, { body: { token } }), 401, 'unauthenticated')
      const body = { token, userId: person.userId, email: person.email }
      expectStatus(await call(path, { body }), 401, 'unauthenticated')
      await call(`${API}/auth/logout`, { body: { refreshToken: person.refreshToken } })
      expectStatus(await postConfirmation(person, token), 401, 'session_ended')
      await expectAlive(id)
    })
  })

  describe('is safe', () => {
    it('neither person, role nor community come from the body', async () => {
      const [{ person, token }, other, victim] = [
        await guest(),
        await ownerHere(),
        await ownerHere(),
      ]
      const answer = await postConfirmation(person, token, {
        body: {
          token,
          userId: victim.userId,
          email: victim.email,
          role: 'CommunityOwner',
          communityId: other.communityId,
        },
      })
      expectStatus(answer, 200)
      expect((await rolesIn(host.communityId))[person.userId]).toBe('Member')
      expect(Object.keys(await rolesIn(other.communityId))).toEqual([other.userId])
      expect(Object.keys(await rolesIn(host.communityId))).not.toContain(victim.userId)
    })

    it('two communities that invite the same person get them both, each with its role', async () => {
      const [person, other] = [await ownerHere(), await ownerHere()]
      await joins(person, host, 'Member')
      await joins(person, other, 'Moderator')
      const isPerson = and(eq(memberships.userId, person.userId))
      expect(await db.select().from(memberships).where(isPerson)).toHaveLength(3)
      expectStatus(await getMembers({ ...person, slug: host.slug }), 404)
    })
  })
})
