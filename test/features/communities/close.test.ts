import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, sessions } from '../../../src/db/schema/index.ts'
import {
  admin,
  communityRow,
  db,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  signupForm,
  verified,
} from '../../factories.ts'
import {
  addressHere,
  invited,
  mailedCode,
  ownerHere,
  postAcceptance,
} from '../../mailbox-client.ts'
import { me, openSession, outboxOf, postRefresh, userRow } from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import {
  auditIn,
  getMembers,
  invitationRow,
  memberIn,
  postConfirmation,
  rolesIn,
  stateIn,
  switchTo,
  twoCommunities,
} from '../members/member-client.ts'
import { askForCode, deliverAll, WRONG } from '../passwords/password-client.ts'
import { closeHere, garbage, getCard, keyOf, ownerWithLogo } from './community-client.ts'

const readForReview = async (community: string) =>
  call(`${API}/admin/communities/${community}`, { token: (await admin()).token })

describe('DELETE /api/v1/communities/:community', () => {
  describe('works', () => {
    it('by the password: nothing is left but that it was there', async () => {
      const owner = await ownerWithLogo()
      const { form, communityId } = owner
      const key = await keyOf(communityId)
      const answer = await closeHere(owner)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({})
      const row = await communityRow(communityId)
      expect(row).toMatchObject({
        isDeleted: true,
        bio: '',
        officialEmail: null,
        contactPhone: null,
        website: null,
        domain: null,
        socialLinks: null,
        logo: null,
        riskSignals: null,
      })
      const words = [form.communityName, owner.slug, form.officialEmail, '98765', form.communityBio]
      for (const word of words) expect(JSON.stringify(row)).not.toContain(word)
      expect(await garbage(key)).toHaveLength(1)
    })

    it('by a code from the mailbox', async () => {
      const owner = await ownerHere()
      expectStatus(await askForCode(owner), 202)
      const code = await mailedCode(owner.email)
      expectStatus(await closeHere(owner, { code }), 200)
      expectStatus(await getCard(owner.slug), 404, 'not_found')
    })

    it('signs everybody out at once, and clears what the browser of the owner holds', async () => {
      const owner = await ownerHere()
      const member = await memberIn(owner)
      const again = await openSession(member)
      const answer = await closeHere(owner)
      expect(cookiesOf(answer)).toMatchObject({ '__Host-access': '', '__Host-refresh': '' })
      for (const { accessToken, refreshToken } of [owner, member, again]) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
      }
      const rows = await db
        .select()
        .from(sessions)
        .where(eq(sessions.communityId, owner.communityId))
      expect(rows.map(({ revokeReason }) => revokeReason)).toContain('community_closed')
      expect(await rolesIn(owner.communityId)).toEqual({})
    })

    it('people without another community are told so at the next login; the account stays theirs', async () => {
      const owner = await ownerHere()
      const member = await memberIn(owner)
      expectStatus(await closeHere(owner), 200)
      for (const { email, password } of [owner, member]) {
        expectStatus(await postLogin({ email, password }), 403, 'no_membership')
      }
      const host = await ownerHere()
      const { token } = await invited(host, member.email)
      const back = await postAcceptance({ token, tokenTransport: 'body' })
      expectStatus(back, 200)
      expect(back.data.user).toMatchObject({ email: member.email, fullName: 'Joy Mensah' })
    })

    it('people with another one go on there, and have their home there', async () => {
      const { person, host } = await twoCommunities()
      expectStatus(await closeHere(person), 200)
      expect((await userRow(person.email)).communityId).toBe(host.communityId)
      const login = await postLogin({ email: person.email, password: PASSWORD })
      expectStatus(login, 200)
      expect(login.data.community).toMatchObject({ id: host.communityId })
      expect((await rolesIn(host.communityId))[person.userId]).toBe('Member')
    })

    it('frees name, slug, official address and website for whoever signs up next', async () => {
      const owner = await ownerHere()
      const { communityName, officialEmail, communityWebsite } = owner.form
      const next = signupForm({ communityName, officialEmail, communityWebsite })
      expectStatus(await postSignup(next), 409, 'community_exists')
      expectStatus(await closeHere(owner), 200)
      const answer = await postSignup(next)
      expectStatus(answer, 201)
      expect(answer.data.slug).toBe(owner.slug)
      // And once more: two that are closed do not stand in each other's way.
      const { communityId } = answer.data as { communityId: string }
      expect(communityId).not.toBe(owner.communityId)
    })

    it('its owner may sign the same community up again', async () => {
      const owner = await ownerHere()
      expectStatus(await closeHere(owner), 200)
      const again = await verified({ ...owner.form })
      expect((await rolesIn(again.communityId))[owner.userId]).toBe('CommunityOwner')
      expect((await userRow(owner.email)).communityId).toBe(again.communityId)
    })

    it('puts on record who closed what', async () => {
      const owner = await ownerHere()
      const answer = await closeHere(owner)
      expect(await auditIn(owner.communityId, 'community_closed')).toMatchObject([
        {
          actorId: owner.userId,
          details: { slug: owner.slug },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
    })
  })

  describe('is not there any more', () => {
    it('for reviewers, in lists, by id, by slug, and by no name of the row that is left', async () => {
      const owner = await ownerHere()
      expectStatus(await closeHere(owner), 200)
      for (const name of [owner.slug, owner.communityId, `~${owner.communityId}`]) {
        expectStatus(await readForReview(name), 404, 'not_found')
        expectStatus(await getCard(name), 404, 'not_found')
      }
      const { token } = await admin()
      for (const q of [owner.form.communityName, owner.slug, owner.form.officialEmail]) {
        const list = await call(`${API}/admin/communities?q=${encodeURIComponent(q)}`, { token })
        expect(list.data.items).toEqual([])
      }
      const path = `${API}/admin/communities/${owner.communityId}/status`
      const body = { status: 'suspended', reason: 'x' }
      expectStatus(await call(path, { method: 'PATCH', token, body }), 404, 'not_found')
    })

    it('for whoever was invited: pending links are void, and mails that wait are not sent', async () => {
      const owner = await ownerHere()
      const [stranger, known] = [addressHere(), await ownerHere()]
      const one = await invited(owner, stranger)
      const two = await invited(owner, known.email)
      expectStatus(await closeHere(owner), 200)
      expect((await invitationRow(one.id)).withdrawnAt).not.toBeNull()
      expectStatus(await postAcceptance({ token: one.token }), 400, 'token_invalid')
      expectStatus(await postConfirmation(known, two.token), 400, 'token_invalid')
      await deliverAll(stranger)
      const [mail] = await outboxOf(stranger)
      expect(mail?.sentAt).toBeNull()
    })

    it('for its members: neither to switch to, nor in the list of theirs', async () => {
      const { person, host } = await twoCommunities()
      expectStatus(await closeHere(host), 200)
      const { memberships } = (await me(person.accessToken)).data
      expect(memberships).toMatchObject([{ communityId: person.communityId }])
      expectStatus(await switchTo(person, host.communityId), 404, 'not_found')
      expectStatus(await getMembers({ ...person, slug: host.slug }), 404, 'not_found')
    })
  })

  describe('refuses', () => {
    it('a wrong password, counted by the account’s guard', async () => {
      const owner = await ownerHere()
      for (let n = 0; n < 5; n++) {
        expectStatus(await closeHere(owner, { password: WRONG }), 403, 'wrong_password')
      }
      expectStatus(await closeHere(owner), 429, 'too_many_attempts')
      expect((await communityRow(owner.communityId))?.isDeleted).toBe(false)
    })

    it.each([
      {},
      { password: '' },
      { password: null },
      { password: PASSWORD, code: '123456' },
      { code: '12' },
    ])('without any proof, or with two: %j', async (body) => {
      const owner = await ownerHere()
      expectStatus(await closeHere(owner, body), 422, 'validation_failed')
      expect((await communityRow(owner.communityId))?.isDeleted).toBe(false)
    })

    it('no body, another type of body, and broken JSON', async () => {
      const owner = await ownerHere()
      expectStatus(await closeHere(owner, undefined, { body: '' }), 400, 'invalid_json')
      expectStatus(await closeHere(owner, '{'), 400, 'invalid_json')
      const headers = { 'Content-Type': 'text/plain' }
      expectStatus(await closeHere(owner, '{}', { headers }), 415, 'unsupported_media_type')
      expect((await communityRow(owner.communityId))?.isDeleted).toBe(false)
    })

    it('everybody but the owner of this very community', async () => {
      const owner = await ownerHere()
      for (const role of ['Member', 'Moderator'] as const) {
        const person = await memberIn(owner, role)
        const body = { password: person.password }
        expectStatus(await closeHere(person, body), 403, 'forbidden')
      }
      const stranger = await ownerHere()
      expectStatus(await closeHere({ ...stranger, slug: owner.slug }), 404, 'not_found')
      const reviewer = { slug: owner.slug, accessToken: (await admin()).token }
      expectStatus(await closeHere(reviewer), 403, 'forbidden')
      expect((await communityRow(owner.communityId))?.isDeleted).toBe(false)
    })

    it('the second time: the session has ended with it', async () => {
      const owner = await ownerHere()
      expectStatus(await closeHere(owner), 200)
      expectStatus(await closeHere(owner), 401, 'session_ended')
    })
  })

  describe('is safe', () => {
    it('nobody keeps a community open by signing up with what its closed row is called by', async () => {
      const owner = await ownerHere()
      for (const communityName of [
        owner.communityId,
        `closed ${owner.communityId}`,
        `~${owner.communityId}`,
      ]) {
        expectStatus(await postSignup(signupForm({ communityName })), 201)
      }
      expectStatus(await closeHere(owner), 200)
    })

    it('leaves every other community and its people as they are', async () => {
      const [owner, other] = [await ownerHere(), await ownerHere()]
      await memberIn(other)
      await invited(other, addressHere())
      const before = [await stateIn(other.communityId), await communityRow(other.communityId)]
      expectStatus(await closeHere(owner), 200)
      const after = [await stateIn(other.communityId), await communityRow(other.communityId)]
      expect(after).toEqual(before)
    })

    it('keeps the audit log of it', async () => {
      const owner = await ownerIn('active')
      const session = { ...owner, ...(await openSession(owner)) }
      const rows = () =>
        db.select().from(auditLogs).where(eq(auditLogs.communityId, owner.communityId))
      const before = await rows()
      expectStatus(await closeHere(session), 200)
      expect(await rows()).toHaveLength(before.length + 1)
    })
  })
})
