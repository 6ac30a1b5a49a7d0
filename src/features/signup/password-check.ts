import { ApiError } from '../../http/errors.ts'
import { factory } from '../../http/factory.ts'
import { checkPassword } from '../../lib/password-policy.ts'
import type { Signup } from './schemas.ts'

/** Between the validator and signup's own limit: a password to be chosen again costs no signup and no hash. */
export const refuseWeakPassword = factory.createMiddleware<{ out: { json: Signup } }>(
  async function refuseWeakPassword(c, next) {
    const { community, owner } = c.req.valid('json')
    const checked = checkPassword(owner.password, {
      context: [
        owner.email,
        owner.fullName,
        community.name,
        community.officialEmail,
        c.get('deps').config.appName,
      ],
    })
    if (!checked.ok) {
      throw new ApiError('password_rejected', { errors: { password: checked.message } })
    }
    await next()
  },
)
