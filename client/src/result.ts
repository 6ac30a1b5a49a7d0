/** An answer as a value. Nothing that a server or a network can do is thrown: what went wrong is told by `code`. */
import type { ErrorCode } from './contract.ts'

/** Those of the API, and what only a client can meet. A newer API may send a code that this version does not know. */
export type ClientErrorCode = ErrorCode | 'network_error' | 'aborted' | 'unexpected_answer'

export interface Success<T, S extends number = number> {
  ok: true
  status: S
  data: T
  /** For people, in their language. */
  message: string
  requestId: string | undefined
  /** The first answer of this idempotency key again. */
  replayed: boolean
}

export interface Failure {
  ok: false
  /** 0 where there was no answer. */
  status: number
  error: {
    code: ClientErrorCode
    /** For people, in their language; in English where there was no answer. */
    message: string
    /** By top-level field of the body. */
    errors?: Record<string, string>
    requestId?: string
    retryAfterSeconds?: number
  }
}

export type Result<T> = Success<T> | Failure

const WORDS = {
  network_error: 'The server could not be reached.',
  aborted: 'The request was cancelled.',
  unexpected_answer: 'The server gave an answer that cannot be read.',
} as const

export function failed(code: keyof typeof WORDS, status = 0, more = {}): Failure {
  return { ok: false, status, error: { code, message: WORDS[code], ...more } }
}

/** Reads an answer to its end, but for a file, which is handed over as the `Response` it is. Rejects where the line breaks. */
export async function readAnswer(response: Response, now: number): Promise<Result<unknown>> {
  const { status, headers } = response
  const type = headers.get('Content-Type') ?? 'text/html'
  const requestId = headers.get('X-Request-Id') ?? undefined
  const common = { status, requestId, replayed: headers.get('Idempotent-Replayed') === 'true' }
  const isJson = /^application\/json\b/i.test(type)
  // A page of HTML comes from whatever stands between: under /api the Worker never sends one.
  if (response.ok && !isJson && !/^text\/html\b/i.test(type)) {
    return { ok: true, ...common, data: response, message: '' }
  }
  const body = parse(await response.text())
  if (response.ok && body.success === true && 'data' in body) {
    return { ok: true, ...common, data: body.data, message: String(body.message) }
  }
  const seconds = retryAfterSeconds(headers.get('Retry-After'), now)
  const more = {
    ...(requestId !== undefined && { requestId }),
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  }
  if (response.ok || typeof body.code !== 'string') return failed('unexpected_answer', status, more)
  const { code, message, errors } = body as unknown as Failure['error']
  return { ok: false, status, error: { code, message, ...(errors && { errors }), ...more } }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined
}
