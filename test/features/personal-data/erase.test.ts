import { eq, type SQL, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, memberships, outbox, users } from '../../../src/db/schema/index.ts'
import { admin, communityRow, db, postLogin, signedUp, verified } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { auditOf, me, openSession, postRefresh, userRow } from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { allRows } from '../../support/database-rows.ts'
import {
  auditIn,
  memberIn,
  ownersOf,
  rolesIn,
  secondOwner,
  setStatus,
} from '../members/member-client.ts'
import {
  askForCode,
  auditRowsOf,
  guardOf,
  inboxOf,
  mailedCode,
  WRONG,
} from '../passwords/password-client.ts'
import { erase, memberHere } from './personal-data-client.ts'

describe('DELETE /api/v1/account', () => {
  describe('works', () => {
    it('for a member: the person is nowhere in the database, and the audit log keeps ids', async () => {
      const person = await memberHere()
      await postLogin({ email: person.email, password: WRONG }, { ip: '203.0.113.77' })
      await inboxOf(person.email)
      expectStatus(await erase(person), 200)
      // The farewell has yet to go out; what the local inbox shows has been sent.
      const { outbox: _, dev_mails: __, ...rows } = await allRows()
      const everything = JSON.stringify(rows)
      expect(everything).not.toContain(person.email)
      expect(everything).not.toContain('203.0.113.77')
      const kept = await auditOf(person.userId)
      const actions = kept.map(({ action }) => action)
      expect(actions).toEqual(expect.arrayContaining(['account_deleted', 'login_failed']))
      for (const row of kept) expect(row).toMatchObject({ ip: null, userAgent: null })
      expect(await rolesIn(person.communityId)).not.toHaveProperty(person.userId)
    })

    it('at once: the sessions are over, and the browser keeps no token and no device', async () => {
      const person = await memberHere()
      const other = await openSession(person)
      const answer = await erase(person)
      expectStatus(answer, 200)
      expect(answer.json.data).toBeNull()
      expect(cookiesOf(answer)).toEqual({
        '__Host-refresh': '',
        '__Host-access': '',
        '__Host-device': '',
      })
      for (const { accessToken } of [person, other]) {
        expectStatus(await me(accessToken), 401, 'session_ended')
      }
      expectStatus(await postRefresh(other.refreshToken), 403, 'refresh_invalid')
      expectStatus(await postLogin(person), 401, 'invalid_credentials')
      expect(await guardOf(person.email).knownDevices()).toEqual([])
    })

    it('with a mailed code, and confirms it by mail in the language of the account', async () => {
      const person = await memberHere()
      await db.update(users).set({ locale: 'zh' }).where(eq(users.id, person.userId))
      expectStatus(await askForCode(person), 202)
      const code = await mailedCode(person.email)
      expectStatus(await erase(person, { body: { code } }), 200)
      const [mail] = await inboxOf(person.email, 'account_deleted')
      expect(mail).toMatchObject({
        locale: 'zh',
        subject: '您的账户已删除',
        link: null,
        code: null,
      })
      expect(mail?.text).not.toContain('Joy')
    })

    it('so that nothing else that waits for the address goes out', async () => {
      const person = await memberHere()
      const { email } = person
      const ofPerson = (more: SQL) =>
        db.select().from(outbox).where(sql`${outbox.userId} = ${person.userId} and ${more}`)
      expectStatus(await call(`${API}/auth/forgot-password`, { body: { email } }), 202)
      await inboxOf(email)
      const sent = await ofPerson(sql`${outbox.sentAt} is not null`)
      expect(sent.length).toBeGreaterThan(0)
      expectStatus(await call(`${API}/auth/forgot-password`, { body: { email } }), 202)
      expectStatus(await erase(person), 200)
      const stillSent = await ofPerson(
        sql`${outbox.sentAt} is not null and ${outbox.failedAt} is null`,
      )
      expect(stillSent).toEqual(sent.map((row) => ({ ...row, email: '', payload: null })))
      const templates = (await inboxOf(email)).map(({ template }) => template)
      expect(templates.filter((one) => one === 'password_reset')).toHaveLength(1)
      expect(templates).toContain('account_deleted')
      // The row stays without its address: whatever counts mails may not have counted it yet.
      const [waiting] = await ofPerson(sql`${outbox.lastError} = 'erased'`)
      expect(waiting).toMatchObject({
        template: 'password_reset',
        email: '',
        payload: null,
        sentAt: null,
        failedAt: expect.any(Number),
      })
    })

    it('and the address may sign up anew, as somebody else', async () => {
      const person = await memberHere()
      expectStatus(await erase(person), 200)
      const again = await verified({ email: person.email })
      expect((await userRow(person.email)).id).not.toBe(person.userId)
      expect(await communityRow(again.communityId)).toMatchObject({ status: 'pending' })
    })

    it('for an owner whose other community was never approved: that closes, and its name is free', async () => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      const other = await signedUp({ email: owner.email })
      await ownsToo(owner, other.communityId)
      const before = await communityRow(other.communityId)
      expectStatus(await erase(owner), 200)
      expect(await communityRow(other.communityId)).toMatchObject({
        isDeleted: true,
        name: '',
        officialEmail: null,
        contactPhone: null,
        domain: null,
      })
      expect(await auditIn(other.communityId, 'community_closed')).toHaveLength(1)
      const { name, officialEmail, slug } = before ?? {}
      const anew = await signedUp({ communityName: name, officialEmail })
      expect(await communityRow(anew.communityId)).toMatchObject({ slug })
      expect(await ownersOf(owner.communityId)).toEqual([second.userId])
    })

    it('for the only owner of an open community, which closes with them where they wish it', async () => {
      const owner = await ownerHere()
      const member = await memberIn(owner)
      const before = await communityRow(owner.communityId)
      const body = { password: owner.password, closeCommunity: true }
      expectStatus(await erase(owner, { body }), 200)
      expect(await communityRow(owner.communityId)).toMatchObject({ isDeleted: true, name: '' })
      expect(await rolesIn(owner.communityId)).toEqual({})
      expect(await auditIn(owner.communityId, 'community_closed')).toMatchObject([
        { actorId: owner.userId, ip: null },
      ])
      expectStatus(await me(member.accessToken), 401, 'session_ended')
      expectStatus(await postLogin(owner), 401, 'invalid_credentials')
      const { name, officialEmail } = before ?? {}
      await signedUp({ communityName: name, officialEmail })
    })

    it('and leaves what others did on record as it was', async () => {
      const owner = await ownerHere()
      const person = await memberIn(owner)
      await db.insert(auditLogs).values({
        id: '01990000-0000-7000-8000-0000000000aa',
        action: 'member_role_changed',
        actorId: owner.userId,
        userId: person.userId,
        ip: '198.51.100.9',
        userAgent: 'Browser of the owner',
        createdAt: Date.now(),
      })
      expectStatus(await erase(person), 200)
      expect(await auditRowsOf(person.userId, 'member_role_changed')).toMatchObject([
        { actorId: owner.userId, ip: '198.51.100.9', userAgent: 'Browser of the owner' },
      ])
    })
  })

  describe('refuses', () => {
    it('the only owner of a community, before anything is counted', async () => {
      const owner = await ownerHere()
      await memberIn(owner, 'Moderator')
      expectStatus(await erase({ ...owner, password: WRONG }), 409, 'last_owner')
      expect(await userRow(owner.email)).toMatchObject({ id: owner.userId })
      expect(await auditRowsOf(owner.userId, 'login_failed')).toEqual([])
    })

    it('the only owner beside one who is disabled', async () => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.id, second.userId))
      expectStatus(await erase(owner), 409, 'last_owner')
    })

    it('the owner of a community that is suspended: its members wait for it', async () => {
      const owner = await ownerHere()
      await secondOwner(owner)
      const other = await ownerHere()
      await ownsToo(owner, other.communityId)
      await setStatus(other.communityId, 'suspended')
      expectStatus(await erase(owner), 409, 'last_owner')
    })

    it('the last admin; one of two may go', async () => {
      const first = await admin()
      const password = 'wrong'
      expectStatus(await erase({ accessToken: first.token, password }), 409, 'last_owner')
      await admin()
      expectStatus(await erase({ accessToken: first.token, password }), 403, 'wrong_password')
    })

    it('whoever would close a community that is not theirs, before anything is counted', async () => {
      const owner = await ownerHere()
      const moderator = await memberIn(owner, 'Moderator')
      const body = { password: WRONG, closeCommunity: true }
      expectStatus(await erase(moderator, { body }), 403, 'forbidden')
      expect(await communityRow(owner.communityId)).toMatchObject({ isDeleted: false })
      const odd = { password: moderator.password, closeCommunity: 'yes' }
      expectStatus(await erase(moderator, { body: odd }), 422, 'validation_failed')
    })

    it('the owner of another open community, though this one would close', async () => {
      const owner = await ownerHere()
      const other = await ownerHere()
      await ownsToo(owner, other.communityId)
      const body = { password: owner.password, closeCommunity: true }
      expectStatus(await erase(owner, { body }), 409, 'last_owner')
      expect(await communityRow(owner.communityId)).toMatchObject({ isDeleted: false })
    })

    it('a wrong password, a wrong code, both and neither', async () => {
      const person = await memberHere()
      expectStatus(await erase({ ...person, password: WRONG }), 403, 'wrong_password')
      expectStatus(await erase(person, { body: { code: '000000' } }), 400, 'code_invalid')
      for (const body of [{}, { password: 'x', code: '000000' }, { password: '' }, { code: 1 }]) {
        expectStatus(await erase(person, { body }), 422, 'validation_failed')
      }
      expectStatus(await me(person.accessToken), 200)
    })
  })
})

/** The other community's owner is this one from now on. */
async function ownsToo({ userId }: { userId: string }, communityId: string): Promise<void> {
  await db.update(memberships).set({ userId }).where(eq(memberships.communityId, communityId))
}
