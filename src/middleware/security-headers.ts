/**
 * Headers of every answer, whatever its status: nothing here is a page to render, to frame, to sniff or to cache. A
 * page that needs more (the docs, the local inbox) brings its own Content-Security-Policy.
 */
import { factory } from '../http/factory.ts'

export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const securityHeaders = factory.createMiddleware(async function securityHeaders(c, next) {
  await next()
  const headers = c.res.headers
  headers.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains')
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Referrer-Policy', 'no-referrer')
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  }
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
})
