/**
 * A hundred failures since the last success switch the password off, over all lanes and however long they took: a
 * patient guesser, or a thief with many devices, gets no further. Only a new password by mail switches it on again.
 */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { FAILURES_UNTIL_RESET, users } from '../../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { livingSessionsOf, mailedToken, openSession, userRow } from '../../session-client.ts'
import { API, expectStatus } from '../../support/call.ts'
import { expectAlike, observe } from '../../support/differ.ts'
import { beforeBatch } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { isKnown } from '../new-device/theft.ts'
import {
  askForCode,
  at,
  auditRowsOf,
  costOf,
  guessWrong,
  later,
  mailedCode,
  mailsOf,
  NEW,
  postChange,
  postForgot,
  postReset,
  SECOND,
  signedIn,
  unknownAddress,
  WRONG,
} from '../passwords/password-client.ts'

/** Eleven logins and a hundred wrong passwords, two hashes each, on a busy machine. */
const LONG = { timeout: 120_000 }
const MONTH = 31 * 24 * 3600 * SECOND

const login = (email: string, password = PASSWORD, deviceToken?: string, workerEnv: Env = env) =>
  postLogin({ email, password, deviceToken, tokenTransport: 'body' }, { env: workerEnv })

const failuresOf = async (email: string) => (await userRow(email)).failedLoginAttempts

/** As if so many wrong passwords had been counted since the last right one. */
async function countedSoFar(failures: number, email: string): Promise<void> {
  await db.update(users).set({ failedLoginAttempts: failures }).where(eq(users.email, email))
}

/** A person with a session on a device that the account knows, after so many failures. */
async function personAfter(failures: number) {
  const person = await signedIn()
  await countedSoFar(failures, person.email)
  return { ...person, userId: person.session.userId, device: person.session.deviceToken }
}

const wornOut = () => personAfter(FAILURES_UNTIL_RESET)

const refusedOnRecord = async (userId: string) =>
  (await auditRowsOf(userId, 'login_failed')).filter(
    ({ details }) => details?.reason === 'password_switched_off',
  )

