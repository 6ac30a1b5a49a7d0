import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions, users } from '../../../src/db/schema/index.ts'
import { LOCKED_UNTIL_RESET } from '../../../src/db/schema/users.ts'
import { db, PASSWORD, postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  me,
  type OpenSession,
  openSession,
  outboxOf,
  userRow,
} from '../../session-client.ts'
import { type Answer, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  askForCode,
  auditRowsOf,
  BLOCK_OVER,
  costOf,
  guardOf,
  guessWrong,
  inboxOf,
  later,
  lock,
  mailedCode,
  mailsOf,
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  signedIn,
  WRONG,
} from './password-client.ts'

const RIGHT = { currentPassword: PASSWORD, newPassword: NEW }
const GUESS = { currentPassword: WRONG, newPassword: NEW }
const login = (email: string, password: string, deviceToken?: string) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' })

/** Wrong passwords at the change, one after the other; each is judged. */
async function guess(session: OpenSession, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    expectStatus(await postChange(session, GUESS), 403, 'wrong_password')
  }
}

const hashesOf = (answers: Answer[]) =>
  answers.reduce((sum, one) => sum + Number(/hash (\d+)/.exec(costOf(one))?.[1] ?? 0), 0)

async function stateOf(email: string, userId: string) {
  return {
    user: await userRow(email),
    sessions: await livingSessionsOf(userId),
    outbox: await outboxOf(email),
    audits: await auditRowsOf(userId, 'password_changed'),
  }
}

