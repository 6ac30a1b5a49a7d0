/**
 * How a route describes itself. The OpenAPI document is made of nothing else than these and the validators' schemas, by
 * scripts/openapi as the Worker is built. Written `describe(HAS_DOCUMENT && {…})`: the Worker carries none of its words.
 */
import type * as z from 'zod'
import type { ErrorCode } from './error-codes.ts'
import { factory } from './factory.ts'

/** What each media type holds; null: bytes. */
export type Content = Readonly<Record<string, z.ZodType | null>>

/** Answers that no code stands for, such as 304. */
export type Also = Readonly<Record<number, { description: string; content?: Content }>>

export interface Description {
  tag: string
  summary: string
  description?: string
  /**
   * `data`: the schema of what stands in the envelope. `content`: what is answered without it, by media type.
   * `example`: such `data`, where the one that is made of its schema says too little.
   */
  success: { status: 200 | 201 | 202; data?: z.ZodType; content?: Content; example?: object }
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

/** Of a route outside /api/v1, which answers without the envelope. */
export interface PlainDescription {
  tag: string
  summary: string
  description?: string
  /** What 200 holds, by media type. */
  content: Content
  also?: Also
  /** Every code that it may answer with, in the envelope all the same. */
  errors?: readonly ErrorCode[]
}

/** Where a route keeps its description. */
export const DESCRIPTION = Symbol('description')

/** What every route with a body may refuse it with. */
export const BODY_ERRORS = [
  'invalid_json',
  'csrf_failed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
  'rate_limited',
] as const

/** Describes a route under /api/v1; does nothing while it is served. */
export function describe(route: Description | false) {
  return carry(route)
}

/** Describes a route outside /api/v1. */
export function describePlain(route: PlainDescription | false) {
  return carry(route)
}

function carry(description: Description | PlainDescription | false) {
  const middleware = factory.createMiddleware(async function describeRoute(_, next) {
    await next()
  })
  return HAS_DOCUMENT ? Object.assign(middleware, { [DESCRIPTION]: description }) : middleware
}
