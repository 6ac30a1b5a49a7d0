/** Configuration that cannot be used stops a request here with 503; the log names the variables, never their values. */
import { routePath } from 'hono/route'
import { ConfigError, usableConfigOf } from '../config.ts'
import { createDeps } from '../deps.ts'
import { ApiError } from '../http/errors.ts'
import { factory } from '../http/factory.ts'
import { createLog } from '../log.ts'

export const dependencies = factory.createMiddleware(async function dependencies(c, next) {
  const requestId = c.get('requestId')
  try {
    const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise)
    const config = await usableConfigOf(c.env)
    c.set('deps', createDeps(c.env, config, { requestId, waitUntil, route: () => routePath(c) }))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    createLog('error', { requestId }).error('config_unusable', { variables: error.variables })
    throw new ApiError('unavailable', { reason: 'config' })
  }
  await next()
})
