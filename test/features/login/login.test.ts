import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import {
  auditLogs,
  communities,
  memberships,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import { loadArgon2 } from '../../../src/lib/argon2.ts'
import { verifyAccessToken } from '../../../src/lib/jwt.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { createPasswords } from '../../../src/lib/passwords.ts'
import { hashSecret, isCsrfTokenOf, parseRefreshToken } from '../../../src/lib/tokens.ts'
import {
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
  unique,
} from '../../factories.ts'
import { cookiesOf, expectStatus } from '../../support/call.ts'
import { race, tally } from '../../support/race.ts'

const keys = createKeyRing(configOf(env).authSecrets)
const userRow = async (email: string) =>
  (await db.select().from(users).where(eq(users.email, email)))[0]
const sessionRow = async (id: unknown) =>
  (
    await db
      .select()
      .from(sessions)
      .where(eq(sessions.id, String(id)))
  )[0]
const sessionIdOf = (data: Record<string, unknown>) => (data.session as { id: string }).id
const actionsOf = async (userId: string) =>
  (await db.select().from(auditLogs).where(eq(auditLogs.userId, userId))).map(
    ({ action }) => action,
  )

describe('POST /api/v1/auth/login', () => {
  describe('works', () => {
    it('answers with the person, the community and the session', async () => {
      const { email, communityId, slug, form } = await ownerIn('active')
      const answer = await postLogin({ email: ` ${email.toUpperCase()}`, password: PASSWORD })
      expectStatus(answer, 200)
      const user = await userRow(email)
      expect(answer.data).toEqual({
        user: {
          id: user?.id,
          email,
          fullName: 'Mira Rao',
          role: 'CommunityOwner',
          emailVerified: true,
          locale: 'en',
        },
        community: { id: communityId, name: form.communityName, slug, status: 'active' },
        session: {
          id: expect.any(String),
          expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        },
        tokenType: 'Bearer',
        expiresIn: 900,
        accessToken: expect.any(String),
        csrfToken: expect.any(String),
      })
      const week = Date.parse((answer.data.session as { expiresAt: string }).expiresAt) - Date.now()
      expect(Math.abs(week - 604_800_000)).toBeLessThan(60_000)
    })

    it('hybrid, the default: access token in the body, refresh token only in the cookie', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin({ email, password: PASSWORD })
      const cookies = cookiesOf(answer)
      expect(Object.keys(cookies).sort()).toEqual(['__Host-device', '__Host-refresh'])
      expect(answer.text).not.toContain(cookies['__Host-refresh'])
      for (const line of answer.headers.getSetCookie()) {
        expect(line).toMatch(/; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
        expect(line.length).toBeLessThan(4096)
      }
      const sessionId = sessionIdOf(answer.data)
      const refresh = parseRefreshToken(keys, cookies['__Host-refresh'] ?? '')
      expect(refresh).toMatchObject({ sessionId, generation: 1 })
      expect(isCsrfTokenOf(keys, sessionId, String(answer.data.csrfToken))).toBe(true)
      expect(await sessionRow(sessionId)).toMatchObject({
        transport: 'hybrid',
        tokenHash: hashSecret(refresh?.secret ?? ''),
      })
    })

    it('body: both tokens and the device token in the body, no cookie', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(parseRefreshToken(keys, String(answer.data.refreshToken))).toBeDefined()
      expect(answer.data).toMatchObject({
        accessToken: expect.any(String),
        deviceToken: expect.any(String),
      })
      expect(answer.data).not.toHaveProperty('csrfToken')
    })

    it('cookie: both tokens only in cookies', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' })
      const cookies = cookiesOf(answer)
      expect(Object.keys(cookies).sort()).toEqual([
        '__Host-access',
        '__Host-device',
        '__Host-refresh',
      ])
      for (const value of Object.values(cookies)) expect(answer.text).not.toContain(value)
      expect(answer.data).toMatchObject({ csrfToken: expect.any(String) })
    })

    it('the access token names person, session, community and role, and is signed by the published key', async () => {
      const { email, communityId } = await ownerIn('active')
      const { data } = await postLogin({ email, password: PASSWORD })
      const verified = await verifyAccessToken(
        configOf(env).jwt,
        String(data.accessToken),
        Date.now(),
      )
      expect(verified).toEqual({
        ok: true,
        claims: {
          sub: (await userRow(email))?.id,
          sid: sessionIdOf(data),
          cid: communityId,
          role: 'CommunityOwner',
        },
      })
    })

    it("turns an approved community active at its owner's first login, once, and says so in the log", async () => {
      const { email, communityId } = await ownerIn('approved')
      expect((await postLogin({ email, password: PASSWORD })).data).toMatchObject({
        community: { status: 'active' },
      })
      await postLogin({ email, password: PASSWORD })
      expect(await communityRow(communityId)).toMatchObject({ status: 'active' })
      const rows = await db
        .select()
        .from(auditLogs)
        .where(
          and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, 'community_activated')),
        )
      expect(rows).toHaveLength(1)
    })

    it("a member's login leaves an approved community approved", async () => {
      const owner = await ownerIn('active')
      const other = await ownerIn('approved')
      const user = await userRow(owner.email)
      await db.insert(memberships).values({
        userId: String(user?.id),
        communityId: other.communityId,
        role: 'Member',
        lastUsedAt: Date.now() + 1000,
        createdAt: 1,
      })
      expect((await postLogin({ email: owner.email, password: PASSWORD })).data).toMatchObject({
        community: { id: other.communityId, status: 'approved' },
        user: { role: 'Member' },
      })
    })

    it('opens the open community used last', async () => {
      const home = await ownerIn('active')
      const later = await signedUp({ email: home.email })
      await postVerification(await linkTokenOf(later.communityId))
      expect((await postLogin({ email: home.email, password: PASSWORD })).data).toMatchObject({
        community: { id: home.communityId },
      })
      await db
        .update(communities)
        .set({ status: 'active' })
        .where(eq(communities.id, later.communityId))
      await db
        .update(memberships)
        .set({ lastUsedAt: Date.now() + 5000 })
        .where(eq(memberships.communityId, later.communityId))
      expect((await postLogin({ email: home.email, password: PASSWORD })).data).toMatchObject({
        community: { id: later.communityId },
      })
      await db
        .update(communities)
        .set({ status: 'suspended' })
        .where(eq(communities.id, later.communityId))
      expect((await postLogin({ email: home.email, password: PASSWORD })).data).toMatchObject({
        community: { id: home.communityId },
      })
    })

    it('writes session and audit with where the request came from', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin(
        { email, password: PASSWORD },
        { ip: '203.0.113.9', headers: { 'User-Agent': 'Firefox/140' } },
      )
      const user = await userRow(email)
      expect(await sessionRow(sessionIdOf(answer.data))).toMatchObject({
        ip: '203.0.113.9',
        userAgent: 'Firefox/140',
        generation: 1,
        revokedAt: null,
      })
      const rows = await db
        .select()
        .from(auditLogs)
        .where(and(eq(auditLogs.userId, String(user?.id)), eq(auditLogs.action, 'login_success')))
      expect(rows).toMatchObject([
        { actorId: user?.id, ip: '203.0.113.9', requestId: answer.headers.get('X-Request-Id') },
      ])
    })

    it('signing in again on a device ends its earlier session, and only that', async () => {
      const { email } = await ownerIn('active')
      const first = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const elsewhere = await postLogin({ email, password: PASSWORD, tokenTransport: 'body' })
      const again = await postLogin({
        email,
        password: PASSWORD,
        tokenTransport: 'body',
        deviceToken: first.data.deviceToken,
      })
      expect(await sessionRow(sessionIdOf(first.data))).toMatchObject({ revokeReason: 'replaced' })
      expect(await sessionRow(sessionIdOf(elsewhere.data))).toMatchObject({ revokedAt: null })
      expect(await sessionRow(sessionIdOf(again.data))).toMatchObject({ revokedAt: null })
    })

    it('the device cookie does what the device token does', async () => {
      const { email } = await ownerIn('active')
      const first = await postLogin({ email, password: PASSWORD })
      const cookie = `__Host-device=${cookiesOf(first)['__Host-device']}`
      const again = await postLogin({ email, password: PASSWORD }, { headers: { Cookie: cookie } })
      expect((await sessionRow(sessionIdOf(again.data)))?.deviceId).toBe(
        (await sessionRow(sessionIdOf(first.data)))?.deviceId,
      )
    })

    it('admins live shorter: 30 minutes idle, 12 hours in all', async () => {
      const { email } = await admin()
      const answer = await postLogin({ email, password: PASSWORD })
      expect(answer.data).toMatchObject({ user: { role: 'Admin' } })
      const row = await sessionRow(sessionIdOf(answer.data))
      expect((row?.idleExpiresAt ?? 0) - (row?.createdAt ?? 0)).toBe(30 * 60_000)
      expect((row?.absoluteExpiresAt ?? 0) - (row?.createdAt ?? 0)).toBe(12 * 3_600_000)
    })

    it('hashes anew when the stored hash has an older pepper, also with five logins at once', async () => {
      const { email } = await ownerIn('active')
      const older = { version: 9, secret: crypto.getRandomValues(new Uint8Array(32)) }
      const passwords = createPasswords({ argon2: loadArgon2, peppers: [older] })
      await db
        .update(users)
        .set({ passwordHash: await passwords.hash(PASSWORD) })
        .where(eq(users.email, email))
      const PASSWORD_PEPPERS = `${env.PASSWORD_PEPPERS},9:${btoa(String.fromCharCode(...older.secret))}`
      const rotated = { ...env, PASSWORD_PEPPERS }
      const answers = await race(5, () =>
        postLogin({ email, password: PASSWORD }, { env: rotated }),
      )
      expect(tally(answers)).toEqual({ '200': 5 })
      expect((await userRow(email))?.passwordHash).toContain('keyid=00000001$')
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('costs two round trips to the database, two objects and one hash', async () => {
      const { email } = await ownerIn('active')
      const answer = await postLogin({ email, password: PASSWORD })
      expect(answer.headers.get('Server-Timing')).toMatch(
        /^d1;desc="2", do;desc="2", hash;desc="1"/,
      )
    })
  })

  describe('refuses', () => {
    it.each([
      ['pending', 'community_not_approved'],
      ['under_review', 'community_not_approved'],
      ['rejected', 'community_rejected'],
      ['suspended', 'community_suspended'],
    ] as const)('the owner of a community that is %s, and says so', async (status, code) => {
      const { email } = await ownerIn(status)
      expectStatus(await postLogin({ email, password: PASSWORD }), 403, code)
      expectStatus(
        await postLogin({ email, password: 'Wrong-Harbour-99' }),
        401,
        'invalid_credentials',
      )
      const user = await userRow(email)
      expect(
        await db
          .select()
          .from(sessions)
          .where(eq(sessions.userId, String(user?.id))),
      ).toEqual([])
      const rows = await db
        .select()
        .from(auditLogs)
        .where(and(eq(auditLogs.userId, String(user?.id)), eq(auditLogs.action, 'login_failed')))
      expect(rows.map(({ details }) => details?.reason)).toEqual([code, 'wrong_password'])
    })

    it('a disabled account', async () => {
      const { email } = await ownerIn('active')
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, email))
      expectStatus(await postLogin({ email, password: PASSWORD }), 403, 'account_disabled')
    })

    it('an account without any membership', async () => {
      const { email } = await ownerIn('active')
      const user = await userRow(email)
      await db.delete(memberships).where(eq(memberships.userId, String(user?.id)))
      expectStatus(await postLogin({ email, password: PASSWORD }), 403, 'no_membership')
    })

    it('the password of the newest signup that nobody verified, with or without an account; it counts as nothing', async () => {
      const owner = await ownerIn('active')
      const other = 'Another-Harbour-28'
      await signedUp({ email: owner.email, password: other, confirmPassword: other })
      for (let n = 0; n < 7; n++) {
        const answer = await postLogin({ email: owner.email, password: other })
        expectStatus(answer, 403, 'email_not_verified')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect((await userRow(owner.email))?.failedLoginAttempts).toBe(0)
      expectStatus(await postLogin({ email: owner.email, password: PASSWORD }), 200)
    })

    it('the password of an older signup of the address, and of one whose week is over, is a wrong one', async () => {
      const first = await signedUp()
      const other = 'Another-Harbour-28'
      await signedUp({ email: first.email, password: other, confirmPassword: other })
      expectStatus(
        await postLogin({ email: first.email, password: PASSWORD }),
        401,
        'invalid_credentials',
      )
      const gone = await signedUp()
      await db
        .update(communities)
        .set({ createdAt: Date.now() - 8 * 24 * 3_600_000 })
        .where(eq(communities.id, gone.communityId))
      expectStatus(
        await postLogin({ email: gone.email, password: PASSWORD }),
        401,
        'invalid_credentials',
      )
    })

    it('an account without a password, at the cost of any other', async () => {
      const { email } = await ownerIn('active')
      await db.update(users).set({ passwordHash: null }).where(eq(users.email, email))
      const answer = await postLogin({ email, password: PASSWORD })
      expectStatus(answer, 401, 'invalid_credentials')
      expect(answer.headers.get('Server-Timing')).toContain('hash;desc="2"')
    })

    it.each([
      [{ password: PASSWORD }, { email: 'Enter your email address.' }],
      [{ email: 'a@b.example' }, { password: 'Enter your password.' }],
      [{ email: 'a@b.example', password: '' }, { password: 'Enter your password.' }],
      [
        { email: ['a@b.example', 'c@d.example'], password: PASSWORD },
        { email: 'Enter your email address.' },
      ],
      [
        { email: 'a@b.example', password: 'x'.repeat(1025) },
        { password: 'This password is too long.' },
      ],
      [
        { email: 'a@b.example', password: PASSWORD, tokenTransport: 'smoke' },
        { tokenTransport: 'Use "hybrid", "body" or "cookie".' },
      ],
    ])('%j', async (body, errors) => {
      const answer = await postLogin(body)
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual(errors)
    })

    it('the eleventh attempt of a minute from one address, whatever it holds, and counts it against no account', async () => {
      const ip = '198.51.100.44'
      for (let n = 0; n < 10; n++)
        await postLogin({ email: `x@${unique()}.example`, password: 'Wrong-Harbour-99' }, { ip })
      const { email } = await ownerIn('active')
      for (let n = 0; n < 6; n++) {
        const refused = await postLogin({ email, password: 'Wrong-Harbour-99' }, { ip })
        expectStatus(refused, 429, 'rate_limited')
        expect(refused.headers.get('Server-Timing')).not.toContain('hash')
      }
      expectStatus(await postLogin({ nonsense: true }, { ip }), 429, 'rate_limited')
      expectStatus(await postLogin({ email, password: PASSWORD }), 200)
    })

    it('a wrong password on record for the account, with reason and place', async () => {
      const { email } = await ownerIn('active')
      await postLogin({ email, password: 'Wrong-Harbour-99' })
      const user = await userRow(email)
      expect(user?.failedLoginAttempts).toBe(1)
      expect(await actionsOf(String(user?.id))).toContain('login_failed')
      await postLogin({ email, password: PASSWORD })
      expect((await userRow(email))?.failedLoginAttempts).toBe(0)
    })
  })
})
