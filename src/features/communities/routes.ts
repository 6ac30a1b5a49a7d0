import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { hasAlready, markCacheable } from '../../http/cached.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { communityParam } from '../../http/fields.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { ownCommunity } from '../../middleware/own-community.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { clearTokens } from '../sessions/tokens.ts'
import { cardData, ownCardData, toCard, toOwnCard } from './card.ts'
import { closeOwnCommunity } from './close.ts'
import { closeBody, profileBody, profileExample } from './schemas.ts'
import { changeProfile, readOpenCommunity } from './service.ts'

export const communityRoutes = factory
  .createApp()
  .get(
    '/communities/:community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'What everybody may know of a community',
        description:
          'Of one that is approved or active; any other is not there. May be kept for a minute.',
        success: { status: 200, data: cardData },
        also: { 304: { description: 'The same as the client has (`If-None-Match`).' } },
        errors: ['not_found'],
      },
    ),
    validate('param', communityParam),
    async (c) => {
      const row = await readOpenCommunity(c.get('deps'), c.req.valid('param').community)
      const body = ok(c, say('community'), { community: toCard(row) })
      c.header('Vary', 'Accept-Language', { append: true })
      const tag = hashSecret(JSON.stringify(body)).slice(0, 22)
      markCacheable(c, { tag, maxAge: 'max-age=60' })
      return hasAlready(c, tag) ? c.body(null, 304) : c.json(body, 200)
    },
  )
  .patch(
    '/communities/:community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'Change what my community tells of itself',
        description:
          'What is left out stays as it is; an empty text takes the time zone, the phone or a link away. Name, official address and website were reviewed: ask an admin to change them.',
        example: profileExample,
        success: { status: 200, data: ownCardData },
        authenticated: true,
        errors: ['forbidden', 'not_found', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('community.edit'),
    ownCommunity(),
    validate('param', communityParam),
    validate('json', profileBody),
    async (c) => {
      const change = c.req.valid('json')
      const row = await changeProfile(c.get('deps'), c.get('auth'), change, auditContext(c))
      return c.json(ok(c, say('community_changed'), { community: toOwnCard(row) }), 200)
    },
  )
  .delete(
    '/communities/:community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Communities',
        summary: 'Close my community for good',
        description:
          'Everybody in it is signed out and no member any more; name, slug, official address and domain are free again. Proven by the password, or by a code from `POST /account/code`.',
        example: { password: 'Velvet-Harbour-27' },
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: [
          'code_invalid',
          'code_expired',
          'forbidden',
          'wrong_password',
          'not_found',
          'account_locked',
          'too_many_attempts',
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('community.edit'),
    ownCommunity(),
    validate('param', communityParam),
    validate('json', closeBody),
    async (c) => {
      const { evidence } = c.req.valid('json')
      await closeOwnCommunity(c.get('deps'), c.get('auth'), evidence, auditContext(c))
      clearTokens(c, c.get('auth').session.id)
      return c.json(ok(c, say('community_closed'), null), 200)
    },
  )
