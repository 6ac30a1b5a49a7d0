/**
 * In which language the service answers, and that each answer says so: the setting of whoever is signed in or has just
 * proven to be somebody, else what `Accept-Language` asks for. Nobody else hears what an account's setting is: it would
 * tell that there is an account.
 */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../src/db/schema/index.ts'
import type { Locale } from '../../src/lib/locale.ts'
import { en } from '../../src/messages/en.ts'
import { zh } from '../../src/messages/zh.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../factories.ts'
import { guessWrong, WRONG } from '../features/passwords/password-client.ts'
import {
  addressHere,
  invited,
  ownerHere,
  postAcceptance,
  useCode,
  useLink,
} from '../mailbox-client.ts'
import { me, userRow } from '../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../support/call.ts'
import { NEEDS_NOTHING, type RouteEntry, routeList, takesBody } from './route-list.ts'
import { send, workingCall } from './working-calls.ts'
import { codeFor, emailChanged, linkFor } from './working-mail-calls.ts'

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))
const IN_CHINESE = { 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' }
const CHINESE = /\p{Script=Han}/u

const setLocale = (email: string, locale: Locale) =>
  db.update(users).set({ locale }).where(eq(users.email, email))

function expectLanguage(answer: Answer, locale: Locale): void {
  const told = `${answer.status} ${answer.text.slice(0, 300)}`
  expect(answer.headers.get('Content-Language'), told).toBe(locale)
  const { message, errors = {} } = answer.json
  for (const text of [message, ...Object.values(errors as object)]) {
    if (locale === 'zh') expect(text, told).toMatch(CHINESE)
    else expect(text, told).not.toMatch(CHINESE)
  }
}

describe('an answer to somebody who is not known', () => {
  it.each<[string, Locale]>([
    ['zh', 'zh'],
    ['zh-CN', 'zh'],
    ['zh-Hant-TW', 'zh'],
    ['fr, zh;q=0.5', 'zh'],
    ['en;q=0.1, zh;q=0.2', 'zh'],
    ['en, zh', 'en'],
    ['zh;q=0, en', 'en'],
    ['fr-CH, fr', 'en'],
    ['*', 'en'],
    ['', 'en'],
    ['zh;;q=1', 'en'],
    [`${'zh,'.repeat(500)}zh`, 'en'],
  ])('is in the language that they ask for: %s', async (accept, locale) => {
    const answer = await call(`${API}/auth/me`, { headers: { 'Accept-Language': accept } })
    expectStatus(answer, 401, 'unauthenticated')
    expectLanguage(answer, locale)
    expect(answer.json.message).toBe((locale === 'zh' ? zh : en).unauthenticated)
  })

  it('is in English where they ask for nothing', async () => {
    expectLanguage(await call(`${API}/nowhere`), 'en')
  })

  it.each<[string, string, CallOptions]>([
    ['not_found', '/nowhere', {}],
    ['method_not_allowed', `${API}/auth/login`, { method: 'PUT', body: {} }],
    ['invalid_json', `${API}/auth/login`, { body: '{' }],
    ['payload_too_large', `${API}/auth/login`, { body: 'x'.repeat(70_000) }],
    [
      'unsupported_media_type',
      `${API}/auth/login`,
      { body: '{}', headers: { 'Content-Type': 'text/plain' } },
    ],
    ['csrf_failed', `${API}/auth/login`, { body: {}, headers: { Origin: 'https://evil.example' } }],
    ['unavailable', `${API}/auth/login`, { body: {}, env: { ...env, LOOKUP_SECRET: '' } }],
  ])('is so wherever it was refused: %s', async (code, path, options) => {
    const headers = { ...IN_CHINESE, ...options.headers }
    const answer = await call(path, { ...options, headers })
    expect(answer.json.code).toBe(code)
    expectLanguage(answer, 'zh')
  })

  it('is so where the client is limited', async () => {
    const one = { ...env, GENERAL_LIMIT_PER_MINUTE: '1' }
    const ask = () =>
      call(`${API}/auth/verify-reset-token`, {
        body: {},
        ip: '10.250.0.1',
        headers: IN_CHINESE,
        env: one,
      })
    await ask()
    const answer = await ask()
    expectStatus(answer, 429, 'rate_limited')
    expectLanguage(answer, 'zh')
  })
})

/** As a person whose setting this is; nobody where the route asks nobody. */
async function callBy(route: RouteEntry, locale: Locale) {
  const working = await workingCall(route)
  if (!route.steps.includes('authenticateRequest')) return working
  const { data } = await me(working.token ?? '')
  await setLocale((data.user as { email: string }).email, locale)
  return working
}

const isGuarded = ({ steps }: RouteEntry) => steps.includes('authenticateRequest')
/** The other language, where a setting is to count. */
const askedBy = (route: RouteEntry) => (isGuarded(route) ? { 'Accept-Language': 'en' } : IN_CHINESE)

/** What is answered as a picture speaks no language. */
const IN_WORDS = ROUTES.filter(({ method, path }) => method !== 'GET' || !path.endsWith('/logo'))

describe('the language of the setting, else of the request', () => {
  it.each(IN_WORDS)('is that of a success: $method $path', async (route) => {
    const { headers, ...working } = await callBy(route, 'zh')
    const answer = await send({ ...working, headers: { ...headers, ...askedBy(route) } })
    expect(answer.status, answer.text).toBeLessThan(300)
    // Whoever signs in or goes on, and was somebody before, has a setting: English.
    const opens = 'session' in answer.data || route.path.endsWith('/auth/refresh')
    const isSettled = opens && !isGuarded(route) && !route.path.endsWith('/accept-invite')
    // Whoever changes the setting is answered in the new one.
    const { locale: chosen } = (working.body ?? {}) as { locale?: Locale }
    const changed = isGuarded(route) ? chosen : undefined
    expectLanguage(answer, changed ?? (isSettled ? 'en' : 'zh'))
  })

  it.each(ROUTES.filter(takesBody))(
    'is that of what is wrong with a body: $method $path',
    async (route) => {
      const { headers, ...working } = await callBy(route, 'zh')
      const body = Object.fromEntries(Object.keys(working.body ?? {}).map((name) => [name, 1]))
      const answer = await send({ ...working, body, headers: { ...headers, ...askedBy(route) } })
      expectStatus(answer, 422, 'validation_failed')
      expectLanguage(answer, 'zh')
    },
  )
})

describe('whoever is signed in', () => {
  it('hears their own language, whatever the browser asks for, from the next answer on', async () => {
    const { accessToken: token } = await ownerHere()
    const headers = IN_CHINESE
    expectLanguage(await me(token, { headers }), 'en')
    expectStatus(
      await call(`${API}/account`, { method: 'PATCH', token, body: { locale: 'zh' } }),
      200,
    )
    expectLanguage(await me(token, { headers: { 'Accept-Language': 'en' } }), 'zh')
    const nowhere = await call(`${API}/sessions/x`, { method: 'DELETE', token })
    expectStatus(nowhere, 404, 'not_found')
    expectLanguage(nowhere, 'zh')
  })
})

/** What somebody may try who holds nothing of the account's, and nothing that anybody was mailed. */
const TRIES: Record<string, (email: string, options: CallOptions) => Promise<Answer>> = {
  'a wrong password': (email, options) => postLogin({ email, password: WRONG }, options),
  'a password, blocked': async (email, options) => {
    await guessWrong(email, 5)
    return postLogin({ email, password: PASSWORD }, options)
  },
  'a code asked for': (email, options) =>
    call(`${API}/auth/send-otp`, { ...options, body: { email } }),
  'a code to sign up with asked for': (email, options) =>
    call(`${API}/auth/send-signup-otp`, { ...options, body: { email } }),
  'a wrong code': async (email, options) => {
    const { data } = await call(`${API}/auth/send-otp`, { body: { email } })
    return useCode({ email, code: '000000', flowId: data.flowId }, options)
  },
  'a code without a flow': (email, options) => useCode({ email, code: '000000' }, options),
  'a bad link': (_, options) => useLink({ token: 'x' }, options),
  'a reset asked for': (email, options) =>
    call(`${API}/auth/forgot-password`, { ...options, body: { email } }),
  'a verification asked for': (email, options) =>
    call(`${API}/auth/resend-verification`, { ...options, body: { email } }),
}

describe('whoever has proven nothing', () => {
  it.each(Object.keys(TRIES))('never hears the language of the account: %s', async (name) => {
    for (const [setting, accept] of [
      ['zh', 'en'],
      ['en', 'zh'],
    ] as const) {
      const { email } = await ownerIn('active')
      await setLocale(email, setting)
      const options = { headers: { 'Accept-Language': accept } }
      const [known, unknown] = [
        await TRIES[name]?.(email, options),
        await TRIES[name]?.(addressHere(), options),
      ]
      if (!known || !unknown) throw new Error('this try is gone')
      expectLanguage(known, accept)
      expectLanguage(unknown, accept)
      expect(known.json.message).toBe(unknown.json.message)
    }
  })

  it.each([
    ['a password', async (email: string) => [postLogin, { email, password: PASSWORD }] as const],
    ['a code', async (email: string) => [useCode, await codeFor(email)] as const],
    ['a link', async (email: string) => [useLink, await linkFor(email)] as const],
  ])('hears it as soon as they have: %s', async (_, prepare) => {
    const { email } = await ownerIn('active')
    await setLocale(email, 'zh')
    const [use, body] = await prepare(email)
    const answer = await use(
      { ...body, tokenTransport: 'body' },
      { headers: { 'Accept-Language': 'en' } },
    )
    expectStatus(answer, 200)
    expectLanguage(answer, 'zh')
  })

  it('who comes by an invitation keeps the language that they came with', async () => {
    const email = addressHere()
    const { token } = await invited(await ownerHere(), email)
    const accepted = await postAcceptance(
      { token, tokenTransport: 'body' },
      { headers: IN_CHINESE },
    )
    expectStatus(accepted, 200)
    expectLanguage(accepted, 'zh')
    expect(accepted.data.user).toMatchObject({ locale: 'zh' })
    expect((await userRow(email)).locale).toBe('zh')
    expectLanguage(await me(String(accepted.data.accessToken)), 'zh')
  })

  it('who takes an address back hears what the browser asks for', async () => {
    const { token } = await emailChanged(await ownerHere())
    const answer = await call(`${API}/auth/revert-email`, { body: { token }, headers: IN_CHINESE })
    expectStatus(answer, 200)
    expectLanguage(answer, 'zh')
  })
})

describe('what is not told in words', () => {
  it('is the same in every language: codes, fields and names', async () => {
    const ask = (accept: string) =>
      call(`${API}/auth/signup-community`, { body: {}, headers: { 'Accept-Language': accept } })
    const [english, chinese] = [await ask('en'), await ask('zh')]
    expect(Object.keys(chinese.json.errors as object)).toEqual(
      Object.keys(english.json.errors as object),
    )
    expect(chinese.json.code).toBe(english.json.code)
  })
})

describe('an answer without words', () => {
  it.each(NEEDS_NOTHING)('needs no language: %s', async (path) => {
    expect((await call(path, { headers: IN_CHINESE })).json).not.toHaveProperty('message')
  })
})
