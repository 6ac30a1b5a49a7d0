/**
 * What happened within the last hour, by kind of alert. Rows of the audit log are counted one by one, up to ten thousand
 * beyond the threshold. Events that leave no row are known by the hour only: those of the hour before count by the share
 * of it that still lies within the last sixty minutes, rounded up, so that a single one is never rounded away.
 */
import { and, eq, gte, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { HOUR_MS } from '../db/count-event.ts'
import {
  ALERT_KINDS,
  type AlertKind,
  type AuditAction,
  alerts,
  auditLogs,
  type CountedEvent,
  hourlyCounters,
} from '../db/schema/index.ts'
import { firstIdAt } from '../lib/ids.ts'

interface Source {
  audited?: AuditAction
  /** Which of these rows, if not all. */
  isMeant?: SQL
  counted?: CountedEvent
}

/** Mails about alerts are left out: each alert that could not be mailed would raise the next one. */
const isNoAlertMail = sql`coalesce(${auditLogs.details} ->> 'template', '') not in ('alert_started', 'alert_ended')`

const SOURCES: Record<AlertKind, Source> = {
  failed_logins: { audited: 'login_failed', counted: 'login_failed_unknown' },
  signups: { audited: 'community_signup' },
  mail_failures: { audited: 'email_failed', isMeant: isNoAlertMail },
  dead_letters: { counted: 'dead_letter' },
  refresh_reuse: { audited: 'refresh_reused' },
  limiter_errors: { counted: 'limiter_failed' },
}

/** Counted at most beyond a threshold, so that a flood makes no run slow. */
const BEYOND_THRESHOLD = 10_000

const COUNTED = ALERT_KINDS.flatMap((kind) => SOURCES[kind].counted ?? [])

/** The counts, and the alerts that are open; one D1 round trip. */
export async function readAlertState(
  db: Database,
  thresholds: Readonly<Record<AlertKind, number>>,
  now: number,
) {
  const hour = now - (now % HOUR_MS)
  const [open, byTheHour, ...audited] = await db.batch([
    db
      .select()
      .from(alerts)
      .where(and(inArray(alerts.kind, [...ALERT_KINDS]), isNull(alerts.endedAt))),
    db
      .select()
      .from(hourlyCounters)
      .where(
        and(
          inArray(hourlyCounters.hour, [hour - HOUR_MS, hour]),
          inArray(hourlyCounters.event, COUNTED),
        ),
      ),
    ...ALERT_KINDS.map((kind) => countAudited(db, SOURCES[kind], thresholds[kind], now)),
  ])
  const counts = ALERT_KINDS.map((kind, at) => {
    const of = (hourMeant: number) =>
      byTheHour.find(({ hour, event }) => hour === hourMeant && event === SOURCES[kind].counted)
        ?.count ?? 0
    const rows = audited[at]?.[0]?.count ?? 0
    return [kind, rows + slidingCount(of(hour - HOUR_MS), of(hour), now)] as const
  })
  return { open, counts }
}

/** Events within the last hour, from the counts of the hour before and of this one. Pure; `now` in ms UTC. */
export function slidingCount(hourBefore: number, thisHour: number, now: number): number {
  return thisHour + Math.ceil(hourBefore * (1 - (now % HOUR_MS) / HOUR_MS))
}

/** Rows of one action in the order of its index; none where the kind has no rows. */
function countAudited(db: Database, { audited, isMeant }: Source, threshold: number, now: number) {
  const { action, id } = auditLogs
  const isCounted = and(
    eq(action, audited ?? ('' as AuditAction)),
    gte(id, firstIdAt(now - HOUR_MS)),
    lt(id, firstIdAt(now + 1)),
    isMeant,
  )
  const rows = sql`(select 1 from ${auditLogs} where ${isCounted} limit ${threshold + BEYOND_THRESHOLD})`
  return db.select({ count: sql<number>`count(*)`.as('count') }).from(rows)
}
