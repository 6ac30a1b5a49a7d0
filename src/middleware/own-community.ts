import { PLATFORM_COMMUNITY_ID } from '../db/schema/index.ts'
import { ApiError } from '../http/errors.ts'
import { factory } from '../http/factory.ts'
import { say } from '../messages/message.ts'

/**
 * For routes beneath `/communities/:community`: only the community of the session is there, by its id or slug. Throws
 * not_found for any other, whether or not it exists, and for the reserved one.
 */
export const ownCommunity = () =>
  factory.createMiddleware(async function requireOwnCommunity(c, next) {
    const { id, slug } = c.get('auth').community
    const named = c.req.param('community')
    const isOwn = named === id || named === slug
    if (!isOwn || id === PLATFORM_COMMUNITY_ID) {
      throw new ApiError('not_found', { message: say('not_your_community') })
    }
    await next()
  })
