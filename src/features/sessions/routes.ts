import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { describeDevice } from '../../lib/device.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { endOwnSession, endOwnSessions, listOwnSessions, type OwnSession } from './own-sessions.ts'
import {
  endQuery,
  listQuery,
  type sessionItemSchema,
  sessionParam,
  sessionsData,
  switchBody,
  switchedData,
} from './schemas.ts'
import { switchCommunity } from './switch-community.ts'
import { clearTokens, deliverAccess } from './tokens.ts'

export const sessionRoutes = factory
  .createApp()
  .get(
    '/sessions',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'My sessions',
        description: 'Those that are alive, newest first. `lastActiveAt` moves at each refresh.',
        success: { status: 200, data: sessionsData },
        authenticated: true,
        errors: ['validation_failed'],
      },
    ),
    authenticate(),
    permit('account.own'),
    validate('query', listQuery),
    async (c) => {
      const { db, clock } = c.get('deps')
      const { user, session } = c.get('auth')
      const page = c.req.valid('query')
      const rows = await listOwnSessions(db, user.id, clock(), page)
      const data = toPage(rows, page, (row) => toSessionItem(row, session.id))
      return c.json(ok(c, say('your_sessions'), data), 200)
    },
  )
  .delete(
    '/sessions/:id',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'End one of my sessions',
        description: 'Its tokens are refused at once. May be repeated.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'not_found', 'rate_limited'],
      },
    ),
    limitByIp('general', { goesOnWithoutLimiter: true }),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('param', sessionParam),
    async (c) => {
      const { user, session } = c.get('auth')
      const { id } = c.req.valid('param')
      await endOwnSession(c.get('deps'), user.id, id, auditContext(c))
      if (id === session.id) clearTokens(c, id)
      return c.json(ok(c, say('one_session_ended'), null), 200)
    },
  )
  .delete(
    '/sessions',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'End all my sessions',
        description: 'With `keepCurrent=true`, all but this one.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'validation_failed', 'rate_limited'],
      },
    ),
    limitByIp('general', { goesOnWithoutLimiter: true }),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('query', endQuery),
    async (c) => {
      const { user, session } = c.get('auth')
      const { keepCurrent } = c.req.valid('query')
      const keep = keepCurrent ? session.id : undefined
      await endOwnSessions(c.get('deps'), user.id, keep, auditContext(c))
      if (!keepCurrent) clearTokens(c, session.id)
      const message = keepCurrent ? say('other_sessions_ended') : say('all_sessions_ended')
      return c.json(ok(c, message, null), 200)
    },
  )
  .post(
    '/auth/switch-community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Sessions',
        summary: 'Go to another community of mine',
        description:
          'The session stays the same, and its refresh token goes on. An access token of the community before is refused (`access_token_expired`).',
        example: { communityId: '01990000-0000-7000-8000-000000000000' },
        success: { status: 200, data: switchedData },
        authenticated: true,
        errors: [
          'community_not_approved',
          'community_rejected',
          'community_suspended',
          'forbidden',
          'not_found',
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf({ setsCookies: true }),
    authenticate(),
    permit('membership.own'),
    validate('json', switchBody),
    async (c) => {
      const { communityId } = c.req.valid('json')
      const switched = await switchCommunity(
        c.get('deps'),
        c.get('auth'),
        communityId,
        auditContext(c),
      )
      return c.json(ok(c, say('switched'), deliverAccess(c, switched)), 200)
    },
  )

function toSessionItem(row: OwnSession, currentId: string): z.infer<typeof sessionItemSchema> {
  const { browser, os, type } = describeDevice(row.userAgent)
  return {
    id: row.id,
    current: row.id === currentId,
    device: { browser, os, type },
    userAgent: row.userAgent,
    ip: row.ip,
    country: row.country,
    city: row.city,
    createdAt: isoTime(row.createdAt),
    lastActiveAt: isoTime(row.lastActiveAt),
    expiresAt: isoTime(row.expiresAt),
  }
}