describe('POST /api/v1/account/password under fire', () => {
  describe('counts wrong passwords as login does', () => {
    it('the fifth blocks this device for fifteen minutes, the right password too', async () => {
      const { email, session } = await signedIn()
      await guess(session, 5)
      const blocked = await postChange(session, RIGHT)
      expectStatus(blocked, 429, 'too_many_attempts')
      const seconds = Number(blocked.headers.get('Retry-After'))
      expect(seconds).toBeGreaterThan(890)
      expect(seconds).toBeLessThanOrEqual(900)
      expect(costOf(blocked)).not.toContain('hash')
      const audits = await auditRowsOf(session.userId, 'account_blocked')
      expect(audits).toMatchObject([{ details: { lane: 'known_device' } }])
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
      await later(BLOCK_OVER, async () => expectStatus(await postChange(session, RIGHT), 200))
    })

    it('the tenth makes the device unknown: it is counted with strangers from then on', async () => {
      const { email, session } = await signedIn()
      await guess(session, 5)
      await later(BLOCK_OVER, async () => {
        await guess(session, 5)
        await guessWrong(email, 5)
        expectStatus(await postChange(session, RIGHT), 429, 'too_many_attempts')
        expectStatus(await login(email, PASSWORD, session.deviceToken), 429)
      })
    })

    it('a device that nobody knows blocks and then locks the account, at the change and at login', async () => {
      const { email, session } = await signedIn()
      await forgetEveryDevice(email)
      await guess(session, 5)
      expectStatus(await postChange(session, RIGHT), 429, 'too_many_attempts')
      expectStatus(await login(email, PASSWORD), 429)
      await later(BLOCK_OVER, async () => {
        await guess(session, 5)
        expectStatus(await postChange(session, RIGHT), 423, 'account_locked')
        expectStatus(await login(email, PASSWORD), 423, 'account_locked')
        expect((await userRow(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
        expect(await auditRowsOf(session.userId, 'account_locked')).toHaveLength(1)
      })
      await later(24 * BLOCK_OVER, async () =>
        expectStatus(await postChange(session, RIGHT), 423, 'account_locked'),
      )
    })

    it('in one row with the wrong passwords that this device gives at login', async () => {
      const { email, session } = await signedIn()
      await guessWrong(email, 2, session.deviceToken)
      await guess(session, 2)
      await guessWrong(email, 1, session.deviceToken)
      expectStatus(await postChange(session, RIGHT), 429, 'too_many_attempts')
      expectStatus(await login(email, PASSWORD, session.deviceToken), 429)
      // Strangers, who gave none, are let in.
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('and in no row with what strangers give: who is signed in gets on while they are locked out', async () => {
      const { email, session } = await signedIn()
      await lock(email)
      expectStatus(await login(email, PASSWORD), 423, 'account_locked')
      expectStatus(await postChange(session, RIGHT), 200)
    })

    it('twenty wrong ones at once: five are judged, and no more than five hashes are computed', async () => {
      const { email, session } = await signedIn()
      const answers = await race(20, () => postChange(session, GUESS))
      expect(tally(answers)).toEqual({ '403 wrong_password': 5, '429 too_many_attempts': 15 })
      expect(hashesOf(answers)).toBe(5)
      expect((await userRow(email)).failedLoginAttempts).toBe(5)
      expect(await auditRowsOf(session.userId, 'login_failed')).toHaveLength(5)
    })

    it('twenty wrong ones at once from two sessions of one device: five in all', async () => {
      const { email, session } = await signedIn()
      const halves = await Promise.all([
        race(10, () => postChange(session, GUESS)),
        race(10, () => login(email, WRONG, session.deviceToken)),
      ])
      const counts = tally(halves.flat())
      expect(counts['429 too_many_attempts']).toBe(15)
      expect((counts['403 wrong_password'] ?? 0) + (counts['401 invalid_credentials'] ?? 0)).toBe(5)
    })

    it('but not what never was an attempt: refused by the policy, by the form, by an outage', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 6; n++) {
        expectStatus(await postChange(session, { ...GUESS, newPassword: 'Password1!' }), 400)
        expectStatus(await postChange(session, { newPassword: NEW }), 422)
        const down = { env: failingDatabase() }
        expectStatus(await postChange(session, RIGHT, down), 503, 'unavailable')
      }
      expect((await userRow(email)).failedLoginAttempts).toBe(0)
      expectStatus(await postChange(session, RIGHT), 200)
    })

    it('nor one whose password could not be read, as often as that happens', async () => {
      const { email, session } = await signedIn()
      for (let n = 0; n < 6; n++) {
        const down = { env: withoutPasswords() }
        expectStatus(await postChange(session, RIGHT, down), 503, 'unavailable')
      }
      expect(await auditRowsOf(session.userId, 'login_failed')).toEqual([])
      expectStatus(await postChange(session, RIGHT), 200)
      expectStatus(await login(email, NEW), 200)
    })

    it('and a policy refusal uses no code up', async () => {
      const { email, session } = await signedIn()
      await askForCode(session)
      const code = await mailedCode(email)
      for (let n = 0; n < 7; n++) {
        const refused = await postChange(session, { code, newPassword: 'Password1!' })
        expectStatus(refused, 400, 'password_rejected')
      }
      expectStatus(await postChange(session, { code, newPassword: NEW }), 200)
    })
  })

  describe('happens once', () => {
    it('twenty at once with the right password: one is confirmed, and that one is the password', async () => {
      for (let round = 0; round < 3; round++) {
        const { email, session } = await signedIn()
        const answers = await race(20, (n) =>
          postChange(session, { ...RIGHT, newPassword: `${NEW}-${n}` }),
        )
        const { '200': confirmed, ...others } = tally(answers)
        expect(confirmed, JSON.stringify(others)).toBe(1)
        // The others find that their password is the old one, before it is judged or after.
        for (const kind of Object.keys(others)) {
          expect(['403 wrong_password', '429 too_many_attempts']).toContain(kind)
        }
        const winner = `${NEW}-${answers.findIndex(({ status }) => status === 200)}`
        expectStatus(await login(email, winner), 200)
        expectStatus(await me(session.accessToken), 200)
        expect(await auditRowsOf(session.userId, 'password_changed')).toHaveLength(1)
        expect(await mailsOf(email, 'password_changed')).toHaveLength(1)
      }
    })

    it('not at all where the session ends between the look and the write', async () => {
      const { email, session } = await signedIn()
      const ended = { revokedAt: Date.now(), revokeReason: 'logout' }
      const ofSession = eq(sessions.id, session.id)
      const rival = beforeBatch(0, () => db.update(sessions).set(ended).where(ofSession))
      expectStatus(await postChange(session, RIGHT, { env: rival }), 401, 'session_ended')
      expect(await auditRowsOf(session.userId, 'password_changed')).toEqual([])
      expect(await mailsOf(email, 'password_changed')).toEqual([])
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('nor where it runs out between the look and the write', async () => {
      const { email, session } = await signedIn()
      const over = { idleExpiresAt: Date.now() - 1 }
      const ofSession = eq(sessions.id, session.id)
      const rival = beforeBatch(0, () => db.update(sessions).set(over).where(ofSession))
      expectStatus(await postChange(session, RIGHT, { env: rival }), 401, 'session_ended')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('nor where somebody else has changed the password meanwhile', async () => {
      const [{ email, session }, other] = [await signedIn(), await signedIn()]
      const { passwordHash } = await userRow(other.email)
      const rival = beforeBatch(0, () =>
        db.update(users).set({ passwordHash }).where(eq(users.email, email)),
      )
      expectStatus(await postChange(session, RIGHT, { env: rival }), 403, 'wrong_password')
      expect((await userRow(email)).passwordHash).toBe(passwordHash)
      expect(await mailsOf(email, 'password_changed')).toEqual([])
    })

    it.each(['password', 'code'])(
      'nor over a reset that comes in between: its password stays (proven by %s)',
      async (kind) => {
        const person = await signedIn()
        const { email, session } = person
        await askForCode(session)
        const code = await mailedCode(email)
        const token = await resetLinkOf(email)
        const rival = beforeBatch(0, () => postReset({ token, password: 'Copper-Meadow-83' }))
        const body = kind === 'code' ? { code, newPassword: NEW } : RIGHT
        const answer = await postChange(session, body, { env: rival })
        expect([401, 403]).toContain(answer.status)
        expectStatus(await login(email, NEW), 401)
        expectStatus(await login(email, 'Copper-Meadow-83'), 200)
        expect(await auditRowsOf(session.userId, 'password_changed')).toEqual([])
      },
    )

    it('and a login that was judged before it and writes after it is refused, and known nowhere', async () => {
      const [{ email, session }, other] = [await signedIn(), await signedIn()]
      const slow = beforeBatch(1, () => postChange(session, RIGHT))
      const body = { email, password: PASSWORD, deviceToken: other.session.deviceToken }
      expectStatus(await postLogin(body, { env: slow }), 401, 'invalid_credentials')
      expect(await livingSessionsOf(session.userId)).toMatchObject([{ id: session.id }])
      await guessWrong(email, 5)
      expectStatus(await login(email, NEW, other.session.deviceToken), 429, 'too_many_attempts')
    })

    it('and a login with the old password that races it leaves no other session', async () => {
      for (let round = 0; round < 10; round++) {
        const { email, session } = await signedIn()
        const [changed, ...logins] = await Promise.all([
          postChange(session, RIGHT),
          login(email, PASSWORD),
          login(email, PASSWORD),
        ])
        expectStatus(changed, 200)
        expect(await livingSessionsOf(session.userId)).toMatchObject([{ id: session.id }])
        for (const { status, data } of logins) {
          if (status === 200) expectStatus(await me(String(data.accessToken)), 401, 'session_ended')
        }
      }
    })
  })

  describe('is all or nothing', () => {
    it('a batch that fails at any statement: 503, and nothing has changed', async () => {
      const probe = failingBatch(0)
      const first = await signedIn()
      expectStatus(await postChange(first.session, RIGHT, { env: probe.env }), 200)
      const [size = 0] = probe.sizes
      expect(size).toBeGreaterThan(5)
      for (let k = 0; k < size; k++) {
        const person = await signedIn()
        const { email, session } = person
        const other = await openSession(person)
        await resetLinkOf(email)
        const before = await stateOf(email, session.userId)
        const answer = await postChange(session, RIGHT, { env: failingBatch(0, k).env })
        expectStatus(answer, 503, 'unavailable')
        expect(await stateOf(email, session.userId), `statement ${k}`).toEqual(before)
        expectStatus(await me(other.accessToken), 200)
        expectStatus(await postChange(session, RIGHT), 200)
      }
    })

    it('a commit whose answer is lost has changed it, with its notice', async () => {
      const { email, session } = await signedIn()
      expectStatus(await postChange(session, RIGHT, { env: lostAnswer(0) }), 503, 'unavailable')
      expectStatus(await login(email, NEW), 200)
      expect(await inboxOf(email, 'password_changed')).toHaveLength(1)
    })

    it('503 while the guard does not let the attempt in: nothing is judged', async () => {
      const { email, session } = await signedIn()
      const down = failingObject('ACCOUNT_GUARD', 'begin', 'throws')
      const answer = await postChange(session, RIGHT, { env: down })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('1')
      expect(costOf(answer)).not.toContain('hash')
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('503 while the guard cannot count a wrong password, which lapses into a failure', async () => {
      const { email, session } = await signedIn()
      const down = failingObject('ACCOUNT_GUARD', 'settle', 'throws')
      expectStatus(await postChange(session, GUESS, { env: down }), 503, 'unavailable')
      await later(10_001, async () => {
        await guess(session, 4)
        expectStatus(await postChange(session, RIGHT), 429, 'too_many_attempts')
      })
      expectStatus(await login(email, PASSWORD), 200)
    })

    it('stands where the guard cannot be told of the success: the password is changed', async () => {
      const { email, session } = await signedIn()
      const down = failingObject('ACCOUNT_GUARD', 'settle', 'throws')
      expectStatus(await postChange(session, RIGHT, { env: down }), 200)
      expectStatus(await login(email, NEW), 200)
      expect(await mailsOf(email, 'password_changed')).toHaveLength(1)
    })

    it.each(['throws', 'hangs'] as const)(
      '503 while the guard %s when it is asked about a code, and the code is not used up',
      async (how) => {
        const { email, session } = await signedIn()
        await askForCode(session)
        const body = { code: await mailedCode(email), newPassword: NEW }
        const down = failingObject('ACCOUNT_GUARD', 'useCode', how)
        expectStatus(await postChange(session, body, { env: down }), 503, 'unavailable')
        expectStatus(await login(email, PASSWORD), 200)
        expectStatus(await postChange(session, body), 200)
      },
    )

    it('503 while the limiter is down', async () => {
      const { session } = await signedIn()
      const down = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectStatus(await postChange(session, RIGHT, { env: down }), 503, 'unavailable')
    })

    it('stands when the queue is down: the notice waits in its row', async () => {
      const { email, session } = await signedIn()
      expectStatus(await postChange(session, RIGHT, { env: failingQueue() }), 200)
      expect(await mailsOf(email, 'password_changed')).toMatchObject([{ sentAt: null }])
      expect(await inboxOf(email, 'password_changed')).toHaveLength(1)
    })
  })
})

/** As after a refresh token that was used twice: every device is a stranger, this session goes on. */
async function forgetEveryDevice(email: string): Promise<void> {
  await guardOf(email).change({ kind: 'forget', before: Date.now() })
}

/** Who is asking can be read, the password's hash cannot. */
function withoutPasswords(): Env {
  const isHash = /^select "password_hash", "failed_login_attempts" from "users"/
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name !== 'prepare') return typeof value === 'function' ? value.bind(target) : value
      return (query: string) =>
        target.prepare(isHash.test(query) ? 'select ? from a_table_that_is_not_there' : query)
    },
  })
  return { ...env, DB }
}
