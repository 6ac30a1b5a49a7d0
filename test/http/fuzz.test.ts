/** Every field of every body, query and path parameter that the document tells of, with what no form would send. */
import { beforeAll, describe, expect, it } from 'vitest'
import { errorSchema } from '../../src/http/envelope.ts'
import { signupForm } from '../factories.ts'
import { LIMITED_ROUTES } from '../middleware/limited-routes.ts'
import { type Answer, API, call, freshIp } from '../support/call.ts'
import { bodyOf, documented, type JsonSchema, openApiDocument } from './open-api-document.ts'
import { routeList, takesBody } from './route-list.ts'
import { send, type WorkingCall, workingCall } from './working-calls.ts'

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

const WITH_BODY = routeList().filter(takesBody)

let bodies: Record<string, JsonSchema | undefined>
beforeAll(async () => {
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

/** A signup has many fields, and each odd one may be a signup all the same. */
const PATIENT = { timeout: 300_000 }

describe.each(WITH_BODY)('$method $path', PATIENT, (route) => {
  const fieldsOf = () => Object.keys(bodies[`${route.method} ${route.path}`]?.properties ?? {})
  const isGeneral = LIMITED_ROUTES.some(
    (row) => row.route === `${route.method} ${route.path}` && row.policy === 'general',
  )
  let calls = 0
  let ip = ''
  /** Each client is an object with files of its own: a hundred calls come from one where it may make so many. */
  const sendWith = (base: WorkingCall, body: Record<string, unknown>) => {
    if (calls++ % 100 === 0) ip = freshIp()
    return send({ ...base, body, ...(isGeneral && { ip }) })
  }

  it('answers odd values of each field with a refusal that names it, never with a fault', async () => {
    const fields = fieldsOf()
    expect(fields.length).toBeGreaterThan(0)
    for (const field of fields) {
      const base = await workingCall(route)
      const sent = ODD_VALUES.map((value) => ({ ...base.body, [field]: value }))
      const answers = await Promise.all(sent.map((body) => sendWith(base, body)))
      for (const [at, answer] of answers.entries()) {
        expectSound(answer, { [field]: ODD_VALUES[at] }, fields)
      }
    }
  })

  it('answers a missing field, and several odd ones at once', async () => {
    const fields = fieldsOf()
    for (const field of fields) {
      const base = await workingCall(route)
      const { [field]: _, ...rest } = base.body ?? {}
      expectSound(await sendWith(base, rest), { without: field }, fields)
    }
    const base = await workingCall(route)
    for (const value of ODD_VALUES) {
      const all = Object.fromEntries(fields.map((field) => [field, value]))
      expectSound(await sendWith(base, all), all, fields)
    }
  })

  it('answers odd values inside an object or a list', async () => {
    const fields = fieldsOf()
    const nested = Object.entries(
      bodies[`${route.method} ${route.path}`]?.properties ?? {},
    ).flatMap(([field, schema]) =>
      [schema, ...(schema.anyOf ?? [])].flatMap((one) => [
        ...Object.keys(one.properties ?? {}).map((name) => ({
          field,
          wrap: (value: unknown) => ({ [name]: value }),
        })),
        ...(one.items ? [{ field, wrap: (value: unknown) => [value] }] : []),
      ]),
    )
    const base = await workingCall(route)
    // Not even one of them may be signed up by this: the address is none.
    const harmless = { ...base.body, ...(base.body?.email !== undefined && { email: 'none' }) }
    for (const { field, wrap } of nested) {
      const sent = ODD_VALUES.map((value) => ({ ...harmless, [field]: wrap(value) }))
      const answers = await Promise.all(sent.map((body) => sendWith(base, body)))
      for (const [at, answer] of answers.entries()) {
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
