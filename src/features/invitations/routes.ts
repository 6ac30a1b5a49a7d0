import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { clientInfo } from '../../http/client-info.ts'
import { deviceOf } from '../../http/device.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { communityParam } from '../../http/fields.ts'
import { requestLocale } from '../../http/language.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { ownCommunity } from '../../middleware/own-community.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { answerSignedIn, signedInData } from '../sessions/answer.ts'
import { heldSessionOf } from '../sessions/presented-token.ts'
import { toCommunityView } from '../sessions/views.ts'
import { acceptInvitation } from './accept.ts'
import { confirmInvitation } from './confirm.ts'
import { invite, type PendingInvitation, pendingInvitations, withdrawInvitation } from './invite.ts'
import {
  acceptBody,
  confirmBody,
  invitationParam,
  type invitationSchema,
  invitationsData,
  inviteBody,
  invitedData,
  joinedData,
  listQuery,
} from './schemas.ts'

const TOKEN_ERRORS = [
  'token_invalid',
  'token_expired',
  'token_used',
  'community_suspended',
] as const

export const invitationRoutes = factory
  .createApp()
  .post(
    '/communities/:community/invitations',
    describe(
      HAS_DOCUMENT && {
        tag: 'Invitations',
        summary: 'Invite somebody to my community',
        description:
          'Mails a link that works for seven days, and takes an older invitation of the same address back. Whether the address has an account is not told. At most 50 a day.',
        example: { email: 'joy@apexcircle.org', role: 'Member' },
        success: { status: 201, data: invitedData },
        authenticated: true,
        errors: ['email_rejected', 'forbidden', 'not_found', 'already_member', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('invitations.edit'),
    ownCommunity(),
    validate('param', communityParam),
    validate('json', inviteBody),
    async (c) => {
      const made = await invite(c.get('deps'), c.get('auth'), c.req.valid('json'), auditContext(c))
      return c.json(ok(c, say('invited'), { invitation: toInvitation(made) }), 201)
    },
  )
  .get(
    '/communities/:community/invitations',
    describe(
      HAS_DOCUMENT && {
        tag: 'Invitations',
        summary: 'Pending invitations of my community',
        description:
          'Newest first: those that nobody has accepted or withdrawn and that still work.',
        success: { status: 200, data: invitationsData },
        authenticated: true,
        errors: ['forbidden', 'not_found', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('invitations.edit'),
    ownCommunity(),
    validate('param', communityParam),
    validate('query', listQuery),
    async (c) => {
      const page = c.req.valid('query')
      const rows = await pendingInvitations(c.get('deps'), c.get('auth').community.id, page)
      return c.json(ok(c, say('invitations'), toPage(rows, page, toInvitation)), 200)
    },
  )
  .delete(
    '/communities/:community/invitations/:invitationId',
    describe(
      HAS_DOCUMENT && {
        tag: 'Invitations',
        summary: 'Withdraw an invitation',
        description: 'Its link works no more.',
        success: { status: 200, data: z.null() },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('invitations.edit'),
    ownCommunity(),
    validate('param', invitationParam),
    async (c) => {
      const { invitationId } = c.req.valid('param')
      await withdrawInvitation(c.get('deps'), c.get('auth'), invitationId, auditContext(c))
      return c.json(ok(c, say('invitation_revoked'), null), 200)
    },
  )
  .post(
    '/auth/accept-invite',
    describe(
      HAS_DOCUMENT && {
        tag: 'Invitations',
        summary: 'Accept an invitation as a new person',
        description:
          'Makes the account, its address verified, joins the community and logs in. An address that has an account logs in and confirms instead (`account_exists`). A refusal does not use the invitation up.',
        example: { token: 'from the link in the mail', fullName: 'Joy Mensah' },
        success: { status: 200, data: signedInData },
        errors: ['password_rejected', 'account_exists', ...TOKEN_ERRORS, ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf({ setsCookies: true }),
    validate('json', acceptBody),
    async (c) => {
      const { tokenTransport: transport, deviceToken, ...body } = c.req.valid('json')
      const opened = await acceptInvitation(c.get('deps'), {
        token: body.token,
        fullName: body.fullName ?? undefined,
        password: body.password ?? undefined,
        deviceId: deviceOf(c, deviceToken),
        heldSessionId: transport === 'body' ? undefined : heldSessionOf(c),
        locale: requestLocale(c),
        transport,
        client: clientInfo(c),
      })
      return c.json(ok(c, say('joined'), answerSignedIn(c, transport, opened)), 200)
    },
  )
  .post(
    '/invitations/confirm',
    describe(
      HAS_DOCUMENT && {
        tag: 'Invitations',
        summary: 'Accept an invitation with my account',
        description:
          'Joins; `switch-community` then goes there. The invitation must be for my own address. A refusal does not use it up.',
        example: { token: 'from the link in the mail' },
        success: { status: 200, data: joinedData },
        authenticated: true,
        errors: [
          'forbidden',
          'invite_user_mismatch',
          'already_member',
          ...TOKEN_ERRORS,
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('membership.own'),
    validate('json', confirmBody),
    async (c) => {
      const { token } = c.req.valid('json')
      const { community, role } = await confirmInvitation(
        c.get('deps'),
        c.get('auth'),
        token,
        auditContext(c),
      )
      return c.json(ok(c, say('joined'), { community: toCommunityView(community), role }), 200)
    },
  )

function toInvitation(made: PendingInvitation): z.infer<typeof invitationSchema> {
  const { id, email, role, invitedBy, createdAt, expiresAt } = made
  return {
    id,
    email,
    role,
    invitedBy,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
  }
}
