/**
 * Follows the counts of the last hour. An alert begins as its count reaches the threshold and ends once it has fallen
 * well below; each is told once, by mail and webhook, in the batch that writes it. So any number of runs at once tell
 * once, and what is told happened. Between beginning and end nothing is sent: the peak grows.
 */
import { and, eq, isNull, lt } from 'drizzle-orm'
import { isConstraintError, type Statement } from '../db/client.ts'
import { assertOneChange } from '../db/conditions.ts'
import { type AlertEvent, type AlertKind, alerts } from '../db/schema/index.ts'
import type { Deps } from '../deps.ts'
import { newId } from '../lib/ids.ts'
import { outboxMail, outboxWebhook } from '../mail/outbox.ts'
import { readAlertState } from './alert-counts.ts'

type AlertRow = typeof alerts.$inferSelect

export interface AlertDeps extends Pick<Deps, 'db' | 'clock' | 'requestId' | 'announceOutbox'> {
  config: Pick<Deps['config'], 'alerts'>
  log: Pick<Deps['log'], 'info' | 'warn'>
}

const TEMPLATES = { 'alert.started': 'alert_started', 'alert.ended': 'alert_ended' } as const

/** An alert that hovers about its threshold is one alert: it ends below four fifths. */
const ENDS_BELOW = 0.8

/** What a count does to an alert. Where the threshold was changed, the open one ends: the next run judges by the new one. Pure. */
export function judgeAlert(
  open: Pick<AlertRow, 'threshold'> | undefined,
  count: number,
  threshold: number,
): 'begins' | 'goes_on' | 'ends' | 'rests' {
  if (!open) return threshold > 0 && count >= threshold ? 'begins' : 'rests'
  return threshold !== open.threshold || count < threshold * ENDS_BELOW ? 'ends' : 'goes_on'
}

/** Gives how many alerts began or ended in this run. */
export async function raiseAlerts(deps: AlertDeps): Promise<number> {
  const { db, config } = deps
  const { thresholds } = config.alerts
  const now = deps.clock()
  const { open, counts } = await readAlertState(db, thresholds, now)
  let told = 0
  for (const [kind, count] of counts) {
    const alert = open.find((one) => one.kind === kind)
    const threshold = thresholds[kind]
    switch (judgeAlert(alert, count, threshold)) {
      case 'begins':
        told += await begin(deps, { kind, threshold, peak: count, startedAt: now })
        break
      case 'ends':
        if (alert) told += await end(deps, alert, count, now)
        break
      case 'goes_on':
        if (alert) await raisePeak(deps, alert, count)
        break
      case 'rests':
        break
    }
  }
  return told
}

function begin(deps: AlertDeps, episode: Omit<AlertRow, 'id' | 'endedAt'>) {
  const id = newId(episode.startedAt)
  const write = deps.db.insert(alerts).values({ id, ...episode })
  const { kind, threshold, peak: count, startedAt } = episode
  return tell(deps, [write], {
    event: 'alert.started',
    alert: { id, kind, threshold },
    count,
    now: startedAt,
  })
}

function end(deps: AlertDeps, alert: AlertRow, count: number, now: number) {
  const write = deps.db
    .update(alerts)
    .set({ endedAt: now })
    .where(and(eq(alerts.id, alert.id), isNull(alerts.endedAt)))
  return tell(deps, [write, ...assertOneChange(deps.db)], {
    event: 'alert.ended',
    alert,
    count,
    now,
  })
}

async function raisePeak({ db }: AlertDeps, { id, peak }: AlertRow, count: number): Promise<void> {
  if (count <= peak) return
  await db
    .update(alerts)
    .set({ peak: count })
    .where(and(eq(alerts.id, id), isNull(alerts.endedAt), lt(alerts.peak, count)))
}

interface News {
  event: AlertEvent
  alert: { id: string; kind: AlertKind; threshold: number }
  count: number
  now: number
}

/** One batch: the alert's own row, and what tells of it. 0 where another run was first: then nothing is written. */
async function tell(
  deps: AlertDeps,
  writes: readonly [Statement, ...Statement[]],
  { event, alert, count, now }: News,
): Promise<0 | 1> {
  const { db, requestId, log } = deps
  const { emails, webhook } = deps.config.alerts
  const payload = { alertId: alert.id, event, count }
  const row = () => ({ id: newId(now), requestId, createdAt: now, payload })
  const template = TEMPLATES[event]
  const mails = emails.map((email) => ({ ...row(), email }))
  const posts = webhook.url === '' ? [] : [row()]
  const told = [
    ...mails.map((mail) => outboxMail(db, { ...mail, template, locale: 'en', addressKey: '' })),
    ...posts.map((post) => outboxWebhook(db, post)),
  ]
  try {
    await db.batch([...writes, ...told])
  } catch (error) {
    if (isConstraintError(error)) return 0
    throw error
  }
  const facts = { alertId: alert.id, kind: alert.kind, threshold: alert.threshold, count }
  if (event === 'alert.started') log.warn('alert_started', facts)
  else log.info('alert_ended', facts)
  deps.announceOutbox([...mails, ...posts].map(({ id }) => id))
  return 1
}
