import * as z from 'zod'
import { factory } from '../../http/factory.ts'
import { describePlain } from '../../http/openapi.ts'
import { toJwks } from '../../lib/jwt.ts'

const CACHE_SECONDS = 300

const jwks = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('ES256'),
    }),
  ),
})

/** Public keys for services that verify our access tokens (RFC 7517). */
export const jwksRoutes = factory.createApp().get(
  '/.well-known/jwks.json',
  describePlain(
    HAS_DOCUMENT && {
      tag: 'Service',
      summary: 'Public keys of the access tokens',
      content: { 'application/json': jwks },
      errors: ['unavailable'],
    },
  ),
  (c) => {
    c.header('Cache-Control', `public, max-age=${CACHE_SECONDS}`)
    return c.json(toJwks(c.get('deps').config.jwt), 200)
  },
)
