/** What the tables of limited routes are made of: requests, and what they are answered. */
import type { CallOptions } from '../support/call.ts'

/** One request, and what it is answered while nothing is used up: status, and code of a refusal. */
export interface Try {
  answer: string
  send: CallOptions & { path?: string }
}

export interface LimitedRoute {
  /** As the app mounts it. */
  route: string
  policy: string
  /** What says how many; the default is `limit`. */
  variable: keyof Env & `${string}_LIMIT_PER_${string}`
  limit: number
  windowSeconds: number
  counts: 'every request' | 'valid bodies' | 'refused tokens'
  /** May be sent any number of times, and counts each time. */
  again: Try
  /** New requests of every kind that counts; the first is a right one wherever right ones count. */
  counted: () => Promise<Try[]>
  /** New requests of every kind that does not count, and is answered alike when all is used up. */
  free?: () => Promise<Try[]>
}

export const MINUTE_SECONDS = 60
export const HOUR_SECONDS = 3600

export const EMPTY: Try = { answer: '422 validation_failed', send: { body: {} } }
export const BROKEN: Try = { answer: '400 invalid_json', send: { body: '{' } }
export const UNTYPED: Try = {
  answer: '415 unsupported_media_type',
  send: { body: '{}', headers: { 'Content-Type': 'text/plain' } },
}
export const LARGE: Try = { answer: '413 payload_too_large', send: { body: 'x'.repeat(70_000) } }
export const BAD_BODIES = [EMPTY, BROKEN, UNTYPED, LARGE]
/** A page of somebody else that would let our answer set cookies. */
export const FOREIGN: Try = {
  answer: '403 csrf_failed',
  send: { body: {}, headers: { Origin: 'https://evil.example' } },
}
export const NOBODY: Try = { answer: '401 unauthenticated', send: {} }

export const by = (token: string, tries: readonly Try[]): Try[] =>
  tries.map(({ answer, send }) => ({ answer, send: { ...send, token } }))

export const post = (answer: string, body: object, send: CallOptions = {}): Try => ({
  answer,
  send: { ...send, body },
})

export const GENERAL = {
  policy: 'general',
  variable: 'GENERAL_LIMIT_PER_MINUTE',
  limit: 300,
  windowSeconds: MINUTE_SECONDS,
  counts: 'every request',
} as const
