/**
 * Who may do what: roles × permissions, in one table. A route names its permission, never a role. What is one's own
 * (account, sessions, password) everybody may who is signed in; the route then acts on the session's own user.
 * No I/O. No clock.
 */
import type { Role } from './db/schema/index.ts'

export const PERMISSIONS = {
  /** One's own account, profile, sessions and password. */
  'account.own': ['CommunityOwner', 'Moderator', 'Member', 'Admin'],
  /** Join another community, leave one's own. */
  'membership.own': ['CommunityOwner', 'Moderator', 'Member'],
  /** See who is in one's community. */
  'members.read': ['CommunityOwner', 'Moderator'],
  /** Change roles, remove people, hand the community over. */
  'members.edit': ['CommunityOwner'],
  /** Invite people, see and withdraw invitations. */
  'invitations.edit': ['CommunityOwner'],
  /** One's community's profile and logo; close it. */
  'community.edit': ['CommunityOwner'],
  /** Look at every community, change what was reviewed, and move it through its life. */
  'communities.review': ['Admin'],
  /** Find people; unlock, disable and enable accounts, end their sessions. */
  'users.edit': ['Admin'],
  /** Who did what, when, from where. */
  'audit.read': ['Admin'],
  /** Counts and alerts. */
  'numbers.read': ['Admin'],
  /** What was mailed, and send again what gave up. */
  'mail.edit': ['Admin'],
  /** Which domains addresses may have. */
  'email_domains.edit': ['Admin'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

export function isPermitted(role: Role, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission]
  return roles.includes(role)
}
