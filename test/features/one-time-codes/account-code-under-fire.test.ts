import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { PASSWORD } from '../../factories.ts'
import { me, openSession, outboxOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
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
  deliverAll,
  guardOf,
  inboxOf,
  later,
  lock,
  MINUTE,
  mailedCode,
  mailsOf,
  NEW,
  newSecret,
  otherCode,
  postChange,
  SECOND,
  signedIn,
  WRONG,
} from '../passwords/password-client.ts'
import { keptCodes, logIn, tryWrong, use, withCode } from './code-client.ts'

const WINDOW = 15 * MINUTE

describe('POST /api/v1/account/code under fire', () => {
  describe('refuses to be guessed', () => {
    it('five wrong tries are judged; then the right code is none any more', async () => {
      const { session, code } = await withCode()
      await tryWrong(session, code, 4)
      const lucky = await withCode()
      await tryWrong(lucky.session, lucky.code, 5)
      expectStatus(await use(lucky.session, lucky.code), 400, 'code_invalid')
      expectStatus(await use(session, code), 200)
    })

    it('fifty wrong tries at once: five at most are compared, ten counted, and the right code is dead', async () => {
      const { email, session, code } = await withCode()
      const answers = await race(50, (n) => use(session, otherCode(code, n + 1)))
      expect(tally(answers)).toEqual({ '400 code_invalid': 10, '429 too_many_attempts': 40 })
      expect((await keptCodes(email)).map(({ tries }) => Number(tries) >= 5)).toEqual([true])
      await later(WINDOW + 1, async () => {
        expectStatus(await use(session, code), 400, 'code_expired')
      })
    })

    it('ten wrong tries within fifteen minutes, over however many codes: then 429, the right one too', async () => {
      const { email, session, code: first } = await withCode()
      await tryWrong(session, first, 5)
      await askForCode(session)
      await tryWrong(session, await mailedCode(email), 5)
      await askForCode(session)
      const third = await mailedCode(email)
      const refused = await use(session, third)
      expectStatus(refused, 429, 'too_many_attempts')
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(800)
      await later(WINDOW + SECOND, async () => {
        await askForCode(session)
        expectStatus(await use(session, await mailedCode(email)), 200)
      })
    })

    it('a device that has used its tries up leaves those of another device alone', async () => {
      const { session, code, ...person } = await withCode()
      const other = await openSession(person)
      await askForCode(other)
      const mine = await mailedCode(person.email)
      await tryWrong(session, code, 10)
      expectStatus(await use(session, code), 429, 'too_many_attempts')
      expectStatus(await use(other, mine), 200)
    })

    it('a wrong code counts as no wrong password, and a wrong password as no wrong code', async () => {
      const { session, code } = await withCode()
      await tryWrong(session, code, 4)
      for (let n = 0; n < 4; n++) {
        const body = { currentPassword: WRONG, newPassword: NEW }
        expectStatus(await postChange(session, body), 403, 'wrong_password')
      }
      expectStatus(await use(session, code), 200)
    })

    it('a block stops codes too, and uses none up', async () => {
      const { session, code } = await withCode()
      const short = { ...env, LOGIN_BLOCK_SECONDS: '60' }
      for (let n = 0; n < 5; n++) {
        const body = { currentPassword: WRONG, newPassword: NEW }
        expectStatus(await postChange(session, body, { env: short }), 403)
      }
      const blocked = await use(session, code, short)
      expectStatus(blocked, 429, 'too_many_attempts')
      expect(Number(blocked.headers.get('Retry-After'))).toBeLessThanOrEqual(60)
      await later(MINUTE + 1, async () => expectStatus(await use(session, code, short), 200))
    })

    it('a lock stops codes too', async () => {
      const { email, session } = await signedIn()
      await guardOf(email).change({ kind: 'forget', before: Date.now() })
      await lock(email)
      await askForCode(session)
      const code = await mailedCode(email)
      expect(code).toMatch(/^\d{6}$/)
      expectStatus(await use(session, code), 423, 'account_locked')
      expectStatus(await logIn(email, PASSWORD), 423, 'account_locked')
    })

    it('strangers who lock the account out stop no code of a device that it knows', async () => {
      const { email, session } = await signedIn()
      await lock(email)
      await askForCode(session)
      expectStatus(await use(session, await mailedCode(email)), 200)
    })
  })

  describe('is safe', () => {
    it('keeps the code nowhere: not in the answer, the row, the message or the guard', async () => {
      const { email, session } = await signedIn()
      const messages: unknown[] = []
      const OUTBOX_QUEUE = {
        send: env.OUTBOX_QUEUE.send.bind(env.OUTBOX_QUEUE),
        sendBatch: async (batch: Parameters<typeof env.OUTBOX_QUEUE.sendBatch>[0]) => {
          messages.push(...batch)
          return env.OUTBOX_QUEUE.sendBatch(batch)
        },
      } as typeof env.OUTBOX_QUEUE
      const answer = await askForCode(session, { env: { ...env, OUTBOX_QUEUE } })
      const code = await mailedCode(email)
      expect(messages).toHaveLength(1)
      const rows = await outboxOf(email)
      const audits = await auditRowsOf(session.userId, 'otp_sent')
      const kept = await keptCodes(email)
      expect([rows.length > 0, audits.length, kept.length]).toEqual([true, 1, 1])
      // Six digits on their own; a longer number or an id may hold them by chance.
      const alone = new RegExp(`(?<![\\w-])${code}(?![\\w-])`)
      expect(JSON.stringify({ messages, rows, audits, kept })).not.toMatch(alone)
      expect(answer.text + JSON.stringify([...answer.headers])).not.toMatch(alone)
    })

    it('a code that was sent before AUTH_SECRETS rotated still works, mailed before it or after', async () => {
      const rotated = { ...env, AUTH_SECRETS: `2:${newSecret()},${env.AUTH_SECRETS}` }
      const mailedBefore = await withCode()
      expectStatus(await use(mailedBefore.session, mailedBefore.code, rotated), 200)
      const { email, session } = await signedIn()
      await askForCode(session)
      await deliverAll(email, rotated)
      const code = await mailedCode(email)
      expect(code).toMatch(/^\d{6}$/)
      expectStatus(await use(session, code, rotated), 200)
    })

    it('and one that a machine with the new secret gave out works on one without the change', async () => {
      const fresh = newSecret()
      const rotated = { ...env, AUTH_SECRETS: `2:${fresh},${env.AUTH_SECRETS}` }
      const announced = { ...env, AUTH_SECRETS: `${env.AUTH_SECRETS},2:${fresh}` }
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session, { env: rotated }), 202)
      await deliverAll(email, announced)
      expectStatus(await use(session, await mailedCode(email), announced), 200)
    })

    it('a code under a secret that has been retired is neither mailed nor taken', async () => {
      const retired = { ...env, AUTH_SECRETS: `2:${newSecret()}` }
      const { session, code } = await withCode()
      const unsent = await signedIn()
      await askForCode(unsent.session)
      await deliverAll(unsent.email, retired)
      expect(await inboxOf(unsent.email, 'otp_code')).toEqual([])
      expectStatus(await use(session, code, retired), 400, 'code_invalid')
    })

    it('is not mailed once its five minutes are over', async () => {
      const { email, session } = await signedIn()
      await askForCode(session)
      await later(5 * MINUTE, () => deliverAll(email))
      expect(await inboxOf(email, 'otp_code')).toEqual([])
      expect(await mailsOf(email, 'otp_code')).toMatchObject([{ lastError: 'expired' }])
    })

    it('OTP_SECONDS says how long a code lives', async () => {
      const short = { ...env, OTP_SECONDS: '60' }
      const { email, session } = await signedIn()
      const answer = await askForCode(session, { env: short })
      expect(answer.data).toEqual({ expiresIn: 60 })
      const code = await mailedCode(email)
      await later(MINUTE, async () => expectStatus(await use(session, code), 400, 'code_expired'))
    })

    it.each(['throws', 'hangs'] as const)('503 and no mail when the guard %s', async (how) => {
      const { email, session } = await signedIn()
      const down = failingObject('ACCOUNT_GUARD', 'countMail', how)
      expectStatus(await askForCode(session, { env: down }), 503, 'unavailable')
      expect(await mailsOf(email, 'otp_code')).toEqual([])
    })

    it('503 and no mail when the limiter or the database is down, or a statement fails', async () => {
      const { email, session } = await signedIn()
      const limiter = failingObject('RATE_LIMITER', 'hit', 'throws')
      for (const down of [
        limiter,
        failingDatabase(),
        failingBatch(0, 0).env,
        failingBatch(0, 1).env,
      ]) {
        expectStatus(await askForCode(session, { env: down }), 503, 'unavailable')
        expect(await mailsOf(email, 'otp_code')).toEqual([])
        expect(await auditRowsOf(session.userId, 'otp_sent')).toEqual([])
      }
    })

    it('a commit whose answer is lost mails a code that works', async () => {
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session, { env: lostAnswer(0) }), 503, 'unavailable')
      expectStatus(await use(session, await mailedCode(email)), 200)
    })

    it('202 when the queue is down: the mail waits in its row', async () => {
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session, { env: failingQueue() }), 202)
      expect(await mailsOf(email, 'otp_code')).toMatchObject([{ sentAt: null }])
      expectStatus(await use(session, await mailedCode(email)), 200)
    })

    it('a code is bound to the address: after that has changed it is worth nothing', async () => {
      const { email, session, code } = await withCode()
      const { id } = await userRow(email)
      await env.DB.prepare('update users set email = ? where id = ?').bind(`x${email}`, id).run()
      expectStatus(await use(session, code), 400, 'code_invalid')
      expectStatus(await me(session.accessToken), 200)
    })
  })
})
