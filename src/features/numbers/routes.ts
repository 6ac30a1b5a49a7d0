import type * as z from 'zod'
import type { alerts } from '../../db/schema/index.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { type alertSchema, alertsData, alertsQuery, statsData, statsQuery } from './schemas.ts'
import { listAlerts, readStats, type Stats } from './service.ts'
import type { WindowName } from './windows.ts'

export const numberRoutes = factory
  .createApp()
  .get(
    '/admin/stats',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'What happened lately, in numbers',
        description:
          'In all and bucket by bucket, the one under way included: a window begins with a whole bucket, and so covers up to one bucket less than its name says. Mail is counted as queued, as sent and as failed at the moment of each.',
        success: { status: 200, data: statsData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('numbers.read'),
    validate('query', statsQuery),
    async (c) => {
      const { window } = c.req.valid('query')
      const stats = await readStats(c.get('deps'), window)
      return c.json(ok(c, say('numbers'), toStatsView(window, stats)), 200)
    },
  )
  .get(
    '/admin/alerts',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Alerts, open and over',
        description:
          'Newest first. An alert begins as a count reaches its threshold within an hour, and ends once it has fallen below four fifths of it, or where the threshold is changed.',
        success: { status: 200, data: alertsData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('numbers.read'),
    validate('query', alertsQuery),
    async (c) => {
      const query = c.req.valid('query')
      const { db, config } = c.get('deps')
      const page = toPage(await listAlerts(db, query), query, toAlertView)
      const { thresholds } = config.alerts
      return c.json(ok(c, say('alerts'), { ...page, thresholds }), 200)
    },
  )

function toStatsView(name: WindowName, stats: Stats): z.infer<typeof statsData> {
  const { from, bucketMs } = stats.window
  return {
    window: name,
    from: isoTime(from),
    to: isoTime(stats.now),
    countedUpTo: isoTime(stats.countedUpTo),
    totals: stats.totals,
    buckets: stats.buckets.map((counts, at) => ({
      from: isoTime(from + at * bucketMs),
      to: isoTime(from + (at + 1) * bucketMs),
      counts,
    })),
  }
}

function toAlertView(row: typeof alerts.$inferSelect): z.infer<typeof alertSchema> {
  return {
    id: row.id,
    kind: row.kind,
    threshold: row.threshold,
    peak: row.peak,
    startedAt: isoTime(row.startedAt),
    endedAt: row.endedAt === null ? null : isoTime(row.endedAt),
  }
}
