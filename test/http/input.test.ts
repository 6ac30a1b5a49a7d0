/** Bodies that are JSON and yet no form would send: the same answer on every route, and never two readings of one body. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ownerIn } from '../factories.ts'
import { expectQuickAnswer } from '../lib/hostile.ts'
import { outboxOf } from '../session-client.ts'
import { type Answer, API, call } from '../support/call.ts'
import { allRows, changesBetween } from '../support/database-rows.ts'
import { expectEnvelope } from './expect-answer.ts'
import { bodyOf, documented, type JsonSchema, openApiDocument, walk } from './open-api-document.ts'
import { type RouteEntry, routeList, takesBody } from './route-list.ts'
import { callRaw } from './stream-call.ts'
import { keyOf, send, type WorkingCall, workingCall } from './working-calls.ts'

const ROUTES = routeList().filter(takesBody)

let schemas: Record<string, Record<string, JsonSchema>>
beforeAll(async () => {
  const { paths } = await openApiDocument()
  schemas = Object.fromEntries(
    ROUTES.map((route) => {
      const body = bodyOf(paths[documented(route.path)]?.[route.method.toLowerCase()])
      return [keyOf(route), body?.properties ?? {}]
    }),
  )
})

const fieldsOf = (route: RouteEntry) => Object.entries(schemas[keyOf(route)] ?? {})

/** A working call with another text as its body; `make` is given the JSON of each field. */
async function ask(
  route: RouteEntry,
  make: (fields: string[]) => string,
  { refused }: { refused?: WorkingCall } = {},
) {
  // What is refused uses nothing up: one call does for all of them.
  const working = refused ?? (await workingCall(route))
  const fields = Object.entries(working.body ?? {}).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  )
  return send({ ...working, body: make(fields) })
}

const successOf = (route: RouteEntry) => ask(route, (fields) => `{${fields.join(',')}}`)

let networks = 0

/** Many signups of one network are noted: what is compared comes from networks of their own. */
function newNetwork(): string {
  networks += 1
  return `10.200.${networks}.1`
}

function expectRefusalOf(answer: Answer, ...fields: string[]): void {
  expectEnvelope(answer, 'validation_failed')
  expect(Object.keys(answer.json.errors as object)).toEqual(fields)
}

