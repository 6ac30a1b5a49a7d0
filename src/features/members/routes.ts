import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { communityParam } from '../../http/fields.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPageBy } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { ownCommunity } from '../../middleware/own-community.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { clearTokens } from '../sessions/tokens.ts'
import { handOverCommunity } from './hand-over.ts'
import { listMembers, type Member, membersCursorOf } from './repository.ts'
import {
  listQuery,
  memberData,
  memberParam,
  type memberSchema,
  membersData,
  ownerBody,
  roleBody,
} from './schemas.ts'
import { changeRole, leaveCommunity, removeMember } from './service.ts'

export const memberRoutes = factory
  .createApp()
  .get(
    '/communities/:community/members',
    describe(
      HAS_DOCUMENT && {
        tag: 'Members',
        summary: 'Members of my community',
        description: 'In the order in which they joined. For owners and moderators.',
        success: { status: 200, data: membersData },
        authenticated: true,
        errors: ['forbidden', 'not_found', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('members.read'),
    ownCommunity(),
    validate('param', communityParam),
    validate('query', listQuery),
    async (c) => {
      const page = c.req.valid('query')
      const rows = await listMembers(c.get('deps').db, c.get('auth').community.id, page)
      const data = toPageBy(rows, page, membersCursorOf, toMember)
      return c.json(ok(c, say('members'), data), 200)
    },
  )
  .patch(
    '/communities/:community/members/:userId',
    describe(
      HAS_DOCUMENT && {
        tag: 'Members',
        summary: 'Change the role of a member',
        description:
          'Counts at once. Moderator or Member; an owner is made by handing the community over.',
        example: { role: 'Moderator' },
        success: { status: 200, data: memberData },
        authenticated: true,
        errors: ['forbidden', 'not_found', 'last_owner', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('members.edit'),
    ownCommunity(),
    validate('param', memberParam),
    validate('json', roleBody),
    async (c) => {
      const change = { userId: c.req.valid('param').userId, ...c.req.valid('json') }
      const member = await changeRole(c.get('deps'), c.get('auth'), change, auditContext(c))
      return c.json(ok(c, say('role_changed'), { member: toMember(member) }), 200)
    },
  )
  .delete(
    '/communities/:community/members/:userId',
    describe(
      HAS_DOCUMENT && {
        tag: 'Members',
        summary: 'Remove a member',
        description: 'Their sessions in this community end at once.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'last_owner', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('members.edit'),
    ownCommunity(),
    validate('param', memberParam),
    async (c) => {
      const { userId } = c.req.valid('param')
      const { user, session } = c.get('auth')
      await removeMember(c.get('deps'), c.get('auth'), userId, auditContext(c))
      if (userId === user.id) clearTokens(c, session.id)
      return c.json(ok(c, say('member_removed'), null), 200)
    },
  )
  .post(
    '/communities/:community/owner',
    describe(
      HAS_DOCUMENT && {
        tag: 'Members',
        summary: 'Hand my community over',
        description:
          'The other member becomes the owner, and I a moderator. Proven by the password, or by a code from `POST /account/code`.',
        example: { userId: '01990000-0000-7000-8000-000000000000', password: 'Velvet-Harbour-27' },
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
    permit('members.edit'),
    ownCommunity(),
    validate('param', communityParam),
    validate('json', ownerBody),
    async (c) => {
      await handOverCommunity(c.get('deps'), c.get('auth'), c.req.valid('json'), auditContext(c))
      return c.json(ok(c, say('handed_over'), null), 200)
    },
  )
  .post(
    '/communities/:community/leave',
    describe(
      HAS_DOCUMENT && {
        tag: 'Members',
        summary: 'Leave my community',
        description: 'My sessions in it end. The only owner hands it over first. Takes no body.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'last_owner', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('membership.own'),
    ownCommunity(),
    validate('param', communityParam),
    async (c) => {
      await leaveCommunity(c.get('deps'), c.get('auth'), auditContext(c))
      clearTokens(c, c.get('auth').session.id)
      return c.json(ok(c, say('left'), null), 200)
    },
  )

function toMember(member: Member): z.infer<typeof memberSchema> {
  const { userId, fullName, email, role, joinedAt } = member
  return { userId, fullName, email, role, joinedAt: isoTime(joinedAt) }
}
