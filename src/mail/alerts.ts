/**
 * What tells of an alert: a mail to each operator, and a POST to their webhook. Both are made of the alert's row as they
 * are sent, and of what cannot change any more: whatever has happened since, a repeated attempt says the same.
 */
import { eq } from 'drizzle-orm'
import { alerts } from '../db/schema/index.ts'
import { signWebhook } from '../lib/webhook-signature.ts'
import type { DropReason } from './compose-secrets.ts'
import type { OutboxRow } from './consumer-rows.ts'
import type { MailDeps } from './mail-deps.ts'
import { failureOf, postText } from './providers/post-json.ts'
import type { SendResult } from './providers/types.ts'
import type { RenderedMail } from './templates/layout.ts'
import { renderAlertMail } from './templates/render.ts'
import type { AlertTemplate } from './templates/texts.ts'

type AlertRow = typeof alerts.$inferSelect

/** Reads the alert that the row names; one D1 round trip. */
export async function composeAlert(
  { db, config }: Pick<MailDeps, 'db' | 'config'>,
  { payload, locale }: OutboxRow,
  template: AlertTemplate,
): Promise<RenderedMail | { drop: DropReason }> {
  const alert = await findAlert(db, payload?.alertId)
  if (!alert) return { drop: 'unreadable' }
  const count = payload?.count ?? alert.threshold
  return renderAlertMail(template, locale, { appName: config.appName, ...alert, count })
}

/**
 * Posts the event, signed anew for this moment; its id stays the same over all attempts. The answer's status counts
 * alone. Where no webhook is set any more, nothing is sent.
 */
export async function sendWebhook(
  { db, config, clock }: Pick<MailDeps, 'db' | 'config' | 'clock'>,
  { id, payload }: OutboxRow,
  now: number,
): Promise<SendResult | { drop: DropReason | 'webhook_off' }> {
  const { url, secret } = config.alerts.webhook
  if (url === '') return { drop: 'webhook_off' }
  const alert = await findAlert(db, payload?.alertId)
  if (!alert || payload?.event === undefined) return { drop: 'unreadable' }
  const body = JSON.stringify(eventOf(alert, payload.event, payload.count ?? alert.threshold))
  const answer = await postText({
    url,
    headers: signWebhook(secret, { id, now, body }),
    body,
    clock,
  })
  if ('ok' in answer) return answer
  return answer.status >= 200 && answer.status < 300 ? { ok: true } : failureOf(answer)
}

type AlertEvent = NonNullable<NonNullable<OutboxRow['payload']>['event']>

function eventOf(alert: AlertRow, event: AlertEvent, count: number) {
  const { id, kind, threshold, startedAt, endedAt } = alert
  const isOver = event === 'alert.ended' && endedAt !== null
  return {
    type: event,
    timestamp: iso(isOver ? endedAt : startedAt),
    data: {
      id,
      kind,
      threshold,
      count,
      // Grows until the end: what tells of the beginning knows the first count alone.
      peak: isOver ? alert.peak : count,
      startedAt: iso(startedAt),
      endedAt: isOver ? iso(endedAt) : null,
    },
  }
}

function iso(moment: number): string {
  return new Date(moment).toISOString()
}

async function findAlert(
  db: MailDeps['db'],
  id: string | undefined,
): Promise<AlertRow | undefined> {
  const [alert] = await db
    .select()
    .from(alerts)
    .where(eq(alerts.id, id ?? ''))
  return alert
}
