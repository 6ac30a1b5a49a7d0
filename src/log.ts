/**
 * One JSON line per request and per security event. Values are redacted by the name of their key: no password, token,
 * code, cookie, mail link or address ever reaches a line. Addresses are told apart by their keyed hash (`addressKey`).
 */
import { DrizzleQueryError } from 'drizzle-orm/errors'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Record<string, unknown>

export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }
const SECRET_KEY =
  /pass(word|phrase)?|token|secret|cookie|authorization|link|otp|pepper|fingerprint|^(e-?mail|officialEmail|to|code|magicCode|address|html|text|subject|key)$/i
const REDACTED = '[redacted]'
const MAX_DEPTH = 4
const MAX_TEXT = 500

/** `base` goes into each line (requestId). Lines below `level` are dropped. `onError` hears of each line of an error. */
export function createLog(
  level: LogLevel,
  base: LogFields = {},
  onError?: (line: LogFields) => void,
): Log {
  const write =
    (at: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (ORDER[at] < ORDER[level]) return
      const written = { level: at, event, ...base, ...(redact(fields, 0) as LogFields) }
      const line = JSON.stringify(written)
      if (at === 'error') {
        console.error(line)
        onError?.(written)
      } else if (at === 'warn') console.warn(line)
      else console.log(line)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What a line may say of an error: a failed query without its parameters, which hold addresses and hashes. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof DrizzleQueryError) {
    return { error: 'query_failed', query: error.query.slice(0, MAX_TEXT), ...causeOf(error) }
  }
  if (!(error instanceof Error)) return { error: typeof error }
  return { error: `${error.name}: ${error.message}`, stack: error.stack, ...causeOf(error) }
}

function causeOf(error: Error): LogFields {
  return error.cause instanceof Error ? { cause: errorFields(error.cause) } : {}
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT)
  if (typeof value === 'bigint') return String(value)
  // A function named toJSON would be called as the line is written.
  if (typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toJSON()
  if (depth >= MAX_DEPTH) return '[deep]'
  if (Array.isArray(value)) return value.slice(0, 20).map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_KEY.test(key) ? REDACTED : redact(item, depth + 1),
    ]),
  )
}
