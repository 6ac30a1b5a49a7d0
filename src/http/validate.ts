/**
 * The one door for what a client sends, and the only import of @hono/zod-validator. A body is read by count, must say
 * that it is JSON, and must match its schema; unknown fields are dropped. Each fault is reported under the top-level
 * field name that the client sent. The OpenAPI document is made of the same schema.
 */
import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { type Said, say } from '../messages/message.ts'
import { ApiError } from './errors.ts'
import type { AppEnv } from './factory.ts'
import { JSON_BODY_MAX_BYTES, withBody } from './read-body.ts'

/** A semicolon that nothing follows is allowed (RFC 9110 §5.6.6). */
const JSON_TYPE = /^application\/json\s*(;\s*(charset\s*=\s*"?utf-8"?\s*)?)?$/i

/** Said where a schema has no words of its own: the library's are made for programmers. */
const UNUSABLE = say('unusable')

type Target = 'json' | 'query' | 'param' | 'header'

/** Where a validator keeps what the OpenAPI document tells of it. */
export const INPUT = Symbol('input')

export interface Input {
  target: Target
  schema: z.ZodType
}

type Validator<T extends Target, S extends z.ZodType> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [K in T]: z.input<S> }; out: { [K in T]: z.output<S> } }
>

/** Validates one part of the request; `optional`: no body at all counts as an empty one. Throws 413, 415, invalid_json or validation_failed. */
export function validate<T extends Target, S extends z.ZodType>(
  target: T,
  schema: S,
  options: { maxBytes?: number; optional?: boolean } = {},
) {
  const check = zValidator(target, schema as z.ZodType, refuse, {
    validationFunction: (_, value) => schema.safeParseAsync(value, { error: () => UNUSABLE }),
  }) as unknown as Validator<T, S>
  const maxBytes = options.maxBytes ?? JSON_BODY_MAX_BYTES
  const named: Validator<T, S> = async function validateInput(c, next) {
    if (target !== 'json') return check(c, next)
    return withBody(c.req.raw, maxBytes, async (body) => {
      const isLeftOut = options.optional === true && body.byteLength === 0
      if (isLeftOut) c.set('bodyIsLeftOut', true)
      const text = isLeftOut ? '{}' : readJsonText(c, body)
      // Hono keeps promises here, though its type says string: `c.req.json()` parses this text.
      Object.assign(c.req.bodyCache, { text: Promise.resolve(text) })
      return check(c, next)
    })
  }
  return HAS_DOCUMENT
    ? Object.assign(named, { [INPUT]: { target, schema } satisfies Input })
    : named
}

/** The body as text, once it is sure that it is JSON in UTF-8. */
function readJsonText(c: Context, body: Uint8Array): string {
  const type = c.req.header('Content-Type')
  if (type === undefined && body.byteLength === 0) throw invalidJson(say('body_missing'))
  if (type === undefined || !JSON_TYPE.test(type)) throw new ApiError('unsupported_media_type')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text
  } catch {
    throw invalidJson()
  }
  throw invalidJson(say('body_not_object'))
}

function invalidJson(message?: Said): ApiError {
  return new ApiError('invalid_json', message === undefined ? {} : { message })
}

function refuse(result: { success: boolean; error?: z.core.$ZodError }): void {
  if (!result.error) return
  const errors: Record<string, Said> = {}
  for (const issue of result.error.issues) {
    const field = String(issue.path[0] ?? 'body')
    errors[field] ??= issue.message as Said
  }
  throw new ApiError('validation_failed', { errors })
}
