/** In which language the API answers: the setting of whoever is signed in, else what the request asks for. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../src/db/schema/index.ts'
import type { ErrorCode } from '../../src/http/error-codes.ts'
import type { Locale } from '../../src/lib/locale.ts'
import { render, type Said, say } from '../../src/messages/message.ts'
import { db, ownerIn, PASSWORD, postLogin, postSignup, signedUp, signupForm } from '../factories.ts'
import { ownerHere } from '../mailbox-client.ts'
import { me, outboxOf } from '../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../support/call.ts'

const asking = (language: string | undefined): CallOptions =>
  language === undefined ? {} : { headers: { 'Accept-Language': language } }

function expectIn(locale: Locale, answer: Answer, said: Said): void {
  expect(answer.json.message).toBe(render(said, locale))
  expect(answer.headers.get('Content-Language')).toBe(locale)
}

const notFound = say('not_found')

describe('the language of an answer', () => {
  describe('works', () => {
    it.each<[string | undefined, Locale]>([
      [undefined, 'en'],
      ['', 'en'],
      ['*', 'en'],
      ['zh', 'zh'],
      ['zh-CN', 'zh'],
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
      ['ZH-hant-tw', 'zh'],
      ['en-GB', 'en'],
      ['en-GB,en;q=0.9,zh;q=0.8', 'en'],
      ['fr, zh;q=0.5', 'zh'],
      ['zh;q=0', 'en'],
      ['zh;q=0, en', 'en'],
      ['zh-CN;q=0.3, en;q=0.2', 'zh'],
    ])('of Accept-Language %j is %s', async (language, locale) => {
      expectIn(locale, await call('/nothing-here', asking(language)), notFound)
    })

    it.each<[string, string, CallOptions, number, ErrorCode]>([
      ['GET', `${API}/auth/me`, {}, 401, 'unauthenticated'],
      ['GET', `${API}/auth/login`, {}, 405, 'method_not_allowed'],
      ['POST', `${API}/auth/login`, { body: '{' }, 400, 'invalid_json'],
      ['POST', `${API}/auth/login`, { body: {} }, 422, 'validation_failed'],
      [
        'POST',
        `${API}/auth/login`,
        { body: 'a=b', headers: { 'Content-Type': 'text/plain' } },
        415,
        'unsupported_media_type',
      ],
    ])('holds for every refusal: %s %s %j is %d', async (method, path, options, status, code) => {
      for (const [language, locale] of [
        ['en', 'en'],
        ['zh-CN', 'zh'],
      ] as const) {
        const headers = { 'Accept-Language': language, ...options.headers }
        const answer = await call(path, { method, ...options, headers })
        expectStatus(answer, status, code)
        expectIn(locale, answer, say(code))
      }
    })

    it('holds for each field of a form', async () => {
      const options = asking('zh-CN')
      const answer = await call(`${API}/auth/login`, { ...options, body: { email: 'x' } })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({
        email: render(say('email_unusable'), 'zh'),
        password: render(say('enter_password'), 'zh'),
      })
    })

    it('holds where everything is refused, for a secret is missing', async () => {
      const broken = { ...env, AUTH_SECRETS: '' } as Env
      const answer = await call(`${API}/auth/me`, { ...asking('zh'), env: broken })
      expectStatus(answer, 503, 'unavailable')
      expectIn('zh', answer, say('unavailable'))
    })

    it('is a signed-in person’s own, whatever their browser asks for', async () => {
      const owner = await ownerHere({ locale: 'zh' })
      for (const language of [undefined, 'en', 'en-GB', 'fr']) {
        const answer = await me(owner.accessToken, asking(language))
        expectStatus(answer, 200)
        expectIn('zh', answer, say('this_is_you'))
      }
      const options = { token: owner.accessToken, method: 'PATCH', ...asking('en') }
      expectStatus(await call(`${API}/account`, { ...options, body: { locale: 'en' } }), 200)
      expectIn('en', await me(owner.accessToken, asking('zh')), say('this_is_you'))
    })

    it('is a signed-in person’s own in refusals too', async () => {
      const owner = await ownerHere({ locale: 'zh' })
      const options = { token: owner.accessToken, method: 'PATCH', ...asking('en') }
      const answer = await call(`${API}/account`, { ...options, body: { locale: 'fr' } })
      expectStatus(answer, 422)
      expectIn('zh', answer, say('validation_failed'))
      expect(answer.json.errors).toEqual({ locale: render(say('choose_one_of', 'en, zh'), 'zh') })
    })

    it.each<[string | undefined, string | undefined, Locale]>([
      [undefined, undefined, 'en'],
      [undefined, 'zh-CN', 'zh'],
      ['en', 'zh-CN', 'en'],
      ['zh', 'en', 'zh'],
    ])('of mails: form says %j, browser %j: %s', async (locale, language, expected) => {
      const form = signupForm({ locale })
      const answer = await postSignup(form, asking(language))
      expectStatus(answer, 201)
      const [mail] = await outboxOf(form.email)
      expect(mail?.locale).toBe(expected)
      const [row] = await db.select().from(users).where(eq(users.email, form.email))
      expect(row?.locale).toBe(expected)
    })
  })

  describe('refuses', () => {
    it.each([
      'zh;q=2',
      'zh;q=abc',
      'zh--CN',
      '中文'.replace(/./g, (one) => encodeURIComponent(one)),
      ';;;;',
      '<script>alert(1)</script>',
      '../../zh',
      'zh\tCN',
      `zh,${'a'.repeat(10_240)}`,
      `zh;q=0.${'1'.repeat(10_240)}`,
      `${'zh-CN,'.repeat(1700)}zh`,
    ])('to be put off by a header that is none: it answers in English', async (language) => {
      expectIn('en', await call('/nothing-here', asking(language)), notFound)
    })
  })

  describe('is safe', () => {
    it('tells nobody that an address has an account: a refused login speaks the language of its request', async () => {
      const known = await ownerIn('active', { locale: 'zh' })
      const pending = await signedUp({ locale: 'zh' })
      const addresses = [known.email, pending.email, 'nobody@apex.example']
      for (const email of addresses) {
        const answer = await postLogin({ email, password: `not-${PASSWORD}` }, asking('en'))
        expectStatus(answer, 401, 'invalid_credentials')
        expectIn('en', answer, say('invalid_credentials'))
      }
    })

    it('nor does a request for a code or a link', async () => {
      const { email } = await ownerIn('active', { locale: 'zh' })
      for (const [path, key] of [
        ['send-otp', 'login_code_mailed'],
        ['send-signup-otp', 'signup_code_mailed'],
        ['forgot-password', 'reset_mailed'],
        ['resend-verification', 'verification_mailed'],
      ] as const) {
        for (const address of [email, 'nobody@apex.example']) {
          const options = { ...asking('en'), body: { email: address } }
          expectIn('en', await call(`${API}/auth/${path}`, options), say(key))
        }
      }
      // The mails speak the language of whoever reads them.
      const mails = (await outboxOf(email)).filter(({ template }) => template === 'otp_code')
      expect(mails.map(({ locale }) => locale)).toEqual(['zh'])
    })

    it('repeats nothing of the header', async () => {
      const answer = await call('/nothing-here', asking('x-canary-7f3a, zh'))
      expect(answer.text).not.toContain('canary')
      expect(JSON.stringify([...answer.headers])).not.toContain('canary')
    })
  })
})
