/**
 * CORS for the origins of ALLOWED_ORIGINS, compared exactly; desktop shells (`tauri://localhost`) too. Every answer
 * says `Vary: Origin`, also a refusing one, so that no cache mixes them up. An origin not on the list gets no header
 * at all: the browser then refuses.
 */
import { factory } from '../http/factory.ts'

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const ALLOWED_HEADERS = 'Content-Type, Authorization, Idempotency-Key, X-CSRF-Token'
const EXPOSED_HEADERS =
  'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed'
const PREFLIGHT_SECONDS = '600'

export const cors = factory.createMiddleware(async function cors(c, next) {
  const origin = c.req.header('Origin')
  const isAllowed = origin !== undefined && c.get('deps').config.allowedOrigins.includes(origin)
  const isPreflight =
    c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined
  if (isPreflight) c.res = c.body(null, 204)
  else await next()
  const headers = c.res.headers
  headers.append('Vary', 'Origin')
  if (!isAllowed) return
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Allow-Credentials', 'true')
  if (!isPreflight) {
    headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS)
    return
  }
  headers.set('Access-Control-Allow-Methods', ALLOWED_METHODS)
  headers.set('Access-Control-Allow-Headers', ALLOWED_HEADERS)
  headers.set('Access-Control-Max-Age', PREFLIGHT_SECONDS)
})
