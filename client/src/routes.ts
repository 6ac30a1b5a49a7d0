/** What the client has to know of a route beyond its types; the checks compare it with the API's own document. */
import type { Contract } from './contract.ts'

type BodyOf<P extends keyof Contract> = Contract[P] extends { $post: { input: { json: infer J } } }
  ? J
  : never
type HeaderOf<P extends keyof Contract> = Contract[P] extends {
  $post: { input: { header: infer H } }
}
  ? H
  : never
type HasKey<T, K extends string> = T extends unknown
  ? K extends NamedKey<T>
    ? true
    : never
  : never
type NamedKey<T> = string extends keyof T ? never : keyof T

type PathWithBody<K extends string> = {
  [P in keyof Contract]: HasKey<BodyOf<P>, K> extends never ? never : P
}[keyof Contract]
type PathWithHeader<K extends string> = {
  [P in keyof Contract]: HasKey<HeaderOf<P>, K> extends never ? never : P
}[keyof Contract]

/** They take `tokenTransport`: their answer may be a session. A new one is missing here until it is named. */
const SIGN_IN = {
  '/api/v1/auth/login': true,
  '/api/v1/auth/verify-otp': true,
  '/api/v1/auth/verify-magic': true,
  '/api/v1/auth/accept-invite': true,
} satisfies Record<PathWithBody<'tokenTransport'>, true>

/** They take `Idempotency-Key`. */
const KEYED = { '/api/v1/auth/signup-community': true } satisfies Record<
  PathWithHeader<'idempotency-key'>,
  true
>

/**
 * Beneath /auth only these act for somebody who is signed in. The others begin or prove something, and must keep the
 * browser's cookies (device, flow), which count for nothing beside `Authorization`.
 */
const SIGNED_IN_AUTH = /^\/api\/v1\/auth\/(?:me|logout|logout-all|switch-community)$/

export const isSignIn = (path: string) => Object.hasOwn(SIGN_IN, path)
export const isKeyed = (path: string) => Object.hasOwn(KEYED, path)
export const isSafe = (method: string) => method === 'GET' || method === 'HEAD'

/** Sent without who is asking. */
export const isPublic = (path: string) =>
  path.startsWith('/api/v1/auth/') && !SIGNED_IN_AUTH.test(path)

/** Once it has worked, this session is over. */
export function endsSession(method: string, path: string, query: URLSearchParams): boolean {
  if (method === 'POST') {
    return /^\/api\/v1\/(?:auth\/logout(?:-all)?|communities\/[^/]+\/leave)$/.test(path)
  }
  if (method !== 'DELETE') return false
  if (/^\/api\/v1\/(?:account|communities\/[^/]+)$/.test(path)) return true
  return path === '/api/v1/sessions' && query.get('keepCurrent') !== 'true'
}
