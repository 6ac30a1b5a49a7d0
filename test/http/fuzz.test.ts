/** Every field of every body, query and path parameter that the document tells of, with what no form would send. */
import { beforeAll, describe, expect, it } from 'vitest'
import { errorSchema } from '../../src/http/envelope.ts'
import {
  admin,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import { mailedToken } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'
import { bodyOf, documented, type JsonSchema, openApiDocument } from './open-api-document.ts'
import { routeList } from './route-list.ts'

const ODD_VALUES: unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e308,
  Number.MAX_VALUE,
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e\u200b',
  '<script>alert(1)</script>',
  "' or 1=1--",
  '{{7*7}}%s%n',
  '../../etc/passwd',
  'x'.repeat(20_000),
  '🚀'.repeat(5_000),
  '\u0301'.repeat(5_000),
  'true',
  'null',
  'Admin',
  'admin@gatehouse.example,evil@evil.example',
  '=cmd|calc',
  [],
  [[]],
  [null],
  ['ada@apex.example', 'evil@evil.example'],
  new Array(1000).fill('x'),
  {},
  { $ne: '' },
  { toString: 1, length: -1 },
  { id: { id: { id: 1 } } },
]

/** A body that the route accepts, or nearly so; a field of it is replaced. */
const VALID: Record<string, () => Promise<Record<string, unknown>>> = {
  [`POST ${API}/auth/signup-community`]: async () => signupForm(),
  [`POST ${API}/auth/verify-email`]: async () => ({
    token: await linkTokenOf((await signedUp()).communityId),
  }),
  [`POST ${API}/auth/resend-verification`]: async () => ({ email: `a@${unique()}.example` }),
  [`POST ${API}/auth/login`]: async () => {
    const { email } = await ownerIn('active')
    return { email, password: PASSWORD, tokenTransport: 'body', deviceToken: 'x' }
  },
  [`POST ${API}/auth/refresh`]: async () => ({ refreshToken: 'rt.x' }),
  [`POST ${API}/auth/logout`]: async () => ({ refreshToken: 'rt.x' }),
  [`POST ${API}/auth/logout-all`]: async () => ({ refreshToken: 'rt.x' }),
  [`POST ${API}/auth/not-me`]: async () => ({ token: 'x' }),
  [`POST ${API}/auth/forgot-password`]: async () => ({ email: `a@${unique()}.example` }),
  [`POST ${API}/auth/verify-reset-token`]: async () => ({ token: 'x' }),
  [`POST ${API}/auth/reset-password`]: async () => {
    const { email } = await ownerIn('active')
    expectStatus(await call(`${API}/auth/forgot-password`, { body: { email } }), 202)
    const token = await mailedToken(email, 'reset_password')
    return { token, password: 'Quiet-Lantern-64', confirmPassword: 'Quiet-Lantern-64' }
  },
  [`POST ${API}/account/password`]: async () => ({
    currentPassword: 'Wrong-Harbour-99',
    newPassword: 'Quiet-Lantern-64',
  }),
  [`PATCH ${API}/account`]: async () => ({
    fullName: 'Mira Rao',
    locale: 'en',
    location: 'Pune',
    skills: ['Events'],
    areaOfInterest: [],
  }),
  [`PATCH ${API}/admin/communities/:community/status`]: async () => ({
    status: 'rejected',
    reason: 'Not yet.',
  }),
}

const ROUTES = routeList().filter(({ steps }) => steps.includes('validateInput'))
const WITH_BODY = ROUTES.filter(({ method }) => ['POST', 'PATCH', 'PUT'].includes(method))

let token = ''
let bodies: Record<string, JsonSchema | undefined>
beforeAll(async () => {
  token = (await admin()).token
  const { paths } = await openApiDocument()
  bodies = Object.fromEntries(
    WITH_BODY.map(({ method, path }) => [
      `${method} ${path}`,
      bodyOf(paths[documented(path)]?.[method.toLowerCase()]),
    ]),
  )
})

