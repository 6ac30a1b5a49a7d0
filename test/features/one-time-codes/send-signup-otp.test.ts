import { env } from 'cloudflare:workers'
import { and, eq, isNotNull } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { isLeftAddress } from '../../../src/features/account/addresses.ts'
import { db, ownerIn } from '../../factories.ts'
import { addressHere } from '../../mailbox-client.ts'
import { ADDRESSES, addressOf } from '../../support/addresses.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase, failingObject, failingQueue } from '../../support/faults.ts'
import {
  auditRowsOf,
  costOf,
  inboxOf,
  later,
  unknownAddress,
} from '../passwords/password-client.ts'
import {
  challengeIdsOf,
  codeMailsTo,
  expectNothingMailed,
  magicLinksTo,
  mailed,
  postSend,
  shapeOf,
  signIn,
  WAYS,
} from './sign-in-client.ts'

const PATH = 'send-signup-otp'
const ask = (email: unknown, options = {}) => postSend({ email }, options, PATH)

/** Whether no account has this address, or may take it back. */
async function isMeant(email: string): Promise<boolean> {
  const isAccount = and(eq(users.email, email), isNotNull(users.emailVerifiedAt))
  const accounts = await db.select({ id: users.id }).from(users).where(isAccount)
  const left = await db
    .select({ id: oneTimeTokens.id })
    .from(oneTimeTokens)
    .where(and(eq(oneTimeTokens.email, email), isLeftAddress(email, Date.now())))
  return accounts.length === 0 && left.length === 0
}