describe.each(ROUTES)('$method $path', (route) => {
  it('counts the last of two values of one key, and only that', async () => {
    const { status } = await successOf(route)
    const refused = await workingCall(route)
    const names = Object.keys(refused.body ?? {})
    const wrong = names.map((name) => `${JSON.stringify(name)}:1`)
    const rightLast = await ask(route, (fields) => `{${[...wrong, ...fields].join(',')}}`)
    expect({ status: rightLast.status, body: rightLast.text }).toMatchObject({ status })
    for (const [at, name] of names.entries()) {
      const twice = (fields: string[]) => `{${[...fields, wrong[at]].join(',')}}`
      const wrongLast = await ask(route, twice, { refused })
      expectRefusalOf(wrongLast, name)
    }
  })

  it('inherits nothing: a field in the prototype is missing', async () => {
    const refused = await workingCall(route)
    const { status, json } = await ask(route, () => '{}', { refused })
    const { code, errors } = json
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      for (const inner of [(text: string) => text, (text: string) => `{"prototype":${text}}`]) {
        const below = (fields: string[]) => `{"${key}":${inner(`{${fields.join(',')}}`)}}`
        // What nothing is asked of does it each time, to somebody else.
        const base = status < 400 ? await workingCall(route) : refused
        const answer = await ask(route, below, { refused: base })
        const seen = { status: answer.status, code: answer.json.code, errors: answer.json.errors }
        expect({ key, ...seen }).toEqual({ key, status, code, errors })
      }
    }
  })

  it('does the same where keys of the prototype stand beside the fields, or deeper', async () => {
    const poison = '{"isAdmin":true,"role":"Admin","status":"active","email":"p@b.example"}'
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']
    const all = keys.flatMap((key) => [`"${key}":${poison}`, `"${key}":{"prototype":${poison}}`])
    const changed = async (make: (fields: string[]) => string) => {
      const working = await workingCall(route)
      const fields = Object.entries(working.body ?? {}).map(
        ([name, value]) => `"${name}":${withInner(JSON.stringify(value), make)}`,
      )
      const before = await allRows()
      const answer = await send({ ...working, ip: newNetwork(), body: `{${make(fields)}}` })
      return { status: answer.status, changes: changesBetween(before, await allRows()) }
    }
    const without = await changed((fields) => fields.join(','))
    expect(await changed((fields) => [...all, ...fields].join(','))).toEqual(without)
    const empty = {} as Record<string, unknown>
    expect([empty.isAdmin, empty.role, empty.status, empty.email]).toEqual(
      new Array(4).fill(undefined),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('refuses what is nested deeper than anything, at once, or drops it', async () => {
    const arrays = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const objects = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`
    const { status } = await successOf(route)
    const refused = await workingCall(route)
    const [first = ''] = Object.keys(refused.body ?? {})
    for (const deep of [arrays, objects]) {
      await expectQuickAnswer(async () => {
        const answer = await ask(route, () => `{"${first}":${deep}}`, { refused })
        expect([400, 422]).toContain(answer.status)
      }, 1000)
      const aside = await ask(route, (fields) => `{${[...fields, `"x":${deep}`].join(',')}}`)
      expect({ status: aside.status, body: aside.text }).toMatchObject({ status })
      expectEnvelope(await ask(route, () => deep.slice(0, -1), { refused }), 'invalid_json')
    }
  })

  it('takes a byte order mark and refuses bytes that are no UTF-8', async () => {
    const { status } = await successOf(route)
    const marked = await ask(route, (fields) => `\ufeff{${fields.join(',')}}`)
    expect({ status: marked.status, body: marked.text }).toMatchObject({ status })
    const { url, method, token, body } = await workingCall(route)
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const [head, tail] = [`{"x":"`, `",${JSON.stringify(body).slice(1)}`]
      const encode = (text: string) => [...new TextEncoder().encode(text)]
      const sent = Uint8Array.from([...encode(head), ...bytes, ...encode(tail)])
      const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
      expectEnvelope(await callRaw(url, { method, headers, body: sent }), 'invalid_json')
    }
  })

  it('takes each field in its own type, and turns nothing into it', async () => {
    const working = await workingCall(route)
    for (const [name, schema] of fieldsOf(route)) {
      for (const [at, types] of typesWithin(schema)) {
        const inner = at.slice('$.'.length)
        const { [name]: _, ...rest } = working.body ?? {}
        const others = JSON.stringify(rest)
          .slice(1)
          .replace(/^(?!})/, ',')
        // One is an integer too.
        const right = types.includes('integer') ? [...types, 'number'] : types
        const wrong = VALUES.filter(([type]) => !right.includes(type))
        const answers = await Promise.all(
          wrong.map(([, value]) => {
            const field = inner === '' ? value : `{${JSON.stringify(inner)}:${value}}`
            return send({ ...working, body: `{"${name}":${field}${others}` })
          }),
        )
        for (const [n, { status, text, json }] of answers.entries()) {
          const told = { name, at, value: wrong[n]?.[1] }
          expect({ ...told, status, text }).toMatchObject({ ...told, status: 422 })
          expect(Object.keys(json.errors as object)).toContain(name)
        }
      }
    }
  })
})

/** As they stand in JSON, by the name that a schema has for their type. */
const VALUES: [string, string][] = [
  ['number', '0'],
  ['number', '1'],
  ['number', '1e400'],
  ['number', '-1E999'],
  ['number', '9007199254740993'],
  ['boolean', 'true'],
  ['boolean', 'false'],
  ['string', '"true"'],
  ['array', '["x"]'],
  ['array', '[["x"]]'],
  ['object', '{"$ne":""}'],
  ['object', '{"length":1,"0":"x"}'],
]

/** The field itself as `$`, and each member of an object as `$.name`, with the types that it may have. */
function typesWithin(schema: JsonSchema): [string, string[]][] {
  const types = new Map<string, string[]>()
  for (const [at, one] of walk(schema).filter(([at]) => /^\$(\.\w+)?$/.test(at))) {
    types.set(at, [...(types.get(at) ?? []), ...[one.type ?? []].flat()])
  }
  expect([...types.values()].filter((one) => one.length === 0)).toEqual([])
  return [...types]
}

/** What is put beside the fields of an object is put into it as well. */
function withInner(json: string, make: (fields: string[]) => string): string {
  if (!json.startsWith('{') || json === '{}') return json
  return `{${make([json.slice(1, -1)])}}`
}

describe('two addresses under one key', () => {
  it('are the last one, for the check and for the mail', async () => {
    const [one, other] = [await ownerIn('active'), await ownerIn('active')]
    const text = `{"email":"${one.email}","email":"${other.email}"}`
    const before = (await outboxOf(one.email)).length
    expect((await call(`${API}/auth/forgot-password`, { body: text })).status).toBe(202)
    expect(await outboxOf(one.email)).toHaveLength(before)
    const mails = (await outboxOf(other.email)).map(({ template }) => template)
    expect(mails.filter((template) => template === 'password_reset')).toHaveLength(1)
  })

  it('and two passwords: the last one logs in', async () => {
    const { email, password } = await ownerIn('active')
    const body = (first: string, last: string) =>
      `{"email":"${email}","password":"${first}","password":"${last}"}`
    const login = (text: string) => call(`${API}/auth/login`, { body: text })
    expect((await login(body(password, 'Wrong-Harbour-99'))).status).toBe(401)
    expect((await login(body('Wrong-Harbour-99', password))).status).toBe(200)
  })
})
