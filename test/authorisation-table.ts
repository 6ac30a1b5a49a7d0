/**
 * Who may do what, as it was decided: written down a second time, so that nobody changes the product's own table without
 * saying so here. Each route under /api stands in exactly one of the two lists of routes.
 */
import type { Role } from '../src/db/schema/index.ts'
import type { Permission } from '../src/permissions.ts'

export const DECIDED: Record<Permission, readonly Role[]> = {
  'account.own': ['CommunityOwner', 'Moderator', 'Member', 'Admin'],
  'membership.own': ['CommunityOwner', 'Moderator', 'Member'],
  'members.read': ['CommunityOwner', 'Moderator'],
  'members.edit': ['CommunityOwner'],
  'invitations.edit': ['CommunityOwner'],
  'community.edit': ['CommunityOwner'],
  'communities.review': ['Admin'],
  'users.edit': ['Admin'],
  'audit.read': ['Admin'],
  'numbers.read': ['Admin'],
  'mail.edit': ['Admin'],
  'email_domains.edit': ['Admin'],
}

/** What each route that asks who one is asks for. */
export const PERMISSION_OF: Record<string, Permission> = {
  'GET /auth/me': 'account.own',
  'PATCH /account': 'account.own',
  'POST /account/password': 'account.own',
  'POST /account/code': 'account.own',
  'GET /account/export': 'account.own',
  'DELETE /account': 'account.own',
  'GET /sessions': 'account.own',
  'DELETE /sessions': 'account.own',
  'DELETE /sessions/:id': 'account.own',
  'POST /auth/switch-community': 'membership.own',
  'POST /account/email': 'account.own',
  'POST /account/email/verify': 'account.own',
  'GET /communities/:community/invitations': 'invitations.edit',
  'POST /communities/:community/invitations': 'invitations.edit',
  'DELETE /communities/:community/invitations/:invitationId': 'invitations.edit',
  'POST /invitations/confirm': 'membership.own',
  'GET /communities/:community/members': 'members.read',
  'PATCH /communities/:community/members/:userId': 'members.edit',
  'DELETE /communities/:community/members/:userId': 'members.edit',
  'POST /communities/:community/owner': 'members.edit',
  'POST /communities/:community/leave': 'membership.own',
  'PATCH /communities/:community': 'community.edit',
  'DELETE /communities/:community': 'community.edit',
  'PUT /communities/:community/logo': 'community.edit',
  'DELETE /communities/:community/logo': 'community.edit',
  'GET /admin/communities': 'communities.review',
  'GET /admin/communities/:community': 'communities.review',
  'PATCH /admin/communities/:community': 'communities.review',
  'PATCH /admin/communities/:community/status': 'communities.review',
  'GET /admin/users': 'users.edit',
  'POST /admin/users/:id/unlock': 'users.edit',
  'POST /admin/users/:id/revoke-sessions': 'users.edit',
  'POST /admin/users/:id/disable': 'users.edit',
  'POST /admin/users/:id/enable': 'users.edit',
  'GET /admin/mail': 'mail.edit',
  'POST /admin/mail/:id/retry': 'mail.edit',
  'GET /admin/stats': 'numbers.read',
  'GET /admin/alerts': 'numbers.read',
  'GET /admin/email-domains': 'email_domains.edit',
  'PUT /admin/email-domains/:domain': 'email_domains.edit',
  'DELETE /admin/email-domains/:domain': 'email_domains.edit',
  'GET /admin/audit-logs': 'audit.read',
}

/** Open to everybody, and why: what is presented with the request says enough. */
export const PUBLIC: Record<string, string> = {
  'GET /communities/:community': 'what everybody may know of a community that is open',
  'GET /communities/:community/logo': 'the same',
  'POST /auth/signup-community': 'makes what waits for a proven mailbox and a review',
  'POST /auth/verify-email': 'the token of the mailed link',
  'POST /auth/resend-verification': 'mails the holder of the mailbox and answers nothing',
  'POST /auth/login': 'the password',
  'POST /auth/refresh': 'the refresh token',
  'GET /auth/csrf': 'the session in the cookies',
  'POST /auth/logout': 'any token of the session',
  'POST /auth/logout-all': 'any token of the session',
  'POST /auth/not-me': 'the token of the mailed link',
  'POST /auth/forgot-password': 'mails the holder of the mailbox and answers nothing',
  'POST /auth/verify-reset-token': 'the token of the mailed link',
  'POST /auth/reset-password': 'the token of the mailed link',
  'POST /auth/send-otp': 'mails the holder of the mailbox and answers nothing',
  'POST /auth/send-signup-otp': 'mails the holder of the mailbox and answers nothing',
  'POST /auth/verify-otp': 'the mailed code, in the flow that asked for it',
  'POST /auth/verify-magic': 'the token of the mailed link, in the flow that asked for it',
  'POST /auth/accept-invite': 'the token of the mailed link',
  'POST /auth/revert-email': 'the token of the mailed link',
}

