/** One operation of the document: what its route says of itself, and what its validators know. */

import { successSchema } from '../../src/http/envelope.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/http/error-codes.ts'
import type { Also, Content, Description, PlainDescription } from '../../src/http/openapi.ts'
import type { Input } from '../../src/http/validate.ts'
import { en } from '../../src/messages/en.ts'
import { sampleOf } from './sample.ts'
import { inputSchema, outputSchema } from './schema.ts'

const EVERYWHERE: readonly ErrorCode[] = ['internal_error', 'unavailable']
const WITH_AUTHENTICATION: readonly ErrorCode[] = [
  'unauthenticated',
  'access_token_expired',
  'session_ended',
]

/** Where it is worth asking again, and when. */
const MAY_BE_REPEATED: readonly number[] = [429, 503]
const RETRY_AFTER = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }

const CSRF_HEADER = {
  in: 'header',
  name: 'X-CSRF-Token',
  required: false,
  description: 'Where a cookie says who asks: the token that GET /auth/csrf gives.',
  schema: { type: 'string' },
} as const

export interface Route {
  method: string
  path: string
  description: Description | PlainDescription
  inputs: readonly Input[]
}

export function toOperation({ method, path, description, inputs }: Route) {
  const words = {
    operationId: operationIdOf(method, path),
    tags: [description.tag],
    summary: description.summary,
    ...(description.description && { description: description.description }),
  }
  const parameters = inputs.flatMap(toParameters)
  if (!('success' in description)) {
    const { content, also, errors = [] } = description
    const responses = {
      200: { description: 'Success', content: toContent(content) },
      ...toAlso(also),
      ...toErrors(errors),
    }
    return { ...words, security: [], ...(parameters.length > 0 && { parameters }), responses }
  }
  if (isActedByCookie(description)) parameters.unshift(CSRF_HEADER)
  const requestBody = toBody(description, inputs)
  return {
    ...words,
    security: securityOf(description),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: {
      ...toSuccess(description),
      ...toAlso(description.also),
      ...toErrors(codesOf(description)),
    },
  }
}

/** `GET /api/v1/sessions/:id` is `getSessionsById`: the contract fixes the path, and so the name. */
export function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/api\/v1\//, '')
    .replaceAll(/:/g, 'by-')
    .split(/[^a-z\d]+/i)
    .filter(Boolean)
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
  return method.toLowerCase() + words.map(capital).join('')
}

function securityOf({ authenticated, byRefreshCookie }: Description): object[] {
  if (authenticated) return [{ bearer: [] }, { cookie: [] }]
  return byRefreshCookie ? [{ refreshCookie: [] }, {}] : []
}

/** Every unsafe route may refuse a foreign page; those with a session may be called by cookie. */
function isActedByCookie({ authenticated, byRefreshCookie, errors }: Description): boolean {
  return (authenticated || byRefreshCookie) === true && errors?.includes('csrf_failed') === true
}

function toParameters({ target, schema }: Input): object[] {
  if (target === 'json') return []
  const { properties = {}, required = [] } = inputSchema(schema)
  return Object.entries(properties).map(([name, { description, ...one }]) => ({
    in: target === 'param' ? 'path' : target,
    name,
    required: target === 'param' || required.includes(name),
    ...(description && { description }),
    schema: one,
    ...(target === 'param' && { example: sampleOf(one, name) }),
  }))
}

function toBody({ body, example, bodyIsOptional }: Description, inputs: readonly Input[]) {
  const json = inputs.find(({ target }) => target === 'json')
  const content = {
    ...(json && { 'application/json': { schema: inputSchema(json.schema), example } }),
    ...toContent(body),
  }
  if (Object.keys(content).length === 0) return undefined
  return { required: bodyIsOptional !== true, content }
}

function toSuccess({ success: { status, data, content, example } }: Description) {
  const schema = data && outputSchema(successSchema(data))
  const sample = schema && { ...(sampleOf(schema) as object), ...(example && { data: example }) }
  return {
    [status]: {
      description: 'Success',
      content: {
        ...(schema && { 'application/json': { schema, example: sample } }),
        ...toContent(content),
      },
    },
  }
}

function toContent(content: Content = {}): Record<string, object> {
  const entries = Object.entries(content).map(([type, zod]) => {
    if (zod === null) return [type, {}]
    const schema = outputSchema(zod)
    const example = sampleOf(schema)
    return [type, { schema, ...(example !== '' && { example }) }]
  })
  return Object.fromEntries(entries)
}

function toAlso(also: Also = {}) {
  const entries = Object.entries(also).map(([status, { description, content }]) => [
    status,
    { description, ...(content && { content: toContent(content) }) },
  ])
  return Object.fromEntries(entries)
}

/** Those of `errors`, and those that the route may answer with whatever it does. */
export function codesOf({ errors = [], authenticated }: Description): ErrorCode[] {
  const more = [...(authenticated ? WITH_AUTHENTICATION : []), ...EVERYWHERE]
  return [...new Set([...errors, ...more])]
}

/** One response for each status, with an example for each code. */
function toErrors(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => ERROR_CODES[code].status))]
  const entries = statuses.map((status) => {
    const named = codes.filter((code) => ERROR_CODES[code].status === status)
    const content = {
      schema: { $ref: '#/components/schemas/Error' },
      examples: Object.fromEntries(
        named.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
      ),
    }
    const told = named.map((code) => `\`${code}\`: ${en[code]}`).join('\n\n')
    const headers = MAY_BE_REPEATED.includes(status) && { headers: RETRY_AFTER }
    return [status, { description: told, ...headers, content: { 'application/json': content } }]
  })
  return Object.fromEntries(entries)
}
