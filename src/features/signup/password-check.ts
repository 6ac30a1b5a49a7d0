import { factory } from '../../http/factory.ts'
import { refuseWeakPassword } from '../passwords/new-password.ts'
import type { Signup } from './schemas.ts'

/** Between the validator and signup's own limit: a password to be chosen again costs no signup and no hash. */
export const refuseWeakOwnerPassword = factory.createMiddleware<{ out: { json: Signup } }>(
  async function refuseWeakOwnerPassword(c, next) {
    const { community, owner } = c.req.valid('json')
    if (owner.password !== undefined) {
      await refuseWeakPassword(c.get('deps'), owner.password, {
        context: [owner.email, owner.fullName, community.name, community.officialEmail],
        field: 'password',
      })
    }
    await next()
  },
)
