import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  outboxOf,
  postRefresh,
  userRow,
} from '../../session-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { expectExactlyOne, race } from '../../support/race.ts'
import {
  askForCode,
  auditRowsOf,
  deliverAll,
  guessWrong,
  inboxOf,
  isLinkAlive,
  lock,
  mailsOf,
  NEW,
  postChange,
  postForgot,
  postReset,
  resetLinkOf,
} from './password-client.ts'

const login = (email: string, password: string, deviceToken?: string, workerEnv: Env = env) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' }, { env: workerEnv })

/** Everything a reset may change of an account. */
async function stateOf(email: string) {
  const user = await userRow(email)
  const [sessions, rows, audits, tokens] = [
    await livingSessionsOf(user.id),
    await outboxOf(email),
    await auditRowsOf(user.id, 'password_reset'),
    await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email)),
  ]
  return { user, sessions, rows, audits, tokens }
}

describe('POST /api/v1/auth/reset-password under fire', () => {
  describe('works once', () => {
    it('twenty at once with one link: one is told that it worked, nineteen that it was used', async () => {
      for (let round = 0; round < 3; round++) {
        const { email } = await ownerIn('active')
        const { id } = await userRow(email)
        const token = await resetLinkOf(email)
        const passwords = Array.from({ length: 20 }, (_, n) => `${NEW}-${n}`)
        const answers = await race(20, (n) => postReset({ token, password: passwords[n] }))
        expectExactlyOne(answers, '200', '400 token_used')
        const winner = passwords[answers.findIndex(({ status }) => status === 200)] ?? ''
        const loser = passwords.find((password) => password !== winner) ?? ''
        expectStatus(await login(email, loser), 401)
        expectStatus(await login(email, winner), 200)
        expect(await auditRowsOf(id, 'password_reset')).toHaveLength(1)
        expect(await mailsOf(email, 'password_changed')).toHaveLength(1)
        expect((await outboxOf(email)).filter(({ kind }) => kind === 'guard_clear')).toHaveLength(1)
      }
    })

    it('two links of one account at once: one password is set, and it is the one that was confirmed', async () => {
      const { email } = await ownerIn('active')
      const tokens = [await resetLinkOf(email), await resetLinkOf(email)]
      const answers = await race(2, (n) => postReset({ token: tokens[n], password: `${NEW}-${n}` }))
      const confirmed = answers.flatMap(({ status }, n) => (status === 200 ? [`${NEW}-${n}`] : []))
      expect(confirmed).toHaveLength(1)
      expectStatus(await login(email, String(confirmed[0])), 200)
    })

    it('a link that was claimed between the look and the write is used, and changes nothing', async () => {
      const person = await ownerIn('active')
      const session = await openSession(person)
      const token = await resetLinkOf(person.email)
      const row = eq(oneTimeTokens.tokenHash, hashSecret(token))
      const claimed = { usedAt: Date.now(), usedBy: 'another request' }
      const rival = beforeBatch(0, () => db.update(oneTimeTokens).set(claimed).where(row))
      expectStatus(await postReset({ token, password: NEW }, { env: rival }), 400, 'token_used')
      expectStatus(await me(session.accessToken), 200)
      expectStatus(await login(person.email, PASSWORD), 200)
      expect(await mailsOf(person.email, 'password_changed')).toEqual([])
    })

    it('a link that a newer one replaces between the look and the write is none any more', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const rival = beforeBatch(0, () => postForgot(email))
      expectStatus(await postReset({ token, password: NEW }, { env: rival }), 400, 'token_invalid')
      expectStatus(await login(email, PASSWORD), 200)
      expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
    })

    it('a link that runs out between the look and the write has expired', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const past = { expiresAt: Date.now() - 1000 }
      const row = eq(oneTimeTokens.tokenHash, hashSecret(token))
      const rival = beforeBatch(0, () => db.update(oneTimeTokens).set(past).where(row))
      expectStatus(await postReset({ token, password: NEW }, { env: rival }), 400, 'token_expired')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('an account whose address changes between the look and the write keeps its password', async () => {
      const person = await ownerIn('active')
      const token = await resetLinkOf(person.email)
      const moved = `moved-${person.email}`
      const ofPerson = eq(users.email, person.email)
      const move = beforeBatch(0, () => db.update(users).set({ email: moved }).where(ofPerson))
      const answer = await postReset({ token, password: NEW }, { env: move })
      expect(answer.status).toBe(400)
      expectStatus(await login(moved, PASSWORD), 200)
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, nothing has changed, the link lives on', async () => {
      const probe = failingBatch(0)
      const first = await ownerIn('active')
      const body = { token: await resetLinkOf(first.email), password: NEW }
      expectStatus(await postReset(body, { env: probe.env }), 200)
      const [size = 0] = probe.sizes
      expect(size).toBeGreaterThan(5)
      for (let k = 0; k < size; k++) {
        const person = await ownerIn('active')
        await guessWrong(person.email, 2)
        const session = await openSession(person)
        const token = await resetLinkOf(person.email)
        const before = await stateOf(person.email)
        const failed = await postReset({ token, password: NEW }, { env: failingBatch(0, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(failed.headers.getSetCookie()).toEqual([])
        expect(await stateOf(person.email), `statement ${k}`).toEqual(before)
        expectStatus(await me(session.accessToken), 200)
        expectStatus(await postReset({ token, password: NEW }), 200)
      }
    })

    it('503 while the database is down, and the link lives on', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const down = failingDatabase()
      expectStatus(await postReset({ token, password: NEW }, { env: down }), 503, 'unavailable')
      expect(await isLinkAlive(token)).toBe(true)
    })

    it('503 while the limiter is down: nothing is tried', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const down = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectStatus(await postReset({ token, password: NEW }, { env: down }), 503, 'unavailable')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('a commit whose answer is lost: the password is set, and the outbox lifts the lock', async () => {
      const { email } = await ownerIn('active')
      await lock(email)
      const token = await resetLinkOf(email)
      expectStatus(await postReset({ token, password: NEW }, { env: lostAnswer(0) }), 503)
      expectStatus(await postReset({ token, password: NEW }), 400, 'token_used')
      expectStatus(await login(email, NEW), 423, 'account_locked')
      await deliverAll(email)
      expectStatus(await login(email, NEW), 200)
      expect(await inboxOf(email, 'password_changed')).toHaveLength(1)
    })

    it('stands when the queue is down: the notice waits in its row', async () => {
      const { email } = await ownerIn('active')
      const body = { token: await resetLinkOf(email), password: NEW }
      expectStatus(await postReset(body, { env: failingQueue() }), 200)
      expect(await mailsOf(email, 'password_changed')).toMatchObject([{ sentAt: null }])
      expect(await inboxOf(email, 'password_changed')).toHaveLength(1)
    })
  })

  describe('lifts the lock even if the guard does not answer', () => {
    it.each(['throws', 'hangs'] as const)(
      'it %s: 200, and the outbox tells it later',
      async (how) => {
        const person = await ownerIn('active')
        const { deviceToken } = await openSession(person)
        await lock(person.email)
        const token = await resetLinkOf(person.email)
        const down = failingObject('ACCOUNT_GUARD', 'change', how)
        const answer = await postReset({ token, password: NEW }, { env: down })
        expectStatus(answer, 200)
        expectStatus(await login(person.email, NEW), 423, 'account_locked')
        const rows = await outboxOf(person.email)
        expect(rows.filter(({ kind }) => kind === 'guard_clear')).toMatchObject([{ sentAt: null }])
        await deliverAll(person.email)
        expectStatus(await login(person.email, NEW), 200)
        // The device of before is a stranger, the browser that set the password is not.
        await guessWrong(person.email, 5)
        expectStatus(await login(person.email, NEW, deviceToken), 429)
        const [, kept] = /__Host-device=([^;]+)/.exec(answer.headers.getSetCookie().join()) ?? []
        expectStatus(await login(person.email, NEW, kept), 200)
      },
    )

    it('the row is done with once the guard has been told: delivered again it forgets no new device', async () => {
      const person = await ownerIn('active')
      await postReset({ token: await resetLinkOf(person.email), password: NEW })
      const rows = await outboxOf(person.email)
      const [row] = rows.filter(({ kind }) => kind === 'guard_clear')
      expect(row?.sentAt).toBeGreaterThan(0)
      expect(row?.payload).not.toHaveProperty('token')
      const { deviceToken } = await openSession({ email: person.email, password: NEW })
      await guessWrong(person.email, 5)
      await deliverAll(person.email)
      expectStatus(await login(person.email, NEW), 429)
      expectStatus(await login(person.email, NEW, deviceToken), 200)
    })
  })

  describe('leaves nothing of the old password alive', () => {
    it('a login that races it, twenty rounds: no session of the old password is left', async () => {
      for (let round = 0; round < 20; round++) {
        const person = await ownerIn('active')
        const token = await resetLinkOf(person.email)
        const [reset, ...logins] = await Promise.all([
          postReset({ token, password: NEW }),
          ...Array.from({ length: 3 }, () => login(person.email, PASSWORD)),
        ])
        expectStatus(reset, 200)
        expect(await livingSessionsOf((await userRow(person.email)).id), `${round}`).toEqual([])
        for (const one of logins.filter(({ status }) => status === 200)) await expectDead(one)
      }
    })

    it('a login that was judged before it and writes after it opens nothing and is known nowhere', async () => {
      const [person, other] = [await ownerIn('active'), await ownerIn('active')]
      const { deviceToken } = await openSession(other)
      const token = await resetLinkOf(person.email)
      const slow = beforeBatch(1, () => postReset({ token, password: NEW }))
      const answer = await login(person.email, PASSWORD, deviceToken, slow)
      expectStatus(answer, 401, 'invalid_credentials')
      expect(await livingSessionsOf((await userRow(person.email)).id)).toEqual([])
      await guessWrong(person.email, 5)
      expectStatus(await login(person.email, NEW, deviceToken), 429)
    })

    it('a thief who signed in with it is out, by every token, route and device', async () => {
      const person = await ownerIn('active')
      const thief = await openSession(person)
      expectStatus(await askForCode(thief), 202)
      const refreshed = await postRefresh(thief.refreshToken)
      const newest = { ...thief, ...refreshed.data } as typeof thief
      expectStatus(await postReset({ token: await resetLinkOf(person.email), password: NEW }), 200)
      for (const { accessToken, refreshToken } of [thief, newest]) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        const evidence = { currentPassword: NEW, newPassword: PASSWORD }
        expectStatus(await postChange({ accessToken }, evidence), 401, 'session_ended')
        expectStatus(await askForCode({ accessToken }), 401, 'session_ended')
      }
      expectStatus(await login(person.email, PASSWORD, thief.deviceToken), 401)
      await guessWrong(person.email, 4)
      expectStatus(await login(person.email, NEW, thief.deviceToken), 429)
    })

    it('a refresh that races it, ten rounds: whatever it gave is dead', async () => {
      for (let round = 0; round < 10; round++) {
        const person = await ownerIn('active')
        const session = await openSession(person)
        const token = await resetLinkOf(person.email)
        const [reset, refreshed] = await Promise.all([
          postReset({ token, password: NEW }),
          postRefresh(session.refreshToken),
        ])
        expectStatus(reset, 200)
        expect(await livingSessionsOf(session.userId)).toEqual([])
        if (refreshed.status === 200) await expectDead(refreshed)
      }
    })
  })

  describe('touches nobody else', () => {
    it("with one person's link and another's id, address and session in the body", async () => {
      const [person, other] = [await ownerIn('active'), await ownerIn('active')]
      const session = await openSession(other)
      const before = await stateOf(other.email)
      const { id: userId } = await userRow(other.email)
      const { status } = await postReset({
        token: await resetLinkOf(person.email),
        password: NEW,
        userId,
        id: userId,
        email: other.email,
        user: { id: userId, email: other.email },
        sessionId: session.id,
        role: 'Admin',
      })
      expect(status).toBe(200)
      expect(await stateOf(other.email)).toEqual(before)
      expectStatus(await me(session.accessToken), 200)
      expectStatus(await login(other.email, PASSWORD), 200)
      expectStatus(await login(person.email, PASSWORD), 401)
      expectStatus(await login(person.email, NEW), 200)
    })

    it('with the token in the address, where logs would keep it', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const path = `${API}/auth/reset-password?token=${token}`
      expectStatus(await call(path, { body: { password: NEW } }), 422, 'validation_failed')
      expectStatus(await call(path), 405)
      expect(await isLinkAlive(token)).toBe(true)
    })
  })
})

/** Neither token of an answer that gave some is of any use. */
async function expectDead(answer: Answer): Promise<void> {
  expectStatus(await me(String(answer.data.accessToken)), 401, 'session_ended')
  expectStatus(await postRefresh(String(answer.data.refreshToken)), 403, 'refresh_invalid')
}
