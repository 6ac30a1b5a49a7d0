import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { emailDomains, users } from '../../../src/db/schema/index.ts'
import { admin, db, ownerIn, unique } from '../../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  postInvitation,
} from '../../mailbox-client.ts'
import { mailedToken, outboxOf } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { traced } from '../../support/faults.ts'
import {
  auditIn,
  getInvitations,
  invitationRow,
  joins,
  postConfirmation,
  removeMember,
  WEEK,
} from '../members/member-client.ts'
import { inboxOf, mailsOf } from '../passwords/password-client.ts'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

const invite = (email: unknown, role: unknown = 'Member') => postInvitation(owner, { email, role })

describe('POST /api/v1/communities/:community/invitations', () => {
  describe('works', () => {
    it('makes an invitation for seven days and says what it is', async () => {
      const email = addressHere()
      const answer = await invite(email, 'Moderator')
      expectStatus(answer, 201)
      const { id } = answer.data.invitation as { id: string }
      const { createdAt, expiresAt } = await invitationRow(id)
      expect(answer.data).toEqual({
        invitation: {
          id,
          email,
          role: 'Moderator',
          invitedBy: owner.userId,
          createdAt: new Date(createdAt).toISOString(),
          expiresAt: new Date(createdAt + WEEK).toISOString(),
        },
      })
      expect(expiresAt).toBe(createdAt + WEEK)
      expect(Math.abs(createdAt - Date.now())).toBeLessThan(60_000)
    })

    it('by the id of the community as by its slug', async () => {
      const byId = { ...owner, slug: owner.communityId }
      expectStatus(await postInvitation(byId, { email: addressHere(), role: 'Member' }), 201)
    })

    it('queues one mail, counted in a lane of this community alone', async () => {
      const email = addressHere()
      const { id } = await invited(owner, email)
      expect(await outboxOf(email)).toMatchObject([
        {
          kind: 'mail',
          template: 'invitation',
          locale: 'en',
          lane: `known:${owner.communityId}`,
          tokenId: id,
          communityId: owner.communityId,
          payload: { senderId: owner.userId },
          expiresAt: (await invitationRow(id)).expiresAt,
        },
      ])
    })

    it('puts it on record without the address', async () => {
      const email = addressHere()
      const answer = await invite(email, 'Moderator')
      const { id } = answer.data.invitation as { id: string }
      const rows = await auditIn(owner.communityId, 'invitation_sent')
      const row = rows.find(({ details }) => details?.invitationId === id)
      expect(row).toMatchObject({
        actorId: owner.userId,
        communityId: owner.communityId,
        details: { invitationId: id, role: 'Moderator' },
        requestId: answer.headers.get('X-Request-Id'),
      })
      expect(JSON.stringify(row)).not.toContain(email)
    })

    it('takes the address trimmed and in small letters', async () => {
      const email = addressHere()
      const answer = await invite(`  ${email.toUpperCase()} `)
      expectStatus(answer, 201)
      expect(answer.data.invitation).toMatchObject({ email })
      expect(await mailsOf(email, 'invitation')).toHaveLength(1)
    })

    it('its mail names who invites and whereto, and its link lets the invitee in', async () => {
      const email = addressHere()
      await invited(owner, email)
      const [mail, ...others] = await inboxOf(email, 'invitation')
      expect(others).toEqual([])
      expect(mail?.text).toContain('Mira Rao')
      expect(mail?.text).toContain(owner.form.communityName)
      const link = new URL(mail?.link ?? '')
      expect(link.pathname).toBe('/accept-invite')
      expectStatus(await postAcceptance({ token: link.searchParams.get('token') }), 200)
    })

    it('its mail greets a person who has an account by name, in their language', async () => {
      const person = await ownerIn('active', { firstName: 'Lin', lastName: 'Chen' })
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, person.email))
      await invited(owner, person.email)
      const [mail] = await inboxOf(person.email, 'invitation')
      expect(mail).toMatchObject({ locale: 'zh' })
      expect(mail?.text).toContain('Lin Chen')
    })

    it('and a stranger in the language of whoever invites', async () => {
      const chinese = await ownerHere({ locale: 'zh' })
      const email = addressHere()
      await invited(chinese, email)
      expect(await outboxOf(email)).toMatchObject([{ locale: 'zh' }])
    })

    it('invites the same address again: the older link is void, the newer one works', async () => {
      const email = addressHere()
      const first = await invited(owner, email)
      const second = await invited(owner, email, 'Moderator')
      expectStatus(await postAcceptance({ token: first.token }), 400, 'token_invalid')
      expect((await invitationRow(first.id)).withdrawnAt).not.toBeNull()
      const answer = await postAcceptance({ token: second.token })
      expectStatus(answer, 200)
      expect(answer.data.user).toMatchObject({ email, role: 'Moderator' })
    })

    it('and voids no invitation of another address, nor of another community', async () => {
      const [email, bystander, other] = [addressHere(), addressHere(), await ownerHere()]
      const elsewhere = await invited(other, email)
      const beside = await invited(owner, bystander)
      await invited(owner, email)
      await invited(owner, email)
      for (const { id } of [elsewhere, beside]) {
        expect((await invitationRow(id)).withdrawnAt).toBeNull()
      }
    })

    it('invites whoever was removed or left once more', async () => {
      const member = await memberOf(owner)
      expectStatus(await removeMember(owner, member.userId), 200)
      expectStatus(await invite(member.email), 201)
    })
  })

  describe('refuses', () => {
    it.each(['CommunityOwner', 'Admin', 'Owner', 'moderator', '', null, undefined, 1, ['Member']])(
      'the role %j: nobody is invited as more than a moderator',
      async (role) => {
        const email = addressHere()
        const answer = await postInvitation(owner, { email, role })
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['role'])
        expect(await outboxOf(email)).toEqual([])
      },
    )

    it('whatever is not one plain address, and mails nobody', async () => {
      const [victim, attacker] = [addressHere(), addressHere()]
      for (const email of [
        [victim, attacker],
        [victim],
        { 0: victim },
        `${victim},${attacker}`,
        `${victim};${attacker}`,
        `${victim} ${attacker}`,
        `${victim}\n${attacker}`,
        `${victim}\r\nBcc: ${attacker}`,
        `Joy <${victim}>`,
        `"Joy" <${victim}>`,
        `<${victim}>`,
        `mailto:${victim}?cc=${attacker}`,
        `"${attacker} x"@apex.example`,
        victim.replace('@', '＠'),
        `mıke@apex.example`,
        `\u212aelvin@apex.example`,
        'ſam@apex.example',
        'nobody',
        '@apex.example',
        'joy@localhost',
        '',
        '  ',
        null,
        undefined,
        7,
        true,
      ]) {
        const answer = await invite(email)
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['email'])
      }
      expect([...(await outboxOf(victim)), ...(await outboxOf(attacker))]).toEqual([])
      expect((await getInvitations(owner, '?limit=100')).text).not.toContain(victim)
    })

    it('an address that does not last, and what is beneath its domain', async () => {
      const domain = `${unique()}.example`
      await db.insert(emailDomains).values({ domain, verdict: 'deny' })
      for (const email of [`joy@${domain}`, `joy@mail.${domain}`]) {
        const answer = await invite(email)
        expectStatus(answer, 400, 'email_rejected')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['email'])
        expect(await outboxOf(email)).toEqual([])
      }
    })

    it('a member of the community, in whatever role, and the owner', async () => {
      const { email } = await memberOf(owner, 'Moderator')
      const before = await outboxOf(email)
      for (const address of [email, email.toUpperCase(), owner.email]) {
        expectStatus(await invite(address), 409, 'already_member')
      }
      expect(await outboxOf(email)).toEqual(before)
    })

    it('members and moderators: only the owner invites', async () => {
      for (const role of ['Member', 'Moderator'] as const) {
        const { accessToken } = await memberOf(owner, role)
        const email = addressHere()
        const answer = await postInvitation(
          { slug: owner.slug, accessToken },
          { email, role: 'Member' },
        )
        expectStatus(answer, 403, 'forbidden')
        expect(await outboxOf(email)).toEqual([])
      }
    })

    it('the owner of another community, and whoever is not signed in', async () => {
      const [stranger, email] = [await ownerHere(), addressHere()]
      const body = { email, role: 'Member' }
      for (const slug of [owner.slug, owner.communityId, 'platform']) {
        expectStatus(await postInvitation({ ...stranger, slug }, body), 404, 'not_found')
      }
      const path = `${API}/communities/${owner.slug}/invitations`
      expectStatus(await call(path, { body }), 401, 'unauthenticated')
      expect(await outboxOf(email)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('answers and works alike for an account elsewhere, for an admin, and for a new address', async () => {
      const [host, { email }, reviewer] = [
        await ownerHere(),
        await ownerIn('active'),
        await admin(),
      ]
      const seen = []
      for (const address of [email, reviewer.email, addressHere()]) {
        const trace = traced()
        const body = { email: address, role: 'Member' }
        const answer = await postInvitation(host, body, { env: trace.env })
        expectStatus(answer, 201)
        const { id, createdAt, expiresAt } = answer.data.invitation as Record<string, string>
        const own = [id, createdAt, expiresAt, address].map(String)
        const text = own.reduce((left, word) => left.replaceAll(word, '…'), answer.text)
        const headers = [...answer.headers.keys()]
        seen.push({ status: answer.status, text, headers, steps: trace.steps })
      }
      expect(seen[0]).toEqual(seen[2])
      expect(seen[1]).toEqual(seen[2])
      expect(seen[0]?.steps.length).toBeGreaterThan(5)
    })

    it('tells nobody but the owner and the mailbox what the link is', async () => {
      const email = addressHere()
      const answer = await invite(email)
      const token = await mailedToken(email, 'invitation')
      const listed = await getInvitations(owner, '?limit=100')
      const rows = JSON.stringify([
        await outboxOf(email),
        await auditIn(owner.communityId, 'invitation_sent'),
        await invitationRow(String((answer.data.invitation as { id: string }).id)),
      ])
      expect(token.length).toBeGreaterThan(20)
      for (const text of [answer.text, JSON.stringify([...answer.headers]), listed.text, rows]) {
        expect(text).not.toContain(token)
      }
    })

    it('who sends more in the body grants nothing with it', async () => {
      const [other, email] = [await ownerHere(), addressHere()]
      const answer = await postInvitation(owner, {
        email,
        role: 'Member',
        communityId: other.communityId,
        invitedBy: other.userId,
        expiresAt: '2999-01-01T00:00:00.000Z',
        payload: { role: 'Admin' },
        id: other.userId,
      })
      expectStatus(answer, 201)
      const { id } = answer.data.invitation as { id: string }
      expect(id).not.toBe(other.userId)
      expect(await invitationRow(id)).toMatchObject({
        communityId: owner.communityId,
        payload: { role: 'Member', invitedBy: owner.userId },
      })
      const token = await mailedToken(email, 'invitation')
      expect((await postAcceptance({ token })).data.user).toMatchObject({ role: 'Member' })
    })

    it('an account that joins between two invitations is a member at the second', async () => {
      const person = await ownerHere()
      const { token } = await invited(owner, person.email)
      expectStatus(await postConfirmation(person, token), 200)
      expectStatus(await invite(person.email), 409, 'already_member')
      const other = await ownerHere()
      await joins(person, other)
      expectStatus(await postInvitation(other, { email: person.email, role: 'Member' }), 409)
    })
  })
})
