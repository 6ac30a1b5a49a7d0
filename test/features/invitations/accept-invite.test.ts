import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { db, linkTokenOf, postLogin, postVerification, signedUp, unique } from '../../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  sessionOf,
} from '../../mailbox-client.ts'
import { auditOf, me, outboxOf, postRefresh, userRow } from '../../session-client.ts'
import { API, cookiesOf, expectStatus } from '../../support/call.ts'
import { again, getMembers, invitationRow, leave, removeMember } from '../members/member-client.ts'
import { deviceIn, isKnown } from '../new-device/theft.ts'
import { costOf, guessWrong, lock, mailsOf } from '../passwords/password-client.ts'
import { Browser, endingsOf } from '../sessions/clients.ts'

const CHOSEN = 'Copper-Meadow-58'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

/** An invitation of a new person. */
async function welcome(role: 'Moderator' | 'Member' = 'Member', email = addressHere()) {
  return { email, ...(await invited(owner, email, role)) }
}

async function verifiedUsersOf(email: string) {
  const rows = await db.select().from(users).where(eq(users.email, email))
  return rows.filter(({ emailVerifiedAt }) => emailVerifiedAt !== null)
}

describe('POST /api/v1/auth/accept-invite', () => {
  describe('works', () => {
    it('makes account, membership and session in one request', async () => {
      const { email, token, id } = await welcome('Moderator')
      const answer = await postAcceptance({ token, fullName: 'Joy Mensah', password: CHOSEN })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        user: {
          id: expect.any(String),
          email,
          fullName: 'Joy Mensah',
          role: 'Moderator',
          emailVerified: true,
          locale: 'en',
        },
        community: {
          id: owner.communityId,
          name: owner.form.communityName,
          slug: owner.slug,
          status: 'active',
        },
        session: { id: expect.any(String), expiresAt: expect.any(String) },
        tokenType: 'Bearer',
        expiresIn: 900,
        accessToken: expect.any(String),
        csrfToken: expect.any(String),
      })
      const row = await userRow(email)
      expect(row).toMatchObject({ fullName: 'Joy Mensah', communityId: owner.communityId })
      expect(row.emailVerifiedAt).not.toBeNull()
      expect(row.acceptedTermsAt).not.toBeNull()
      const [membership] = await db
        .select()
        .from(memberships)
        .where(and(eq(memberships.userId, row.id), eq(memberships.communityId, owner.communityId)))
      expect(membership).toMatchObject({ role: 'Moderator', lastUsedAt: expect.any(Number) })
      expect(await invitationRow(id)).toMatchObject({
        usedAt: expect.any(Number),
        usedBy: answer.headers.get('X-Request-Id'),
        userId: row.id,
      })
    })

    it('whoever it lets in is signed in, and logs in with the password later', async () => {
      const { email, token } = await welcome()
      const answer = await postAcceptance({ token, password: CHOSEN, tokenTransport: 'body' })
      const session = sessionOf(answer)
      expect((await me(session.accessToken)).data).toMatchObject({
        user: { email, role: 'Member' },
        memberships: [{ communityId: owner.communityId, role: 'Member' }],
      })
      expectStatus(await postRefresh(session.refreshToken), 200)
      const login = await postLogin({ email, password: CHOSEN })
      expectStatus(login, 200)
      expect(login.data).toMatchObject({ user: { id: session.userId, role: 'Member' } })
    })

    it('without a password: the account has none, and no password opens it', async () => {
      const { email, token } = await welcome()
      expectStatus(await postAcceptance({ token }), 200)
      expect((await userRow(email)).passwordHash).toBeNull()
      for (const password of [CHOSEN, 'null', 'undefined', ' ']) {
        expectStatus(await postLogin({ email, password }), 401, 'invalid_credentials')
      }
    })

    it.each([
      ['left out', {}],
      ['null', { fullName: null, password: null }],
    ])('takes the name from the address where it is %s', async (_, fields) => {
      const { token } = await welcome('Member', `ada.lovelace+${unique()}@apex.example`)
      const answer = await postAcceptance({ token, ...fields })
      expectStatus(answer, 200)
      expect(answer.data.user).toMatchObject({ fullName: 'Ada Lovelace' })
    })

    it('in each transport as login does', async () => {
      const answers = new Map<string, Awaited<ReturnType<typeof postAcceptance>>>()
      for (const tokenTransport of ['hybrid', 'body', 'cookie']) {
        const { token } = await welcome()
        answers.set(tokenTransport, await postAcceptance({ token, tokenTransport }))
      }
      const fieldsOf = (transport: string) => Object.keys(answers.get(transport)?.data ?? {}).sort()
      const common = ['community', 'expiresIn', 'session', 'tokenType', 'user']
      expect(fieldsOf('hybrid')).toEqual(['accessToken', ...common, 'csrfToken'].sort())
      expect(fieldsOf('cookie')).toEqual([...common, 'csrfToken'].sort())
      const inBody = ['accessToken', 'refreshToken', 'deviceToken']
      expect(fieldsOf('body')).toEqual([...inBody, ...common].sort())
      const jar = [...answers.values()].map((answer) => Object.keys(cookiesOf(answer)).sort())
      expect(jar).toEqual([
        ['__Host-device', '__Host-refresh'],
        [],
        ['__Host-access', '__Host-device', '__Host-refresh'],
      ])
    })

    it('puts account, joining and login on record', async () => {
      const { email, token, id } = await welcome('Moderator')
      const answer = await postAcceptance({ token }, { ip: '198.51.100.7' })
      const { id: userId } = await userRow(email)
      const session = answer.data.session as { id: string }
      const rows = await auditOf(userId)
      const told = { actorId: userId, communityId: owner.communityId, ip: '198.51.100.7' }
      expect(rows).toHaveLength(4)
      expect(rows).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ action: 'user_created', ...told }),
          expect.objectContaining({ action: 'email_verified', ...told }),
          expect.objectContaining({
            action: 'invitation_accepted',
            ...told,
            details: { invitationId: id, role: 'Moderator' },
          }),
          expect.objectContaining({
            action: 'login_success',
            ...told,
            details: { method: 'invitation', sessionId: session.id, transport: 'hybrid' },
          }),
        ]),
      )
      expect(JSON.stringify(rows)).not.toContain(email)
    })

    it('knows this browser from then on: it has proven the mailbox', async () => {
      const { email, token } = await welcome()
      const answer = await postAcceptance({ token, password: CHOSEN })
      const device = cookiesOf(answer)['__Host-device'] ?? ''
      expect(await isKnown(email, deviceIn(device))).toBe(true)
      expect(await mailsOf(email, 'new_device')).toEqual([])
      await guessWrong(email, 5)
      expectStatus(await postLogin({ email, password: CHOSEN }), 429)
      expectStatus(await postLogin({ email, password: CHOSEN, deviceToken: device }), 200)
      expect(await mailsOf(email, 'new_device')).toEqual([])
    })

    it('keeps the device that this browser is already', async () => {
      const { deviceToken } = owner
      const { email, token } = await welcome()
      const answer = await postAcceptance({ token, deviceToken, tokenTransport: 'body' })
      expect(answer.data.deviceToken).toBe(deviceToken)
      expect(await isKnown(email, deviceIn(deviceToken))).toBe(true)
      const { token: second } = await welcome()
      const headers = { Cookie: `__Host-device=${deviceToken}` }
      const byCookie = await postAcceptance({ token: second }, { headers })
      expect(cookiesOf(byCookie)['__Host-device']).toBe(deviceToken)
    })

    it('in a browser that somebody else had used: their session is over', async () => {
      const [guest, browser] = [await ownerHere(), new Browser()]
      const { email, password, userId } = guest
      const body = { email, password, tokenTransport: 'cookie' }
      const login = await browser.call(`${API}/auth/login`, { body })
      const { id } = login.data.session as { id: string }
      const { token } = await welcome()
      const accept = { token, tokenTransport: 'cookie' }
      expectStatus(await browser.call(`${API}/auth/accept-invite`, { body: accept }), 200)
      expect((await endingsOf(userId))[id]).toBe('replaced')
      expect((await endingsOf(userId))[guest.id]).toBeNull()
      const now = await browser.call(`${API}/auth/me`)
      expect(now.data.user).not.toMatchObject({ email })
    })

    it('speaks the language that the browser asks for, and so does the account', async () => {
      const { email, token } = await welcome()
      const answer = await postAcceptance({ token }, { headers: { 'Accept-Language': 'zh-CN' } })
      expect(answer.headers.get('Content-Language')).toBe('zh')
      expect(answer.data.user).toMatchObject({ locale: 'zh' })
      expect(await userRow(email)).toMatchObject({ locale: 'zh' })
    })

    it('though strangers have locked the address: the mailbox is proven', async () => {
      const { email, token } = await welcome()
      await lock(email)
      expectStatus(await postAcceptance({ token }), 200)
    })

    it('the owner sees the new member', async () => {
      const { email, token } = await welcome()
      const answer = await postAcceptance({ token, fullName: 'Joy Mensah' })
      const { id } = answer.data.user as { id: string }
      const items = (await getMembers(owner, '?limit=100')).data.items
      expect(items).toContainEqual({
        userId: id,
        fullName: 'Joy Mensah',
        email,
        role: 'Member',
        joinedAt: expect.any(String),
      })
    })

    it('costs two round trips, one hash, and no other limit than that of the address it comes from', async () => {
      const { token } = await welcome()
      expect(costOf(await postAcceptance({ token, password: CHOSEN }))).toBe('d1 2, do 2, hash 1')
    })
  })

  describe('where a signup of the address waits for its proof', () => {
    it('keeps nothing of it: its password opens no account', async () => {
      const pending = await signedUp({ email: addressHere() })
      const { email, password } = pending
      const { token } = await welcome('Member', email)
      const answer = await postAcceptance({ token, fullName: 'Joy Mensah' })
      expectStatus(answer, 200)
      const [account, ...others] = await verifiedUsersOf(email)
      expect(others).toEqual([])
      expect(account).toMatchObject({ passwordHash: null, fullName: 'Joy Mensah' })
      // As before: it is the password of a signup that waits, and opens nothing.
      expectStatus(await postLogin({ email, password }), 403, 'email_not_verified')
    })

    it('whose community goes to the new account once its link is POSTed, without that password', async () => {
      const pending = await signedUp({ email: addressHere() })
      const { email, password, communityId } = pending
      const { token } = await welcome('Member', email)
      const session = sessionOf(await postAcceptance({ token, tokenTransport: 'body' }))
      expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
      expect(await verifiedUsersOf(email)).toMatchObject([{ id: session.userId }])
      expect((await me(session.accessToken)).data.memberships).toHaveLength(2)
      expectStatus(await postLogin({ email, password }), 401, 'invalid_credentials')
    })
  })

  describe('where the account is a member of nothing any more', () => {
    it('is stopped by block and lock like every way in, and the invitation lives on', async () => {
      const gone = await memberOf(owner)
      expectStatus(await leave({ ...owner, accessToken: gone.accessToken }), 200)
      const { token } = await welcome('Member', gone.email)
      await lock(gone.email)
      expectStatus(await postAcceptance({ token }), 423, 'account_locked')
      const known = await postAcceptance({ token, deviceToken: gone.deviceToken })
      expectStatus(known, 200)
      expect(known.data.user).toMatchObject({ id: gone.userId })
    })

    const NAME = 'Joy Mensah'

    it.each([
      ['removed', (who: OwnerHere, userId: string) => removeMember(who, userId)],
      [
        'left',
        (who: OwnerHere, _: string, accessToken: string) => leave({ slug: who.slug, accessToken }),
      ],
    ])('whoever was %s comes back, with name and password as they were', async (_, end) => {
      const [host, email] = [await ownerHere(), addressHere()]
      const member = await memberOf(host, 'Moderator', { email, fullName: NAME, password: CHOSEN })
      expectStatus(await end(host, member.userId, member.accessToken), 200)
      expectStatus(await postLogin({ email, password: CHOSEN }), 403, 'no_membership')
      const before = await userRow(email)
      const { token } = await welcome('Member', email)
      const body = { token, fullName: 'Somebody Else', password: 'Quiet-Lantern-64' }
      const answer = await postAcceptance({ ...body, tokenTransport: 'body' })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({
        user: { id: member.userId, fullName: NAME, role: 'Member' },
        community: { id: owner.communityId },
      })
      // A browser that has never been seen, but its mailbox is proven.
      expect(await mailsOf(email, 'new_device')).toEqual([])
      expect(await userRow(email)).toEqual({ ...before, communityId: owner.communityId })
      expect((await again({ email, password: CHOSEN })).userId).toBe(member.userId)
      expectStatus(await postLogin({ email, password: body.password }), 401)
      const actions = (await auditOf(member.userId)).map(({ action }) => action)
      expect(actions.filter((action) => action === 'user_created')).toHaveLength(1)
      expect(actions.filter((action) => action === 'invitation_accepted')).toHaveLength(2)
    })

    it('no password of the request is judged there: none is set', async () => {
      const [host, email] = [await ownerHere(), addressHere()]
      const member = await memberOf(host, 'Member', { email, password: CHOSEN })
      expectStatus(await removeMember(host, member.userId), 200)
      const { token } = await welcome('Member', email)
      expectStatus(await postAcceptance({ token, password: 'short' }), 200)
    })

    it('but not one that is disabled', async () => {
      const [host, email] = [await ownerHere(), addressHere()]
      const member = await memberOf(host, 'Member', { email, password: CHOSEN })
      expectStatus(await removeMember(host, member.userId), 200)
      await db.update(users).set({ disabledAt: Date.now() }).where(eq(users.id, member.userId))
      const { token, id } = await welcome('Member', email)
      expectStatus(await postAcceptance({ token }), 409, 'account_exists')
      expect((await invitationRow(id)).usedAt).toBeNull()
    })
  })

  it('leaves the mail that brought the link as the only one', async () => {
    const { email, token } = await welcome()
    expectStatus(await postAcceptance({ token }), 200)
    const mails = (await outboxOf(email)).filter(({ kind }) => kind === 'mail')
    expect(mails.map(({ template }) => template)).toEqual(['invitation'])
    const tokens = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
    expect(tokens).toHaveLength(1)
  })
})