describe('POST /api/v1/auth/send-signup-otp', () => {
  describe('works', () => {
    it('answers as send-otp does, with flow, cookie and lifetime', async () => {
      const answer = await ask(addressHere())
      expectStatus(answer, 202)
      expect(answer.json).toEqual({
        success: true,
        message: 'If this address has no account yet, a code is on its way.',
        data: { flowId: expect.stringMatching(/^[\w-]{43}$/), expiresIn: 300 },
      })
      expect(answer.headers.getSetCookie()).toEqual([
        `__Host-flow=${answer.data.flowId}; Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Strict`,
      ])
    })

    it.each(WAYS)(
      'mails an address without an account, whose %s gives a proof to sign up with',
      async (way) => {
        const email = addressHere()
        const asked = await mailed(email, { path: PATH })
        const [mail, ...others] = await inboxOf(email, 'otp_code')
        expect(others).toEqual([])
        expect(mail).toMatchObject({ to: email, code: asked.code })
        expect(mail?.link).toContain(`/magic-link?token=${asked.token}`)
        const answer = await signIn(way, asked)
        expectStatus(answer, 200)
        expect(answer.data).toEqual({
          signupToken: expect.stringMatching(/^[\w-]{43}$/),
          expiresIn: 3600,
        })
      },
    )

    it('mails in the language that the request asks for', async () => {
      for (const [language, locale] of [
        ['zh-CN,zh;q=0.9', 'zh'],
        ['en', 'en'],
        ['fr', 'en'],
      ]) {
        const email = addressHere()
        await ask(email, { headers: { 'Accept-Language': language } })
        expect(await codeMailsTo(email)).toMatchObject([{ locale }])
      }
    })

    it('costs two round trips and two calls, for a known address too', async () => {
      const { email } = await ownerIn('active')
      for (const address of [email, addressHere()])
        expect(costOf(await ask(address))).toBe('d1 2, do 2')
    })

    it('is counted with send-otp: a mailbox gets no more for two questions than for one', async () => {
      const email = addressHere()
      for (let n = 0; n < 2; n++) expectStatus(await ask(email), 202)
      expectStatus(await postSend({ email }), 202)
      expectStatus(await ask(email), 429, 'rate_limited')
      expectStatus(await postSend({ email }), 429, 'rate_limited')
      expect(await codeMailsTo(email)).toHaveLength(2)
    })
  })

  describe('tells nobody', () => {
    it.each(Object.keys(ADDRESSES))('%s, but who reads its mail', async (kind) => {
      const email = await addressOf(kind)
      const told = await ask(email)
      expect(shapeOf(told)).toEqual(shapeOf(await ask(unknownAddress())))
      const mails = (await isMeant(email)) ? 1 : 0
      expect(await codeMailsTo(email)).toHaveLength(mails)
      expect(await magicLinksTo(email)).toHaveLength(mails)
      expect(await challengeIdsOf(email)).toHaveLength(1)
    })

    it('an address that got an account meanwhile: what was mailed signs in there', async () => {
      const email = addressHere()
      const asked = await mailed(email, { path: PATH })
      await ownerIn('active', { email })
      const answer = await signIn('code', asked)
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ user: { email } })
      expect(answer.data).not.toHaveProperty('signupToken')
    })
  })

  describe('refuses', () => {
    it.each([
      ['no address', undefined],
      ['an empty one', ' '],
      ['two in a list', ['a@apex.example', 'eve@evil.example']],
      ['two in a text', 'a@apex.example, eve@evil.example'],
      ['an object', { email: 'a@apex.example' }],
    ])('%s', async (_, email) => {
      expectStatus(await ask(email), 422, 'validation_failed')
      for (const address of ['a@apex.example', 'eve@evil.example'])
        await expectNothingMailed(address)
    })

    it('a foreign page', async () => {
      const email = addressHere()
      const answer = await ask(email, { headers: { Origin: 'https://evil.example' } })
      expectStatus(answer, 403, 'csrf_failed')
      await expectNothingMailed(email)
    })

    it('too many from one client, counted with send-otp', async () => {
      const few = { env: { ...env, CODE_LIMIT_PER_HOUR: '2' }, ip: '198.51.100.62' }
      await ask(addressHere(), few)
      await postSend({ email: addressHere() }, few)
      expectStatus(await ask(addressHere(), few), 429, 'rate_limited')
    })

    it('any method but POST', async () => {
      expectStatus(await call(`${API}/auth/${PATH}`), 405, 'method_not_allowed')
    })
  })

  describe('is safe', () => {
    it('503 and no mail when limiter, guard or database fail', async () => {
      const email = addressHere()
      for (const down of [
        failingObject('RATE_LIMITER', 'hit', 'throws'),
        failingObject('ACCOUNT_GUARD', 'countMail', 'throws'),
        failingDatabase(),
        failingBatch(0, 1).env,
        failingBatch(0, 2).env,
      ]) {
        expectStatus(await ask(email, { env: down }), 503, 'unavailable')
        await expectNothingMailed(email)
      }
    })

    it('202 when the queue is down: the mail waits in its row', async () => {
      const email = addressHere()
      expectStatus(await ask(email, { env: failingQueue() }), 202)
      expect(await codeMailsTo(email)).toMatchObject([{ sentAt: null }])
    })

    it('writes no audit row for who has no account, and none for one that is mailed nothing', async () => {
      const { email } = await ownerIn('active')
      await ask(email)
      const [row] = await db.select().from(users).where(eq(users.email, email))
      expect(await auditRowsOf(String(row?.id), 'otp_sent')).toEqual([])
    })

    it('a proof is for who asked only: neither code nor link gives one in another browser', async () => {
      const asked = await mailed(addressHere(), { path: PATH })
      const elsewhere = { flowId: 'B'.repeat(43) }
      expectStatus(await signIn('code', asked, elsewhere), 400, 'code_invalid')
      expectStatus(await signIn('link', asked, elsewhere), 403, 'wrong_browser')
      expectStatus(await signIn('link', asked), 200)
    })

    it('a code for a week-old signup that nobody verified gives no session: it has no account', async () => {
      const email = await addressOf('a signup that nobody has verified')
      const asked = await later(1000, () => mailed(email, { path: PATH }))
      const answer = await signIn('code', asked)
      expectStatus(answer, 200)
      expect(Object.keys(answer.data).sort()).toEqual(['expiresIn', 'signupToken'])
      expect(answer.headers.getSetCookie()).toEqual([])
    })
  })
})
