/** Secrets that people hold must be nowhere but in their hands: one walk through the path, then a search everywhere. */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { communities, outbox } from '../src/db/schema/index.ts'
import worker from '../src/index.ts'
import { messageFor } from '../src/mail/messages.ts'
import { wholeDatabase } from './canary-places.ts'
import {
  admin,
  db,
  linkTokenOf,
  postLogin,
  postSignup,
  postVerification,
  signupForm,
} from './factories.ts'
import { type Answer, API, call, cookiesOf, expectStatus } from './support/call.ts'
import { failingBatch, failingDatabase, traced } from './support/faults.ts'

const PASSWORD = 'Canary-Harbour-31'

describe('the canary search', () => {
  it('finds no password, link, token, cookie or address where it does not belong', async () => {
    const lines: string[] = []
    for (const level of ['log', 'warn', 'error', 'info', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
        lines.push(words.map(String).join(' '))
      })
    }
    const debug = { ...env, LOG_LEVEL: 'debug' }
    const form = signupForm({ password: PASSWORD, confirmPassword: PASSWORD })
    const sent: string[] = []
    const trace = traced()
    const answers: Answer[] = []
    const keep = (answer: Answer) => {
      answers.push(answer)
      return answer
    }
    const signup = keep(
      await postSignup(form, {
        env: { ...trace.env, LOG_LEVEL: 'debug' },
        headers: { 'Idempotency-Key': 'canary' },
      }),
    )
    expectStatus(signup, 201)
    const communityId = String(signup.data.communityId)
    const link = await linkTokenOf(communityId)
    const [mail] = await db.select().from(outbox).where(eq(outbox.communityId, communityId))
    sent.push(JSON.stringify(messageFor(String(mail?.id))))
    const message = { id: 'm', timestamp: 1, attempts: 1, body: messageFor(String(mail?.id)) }
    await worker.queue(
      createMessageBatch('gatehouse-outbox', [message]),
      debug,
      createExecutionContext(),
    )
    keep(await postVerification(link, { env: failingDatabase() }))
    keep(await postVerification(link, { env: debug }))
    keep(await postVerification(link, { env: debug }))
    await db.update(communities).set({ status: 'approved' }).where(eq(communities.id, communityId))
    keep(await postLogin({ email: form.email, password: 'Wrong-Harbour-99' }, { env: debug }))
    keep(
      await postLogin({ email: form.email, password: PASSWORD }, { env: failingBatch(1, 2).env }),
    )
    const login = await postLogin({ email: form.email, password: PASSWORD }, { env: debug })
    expectStatus(login, 200)
    const accessToken = String(login.data.accessToken)
    keep(await call(`${API}/auth/me`, { token: accessToken, env: debug }))
    keep(await call(`${API}/auth/me?token=${accessToken}`, { env: debug }))
    const reviewer = await admin()
    keep(
      await call(`${API}/admin/communities/${communityId}/status`, {
        method: 'PATCH',
        token: reviewer.token,
        env: debug,
        body: { status: 'suspended', reason: 'x' },
      }),
    )
    vi.restoreAllMocks()

    const refresh = cookiesOf(login)['__Host-refresh'] ?? ''
    const device = cookiesOf(login)['__Host-device'] ?? ''
    const refreshSecret = refresh.split('.')[3] ?? ''
    expect([refreshSecret.length, link.length]).toEqual([43, 43])
    const secrets = {
      PASSWORD,
      link,
      refreshSecret,
      device,
      accessToken,
      csrf: String(login.data.csrfToken),
    }
    const logs = lines.join('\n')
    const rows = await wholeDatabase()
    const said = answers
      .map(
        ({ text, headers }) =>
          text + JSON.stringify([...headers].filter(([name]) => name !== 'set-cookie')),
      )
      .join('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(rows).toContain(form.communityName)
    for (const [name, secret] of Object.entries(secrets)) {
      expect(logs.includes(secret), `${name} in the log`).toBe(false)
      expect(rows.includes(secret), `${name} in the database`).toBe(false)
      expect(said.includes(secret), `${name} in an answer`).toBe(false)
      expect(sent.join().includes(secret), `${name} in a queue message`).toBe(false)
    }
    for (const address of [form.email, form.officialEmail, reviewer.email]) {
      expect(logs.includes(address), `${address} in the log`).toBe(false)
      expect(sent.join().includes(address), `${address} in a queue message`).toBe(false)
    }
    for (const secret of [
      env.AUTH_SECRETS,
      env.PASSWORD_PEPPERS,
      env.LOOKUP_SECRET,
      env.JWT_PRIVATE_KEYS,
    ]) {
      const value = secret.split(':').at(-1) ?? ''
      expect(logs.includes(value)).toBe(false)
      expect(rows.includes(value)).toBe(false)
    }
  })
})
