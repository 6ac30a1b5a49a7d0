/** What a right code and a followed link do alike: they sign in as a password does. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { communities, memberships, users } from '../../../src/db/schema/index.ts'
import { verifyAccessToken } from '../../../src/lib/jwt.ts'
import { communityRow, db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { addressHere, sessionOf } from '../../mailbox-client.ts'
import {
  auditOf,
  livingSessionsOf,
  me,
  openSession,
  outboxOf,
  postRefresh,
  refreshByCookie,
  sessionRow,
  tokensOf,
  userRow,
} from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { auditRowsOf, guessWrong, later, lock, SECOND } from '../passwords/password-client.ts'
import { mailed, signIn, WAYS } from './sign-in-client.ts'

const mailedHere = async () => mailed((await ownerIn('active')).email)
const idOf = async (email: string) => (await userRow(email)).id
const noticesTo = async (email: string) =>
  (await outboxOf(email)).filter(({ template }) => template === 'new_device')

describe.each(WAYS)('signing in by a mailed %s', (way) => {
  it('answers exactly as a login does', async () => {
    const { email } = await ownerIn('active')
    const byPassword = await postLogin({ email, password: PASSWORD })
    const byMail = await signIn(way, await mailed(email), { tokenTransport: undefined })
    expectStatus(byMail, 200)
    const { user, community } = byPassword.data
    expect(byMail.data).toMatchObject({ user, community, tokenType: 'Bearer', expiresIn: 900 })
    expect(Object.keys(byMail.data).sort()).toEqual(Object.keys(byPassword.data).sort())
    expect(byMail.json.message).toBe(byPassword.json.message)
    const attributes = (line: string) => line.replace(/=[^;]*/, '')
    const set = byMail.headers.getSetCookie().map(attributes)
    expect(set).toEqual(byPassword.headers.getSetCookie().map(attributes))
  })

  it('hybrid, the default: access token in the body, refresh token only in the cookie', async () => {
    const asked = await mailedHere()
    const answer = await signIn(way, asked, { tokenTransport: undefined })
    const cookies = cookiesOf(answer)
    expect(Object.keys(cookies).sort()).toEqual(['__Host-device', '__Host-refresh'])
    expect(answer.text).not.toContain(cookies['__Host-refresh'])
    expectStatus(await me(String(answer.data.accessToken)), 200)
    expectStatus(await refreshByCookie(sessionOf(answer)), 200)
  })

  it('body: both tokens and the device token in the body, no cookie', async () => {
    const answer = await signIn(way, await mailedHere(), { tokenTransport: 'body' })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.data).toMatchObject({ deviceToken: expect.any(String) })
    expect(answer.data).not.toHaveProperty('csrfToken')
    expectStatus(await postRefresh(String(answer.data.refreshToken)), 200)
  })

  it('cookie: both tokens only in cookies', async () => {
    const answer = await signIn(way, await mailedHere(), { tokenTransport: 'cookie' })
    const cookies = cookiesOf(answer)
    expect(Object.keys(cookies).sort()).toEqual([
      '__Host-access',
      '__Host-device',
      '__Host-refresh',
    ])
    for (const value of Object.values(cookies)) expect(answer.text).not.toContain(value)
    expectStatus(await refreshByCookie(sessionOf(answer)), 200)
  })

  it('the access token names person, session, community and role', async () => {
    const { email, communityId } = await ownerIn('active')
    const { data } = await signIn(way, await mailed(email))
    const verified = await verifyAccessToken(
      configOf(env).jwt,
      String(data.accessToken),
      Date.now(),
    )
    const sid = (data.session as { id: string }).id
    expect(verified).toEqual({
      ok: true,
      claims: { sub: await idOf(email), sid, cid: communityId, role: 'CommunityOwner' },
    })
  })

  it('is on record with the way, the session and where it came from', async () => {
    const asked = await mailedHere()
    const headers = { 'User-Agent': 'Firefox/140' }
    const answer = await signIn(way, asked, {}, { ip: '203.0.113.19', headers })
    const { id } = answer.data.session as { id: string }
    expect(await sessionRow(id)).toMatchObject({ ip: '203.0.113.19', userAgent: 'Firefox/140' })
    const userId = await idOf(asked.email)
    const method = way === 'code' ? 'code' : 'magic_link'
    expect(await auditRowsOf(userId, 'login_success')).toMatchObject([
      {
        actorId: userId,
        ip: '203.0.113.19',
        requestId: answer.headers.get('X-Request-Id'),
        details: { method, sessionId: id, transport: 'body' },
      },
    ])
  })

  it("turns an approved community active at its owner's first sign-in", async () => {
    const { email, communityId } = await ownerIn('approved')
    const answer = await signIn(way, await mailed(email))
    expect(answer.data).toMatchObject({ community: { status: 'active' } })
    expect(await communityRow(communityId)).toMatchObject({ status: 'active' })
  })

  it('opens the open community used last', async () => {
    const [home, other] = [await ownerIn('active'), await ownerIn('active')]
    const userId = await idOf(home.email)
    const used = { role: 'Member', lastUsedAt: Date.now() + 1000, createdAt: 1 } as const
    await db.insert(memberships).values({ userId, communityId: other.communityId, ...used })
    const answer = await signIn(way, await mailed(home.email))
    expect(answer.data).toMatchObject({ community: { id: other.communityId } })
    const closed = eq(communities.id, other.communityId)
    await db.update(communities).set({ status: 'suspended' }).where(closed)
    const again = await signIn(way, await later(SECOND, () => mailed(home.email)))
    expect(again.data).toMatchObject({ community: { id: home.communityId } })
  })

  it('needs no password: an account without one gets in', async () => {
    const { email } = await ownerIn('active')
    await db.update(users).set({ passwordHash: null }).where(eq(users.email, email))
    expectStatus(await signIn(way, await mailed(email)), 200)
  })

  it('leaves the count of wrong passwords as it is: it proves none', async () => {
    const { email } = await ownerIn('active')
    await guessWrong(email, 4)
    expectStatus(await signIn(way, await mailed(email)), 200)
    expect(await userRow(email)).toMatchObject({ failedLoginAttempts: 4 })
    await guessWrong(email, 1)
    const stranger = await postLogin({ email, password: PASSWORD })
    expectStatus(stranger, 429, 'too_many_attempts')
  })

  it('makes the device known: strangers who lock the account out do not keep it out', async () => {
    const asked = await mailedHere()
    const { email } = asked
    const { deviceToken } = sessionOf(await signIn(way, asked))
    await lock(email)
    expectStatus(await postLogin({ email, password: PASSWORD }), 423, 'account_locked')
    expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
    const again = await later(SECOND, () => mailed(email, { deviceToken }))
    expectStatus(await signIn(way, again), 423, 'account_locked')
    expectStatus(await signIn(way, again, { deviceToken }), 200)
  })

  it('tells the owner of a device that the account does not know, and of no other', async () => {
    const owner = await ownerIn('active')
    const { email } = owner
    const first = sessionOf(await signIn(way, await mailed(email)))
    expect(await noticesTo(email)).toEqual([])
    const { accessToken: token } = first
    expectStatus(await call(`${API}/auth/logout`, { method: 'POST', token }), 200)
    const known = await later(SECOND, () => mailed(email))
    expectStatus(await signIn(way, known, { deviceToken: first.deviceToken }), 200)
    expect(await noticesTo(email)).toEqual([])
    expectStatus(await signIn(way, await later(2 * SECOND, () => mailed(email))), 200)
    expect(await noticesTo(email)).toMatchObject([{ userId: first.userId }])
  })

  it('replaces the session of the device, and only that', async () => {
    const owner = await ownerIn('active')
    const [here, elsewhere] = [await openSession(owner), await openSession(owner)]
    const asked = await mailed(owner.email)
    const { deviceToken } = here
    const next = sessionOf(await signIn(way, asked, { deviceToken }))
    expect(await sessionRow(here.id)).toMatchObject({ revokeReason: 'replaced' })
    expect(await sessionRow(elsewhere.id)).toMatchObject({ revokedAt: null })
    expect(next.deviceToken).toBe(deviceToken)
  })

  it('takes a browser over from who was signed in before: their session ends, no id is used again', async () => {
    const [theirs, mine] = [await ownerIn('active'), await ownerIn('active')]
    for (const transport of ['hybrid', 'cookie'] as const) {
      const before = await openSession(theirs, { transport })
      const asked = await later(transport === 'cookie' ? SECOND : 0, () => mailed(mine.email))
      const headers = { Cookie: before.cookie }
      const answer = await signIn(way, asked, { tokenTransport: transport }, { headers })
      expectStatus(answer, 200)
      const after = sessionOf(answer)
      expect([after.id, after.refreshToken]).not.toContain(before.id)
      expect(await sessionRow(before.id)).toMatchObject({ revokeReason: 'replaced' })
      expectStatus(await me(before.accessToken), 401, 'session_ended')
      const { data } = await me(after.accessToken)
      expect(data).toMatchObject({ user: { email: mine.email }, session: { id: after.id } })
      if (transport === 'hybrid') expect(cookiesOf(answer)).not.toHaveProperty('__Host-access')
    }
  })

  it('takes an access cookie of somebody else’s session out of the browser', async () => {
    const theirs = await openSession(await ownerIn('active'), { transport: 'cookie' })
    const headers = { Cookie: theirs.cookie }
    const answer = await signIn(way, await mailedHere(), { tokenTransport: 'hybrid' }, { headers })
    expect(cookiesOf(answer)['__Host-access']).toBe('')
  })

  it('a client without cookies ends nobody’s session by them', async () => {
    const before = await openSession(await ownerIn('active'))
    const headers = { Cookie: `__Host-refresh=${before.refreshToken}` }
    expectStatus(await signIn(way, await mailedHere(), {}, { headers }), 200)
    expectStatus(await me(before.accessToken), 200)
  })

  it('keeps to ten sessions: the oldest ends', async () => {
    const owner = await ownerIn('active')
    const opened = []
    for (let n = 0; n < 10; n++) opened.push(await later(n * SECOND, () => openSession(owner)))
    const asked = await later(11 * SECOND, () => mailed(owner.email))
    expectStatus(await later(11 * SECOND, () => signIn(way, asked)), 200)
    const living = await livingSessionsOf(await idOf(owner.email))
    expect(living).toHaveLength(10)
    expect(await sessionRow(String(opened[0]?.id))).toMatchObject({ revokeReason: 'too_many' })
  })

  describe('without an account', () => {
    const proven = () => mailed(addressHere(), { path: 'send-signup-otp' })

    it('gives a proof to sign up with, and neither session nor cookie', async () => {
      const asked = await proven()
      const answer = await signIn(way, asked, { tokenTransport: undefined })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        signupToken: expect.stringMatching(/^[\w-]{43}$/),
        expiresIn: 3600,
      })
      expect(answer.headers.getSetCookie()).toEqual([])
      const rows = await db.select().from(users).where(eq(users.email, asked.email))
      expect(rows).toEqual([])
    })

    it('gives it once', async () => {
      const asked = await proven()
      expectStatus(await signIn(way, asked), 200)
      const code = way === 'code' ? 'code_invalid' : 'token_used'
      expectStatus(await signIn(way, asked), 400, code)
    })

    it('lets nobody in with the proof itself', async () => {
      const asked = await proven()
      const { data } = await signIn(way, asked)
      const token = String(data.signupToken)
      const bodies = { '/auth/verify-magic': { token, flowId: asked.flowId } }
      for (const [path, body] of Object.entries(bodies))
        expectStatus(await call(`${API}${path}`, { body }), 400, 'token_invalid')
      for (const path of ['/auth/verify-email', '/auth/accept-invite', '/auth/not-me'])
        expectStatus(await call(`${API}${path}`, { body: { token } }), 400, 'token_invalid')
      expectStatus(await me(token), 401)
    })
  })

  it('says nothing about the way in the list of what one did before: one login, one row', async () => {
    const asked = await mailedHere()
    await signIn(way, asked)
    const rows = await auditOf(await idOf(asked.email))
    const actions = rows.map(({ action }) => action)
    expect(actions.filter((action) => action === 'login_success')).toHaveLength(1)
    expect(actions).not.toContain('otp_failed')
  })

  it('the refresh token of the answer is the only one of the session', async () => {
    const { refreshToken } = tokensOf(await signIn(way, await mailedHere()))
    const next = await postRefresh(refreshToken)
    expectStatus(next, 200)
    expectStatus(await postRefresh(tokensOf(next).refreshToken), 200)
    expectStatus(await postRefresh(refreshToken), 403, 'refresh_reused')
  })
})
