import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ownerIn } from '../../factories.ts'
import { addressHere, otherCode, useCode } from '../../mailbox-client.ts'
import { livingSessionsOf, openSession, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  at,
  auditRowsOf,
  costOf,
  guardOf,
  later,
  MINUTE,
  SECOND,
} from '../passwords/password-client.ts'
import { keptCodes } from './code-client.ts'
import { FOREIGN, mailed, signIn } from './sign-in-client.ts'

const WINDOW = 15 * MINUTE
const mailedHere = async () => mailed((await ownerIn('active')).email)

describe('POST /api/v1/auth/verify-otp', () => {
  describe('works', () => {
    it('with the flow’s cookie alone, as a browser does it', async () => {
      const { email, code, cookie } = await mailedHere()
      const answer = await useCode({ email, code }, { headers: { Cookie: cookie } })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ user: { email }, tokenType: 'Bearer' })
      const [ended = ''] = answer.headers.getSetCookie()
      expect(ended).toMatch(/^__Host-flow=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    })

    it('takes code and address however they are typed', async () => {
      const { email, code, flowId } = await mailedHere()
      const typed = { email: ` ${email.toUpperCase()} `, code: ` ${code}\n`, flowId }
      expectStatus(await useCode(typed), 200)
    })

    it('after four wrong tries', async () => {
      const asked = await mailedHere()
      for (let n = 0; n < 4; n++) {
        const wrong = { ...asked, code: otherCode(asked.code) }
        expectStatus(await signIn('code', wrong), 400, 'code_invalid')
      }
      expectStatus(await signIn('code', asked), 200)
    })

    it('the flow in the body counts before the cookie', async () => {
      const [mine, other] = [await mailedHere(), await mailedHere()]
      const { email, code, flowId } = mine
      const headers = { Cookie: other.cookie }
      expectStatus(await useCode({ email, code, flowId: other.flowId }, { headers }), 400)
      expectStatus(await useCode({ email, code, flowId }, { headers }), 200)
    })

    it('costs two round trips and three calls, without an account too', async () => {
      expect(costOf(await signIn('code', await mailedHere()))).toBe('d1 2, do 3')
      const asked = await mailed(addressHere(), { path: 'send-signup-otp' })
      expect(costOf(await signIn('code', asked))).toBe('d1 2, do 2')
    })
  })

  describe('refuses', () => {
    it.each([
      ['', 'The code has six digits.'],
      [' ', 'The code has six digits.'],
      [null, 'Send the code as text.'],
      [undefined, 'Send the code as text.'],
      [0, 'Send the code as text.'],
      [[], 'Send the code as text.'],
      [['123456'], 'Send the code as text.'],
      [{}, 'Send the code as text.'],
      [123456, 'Send the code as text.'],
      ['12345', 'The code has six digits.'],
      ['1234567', 'The code has six digits.'],
      ['12345a', 'The code has six digits.'],
      ['１２３４５６', 'The code has six digits.'],
      ['-12345', 'The code has six digits.'],
      ['1'.repeat(10_000), 'The code has six digits.'],
    ])('%j as a code, and counts no try', async (code, message) => {
      const asked = await mailedHere()
      const answer = await useCode({ email: asked.email, code, flowId: asked.flowId })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ code: message })
      expect(await keptCodes(asked.email)).toMatchObject([{ tries: 0 }])
      expectStatus(await signIn('code', asked), 200)
    })

    it.each([
      [{ email: undefined }, 'email'],
      [{ email: ['a@b.example'] }, 'email'],
      [{ flowId: 7 }, 'flowId'],
      [{ flowId: 'x'.repeat(201) }, 'flowId'],
      [{ tokenTransport: 'smoke' }, 'tokenTransport'],
      [{ deviceToken: {} }, 'deviceToken'],
    ])('%j', async (wrong, field) => {
      const { email, code, flowId } = await mailedHere()
      const answer = await useCode({ email, code, flowId, ...wrong })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([field])
    })

    it('the right code without a flow: 400, and it lives on where it was asked for', async () => {
      const asked = await mailedHere()
      const { email, code } = asked
      for (const flowId of [undefined, null, '', ' ', 'x', `${asked.flowId} `, 'A'.repeat(44)]) {
        expectStatus(await useCode({ email, code, flowId }), 400, 'code_invalid')
      }
      const headers = { Cookie: asked.cookie, Authorization: 'Bearer a.b.c' }
      expectStatus(await useCode({ email, code }, { headers }), 400, 'code_invalid')
      expectStatus(await signIn('code', asked), 200)
    })

    it('the right code of another flow, or of another address', async () => {
      const asked = await mailedHere()
      const other = await mailedHere()
      const inOther = await signIn('code', { ...asked, flowId: other.flowId })
      expectStatus(inOther, 400, 'code_invalid')
      const ofOther = await signIn('code', { ...asked, email: other.email })
      expectStatus(ofOther, 400, 'code_invalid')
      expectStatus(await signIn('code', asked), 200)
    })

    it('a code whose five minutes are over, and says so; an hour later it never was', async () => {
      const answers = []
      for (const wait of [5 * MINUTE - SECOND, 5 * MINUTE, 64 * MINUTE, 65 * MINUTE]) {
        const { email } = await ownerIn('active')
        const start = Date.now()
        const asked = await at(start, () => mailed(email))
        const answer = await at(start + wait, () => signIn('code', asked))
        answers.push(answer.json.code ?? answer.status)
      }
      expect(answers).toEqual([200, 'code_expired', 'code_expired', 'code_invalid'])
    })

    it('a code that was used, however often; that counts as no guess', async () => {
      const asked = await mailedHere()
      expectStatus(await signIn('code', asked), 200)
      for (let n = 0; n < 12; n++) {
        expectStatus(await signIn('code', asked), 400, 'code_invalid')
      }
    })

    it('the right code after five wrong ones', async () => {
      const asked = await mailedHere()
      const wrong = { ...asked, code: otherCode(asked.code) }
      for (let n = 0; n < 5; n++) expectStatus(await signIn('code', wrong), 400, 'code_invalid')
      expectStatus(await signIn('code', asked), 400, 'code_invalid')
    })

    it('an eleventh try in fifteen minutes over however many codes, known or not alike', async () => {
      const owner = await ownerIn('active')
      const refusals = []
      for (const email of [owner.email, addressHere()]) {
        const path = email === owner.email ? 'send-otp' : 'send-signup-otp'
        for (let round = 0; round < 2; round++) {
          const asked = await mailed(email, { path })
          const wrong = { ...asked, code: otherCode(asked.code) }
          for (let n = 0; n < 5; n++) expectStatus(await signIn('code', wrong), 400, 'code_invalid')
        }
        const third = await mailed(email, { path })
        const refused = await signIn('code', third)
        expectStatus(refused, 429, 'too_many_attempts')
        expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(800)
        refusals.push(refused.json.message)
        const answer = await later(WINDOW + SECOND, async () =>
          signIn('code', await mailed(email, { path })),
        )
        expectStatus(answer, 200)
      }
      expect(refusals[0]).toBe(refusals[1])
    })

    it('a wrong code on record for the account, and none for an unknown address', async () => {
      const asked = await mailedHere()
      await signIn('code', { ...asked, code: otherCode(asked.code) })
      const { id } = await userRow(asked.email)
      expect(await auditRowsOf(id, 'otp_failed')).toMatchObject([
        { actorId: null, details: { purpose: 'sign_in', reason: 'wrong' } },
      ])
    })

    it('the eleventh request of a minute from one client, whatever it holds', async () => {
      const ip = '198.51.100.71'
      const asked = await mailedHere()
      for (let n = 0; n < 10; n++) {
        const code = otherCode(asked.code)
        expectStatus(
          await signIn('code', { ...asked, code, email: addressHere() }, {}, { ip }),
          400,
        )
      }
      expectStatus(await signIn('code', asked, {}, { ip }), 429, 'rate_limited')
      expectStatus(await signIn('code', asked), 200)
    })

    it('a foreign page: nobody is signed in to another’s account unawares', async () => {
      const asked = await mailedHere()
      for (const headers of FOREIGN) {
        expectStatus(await signIn('code', asked, {}, { headers }), 403, 'csrf_failed')
      }
      expectStatus(await signIn('code', asked), 200)
    })

    it('any method but POST', async () => {
      const { email, code, flowId } = await mailedHere()
      const query = new URLSearchParams({ email, code, flowId })
      expectStatus(await call(`${API}/auth/verify-otp?${query}`), 405, 'method_not_allowed')
    })
  })

  describe('is safe', () => {
    it('fifty wrong codes at once: five compared and ten counted, then 429, and the right one is dead', async () => {
      const asked = await mailedHere()
      const answers = await race(50, (n) => {
        const code = String((Number(asked.code) + n + 1) % 1_000_000).padStart(6, '0')
        return signIn('code', { ...asked, code })
      })
      expect(tally(answers)).toEqual({ '400 code_invalid': 10, '429 too_many_attempts': 40 })
      expectStatus(await signIn('code', asked), 429, 'too_many_attempts')
      // Without the lane's limit the code is used up all the same.
      await guardOf(asked.email).change({ kind: 'clear', before: Date.now() })
      expectStatus(await signIn('code', asked), 400, 'code_invalid')
      expect(await livingSessionsOf((await userRow(asked.email)).id)).toEqual([])
    })

    it('forty-five wrong ones and the right one five times at once: one session at most', async () => {
      const asked = await mailedHere()
      const answers = await race(50, (n) =>
        signIn('code', n % 10 === 4 ? asked : { ...asked, code: otherCode(asked.code) }),
      )
      const winners = answers.filter(({ status }) => status === 200).length
      const { id } = await userRow(asked.email)
      expect(await livingSessionsOf(id)).toHaveLength(winners)
      expect(winners).toBeLessThanOrEqual(1)
      expect(await keptCodes(asked.email)).toHaveLength(1 - winners)
    })

    it('a device that has used its tries up leaves those of strangers and of other devices alone', async () => {
      const owner = await ownerIn('active')
      const [laptop, phone] = [await openSession(owner), await openSession(owner)]
      const { email } = owner
      const { deviceToken } = laptop
      const onLaptop = await mailed(email, { deviceToken })
      const wrong = { ...onLaptop, code: otherCode(onLaptop.code) }
      for (let n = 0; n < 10; n++) expectStatus(await signIn('code', wrong, { deviceToken }), 400)
      expectStatus(await signIn('code', onLaptop, { deviceToken }), 429, 'too_many_attempts')
      const other = { deviceToken: phone.deviceToken }
      const onPhone = await later(SECOND, () => mailed(email, other))
      expectStatus(await signIn('code', onPhone, other), 200)
      const elsewhere = await later(2 * SECOND, () => mailed(email))
      expectStatus(await signIn('code', elsewhere), 200)
    })

    it('a database that is down costs the code and its link, and answers 503', async () => {
      const asked = await mailedHere()
      const down = await signIn('code', asked, {}, { env: failingDatabase() })
      expectStatus(down, 503, 'unavailable')
      expect(down.headers.getSetCookie()).toEqual([])
      expect(await livingSessionsOf((await userRow(asked.email)).id)).toEqual([])
      expectStatus(await signIn('code', asked), 400, 'code_invalid')
      expectStatus(await signIn('link', asked), 400, 'token_invalid')
      const next = await later(SECOND, () => mailed(asked.email))
      expectStatus(await signIn('code', next), 200)
    })

    it('a wrong code while the database is down is 503 and counted all the same', async () => {
      const asked = await mailedHere()
      const wrong = { ...asked, code: otherCode(asked.code) }
      for (let n = 0; n < 5; n++)
        expectStatus(await signIn('code', wrong, {}, { env: failingDatabase() }), 503)
      expectStatus(await signIn('code', asked), 400, 'code_invalid')
    })

    it('is limited together with the login: LOGIN_LIMIT_PER_MINUTE is of both', async () => {
      const run = { env: { ...env, LOGIN_LIMIT_PER_MINUTE: '1' }, ip: '198.51.100.72' }
      const asked = await mailedHere()
      const body = { email: asked.email, password: 'Wrong-Harbour-99' }
      expectStatus(await call(`${API}/auth/login`, { ...run, body }), 401)
      expectStatus(await signIn('code', asked, {}, run), 429, 'rate_limited')
    })
  })
})
