import { describe, expect, it } from 'vitest'
import { ROLES } from '../src/db/schema/index.ts'
import { isPermitted, PERMISSIONS, type Permission } from '../src/permissions.ts'

const NAMES = Object.keys(PERMISSIONS) as Permission[]
const rolesWith = (name: Permission) => ROLES.filter((role) => isPermitted(role, name))

describe('the table of permissions', () => {
  it('gives what is one’s own to everybody who is signed in', () => {
    for (const role of ROLES) expect(isPermitted(role, 'account.own')).toBe(true)
  })

  it.each([
    'communities.review',
    'users.edit',
    'audit.read',
    'numbers.read',
    'mail.edit',
    'email_domains.edit',
  ] as const)('gives %s to admins alone', (name) => {
    expect(rolesWith(name)).toEqual(['Admin'])
  })

  it.each(['members.edit', 'invitations.edit', 'community.edit'] as const)(
    'gives %s to owners alone',
    (name) => {
      expect(rolesWith(name)).toEqual(['CommunityOwner'])
    },
  )

  it('shows who is in a community to its owner and its moderators', () => {
    expect(rolesWith('members.read')).toEqual(['CommunityOwner', 'Moderator'])
  })

  it('lets everybody join and leave a community but admins, who are in theirs alone', () => {
    expect(rolesWith('membership.own')).toEqual(['CommunityOwner', 'Moderator', 'Member'])
  })

  it('says of each permission who has it, and here each is tried', () => {
    expect([...NAMES].sort()).toEqual([
      'account.own',
      'audit.read',
      'communities.review',
      'community.edit',
      'email_domains.edit',
      'invitations.edit',
      'mail.edit',
      'members.edit',
      'members.read',
      'membership.own',
      'numbers.read',
      'users.edit',
    ])
  })

  it('gives nothing to a role that it does not know', () => {
    for (const name of NAMES) {
      expect(isPermitted('admin' as 'Admin', name)).toBe(false)
      expect(isPermitted('' as 'Admin', name)).toBe(false)
    }
  })
})
