import { auditContext } from '../../audit.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPageBy } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { disableBody, userData, userParam, usersData, usersQuery } from './schemas.ts'
import {
  disableUser,
  enableUser,
  endSessionsByAdmin,
  listUsers,
  unlockUser,
  usersCursorOf,
} from './service.ts'
import { toFoundUser } from './views.ts'

const COMMAND = {
  tag: 'Admin',
  success: { status: 200, data: userData },
  authenticated: true,
} as const
const ERRORS = ['csrf_failed', 'forbidden', 'not_found', 'rate_limited'] as const

export const adminUserRoutes = factory
  .createApp()
  .get(
    '/admin/users',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'The people with an address',
        description:
          'The account first, then signups that nobody has verified, from the newest on. Shows what it takes to help somebody in, and no more of them.',
        success: { status: 200, data: usersData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('users.edit'),
    validate('query', usersQuery),
    async (c) => {
      const { email, ...page } = c.req.valid('query')
      const { db, clock } = c.get('deps')
      const now = clock()
      const rows = await listUsers(db, email, page, now)
      const data = toPageBy(rows, page, usersCursorOf, (row) => toFoundUser(row, now))
      return c.json(ok(c, say('users'), data), 200)
    },
  )
  .post(
    '/admin/users/:id/unlock',
    describe(
      HAS_DOCUMENT && {
        ...COMMAND,
        summary: 'Lift block and lock',
        description:
          'Of the address of this person, in every lane, whatever is on record. May be repeated. A password that is `switched_off` stays so: only a reset makes it good again. Takes no body.',
        errors: ERRORS,
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('users.edit'),
    validate('param', userParam),
    async (c) => {
      const audit = auditContext(c)
      const { id } = c.req.valid('param')
      const user = await unlockUser(c.get('deps'), c.get('auth'), id, audit)
      return c.json(ok(c, say('user_unlocked'), { user: toFoundUser(user, audit.now) }), 200)
    },
  )
  .post(
    '/admin/users/:id/revoke-sessions',
    describe(
      HAS_DOCUMENT && {
        ...COMMAND,
        summary: 'End every session of a person',
        description: 'At once, in every community. May be repeated. Takes no body.',
        errors: ERRORS,
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('users.edit'),
    validate('param', userParam),
    async (c) => {
      const audit = auditContext(c)
      const { id } = c.req.valid('param')
      const user = await endSessionsByAdmin(c.get('deps'), c.get('auth'), id, audit)
      return c.json(ok(c, say('user_logged_out'), { user: toFoundUser(user, audit.now) }), 200)
    },
  )
  .post(
    '/admin/users/:id/disable',
    describe(
      HAS_DOCUMENT && {
        ...COMMAND,
        summary: 'Disable an account',
        description:
          'Every session ends at once, and no way leads in until it is enabled again. Communities stay as they are, also where this was their only owner. The reason is for the audit log: the person is not told. Nobody disables themselves.',
        example: { reason: 'Sends spam.' },
        bodyIsOptional: true,
        errors: ['not_found', 'forbidden', 'invalid_transition', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('users.edit'),
    validate('param', userParam),
    validate('json', disableBody, { optional: true }),
    async (c) => {
      const audit = auditContext(c)
      const disabling = { ...c.req.valid('param'), reason: c.req.valid('json').reason }
      const user = await disableUser(c.get('deps'), c.get('auth'), disabling, audit)
      return c.json(ok(c, say('user_disabled'), { user: toFoundUser(user, audit.now) }), 200)
    },
  )
  .post(
    '/admin/users/:id/enable',
    describe(
      HAS_DOCUMENT && {
        ...COMMAND,
        summary: 'Enable an account',
        description:
          'Its person may log in again; sessions that were ended stay so. Takes no body.',
        errors: [...ERRORS, 'invalid_transition'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('users.edit'),
    validate('param', userParam),
    async (c) => {
      const audit = auditContext(c)
      const { id } = c.req.valid('param')
      const user = await enableUser(c.get('deps'), c.get('auth'), id, audit)
      return c.json(ok(c, say('user_enabled'), { user: toFoundUser(user, audit.now) }), 200)
    },
  )
