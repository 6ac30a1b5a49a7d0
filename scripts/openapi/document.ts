/** The OpenAPI document: made of the routes of an app, and of nothing that is written down twice. */

import { COOKIE_NAMES } from '../../src/http/cookies.ts'
import { errorSchema } from '../../src/http/envelope.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/http/error-codes.ts'
import { DESCRIPTION } from '../../src/http/openapi.ts'
import { INPUT, type Input } from '../../src/http/validate.ts'
import { en } from '../../src/messages/en.ts'
import { codesOf, type Route, toOperation } from './operation.ts'
import { outputSchema } from './schema.ts'
import { INFO, TAGS } from './words.ts'

interface Mounted {
  method: string
  path: string
  handler: object
}

/** What `describe` and `validate` leave on their handlers. */
interface Told {
  [DESCRIPTION]?: Route['description']
  [INPUT]?: Input
}

const REQUEST_ID = '01990000-0000-7000-8000-0000000000ff'

/** The document of these mounted routes, but for those whose path `isLeftOut`. */
export function makeDocument(mounted: readonly Mounted[], isLeftOut: (path: string) => boolean) {
  const routes = describedRoutes(mounted).filter(({ path }) => !isLeftOut(path))
  const used = new Set(routes.map(({ description }) => description.tag))
  const tags = [...new Set([...Object.keys(TAGS), ...used])].filter((name) => used.has(name))
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/', description: 'Where this document comes from.' }],
    tags: tags.map((name) => ({ name, description: TAGS[name] })),
    paths: toPaths(routes),
    components: {
      schemas: { Error: outputSchema(errorSchema) },
      examples: errorExamples(routes),
      headers: {
        RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        cookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAMES.access },
        refreshCookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAMES.refresh },
      },
    },
  }
}

function toPaths(routes: readonly Route[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z]+)/gi, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route) }
  }
  return paths
}

/** Middleware is mounted one by one under the same method and path. */
function describedRoutes(mounted: readonly Mounted[]): Route[] {
  const keys = new Set(mounted.map(({ method, path }) => `${method} ${path}`))
  return [...keys].flatMap((key) => {
    const [method = '', path = ''] = key.split(' ')
    const told = mounted
      .filter((one) => one.method === method && one.path === path)
      .map(({ handler }) => handler as Told)
    const description = told.find((one) => one[DESCRIPTION])?.[DESCRIPTION]
    const inputs = told.flatMap((one) => one[INPUT] ?? [])
    return description ? [{ method, path, description, inputs }] : []
  })
}

/** Of each code that some route may answer with. */
function errorExamples(routes: readonly Route[]) {
  const used = new Set(
    routes.flatMap(({ description }) => ('success' in description ? codesOf(description) : [])),
  )
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => used.has(code))
  return Object.fromEntries(
    codes.map((code) => {
      const errors = code === 'validation_failed' && { errors: { email: en.enter_email } }
      const value = { success: false, message: en[code], code, requestId: REQUEST_ID, ...errors }
      return [code, { summary: en[code], value }]
    }),
  )
}
