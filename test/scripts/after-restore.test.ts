import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { endWhatCameBack } from '../../scripts/end-what-came-back.ts'
import { noCosts } from '../../src/costs.ts'
import { createDatabase } from '../../src/db/client.ts'
import { auditLogs, outbox } from '../../src/db/schema/index.ts'
import { db, linkTokenOf, postLogin, postVerification, signedUp } from '../factories.ts'
import { inboxOf, NEW, postReset, resetLinkOf } from '../features/passwords/password-client.ts'
import { invited, ownerHere, postAcceptance } from '../mailbox-client.ts'
import { me, openSession, postRefresh } from '../session-client.ts'
import { API, call, expectStatus } from '../support/call.ts'

const end = (endsPasswords = false) =>
  endWhatCameBack(createDatabase(env.DB, noCosts()), { now: Date.now(), endsPasswords })

describe('after a database was restored', () => {
  it('every session is over, and its refresh token too', async () => {
    const owner = await ownerHere()
    const { sessions } = await end()
    expect(sessions).toBeGreaterThanOrEqual(1)
    expectStatus(await me(owner.accessToken), 401, 'session_ended')
    expectStatus(await postRefresh(owner.refreshToken), 403, 'refresh_invalid')
    expectStatus(await postLogin(owner), 200)
    const rows = await db.select().from(auditLogs).where(eq(auditLogs.action, 'session_revoked'))
    expect(rows.map(({ details }) => details)).toContainEqual({
      reason: 'restored',
      ended: sessions,
    })
  })

  it('no link works that was mailed before, and a new one does', async () => {
    const owner = await ownerHere()
    const reset = await resetLinkOf(owner.email)
    const { token: invitation } = await invited(owner, 'joy-restored@apex.example')
    const pending = await signedUp()
    const verification = await linkTokenOf(pending.communityId)
    expect((await end()).links).toBeGreaterThanOrEqual(3)
    expectStatus(await postReset({ token: reset, password: NEW }), 400, 'token_expired')
    expectStatus(await postAcceptance({ token: invitation }), 400, 'token_expired')
    expectStatus(await postVerification(verification), 400, 'token_expired')
    expectStatus(await postReset({ token: await resetLinkOf(owner.email), password: NEW }), 200)
    const body = { email: pending.email }
    expectStatus(await call(`${API}/auth/resend-verification`, { body }), 202)
    expectStatus(await postVerification(await linkTokenOf(pending.communityId)), 200)
  })

  it('a mail that waits again does not go out again', async () => {
    const owner = await ownerHere()
    expectStatus(await call(`${API}/auth/forgot-password`, { body: { email: owner.email } }), 202)
    expect((await end()).mails).toBeGreaterThanOrEqual(1)
    expect(await inboxOf(owner.email, 'password_reset')).toEqual([])
    const rows = await db.select().from(outbox).where(eq(outbox.lastError, 'restored'))
    expect(rows.map(({ template }) => template)).toContain('password_reset')
  })

  it('passwords stay unless they are to go as well', async () => {
    const owner = await ownerHere()
    expect((await end()).passwords).toBe(0)
    await openSession(owner)
    expect((await end(true)).passwords).toBeGreaterThanOrEqual(1)
    expectStatus(await postLogin(owner), 401, 'invalid_credentials')
  })

  it('what has ended once has ended: a second run finds nothing', async () => {
    await ownerHere()
    await end(true)
    expect(await end(true)).toEqual({ sessions: 0, links: 0, mails: 0, passwords: 0 })
  })
})
