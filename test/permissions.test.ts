import { describe, expect, it } from 'vitest'
import { ROLES } from '../src/db/schema/index.ts'
import { isPermitted, PERMISSIONS, type Permission } from '../src/permissions.ts'

const NAMES = Object.keys(PERMISSIONS) as Permission[]

describe('the table of permissions', () => {
  it('gives what is one’s own to everybody who is signed in', () => {
    for (const role of ROLES) expect(isPermitted(role, 'account.own')).toBe(true)
  })

  it.each(NAMES.filter((name) => name !== 'account.own'))('gives %s to admins alone', (name) => {
    const roles = ROLES.filter((role) => isPermitted(role, name))
    expect(roles).toEqual(['Admin'])
  })

  it('gives nothing to a role that it does not know', () => {
    for (const name of NAMES) {
      expect(isPermitted('admin' as 'Admin', name)).toBe(false)
      expect(isPermitted('' as 'Admin', name)).toBe(false)
    }
  })
})
