/**
 * One error class and one writer of error bodies. Services throw by code; the table of codes knows the status. What
 * is written never holds a stack, SQL, or a hint whether an address is known.
 */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { DEFAULT_LOCALE } from '../lib/locale.ts'
import { render, type Said, say } from '../messages/message.ts'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import type { AppEnv } from './factory.ts'
import { writeLocale } from './language.ts'

export interface ErrorExtras {
  /** What it says, where the code alone says too little. */
  message?: Said
  /** By top-level field names of the body as the client sent it. */
  errors?: Record<string, Said>
  retryAfterSeconds?: number
  /** For the log only: why, beyond the public code. */
  reason?: string
  cause?: unknown
}

export class ApiError extends Error {
  readonly code: ErrorCode
  readonly extras: ErrorExtras
  constructor(code: ErrorCode, extras: ErrorExtras = {}) {
    super(render(extras.message ?? say(code), DEFAULT_LOCALE), { cause: extras.cause })
    this.code = code
    this.extras = extras
  }
}

/** Writes the error envelope. `requestId` is the same as in `X-Request-Id`. */
export function errorResponse(c: Context<AppEnv>, error: ApiError): Response {
  const { message, errors, retryAfterSeconds } = error.extras
  const locale = writeLocale(c)
  if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds))
  const { status } = ERROR_CODES[error.code]
  // RFC 9110 §11.6.1.
  if (status === 401) c.header('WWW-Authenticate', 'Bearer')
  const body = {
    success: false as const,
    message: render(message ?? say(error.code), locale),
    code: error.code,
    requestId: c.get('requestId'),
    ...(errors && {
      errors: Object.fromEntries(
        Object.entries(errors).map(([field, said]) => [field, render(said, locale)]),
      ),
    }),
  }
  return c.json(body, status as ContentfulStatusCode)
}
