import * as z from 'zod'
import { isoTime } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describePlain } from '../../http/openapi.ts'
import { systemClock } from '../../lib/clock.ts'

const health = z.object({ status: z.literal('ok'), timestamp: z.iso.datetime() })

/** The one route that answers without configuration: it says that the worker runs, and nothing else. */
export const healthRoutes = factory.createApp().get(
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
