import type * as z from 'zod'
import { isoTime } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describePlain } from '../../http/openapi.ts'
import { systemClock } from '../../lib/clock.ts'
import { createLog } from '../../log.ts'
import { isReady, readReadiness, SERVICES } from './readiness.ts'
import { health, readiness } from './schemas.ts'

/** Answer without configuration: one says that the worker runs, and nothing else; the other what it lacks. */
export const healthRoutes = factory
  .createApp()
  .get(
    '/health',
    describePlain(
      HAS_DOCUMENT && {
        tag: 'Service',
        summary: 'Does the worker run?',
        content: { 'application/json': health },
      },
    ),
    (c) => c.json({ status: 'ok' as const, timestamp: isoTime(systemClock()) }, 200),
  )
  .get(
    '/health/ready',
    describePlain(
      HAS_DOCUMENT && {
        tag: 'Service',
        summary: 'Is everything there that it needs?',
        description:
          'Asks the database, the limiters, the queue and the storage, and looks whether mails can go out and do.',
        content: { 'application/json': readiness },
        also: {
          503: {
            description: 'Something is down.',
            content: { 'application/json': readiness },
          },
        },
      },
    ),
    async (c) => {
      const log = createLog('info', { requestId: c.get('requestId') })
      const found = await readReadiness(c.env, log, systemClock())
      const services = SERVICES.map((name) => [name, name in found.faults ? 'down' : 'up'])
      const answer: z.infer<typeof readiness> = {
        status: isReady(found) ? 'healthy' : 'degraded',
        timestamp: isoTime(found.at),
        services: Object.fromEntries(services),
      }
      return c.json(answer, isReady(found) ? 200 : 503)
    },
  )
