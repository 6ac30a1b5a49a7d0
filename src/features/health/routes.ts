import { isoTime } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { systemClock } from '../../lib/clock.ts'

/** The one route that answers without configuration: it says that the worker runs, and nothing else. */
export const healthRoutes = factory
  .createApp()
  .get('/health', (c) => c.json({ status: 'ok' as const, timestamp: isoTime(systemClock()) }, 200))