/** What a request may name, in its path or in its body, by what that is. */
export const TARGETS = {
  'a community to review': [
    'their own community',
    'another community',
    'the reserved community by its id',
    'the reserved community by its slug',
    'a community that is not there',
  ],
  'the community of the session': [
    'their own community',
    'their own community by its slug',
    'another community of theirs',
    'another community',
    'the reserved community by its id',
    'the reserved community by its slug',
    'a community that is not there',
  ],
  'a community to go to': [
    'another community of theirs',
    'another community',
    'the reserved community by its id',
    'a community that is not there',
  ],
  'a member': [
    'a member of their community',
    'themselves',
    'a person of another community',
    'a person who is not there',
  ],
  'an invitation': [
    'an invitation of their community',
    'an invitation of another community',
    'an invitation that is not there',
  ],
  'the link of an invitation': ['an invitation to them', 'an invitation to somebody else'],
  'a code': ['a code of their session', 'a code of another session of theirs'],
  'a session': [
    'their own session',
    'a session of another person in their community',
    'a session of another community',
    'a session that is not there',
  ],
  'a person to look after': [
    'a person with an account',
    'their own account',
    'a person whom nobody knows',
  ],
  'a mail': ['a mail that has failed', 'a mail that is queued', 'a mail that is not there'],
  'a domain': ['a domain with an entry', 'a domain without an entry'],
  nothing: ['nothing of anybody'],
} as const

type Kind = keyof typeof TARGETS
export type Target = (typeof TARGETS)[Kind][number]

const IN_PATH: Record<string, Kind> = {
  '/admin/communities/:community': 'a community to review',
  ' /communities/:community': 'the community of the session',
  ':userId': 'a member',
  '/admin/users/:id': 'a person to look after',
  '/admin/mail/:id': 'a mail',
  ':invitationId': 'an invitation',
  '/sessions/:id': 'a session',
  ':domain': 'a domain',
}

const IN_BODY: Record<string, Kind> = {
  'POST /auth/switch-community': 'a community to go to',
  'POST /communities/:community/owner': 'a member',
  'POST /invitations/confirm': 'the link of an invitation',
  'POST /account/email/verify': 'a code',
}

/** Whoever may, and names this, is answered so; everything else with success. */
type Status = (route: string, role: Role) => number | undefined

const isOfReview: Status = (route) => (route.includes(' /admin/') ? undefined : 404)
/** Nobody leaves a community without an owner. */
const isLeft: Status = (route, role) =>
  route.endsWith('/leave') && role === 'CommunityOwner' ? 409 : undefined

export const STATUS_OF: Partial<Record<Target, Status>> = {
  'their own community': isLeft,
  'their own community by its slug': isLeft,
  'another community of theirs': (route) => (route.endsWith('/switch-community') ? undefined : 404),
  'another community': isOfReview,
  'the reserved community by its id': () => 404,
  'the reserved community by its slug': () => 404,
  'a community that is not there': () => 404,
  // The only owner; who is told so where they hand over to themselves.
  themselves: (route) => (route.endsWith('/owner') ? 422 : 409),
  'a person of another community': () => 404,
  'a person who is not there': () => 404,
  'an invitation of another community': () => 404,
  'an invitation that is not there': () => 404,
  'an invitation to somebody else': () => 403,
  'a code of another session of theirs': () => 400,
  'a session of another person in their community': () => 404,
  'a session of another community': () => 404,
  'a session that is not there': () => 404,
  // Nobody disables themselves, and whoever asks is not disabled.
  'their own account': (route) => (/\/(disable|enable)$/.test(route) ? 409 : undefined),
  'a person whom nobody knows': () => 404,
  'a mail that is queued': () => 409,
  'a mail that is not there': () => 404,
  'a domain without an entry': (route) => (route.startsWith('DELETE') ? 404 : undefined),
}

/** Each parameter of this route's path, and what its body names. `route`: as `METHOD /path`. */
export function targetsOf(route: string): readonly Target[] {
  const inPath = Object.entries(IN_PATH).filter(([part]) => route.includes(part))
  const parameters = route.match(/:[a-z]+/gi) ?? []
  if (inPath.length !== parameters.length) throw new Error(`nobody knows what ${route} names`)
  const inBody = IN_BODY[route]
  const kinds = [...inPath.map(([, kind]) => kind), ...(inBody ? [inBody] : [])]
  return kinds.length === 0 ? TARGETS.nothing : kinds.flatMap((kind) => [...TARGETS[kind]])
}