describe('a password after a hundred failures since the last success', () => {
  describe('is switched off', () => {
    it('on a known device and for strangers alike: 423, and no session', async () => {
      const { email, userId, device, session } = await wornOut()
      for (const token of [device, undefined]) {
        const answer = await login(email, PASSWORD, token)
        expectStatus(answer, 423, 'account_locked')
        expect(answer.headers.getSetCookie()).toEqual([])
        expect(answer.text).not.toMatch(/eyJ|rt\./)
        expect(costOf(answer)).toBe('d1 2, do 3, hash 1')
      }
      expect(await livingSessionsOf(userId)).toMatchObject([{ id: session.id }])
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET)
    })

    it('and each right one is on record as a failure, for that reason', async () => {
      const { email, userId, device } = await wornOut()
      const answer = await login(email, PASSWORD, device)
      expect(await refusedOnRecord(userId)).toMatchObject([
        { userId, requestId: answer.headers.get('X-Request-Id') },
      ])
      expect(await auditRowsOf(userId, 'login_success')).toHaveLength(1)
    })

    it('and makes no device known that tries it', async () => {
      const { email } = await wornOut()
      const { deviceToken } = await openSession(await ownerIn('active'))
      expectStatus(await login(email, PASSWORD, deviceToken), 423, 'account_locked')
      expect(await isKnown(email, deviceToken.split('.')[0] ?? '')).toBe(false)
      expect(await mailsOf(email, 'new_device')).toEqual([])
    })

    it('however often it is tried: that counts as no failure and blocks nobody', async () => {
      const { email, device } = await wornOut()
      for (let n = 0; n < 7; n++)
        for (const token of [device, undefined])
          expectStatus(await login(email, PASSWORD, token), 423, 'account_locked')
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET)
      expect((await userRow(email)).lockUntil).toBeNull()
    })

    it('for good: no month of waiting switches it on', async () => {
      const { email, device } = await wornOut()
      await later(MONTH, async () => {
        expectStatus(await login(email, PASSWORD, device), 423, 'account_locked')
        expectStatus(await login(email), 423, 'account_locked')
      })
    })

    it('before any gate is told of: a suspended community, a disabled account', async () => {
      const { email } = await ownerIn('suspended')
      const disabled = (await ownerIn('active')).email
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, disabled))
      for (const one of [email, disabled]) {
        await countedSoFar(FAILURES_UNTIL_RESET, one)
        expectStatus(await login(one), 423, 'account_locked')
        expect(await failuresOf(one)).toBe(FAILURES_UNTIL_RESET)
      }
    })

    it(
      'for real, by ten known devices that fail ten times each, and not before',
      LONG,
      async () => {
        const person = await ownerIn('active')
        const { email } = person
        const open = async () => (await openSession(person)).deviceToken
        const spared = await open()
        const failing: string[] = []
        for (let n = 0; n < 10; n++) failing.push(await open())
        const short = { ...env, LOGIN_BLOCK_SECONDS: '1' }
        const start = Date.now()
        const failFive = (device: string, second: number, times = 5) =>
          at(start + second * SECOND, async () => {
            for (let n = 0; n < times; n++)
              expectStatus(await login(email, WRONG, device, short), 401, 'invalid_credentials')
          })
        for (const [n, device] of failing.entries()) {
          await failFive(device, 4 * n)
          await failFive(device, 4 * n + 2, n === 9 ? 4 : 5)
        }
        expect(await failuresOf(email)).toBe(99)
        const tryBoth = () =>
          at(start + 60 * SECOND, async () => {
            expectStatus(await login(email, PASSWORD, spared), 423, 'account_locked')
            expectStatus(await login(email), 423, 'account_locked')
          })
        await failFive(failing[9] ?? '', 50, 1)
        expect(await failuresOf(email)).toBe(100)
        await tryBoth()
      },
    )
  })

  describe('tells nobody who guesses', () => {
    it('that it is: a wrong one is refused as ever, in every lane', async () => {
      const { email, device } = await wornOut()
      await guessWrong(email, 5)
      await guessWrong(email, 5, device)
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET + 10)
      expectStatus(await login(email), 429, 'too_many_attempts')
    })

    it('anything that an address without an account does not tell', async () => {
      const { email } = await wornOut()
      const seen = async (address: string) => {
        const body = { email: address, password: WRONG }
        const ask = () => observe(`${API}/auth/login`, { body, own: [address] })
        return at(Date.now(), async () => {
          const all = []
          for (let n = 0; n < 7; n++) all.push(await ask())
          return all
        })
      }
      const [known, unknown] = [await seen(email), await seen(unknownAddress())]
      expect(known.map(({ answer }) => answer.status)).toEqual([401, 401, 401, 401, 401, 429, 429])
      expectAlike(known, unknown)
    })
  })

  describe('is not switched off', () => {
    it.each(['a known device', 'a stranger'])(
      'after ninety-nine: %s gets in, and the count begins anew',
      async (who) => {
        const { email, device } = await personAfter(FAILURES_UNTIL_RESET - 1)
        const token = who === 'a stranger' ? undefined : device
        expectStatus(await login(email, PASSWORD, token), 200)
        expect(await failuresOf(email)).toBe(0)
        await guessWrong(email, 1)
        expect(await failuresOf(email)).toBe(1)
        expectStatus(await login(email, PASSWORD, token), 200)
      },
    )

    it('by failures of another account', async () => {
      await wornOut()
      const { email } = await personAfter(0)
      expectStatus(await login(email), 200)
    })
  })

  describe('opens no session after the hundredth failure', () => {
    it('for twenty right ones that were judged before it and write after it', async () => {
      const { email, userId, device, session } = await personAfter(FAILURES_UNTIL_RESET - 1)
      let hundredth: Promise<unknown> | undefined
      const fail = () => {
        hundredth ??= guessWrong(email, 1, device)
        return hundredth
      }
      const answers = await race(20, () => login(email, PASSWORD, undefined, beforeBatch(1, fail)))
      expect(tally(answers)).toEqual({ '423 account_locked': 20 })
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET)
      expect(await livingSessionsOf(userId)).toMatchObject([{ id: session.id }])
      expect(await auditRowsOf(userId, 'login_success')).toHaveLength(1)
      expect(await refusedOnRecord(userId)).toHaveLength(20)
    })

    it('for twenty that race it: all come before it, or none gets in', async () => {
      for (let round = 0; round < 3; round++) {
        const { email, userId, device } = await personAfter(FAILURES_UNTIL_RESET - 1)
        const [wrong, ...right] = await race(21, (n) =>
          n === 0 ? login(email, WRONG, device) : login(email),
        )
        expect(wrong?.status).toBe(401)
        const failures = await failuresOf(email)
        const isOff = failures >= FAILURES_UNTIL_RESET
        expect(tally(right)).toEqual(isOff ? { '423 account_locked': 20 } : { '200': 20 })
        expect(isOff ? failures : failures <= 1).toBe(isOff ? FAILURES_UNTIL_RESET : true)
        expect(await auditRowsOf(userId, 'login_success')).toHaveLength(isOff ? 1 : 21)
      }
    })
  })

  describe('proves nothing to who is signed in', () => {
    it('at the change of password: 423, nothing changed; a wrong one is refused as ever', async () => {
      const { email, userId, session } = await wornOut()
      const before = (await userRow(email)).passwordHash
      const change = { currentPassword: PASSWORD, newPassword: NEW }
      expectStatus(await postChange(session, change), 423, 'account_locked')
      expect(await userRow(email)).toMatchObject({
        passwordHash: before,
        failedLoginAttempts: FAILURES_UNTIL_RESET,
      })
      expect(await refusedOnRecord(userId)).toHaveLength(1)
      const wrong = { currentPassword: WRONG, newPassword: NEW }
      expectStatus(await postChange(session, wrong), 403, 'wrong_password')
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET + 1)
    })

    it('nor where the hundredth failure comes between the look and the write', async () => {
      const { email, session } = await personAfter(FAILURES_UNTIL_RESET - 1)
      const change = { currentPassword: PASSWORD, newPassword: NEW }
      const run = beforeBatch(0, () => guessWrong(email, 1))
      expectStatus(await postChange(session, change, { env: run }), 423, 'account_locked')
      expect(await failuresOf(email)).toBe(FAILURES_UNTIL_RESET)
      expectStatus(await login(email, NEW, session.deviceToken), 401, 'invalid_credentials')
    })

    it('after ninety-nine it does, and the count begins anew', async () => {
      const { email, session } = await personAfter(FAILURES_UNTIL_RESET - 1)
      const change = { currentPassword: PASSWORD, newPassword: NEW }
      expectStatus(await postChange(session, change), 200)
      expect(await failuresOf(email)).toBe(0)
    })
  })

  describe('gives way to a new one', () => {
    it('by the link of a forgotten password: it logs in, and the count begins anew', async () => {
      const { email, device } = await wornOut()
      expectStatus(await postForgot(email), 202)
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: NEW }), 200)
      expect(await failuresOf(email)).toBe(0)
      expectStatus(await login(email, NEW), 200)
      expectStatus(await login(email, NEW, device), 200)
      expectStatus(await login(email), 401, 'invalid_credentials')
    })

    it('by a mailed code at the change of password, by who is signed in', async () => {
      const { email, session } = await wornOut()
      expectStatus(await askForCode(session), 202)
      const code = await mailedCode(email)
      expectStatus(await postChange(session, { code, newPassword: NEW }), 200)
      expect(await failuresOf(email)).toBe(0)
      expectStatus(await login(email, NEW), 200)
    })
  })
})
