import { factory } from '../../http/factory.ts'
import { toJwks } from '../../lib/jwt.ts'

const CACHE_SECONDS = 300

/** Public keys for services that verify our access tokens (RFC 7517). */
export const jwksRoutes = factory.createApp().get('/.well-known/jwks.json', (c) => {
  c.header('Cache-Control', `public, max-age=${CACHE_SECONDS}`)
  return c.json(toJwks(c.get('deps').config.jwt), 200)
})
