/**
 * Who may do what, as it was decided: written down a second time, so that nobody changes the product's own table without
 * saying so here. Each route under /api stands in exactly one of the two lists of routes.
 */
import type { Role } from '../src/db/schema/index.ts'
import type { Permission } from '../src/permissions.ts'

export const DECIDED: Record<Permission, readonly Role[]> = {
  'account.own': ['CommunityOwner', 'Moderator', 'Member', 'Admin'],
  'communities.review': ['Admin'],
  'email_domains.edit': ['Admin'],
}

/** What each route that asks who one is asks for. */
export const PERMISSION_OF: Record<string, Permission> = {
  'GET /auth/me': 'account.own',
  'PATCH /account': 'account.own',
  'POST /account/password': 'account.own',
  'POST /account/code': 'account.own',
  'GET /sessions': 'account.own',
  'DELETE /sessions': 'account.own',
  'DELETE /sessions/:id': 'account.own',
  'GET /admin/communities': 'communities.review',
  'GET /admin/communities/:community': 'communities.review',
  'PATCH /admin/communities/:community/status': 'communities.review',
  'GET /admin/email-domains': 'email_domains.edit',
  'PUT /admin/email-domains/:domain': 'email_domains.edit',
  'DELETE /admin/email-domains/:domain': 'email_domains.edit',
}

/** Open to everybody, and why: what is presented with the request says enough. */
export const PUBLIC: Record<string, string> = {
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
}

/** What a path may name, by its parameter. */
export const TARGETS = {
  ':community': [
    'their own community',
    'another community',
    'the reserved community by its id',
    'the reserved community by its slug',
    'a community that is not there',
  ],
  ':id': [
    'their own session',
    'a session of another person in their community',
    'a session of another community',
    'a session that is not there',
  ],
  ':domain': ['a domain with an entry', 'a domain without an entry'],
  nothing: ['nothing of anybody'],
} as const

export type Target = (typeof TARGETS)[keyof typeof TARGETS][number]

/** Whoever may, and names this, is answered so; everything else with success. */
export const STATUS_OF: Partial<Record<Target, (route: string) => number | undefined>> = {
  'the reserved community by its id': () => 404,
  'the reserved community by its slug': () => 404,
  'a community that is not there': () => 404,
  'a session of another person in their community': () => 404,
  'a session of another community': () => 404,
  'a session that is not there': () => 404,
  'a domain without an entry': (route) => (route.startsWith('DELETE') ? 404 : undefined),
}

/** The names of what this route's path may name. */
export function targetsOf(path: string): readonly Target[] {
  const [, parameter = 'nothing'] = /(:[a-z]+)/.exec(path) ?? []
  const known = TARGETS[parameter as keyof typeof TARGETS]
  if (!known) throw new Error(`nobody knows what ${parameter} names`)
  return known
}
