/**
 * How a route describes itself: the OpenAPI document is made of nothing else than these and the validators' schemas.
 * Written `describe(HAS_DOCUMENT && {…})`: a bundle that does not make the document carries none of its words.
 */
import { type DescribeRouteOptions, describeRoute, resolver } from 'hono-openapi'
import type * as z from 'zod'
import { en } from '../messages/en.ts'
import { errorSchema, successSchema } from './envelope.ts'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import { factory } from './factory.ts'

/** What each media type holds; null: bytes. */
type Content = Readonly<Record<string, z.ZodType | null>>

/** An answer that no code stands for, such as 304. */
type Also = Readonly<Record<number, { description: string; content?: Content }>>

interface Description {
  tag: string
  summary: string
  description?: string
  /** `data`: the schema of what stands in the envelope. `content`: what is answered without it, by media type. */
  success: { status: 200 | 201 | 202; data?: z.ZodType; content?: Content }
  also?: Also
  /** Codes that this route may answer with, beyond those that every route may. */
  errors?: readonly ErrorCode[]
  /** A body that works, for readers and for the form in /docs. */
  example?: object
  /** A body that is no JSON, and so has no validator that tells of it. */
  body?: Content
  /** The body may be left out. */
  bodyIsOptional?: boolean
  /** The route asks for an access token. */
  authenticated?: boolean
  /** The refresh cookie is one of the ways to say who asks. */
  byRefreshCookie?: boolean
}

const EVERYWHERE: readonly ErrorCode[] = ['internal_error', 'unavailable']
const WITH_AUTHENTICATION: readonly ErrorCode[] = [
  'unauthenticated',
  'access_token_expired',
  'session_ended',
]

/** What every route with a body may refuse it with. */
export const BODY_ERRORS = [
  'invalid_json',
  'csrf_failed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
  'rate_limited',
] as const

const nothing = factory.createMiddleware((_, next) => next())

/** Describes a route under /api/v1 with its success envelope and every error code it may answer with. */
export function describe(route: Description | false) {
  return route ? describeRoute(toOperation(route)) : nothing
}

function toOperation(route: Description): DescribeRouteOptions {
  const { status, data, content } = route.success
  const codes = [
    ...(route.errors ?? []),
    ...(route.authenticated ? WITH_AUTHENTICATION : []),
    ...EVERYWHERE,
  ]
  const responses: DescribeRouteOptions['responses'] = {
    [status]: {
      description: 'Success',
      content: { ...(data && json(successSchema(data))), ...(content && toContent(content)) },
    },
    ...toAlso(route.also),
  }
  for (const status of new Set(codes.map((code) => ERROR_CODES[code].status))) {
    const named = codes.filter((code) => ERROR_CODES[code].status === status)
    responses[status] = {
      description: named.map((code) => `\`${code}\`: ${en[code]}`).join('\n\n'),
      content: json(errorSchema),
    }
  }
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    ...(route.authenticated && { security: [{ bearer: [] }, { cookie: [] }] }),
    ...(route.byRefreshCookie && { security: [{ refreshCookie: [] }, {}] }),
    ...(isActedByCookie(route) && { parameters: [CSRF_HEADER] }),
    ...(route.body && { requestBody: { content: toContent(route.body) } }),
    ...(route.example && { [EXAMPLE]: route.example }),
    ...(route.bodyIsOptional && { [OPTIONAL]: true }),
    responses,
  } as DescribeRouteOptions
}

const json = (schema: z.ZodType) => ({ 'application/json': { schema: resolver(schema) } })

function toContent(content: Content) {
  const entries = Object.entries(content)
  return Object.fromEntries(
    entries.map(([type, schema]) => [type, schema ? { schema: resolver(schema) } : {}]),
  )
}

function toAlso(also: Also = {}): DescribeRouteOptions['responses'] {
  const entries = Object.entries(also).map(([status, { description, content }]) => [
    status,
    { description, ...(content && { content: toContent(content) }) },
  ])
  return Object.fromEntries(entries)
}

const CSRF_HEADER = {
  in: 'header',
  name: 'X-CSRF-Token',
  required: false,
  description: 'Where a cookie says who asks: the token that GET /auth/csrf gives.',
  schema: { type: 'string' },
} as const

/** Every unsafe route may refuse a foreign page; those with a session may be called by cookie. */
function isActedByCookie({ authenticated, byRefreshCookie, errors }: Description): boolean {
  return (authenticated || byRefreshCookie) === true && errors?.includes('csrf_failed') === true
}

/** Where `describe` leaves a body's example. The validator's schema knows the body, but drops examples of what it transforms. */
const EXAMPLE = 'x-example'

/** Where `describe` leaves that a body may be left out: the validator's schema says of every body that it is required. */
const OPTIONAL = 'x-optional-body'

interface DescribedOperation {
  [EXAMPLE]?: object
  [OPTIONAL]?: boolean
  requestBody?: { required?: boolean; content?: Record<string, { example?: object }> }
}

/** Moves what is said of each body to where OpenAPI has it. */
export function placeBodyNotes(paths: object): void {
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item as Record<string, DescribedOperation>)) {
      const body = operation.requestBody?.content?.['application/json']
      if (body && operation[EXAMPLE]) body.example = operation[EXAMPLE]
      if (operation.requestBody && operation[OPTIONAL]) operation.requestBody.required = false
      delete operation[EXAMPLE]
      delete operation[OPTIONAL]
    }
  }
}

interface PlainDescription {
  tag: string
  summary: string
  description?: string
  /** What 200 holds, by media type. */
  content: Content
  also?: Also
}

/** Describes a route outside /api/v1, which answers without the envelope. */
export function describePlain(route: PlainDescription | false) {
  if (!route) return nothing
  const { tag, summary, description, content, also } = route
  const success = { description: 'Success', content: toContent(content) }
  return describeRoute({
    tags: [tag],
    summary,
    ...(description && { description }),
    responses: { 200: success, ...toAlso(also) },
  })
}