/** An answer that a client can work with: never a fault of ours, and faults named by the body's own fields. */
function expectSound(answer: Answer, sent: unknown, fields: readonly string[]): void {
  const told = JSON.stringify({ sent, status: answer.status, body: answer.text }).slice(0, 600)
  expect(answer.status, told).toBeLessThan(500)
  if (answer.status < 300) return
  const parsed = errorSchema.strict().safeParse(answer.json)
  expect(parsed.error?.message, told).toBeUndefined()
  const errors = parsed.data?.errors
  if (answer.status === 422) expect(Object.keys(errors ?? {}), told).not.toEqual([])
  for (const [name, message] of Object.entries(errors ?? {})) {
    expect(fields, told).toContain(name)
    expect(message.length, told).toBeGreaterThan(5)
    expect(message, told).toMatch(/[.!?]$/)
    expect(message, told).not.toMatch(/expected|received|undefined|\bNaN\b|Invalid input|regex/i)
  }
}

describe('the bodies of these tests', () => {
  it('exist for every route that takes one', () => {
    const routes = WITH_BODY.map(({ method, path }) => `${method} ${path}`)
    expect(Object.keys(VALID).sort()).toEqual(routes.sort())
  })
})

describe.each(WITH_BODY)('$method $path', ({ method, path, url }) => {
  const key = `${method} ${path}`
  const ask = (body: unknown) => {
    const isGuarded = /\/(admin|account)\b/.test(url)
    return call(url, { method, body, ...(isGuarded && { token }) })
  }
  const fieldsOf = () => Object.keys(bodies[key]?.properties ?? {})

  it('answers odd values of each field with a refusal that names it, never with a fault', async () => {
    const fields = fieldsOf()
    expect(fields.length).toBeGreaterThan(0)
    for (const field of fields) {
      const base = await VALID[key]?.()
      const bodiesSent = ODD_VALUES.map((value) => ({ ...base, [field]: value }))
      const answers = await Promise.all(bodiesSent.map(ask))
      for (const [at, answer] of answers.entries()) {
        expectSound(answer, { [field]: ODD_VALUES[at] }, fields)
      }
    }
  })

  it('answers a missing field, and several odd ones at once', async () => {
    const fields = fieldsOf()
    for (const field of fields) {
      const { [field]: _, ...rest } = (await VALID[key]?.()) ?? {}
      expectSound(await ask(rest), { without: field }, fields)
    }
    for (const value of ODD_VALUES) {
      const all = Object.fromEntries(fields.map((field) => [field, value]))
      expectSound(await ask(all), all, fields)
    }
  })

  it('answers odd values inside an object or a list', async () => {
    const fields = fieldsOf()
    const nested = Object.entries(bodies[key]?.properties ?? {}).flatMap(([field, schema]) =>
      [schema, ...(schema.anyOf ?? [])].flatMap((one) => [
        ...Object.keys(one.properties ?? {}).map((name) => ({
          field,
          wrap: (value: unknown) => ({ [name]: value }),
        })),
        ...(one.items ? [{ field, wrap: (value: unknown) => [value] }] : []),
      ]),
    )
    const base = (await VALID[key]?.()) ?? {}
    // Not even one of them may be signed up by this: the address is none.
    const harmless = 'email' in base ? { ...base, email: 'none' } : base
    for (const { field, wrap } of nested) {
      const sent = ODD_VALUES.map((value) => ({ ...harmless, [field]: wrap(value) }))
      for (const [at, answer] of (await Promise.all(sent.map(ask))).entries()) {
        expectSound(answer, { [field]: wrap(ODD_VALUES[at]) }, fields)
      }
    }
  })
})

describe('the query of the inbox', () => {
  it.each([
    '?to=',
    '?to=a&to=b',
    '?to[]=a',
    '?to=%00',
    '?to=%FF',
    '?to=%',
    `?to=${'x'.repeat(5000)}`,
    '?__proto__=x',
    '?=&&&=',
    `?${'a&'.repeat(2000)}`,
  ])('never ends in a fault: %s', async (query) => {
    for (const path of ['/dev/mail', '/dev/mail.json']) {
      const answer = await call(`${path}${query}`)
      expect([200, 422]).toContain(answer.status)
      if (answer.status === 422) expect(Object.keys(answer.json.errors as object)).toEqual(['to'])
    }
  })
})

describe('the Idempotency-Key', () => {
  it.each(['', ' ', 'x'.repeat(256), 'x'.repeat(50_000), 'a b', 'a\tb'])(
    'is refused by its name: %j',
    async (value) => {
      const headers = { 'Idempotency-Key': value }
      const answer = await call(`${API}/auth/signup-community`, { body: signupForm(), headers })
      expect({ status: answer.status, body: answer.text }).toMatchObject({ status: 422 })
      expect(Object.keys(answer.json.errors as object)).toEqual(['idempotency-key'])
    },
  )
})
