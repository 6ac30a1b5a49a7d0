/** A right code or link while others press at once, parts fail, or the account is blocked. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, communities } from '../../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { addressHere, sessionOf } from '../../mailbox-client.ts'
import { me, outboxOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch, failingObject, lostAnswer } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import {
  auditRowsOf,
  deliverAll,
  guardOf,
  guessWrong,
  later,
  lock,
  SECOND,
} from '../passwords/password-client.ts'
import { livingOf, mailed, proofsOf, REFUSALS, signIn, WAYS } from './sign-in-client.ts'

const mailedHere = async () => mailed((await ownerIn('active')).email)
const setStatus = (id: string, status: 'active' | 'suspended' | 'rejected') =>
  db.update(communities).set({ status }).where(eq(communities.id, id))

describe.each(WAYS)('signing in by a mailed %s under fire', (way) => {
  const { invalid } = REFUSALS[way]
  // The link is looked up in a batch of its own before that of the session.
  const writing = way === 'code' ? 0 : 1

  describe('twenty at once', () => {
    it('one session, and nineteen are told that it is not valid any more', async () => {
      const asked = await mailedHere()
      const answers = await race(20, () => signIn(way, asked))
      const { '200': winners, ...losers } = tally(answers)
      expect(winners).toBe(1)
      // Who looks the link up after the winner has written sees that it was used.
      const late = way === 'link' ? ['400 token_used'] : []
      for (const loser of Object.keys(losers)) expect([`400 ${invalid}`, ...late]).toContain(loser)
      expect(await livingOf(asked.email)).toHaveLength(1)
      const { id } = await userRow(asked.email)
      expect(await auditRowsOf(id, 'login_success')).toHaveLength(1)
    })

    it('half with the code, half with the link: one session', async () => {
      const asked = await mailedHere()
      const answers = await race(20, (n) => signIn(WAYS[n % 2] ?? way, asked))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const { status } of answers) expect([200, 400]).toContain(status)
      expect(await livingOf(asked.email)).toHaveLength(1)
    })

    it('without an account: one proof to sign up with', async () => {
      const asked = await mailed(addressHere(), { path: 'send-signup-otp' })
      const answers = await race(20, () => signIn(way, asked))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const { status } of answers) expect([200, 400]).toContain(status)
      expect(await proofsOf(asked.email)).toHaveLength(1)
    })

    it('in one browser and nineteen others: the one that asked gets in', async () => {
      const asked = await mailedHere()
      const answers = await race(20, (n) =>
        signIn(way, n === 7 ? asked : { ...asked, flowId: String(n % 10).repeat(43) }),
      )
      expect(answers.findIndex(({ status }) => status === 200)).toBe(7)
      if (way === 'code') expectExactlyOne(answers, '200', '400 code_invalid')
    })
  })

  describe('where something fails', () => {
    it('a batch that fails at any statement leaves no session, no activation and no audit row, and costs the code', async () => {
      const probe = failingBatch(writing)
      const first = await mailed((await ownerIn('approved')).email)
      expectStatus(await signIn(way, first, {}, { env: probe.env }), 200)
      const size = probe.sizes[writing] ?? 0
      expect(size).toBeGreaterThan(8)
      for (let k = 0; k < size; k++) {
        const { email, communityId } = await ownerIn('approved')
        const asked = await mailed(email)
        const failed = await signIn(way, asked, {}, { env: failingBatch(writing, k).env })
        expectStatus(failed, 503, 'unavailable')
        expect(failed.headers.getSetCookie()).toEqual([])
        expect(await livingOf(email), `statement ${k}`).toEqual([])
        const [community] = await db
          .select()
          .from(communities)
          .where(eq(communities.id, communityId))
        expect(community?.status).toBe('approved')
        const requestId = String(failed.json.requestId)
        const audits = await db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId))
        expect(audits).toEqual([])
        expectStatus(await signIn('code', asked), 400, 'code_invalid')
        expectStatus(await signIn('link', asked), 400, 'token_invalid')
      }
    })

    it('a commit whose answer is lost says 503; the next code works', async () => {
      const asked = await mailedHere()
      expectStatus(await signIn(way, asked, {}, { env: lostAnswer(writing) }), 503, 'unavailable')
      const next = await later(SECOND, () => mailed(asked.email))
      expectStatus(await signIn(way, next), 200)
    })

    it.each([
      ['RATE_LIMITER', 'hit', 'throws'],
      ['RATE_LIMITER', 'hit', 'hangs'],
      ['ACCOUNT_GUARD', 'useCode', 'throws'],
      ['ACCOUNT_GUARD', 'useCode', 'hangs'],
    ] as const)('503 when %s.%s %s, and nothing is used up', async (binding, method, how) => {
      const asked = await mailedHere()
      const run = { env: failingObject(binding, method, how) }
      const answer = await signIn(way, asked, {}, run)
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.get('Retry-After')).toBe('1')
      expect(await livingOf(asked.email)).toEqual([])
      expectStatus(await signIn(way, asked), 200)
    })

    it('signs in where the guard cannot be told of the device; it is told later', async () => {
      const asked = await mailedHere()
      const { email } = asked
      const run = { env: failingObject('ACCOUNT_GUARD', 'change', 'throws') }
      const answer = await signIn(way, asked, {}, run)
      expectStatus(answer, 200)
      expectStatus(await me(sessionOf(answer).accessToken), 200)
      const { deviceToken } = sessionOf(answer)
      const waiting = (await outboxOf(email)).filter(({ kind }) => kind === 'guard_device')
      expect(waiting.filter(({ sentAt }) => sentAt === null)).toHaveLength(1)
      await deliverAll(email)
      await guessWrong(email, 5)
      expectStatus(await postLogin({ email, password: PASSWORD }), 429, 'too_many_attempts')
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
    })

    it('an account that keeps changing answers 503 in the end', async () => {
      const { email, communityId } = await ownerIn('active')
      const asked = await mailed(email)
      const answer = await signIn(way, asked, {}, { env: flickering(communityId) })
      expectStatus(answer, 503, 'unavailable')
      expect(await livingOf(email)).toEqual([])
    })
  })

  describe('where the account is blocked or locked', () => {
    it('a block stops it with the time to wait, and uses nothing up', async () => {
      const short = { env: { ...env, LOGIN_BLOCK_SECONDS: '60' } }
      const asked = await mailedHere()
      const wrong = { email: asked.email, password: 'Wrong-Harbour-99' }
      for (let n = 0; n < 5; n++) expectStatus(await postLogin(wrong, short), 401)
      const blocked = await signIn(way, asked, {}, short)
      expectStatus(blocked, 429, 'too_many_attempts')
      expect(Number(blocked.headers.get('Retry-After'))).toBeLessThanOrEqual(60)
      await later(60 * SECOND + 1, async () =>
        expectStatus(await signIn(way, asked, {}, short), 200),
      )
    })

    it('a lock stops it, alike for an address that nobody has, and uses nothing up', async () => {
      const patient = { ...env, OTP_SECONDS: '3600' }
      const { email } = await ownerIn('active')
      const answers = []
      for (const asked of [
        await mailed(email, { env: patient }),
        await mailed(addressHere(), { path: 'send-signup-otp', env: patient }),
      ]) {
        await lock(asked.email)
        const { status, json } = await signIn(way, asked)
        answers.push({ status, code: json.code, message: json.message })
        await guardOf(asked.email).change({ kind: 'clear', before: Date.now() })
        expectStatus(await signIn(way, asked), 200)
      }
      expect(answers[0]).toMatchObject({ status: 423, code: 'account_locked' })
      expect(answers[1]).toEqual(answers[0])
    })
  })
})

/** The community closes just before each session is written, and opens just after. */
function flickering(communityId: string): Env {
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'batch') return value.bind(target)
      return async (statements: D1PreparedStatement[]) => {
        if (statements.length < 5) return target.batch(statements)
        await setStatus(communityId, 'suspended')
        try {
          return await target.batch(statements)
        } finally {
          await setStatus(communityId, 'active')
        }
      }
    },
  })
  return { ...env, DB }
}
