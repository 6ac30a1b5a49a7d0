/** The examples of the document, and the names that generators make code of. Each failure says what to write where. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/http/error-codes.ts'
import { API, call } from '../support/call.ts'
import { mismatchesOf } from './json-schema.ts'
import { type Document, documented, type Operation, openApiDocument } from './open-api-document.ts'
import { credentials } from './provocations.ts'
import { routeList, takesBody } from './route-list.ts'

let document: Document
let operations: [name: string, operation: Operation][]
beforeAll(async () => {
  document = await openApiDocument()
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, one]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      one,
    ]),
  )
})

/** Every JSON that a success is said to hold. */
const successes = () =>
  operations.flatMap(([name, { responses }]) =>
    Object.entries(responses).flatMap(([status, { content }]) => {
      const json = content?.['application/json']
      return Number(status) < 300 && json ? [{ name: `${name} ${status}`, ...json }] : []
    }),
  )

/** Fields whose example is nothing but their name. */
function namesakes(value: unknown, name: string): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => namesakes(one, name))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, one]) => namesakes(one, key))
  }
  return value === name ? [name] : []
}

describe('an operation', () => {
  it('has a name of its own, made of its path, that generators can use', () => {
    const names = operations.map(([, { operationId }]) => operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^(get|post|put|patch|delete)([A-Z][a-z\d]*)+$/)
    expect(document.paths[`${API}/sessions/{id}`]?.delete?.operationId).toBe('deleteSessionsById')
  })

  it('stands under a tag that says what it is for: see scripts/openapi/words.ts', () => {
    const described = document.tags.filter(({ description }) => description)
    const used = new Set(operations.flatMap(([, { tags }]) => tags ?? []))
    expect([...used].sort()).toEqual(described.map(({ name }) => name).sort())
  })
})

describe('a success', () => {
  it('has an example that fits its schema', () => {
    expect(successes().length).toBeGreaterThan(50)
    for (const { name, schema = {}, example } of successes()) {
      expect({ name, faults: mismatchesOf(schema, example) }).toEqual({ name, faults: [] })
    }
  })

  it('has a sample for each of its texts: write it into scripts/openapi/sample-values.ts', () => {
    const found = successes().flatMap(({ name, example }) =>
      namesakes(example, '').map((field) => `${name}: ${field}`),
    )
    expect(found).toEqual([])
    expect(namesakes({ items: [{ colour: 'colour', id: 'x' }] }, '')).toEqual(['colour'])
  })
})

describe('an error', () => {
  it('has an example for each code that its status may carry', () => {
    for (const [name, { responses }] of operations) {
      const refusals = Object.entries(responses).filter(
        ([status, { content }]) => Number(status) >= 400 && content?.['application/json']?.examples,
      )
      if (name.includes(API))
        expect({ name, refusals: refusals.length > 0 }).toMatchObject({ refusals: true })
      for (const [status, { description, content }] of refusals) {
        const { schema = {}, examples = {} } = content?.['application/json'] ?? {}
        const told = [...description.matchAll(/^`(\w+)`: /gm)].map(([, code]) => code)
        expect({ name, status, codes: Object.keys(examples) }).toEqual({
          name,
          status,
          codes: told,
        })
        for (const [code, { value }] of Object.entries(examples)) {
          expect(value.code).toBe(code)
          expect(ERROR_CODES[code as ErrorCode].status).toBe(Number(status))
          expect(mismatchesOf(schema, value)).toEqual([])
        }
      }
    }
  })
})

describe('a body', () => {
  const WITH_BODY = routeList().filter((route) => route.path.startsWith(API) && takesBody(route))

  it.each(WITH_BODY)('of $method $path has an `example` that the route takes', async (route) => {
    const { method, path } = route
    const { token, url: own = route.url } = await credentials(route)
    const { requestBody } = document.paths[documented(path)]?.[method.toLowerCase()] ?? {}
    const example = requestBody?.content['application/json']?.example
    expect(example, 'describe() of the route needs an `example`').toBeTypeOf('object')
    const answer = await call(own, { method, body: example, token })
    const isRead = ![
      'invalid_json',
      'validation_failed',
      'password_rejected',
      'unauthenticated',
      'forbidden',
    ].includes(String(answer.json.code))
    expect({ isRead, body: answer.text }).toMatchObject({ isRead: true })
    expect(answer.status).toBeLessThan(500)
  })
})
