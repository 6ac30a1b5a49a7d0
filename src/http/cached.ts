/**
 * Answers that caches may keep. Everything else of the API is `no-store`; what a cache keeps is what anybody may see.
 */
import type { Context } from 'hono'
import type { AppEnv } from './factory.ts'

/** Has the client the very same already, so that 304 says all (RFC 9110 §13.1.2)? */
export function hasAlready(c: Context<AppEnv>, tag: string): boolean {
  const known = c.req.header('If-None-Match')
  if (known === undefined) return false
  const tags = known.split(',').map((one) => one.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(`"${tag}"`)
}

/** Marks an answer as one that caches may keep, under this tag. Last of all: a refusal is kept by nobody. */
export function markCacheable(
  c: Context<AppEnv>,
  { tag, maxAge }: { tag: string; maxAge: string },
): void {
  c.header('Cache-Control', `public, ${maxAge}`)
  c.header('ETag', `"${tag}"`)
}
