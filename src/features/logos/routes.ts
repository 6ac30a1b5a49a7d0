import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { hasAlready, markCacheable } from '../../http/cached.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { communityParam } from '../../http/fields.ts'
import { describe } from '../../http/openapi.ts'
import { takeUpload } from '../../http/upload.ts'
import { validate } from '../../http/validate.ts'
import { IMAGE_MAX_BYTES, IMAGE_TYPES } from '../../lib/image.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { ownCommunity } from '../../middleware/own-community.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { CONTENT_SECURITY_POLICY } from '../../middleware/security-headers.ts'
import { formSchema, logoData, logoQuery } from './schemas.ts'
import { dispositionOf } from './served-name.ts'
import { changeLogo, findLogo, removeLogo } from './service.ts'

const PATH = '/communities/:community/logo'
const UPLOADED_TYPES = [...IMAGE_TYPES, 'application/octet-stream'] as const
const BYTES = (types: readonly string[]) => Object.fromEntries(types.map((type) => [type, null]))
/** The logo of a version is that one for ever; without a version it is whichever is the current one. */
const FOR_EVER = 'max-age=31536000, immutable'
const A_MINUTE = 'max-age=60'

export const logoRoutes = factory
  .createApp()
  .put(
    PATH,
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'Set the logo of my community',
        description:
          'The picture itself, or a form with it in the file field `logo`: PNG, JPEG or WebP, told by its content, of at most 2 MiB and 4096 pixels a side. What it tells beside itself (place, time, device, comments) is removed.',
        body: { ...BYTES(UPLOADED_TYPES), 'multipart/form-data': formSchema },
        success: { status: 200, data: logoData },
        authenticated: true,
        errors: [
          'forbidden',
          'not_found',
          'csrf_failed',
          'payload_too_large',
          'unsupported_media_type',
          'validation_failed',
          'rate_limited',
        ],
      },
    ),
    limitByIp('upload'),
    csrf(),
    authenticate(),
    permit('community.edit'),
    ownCommunity(),
    validate('param', communityParam),
    takeUpload('logo', UPLOADED_TYPES, IMAGE_MAX_BYTES),
    async (c) => {
      const file = c.get('upload')
      const logoUrl = await changeLogo(c.get('deps'), c.get('auth'), file, auditContext(c))
      return c.json(ok(c, say('logo_changed'), { logoUrl }), 200)
    },
  )
  .get(
    PATH,
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'The logo of a community',
        description:
          'Of one that is approved or active. With `v`, as `logoUrl` has it, it never changes and may be kept for ever.',
        success: { status: 200, content: BYTES(IMAGE_TYPES) },
        also: { 304: { description: 'The same as the client has (`If-None-Match`).' } },
        errors: ['not_found', 'validation_failed'],
      },
    ),
    validate('param', communityParam),
    validate('query', logoQuery),
    async (c) => {
      const { v } = c.req.valid('query')
      const logo = await findLogo(c.get('deps'), c.req.valid('param').community, v)
      const what = c.req.raw.method === 'HEAD' ? 'facts' : 'whole'
      const picture = hasAlready(c, logo.version) ? undefined : await logo.read(what)
      markCacheable(c, { tag: logo.version, maxAge: v === undefined ? A_MINUTE : FOR_EVER })
      c.header('Cross-Origin-Resource-Policy', 'cross-origin')
      c.header('Content-Security-Policy', `${CONTENT_SECURITY_POLICY}; sandbox`)
      if (!picture) return c.body(null, 304)
      const { type, bytes, body } = picture
      c.header('Content-Type', type)
      c.header('Content-Length', String(bytes))
      c.header('Content-Disposition', dispositionOf(type))
      return body ? c.body(body, 200) : c.body(null, 200)
    },
  )
  .delete(
    PATH,
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'Take the logo of my community away',
        description: 'The same where it has none. Takes no body.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('community.edit'),
    ownCommunity(),
    validate('param', communityParam),
    async (c) => {
      await removeLogo(c.get('deps'), c.get('auth'), auditContext(c))
      return c.json(ok(c, say('logo_removed'), null), 200)
    },
  )
