import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import {
  auditLogs,
  communities,
  memberships,
  oneTimeTokens,
  users,
} from '../../../src/db/schema/index.ts'
import {
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
} from '../../factories.ts'
import {
  addressHere,
  askForCode,
  mailedCode,
  sessionOf,
  signInByCode,
  useCode,
} from '../../mailbox-client.ts'
import { mailedToken, outboxOf, userRow } from '../../session-client.ts'
import { cookiesOf, expectStatus } from '../../support/call.ts'
import { isKnown } from '../email-change/change-client.ts'
import {
  askForCode as askForAccountCode,
  costOf,
  inboxOf,
  later,
  lock,
  NEW,
  postChange,
} from '../passwords/password-client.ts'
import { proven, provenForm } from './proof-client.ts'

describe('POST /api/v1/auth/signup-community with a signupToken', () => {
  describe('works', () => {
    it('makes the community pending and its owner an account at once, with no mail to confirm', async () => {
      const { email, signupToken } = await proven()
      const before = await outboxOf(email)
      const answer = await postSignup(provenForm(email, signupToken))
      expectStatus(answer, 201)
      const { communityId } = answer.data as { communityId: string }
      expect(answer.data).toEqual({ communityId, slug: expect.any(String), status: 'pending' })
      const owner = await userRow(email)
      expect(owner).toMatchObject({ communityId, passwordHash: null, fullName: 'Mira Rao' })
      expect(owner.emailVerifiedAt).toBeGreaterThan(0)
      expect(await rolesIn(communityId)).toEqual([{ userId: owner.id, role: 'CommunityOwner' }])
      expect(await communityRow(communityId)).toMatchObject({ createdBy: owner.id })
      const mails = (await outboxOf(email)).filter(({ kind }) => kind === 'mail')
      expect(mails).toEqual(before)
      expect(await linksOf(communityId)).toEqual([])
    })

    it('is on record: the signup, the person, and the proof of the mailbox', async () => {
      const { email, signupToken } = await proven()
      const answer = await postSignup(provenForm(email, signupToken))
      const requestId = String(answer.headers.get('X-Request-Id'))
      const rows = await db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId))
      const { id } = await userRow(email)
      expect(rows.map(({ action }) => action).sort()).toEqual([
        'community_signup',
        'email_verified',
        'user_created',
      ])
      expect(rows.find(({ action }) => action === 'email_verified')).toMatchObject({
        actorId: id,
        userId: id,
        communityId: answer.data.communityId,
        details: { handedOver: false },
      })
    })

    it('logs in by code once the community is approved, and by no password before one is set', async () => {
      const { email, signupToken } = await proven()
      const answer = await postSignup(provenForm(email, signupToken))
      const body = await codeFor(email)
      expectStatus(await useCode(body), 403, 'community_not_approved')
      await approve(String(answer.data.communityId))
      for (const password of [PASSWORD, NEW, ' ', 'null']) {
        expectStatus(await postLogin({ email, password }), 401, 'invalid_credentials')
      }
      const session = await signInByCode(email)
      const wrong = { currentPassword: PASSWORD, newPassword: NEW }
      expectStatus(await postChange(session, wrong), 403, 'wrong_password')
      expectStatus(await askForAccountCode(session), 202)
      const set = { code: await mailedCode(email), newPassword: NEW }
      expectStatus(await postChange(session, set), 200)
      expectStatus(await postLogin({ email, password: NEW }), 200)
    })

    it('with a password: it is set, and logs in once the community is approved', async () => {
      const { email, signupToken } = await proven()
      const form = signupForm({ email, signupToken })
      const answer = await postSignup(form)
      expectStatus(answer, 201)
      expectStatus(await postLogin({ email, password: PASSWORD }), 403, 'community_not_approved')
      await approve(String(answer.data.communityId))
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('an empty or null password, as the web form sends what it has not asked for, is none', async () => {
      for (const password of ['', null]) {
        const { email, signupToken } = await proven()
        const form = signupForm({ email, signupToken, password, confirmPassword: password })
        expectStatus(await postSignup(form), 201)
        expect(await userRow(email)).toMatchObject({ passwordHash: null })
        expectStatus(await postLogin({ email, password: '' }), 422)
      }
    })

    it('makes this browser known to the account, and gives it a device', async () => {
      const { email, signupToken } = await proven()
      await lock(email)
      const answer = await postSignup(signupForm({ email, signupToken }))
      expectStatus(answer, 201)
      const line = answer.headers.getSetCookie().find((text) => text.startsWith('__Host-device='))
      expect(line).toMatch(/; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
      const deviceToken = cookiesOf(answer)['__Host-device'] ?? ''
      expect(await isKnown(email, deviceToken)).toBe(true)
      await approve(String(answer.data.communityId))
      expectStatus(await postLogin({ email, password: PASSWORD }), 423, 'account_locked')
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
    })

    it('keeps the device of a browser that has one; without a token none is given', async () => {
      const first = await proven()
      const answer = await postSignup(provenForm(first.email, first.signupToken))
      const device = cookiesOf(answer)['__Host-device'] ?? ''
      const headers = { Cookie: `__Host-device=${device}` }
      const second = await proven()
      const again = await postSignup(provenForm(second.email, second.signupToken), { headers })
      expect(cookiesOf(again)['__Host-device']).toBe(device)
      expect((await postSignup(signupForm())).headers.getSetCookie()).toEqual([])
    })

    it('takes the address as it is compared', async () => {
      const { email, signupToken } = await proven()
      const form = provenForm(` ${email.toUpperCase()} `, ` ${signupToken} `)
      expectStatus(await postSignup(form), 201)
      expect((await userRow(email)).emailVerifiedAt).not.toBeNull()
    })

    it('costs what every signup costs, and one call that tells the guard', async () => {
      const { email, signupToken } = await proven()
      const answer = await postSignup(provenForm(email, signupToken))
      expect(costOf(answer)).toBe('d1 2, do 3')
    })

    it('in the language that the form names', async () => {
      const { email, signupToken } = await proven()
      const form = { ...provenForm(email, signupToken), locale: 'zh' }
      expectStatus(await postSignup(form), 201)
      expect(await userRow(email)).toMatchObject({ locale: 'zh' })
    })
  })

  describe('an address that has become an account meanwhile', () => {
    it('gets the community, and keeps its own password', async () => {
      const { email, signupToken } = await proven()
      const owner = await ownerIn('active', { email })
      const form = signupForm({ email, signupToken, password: NEW, confirmPassword: NEW })
      const answer = await postSignup(form)
      expectStatus(answer, 201)
      const account = await userRow(email)
      const { communityId } = answer.data as { communityId: string }
      expect(await usersOf(email)).toHaveLength(1)
      expect(account.communityId).toBe(owner.communityId)
      expect(await rolesIn(communityId)).toEqual([{ userId: account.id, role: 'CommunityOwner' }])
      expect(await communityRow(communityId)).toMatchObject({ createdBy: account.id })
      expectStatus(await postLogin({ email, password: NEW }), 401, 'invalid_credentials')
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
      const proof = await eventsOf(communityId, 'email_verified')
      expect(proof).toMatchObject([{ actorId: account.id, details: { handedOver: true } }])
    })

    it('by two signups with a code: one account with two communities', async () => {
      const one = await proven()
      const two = await proven(one.email)
      expectStatus(await postSignup(provenForm(one.email, one.signupToken)), 201)
      expectStatus(await postSignup(provenForm(one.email, two.signupToken)), 201)
      const { id } = await userRow(one.email)
      const held = await db.select().from(memberships).where(eq(memberships.userId, id))
      expect(held.map(({ role }) => role)).toEqual(['CommunityOwner', 'CommunityOwner'])
      expect(await usersOf(one.email)).toHaveLength(1)
    })
  })

  describe('a password that somebody else had registered for the address', () => {
    it('never logs in afterwards, whoever approves what', async () => {
      const email = addressHere()
      const squatter = await signedUp({ email, password: WEED, confirmPassword: WEED })
      expectStatus(await postLogin({ email, password: WEED }), 403, 'email_not_verified')
      const { signupToken } = await proven(email)
      const answer = await postSignup(provenForm(email, signupToken))
      expectStatus(answer, 201)
      await approve(String(answer.data.communityId))
      await approve(squatter.communityId)
      expectStatus(await postLogin({ email, password: WEED }), 403, 'email_not_verified')
      const session = await signInByCode(email)
      const change = { currentPassword: WEED, newPassword: NEW }
      expectStatus(await postChange(session, change), 403, 'wrong_password')
    })

    it('is dropped when the mailbox’s owner takes that community over', async () => {
      const email = addressHere()
      const squatter = await signedUp({ email, password: WEED, confirmPassword: WEED })
      const { signupToken } = await proven(email)
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
      expectStatus(await postVerification(await linkTokenOf(squatter.communityId)), 200)
      await approve(squatter.communityId)
      expect(await usersOf(email)).toMatchObject([{ passwordHash: null }])
      expectStatus(await postLogin({ email, password: WEED }), 401, 'invalid_credentials')
    })
  })

  describe('refuses, and makes nothing', () => {
    it('a token that was given for another address', async () => {
      const [one, two] = [await proven(), addressHere()]
      const form = provenForm(two, one.signupToken)
      expectStatus(await postSignup(form), 400, 'token_invalid')
      await expectNothing(form)
      expectStatus(await postSignup(provenForm(one.email, one.signupToken)), 201)
    })

    it('a token that was used', async () => {
      const { email, signupToken } = await proven()
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
      const form = provenForm(email, signupToken)
      expectStatus(await postSignup(form), 400, 'token_used')
      await expectNothing(form)
    })

    it('a token after its hour, and takes it a second before', async () => {
      for (const [seconds, status] of [
        [3599, 201],
        [3600, 400],
      ] as const) {
        const { email, signupToken } = await proven()
        const row = await tokenRow(email)
        const form = provenForm(email, signupToken)
        await later((row?.createdAt ?? 0) + seconds * 1000 - Date.now(), async () => {
          const answer = await postSignup(form)
          expectStatus(answer, status, status === 400 ? 'token_expired' : undefined)
        })
        if (status === 400) await expectNothing(form)
      }
    })

    it('a token that nobody made, one of which a letter differs, and one of another kind', async () => {
      const { email, signupToken } = await proven()
      const flipped = (signupToken.startsWith('A') ? 'B' : 'A') + signupToken.slice(1)
      await askForCode(email, 'signup')
      const link = await mailedToken(email, 'magic_link')
      const { communityId } = await signedUp({ email })
      const verification = await linkTokenOf(communityId)
      const odd = [flipped, signupToken.slice(1), `${signupToken}A`, 'x', link, verification]
      for (const token of odd) {
        const form = provenForm(email, token)
        expectStatus(await postSignup(form), 400, 'token_invalid')
        await expectNothing(form)
      }
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
    })

    it('what is no text; a blank one is none, and proves nothing', async () => {
      const { email } = await proven()
      for (const token of [0, [], {}, ['x'], 'x'.repeat(513)]) {
        const answer = await postSignup({ ...signupForm({ email }), signupToken: token })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ signupToken: expect.any(String) })
      }
      for (const token of ['', ' ', null, undefined]) {
        const without = await postSignup({ ...provenForm(email, ''), signupToken: token })
        expectStatus(without, 422, 'validation_failed')
        expect(without.json.errors).toEqual({ password: expect.any(String) })
        const form = { ...signupForm({ email }), signupToken: token }
        const answer = await postSignup(form)
        expectStatus(answer, 201)
        expect(await linksOf(String(answer.data.communityId))).toHaveLength(1)
      }
      const verified = (await usersOf(email)).filter((user) => user.emailVerifiedAt !== null)
      expect(verified).toEqual([])
    })

    it('an address that has become an admin’s, and uses nothing up', async () => {
      const { email, signupToken } = await proven()
      const { email: of } = await admin()
      await db.update(users).set({ email }).where(eq(users.email, of))
      const form = provenForm(email, signupToken)
      expectStatus(await postSignup(form), 409, 'account_exists')
      await expectNothing(form)
      expect(await tokenRow(email)).toMatchObject({ usedAt: null })
    })

    it('a weak password and one that is repeated wrongly, and the token lives on', async () => {
      const { email, signupToken } = await proven()
      const weak = signupForm({ email, signupToken, password: 'x', confirmPassword: 'x' })
      expectStatus(await postSignup(weak), 400, 'password_rejected')
      const differs = signupForm({ email, signupToken, confirmPassword: NEW })
      expectStatus(await postSignup(differs), 422, 'validation_failed')
      const alone = { ...provenForm(email, signupToken), confirmPassword: NEW }
      expectStatus(await postSignup(alone), 422, 'validation_failed')
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
    })

    it('a name that is taken, and the token lives on', async () => {
      const { email, signupToken } = await proven()
      const { form } = await signedUp()
      const body = { ...provenForm(email, signupToken), communityName: form.communityName }
      expectStatus(await postSignup(body), 409, 'community_exists')
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
    })

    it('the sixth valid body of an hour from one address: a token lifts no limit, and lives on', async () => {
      const ip = '198.51.100.77'
      for (let n = 0; n < 5; n++) {
        const form = provenForm(addressHere(), 'no-token-at-all')
        expectStatus(await postSignup(form, { ip }), 400, 'token_invalid')
      }
      const { email, signupToken } = await proven()
      expectStatus(await postSignup(provenForm(email, signupToken), { ip }), 429, 'rate_limited')
      expectStatus(await postSignup(provenForm(email, signupToken)), 201)
    })
  })

  it('the whole story: a code, a community, an approval, a session', async () => {
    const email = addressHere()
    const { flowId } = await askForCode(email, 'signup')
    const [mail] = await inboxOf(email, 'otp_code')
    const given = await useCode({ email, code: mail?.code, flowId })
    expectStatus(given, 200)
    expect(given.data).toEqual({ signupToken: expect.any(String), expiresIn: 3600 })
    expect(given.headers.getSetCookie().join()).not.toMatch(/__Host-(access|refresh)=/)
    expect(await usersOf(email)).toEqual([])
    const { signupToken } = given.data
    const answer = await postSignup(provenForm(email, String(signupToken)))
    expectStatus(answer, 201)
    await approve(String(answer.data.communityId))
    const opened = await useCode({ ...(await codeFor(email)), tokenTransport: 'body' })
    expectStatus(opened, 200)
    expect(sessionOf(opened).userId).toBe((await userRow(email)).id)
    expect(await communityRow(String(answer.data.communityId))).toMatchObject({ status: 'active' })
  })
})

const WEED = 'Thistle-Garden-51'

async function codeFor(email: string) {
  const { flowId } = await askForCode(email)
  return { email, code: await mailedCode(email), flowId }
}

async function approve(communityId: string): Promise<void> {
  await db.update(communities).set({ status: 'approved' }).where(eq(communities.id, communityId))
}

const usersOf = (email: string) => db.select().from(users).where(eq(users.email, email))

async function rolesIn(communityId: string) {
  return db
    .select({ userId: memberships.userId, role: memberships.role })
    .from(memberships)
    .where(eq(memberships.communityId, communityId))
}

/** Verification links of a community. */
async function linksOf(communityId: string) {
  const rows = await db
    .select()
    .from(oneTimeTokens)
    .where(eq(oneTimeTokens.communityId, communityId))
  return rows.filter(({ purpose }) => purpose === 'verify_email')
}

async function tokenRow(email: string) {
  const rows = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
  return rows.filter(({ purpose }) => purpose === 'signup').at(-1)
}

async function eventsOf(communityId: string, action: 'email_verified') {
  return db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, action)))
}

async function expectNothing({ communityName }: { communityName: string }): Promise<void> {
  const made = await db.select().from(communities).where(eq(communities.name, communityName))
  expect(made).toEqual([])
}
