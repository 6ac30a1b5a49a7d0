/** First in line: gives each request its id and its one log line, whatever becomes of it. */
import { routePath } from 'hono/route'
import { toServerTiming } from '../costs.ts'
import { factory } from '../http/factory.ts'
import { systemClock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { createLog } from '../log.ts'

export const requestContext = factory.createMiddleware(async function requestContext(c, next) {
  const started = systemClock()
  const requestId = newId(started)
  c.set('requestId', requestId)
  c.header('X-Request-Id', requestId)
  await next()
  const deps = c.get('deps')
  if (deps?.config.environment === 'dev') c.header('Server-Timing', toServerTiming(deps.costs))
  const log = deps?.log ?? createLog('info', { requestId })
  log.info('request', {
    method: c.req.method,
    route: routePath(c),
    status: c.res.status,
    durationMs: systemClock() - started,
    ...c.get('refusal'),
    userId: c.get('auth')?.user.id,
    ...(deps && {
      d1: deps.costs.roundTrips,
      objects: deps.costs.objectCalls,
      hashes: deps.costs.hashes,
    }),
  })
})
