/** Runs of the alerts at moments of a test's own, with thresholds of its own; what they told, and whom. */
import { env } from 'cloudflare:workers'
import { asc, eq, gte, isNull } from 'drizzle-orm'
import { type AlertKind, alerts, outbox } from '../../src/db/schema/index.ts'
import { raiseAlerts } from '../../src/scheduled/raise-alerts.ts'
import { createWorld, db, NO_ALERTS } from '../mail/mail-world.ts'
import { databaseOf } from './number-world.ts'

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export const OPERATORS = ['ops@gate.example', 'night@gate.example']

type World = ReturnType<typeof createWorld>

export interface AlertWorld extends World {
  /** One run of the job at this moment; gives how many alerts began or ended. */
  run(now: number, bindings?: Env): Promise<number>
  announced: string[]
  /** In force from now on. */
  setThresholds(thresholds: Partial<Record<AlertKind, number>>): void
}

/** Operators are mailed and their webhook is posted to; `plan` says how both are answered. */
export function alertWorld(
  thresholds: Partial<Record<AlertKind, number>>,
  { plan = 'ok', emails = OPERATORS, hasWebhook = true } = {},
): AlertWorld {
  const world = createWorld('resend', plan)
  const webhook = { url: hasWebhook ? `${world.box}-hook/hook` : '', secret: SECRET }
  const settings = { thresholds: { ...NO_ALERTS, ...thresholds }, emails, webhook }
  Object.assign(world.deps.config, { alerts: settings })
  const announced: string[] = []
  const run = (now: number, bindings = env) => {
    world.time.now = now
    return raiseAlerts({
      db: databaseOf(bindings),
      clock: () => now,
      config: { alerts: settings },
      log: world.deps.log,
      requestId: crypto.randomUUID(),
      announceOutbox: (ids) => void announced.push(...ids),
    })
  }
  const setThresholds = (next: Partial<Record<AlertKind, number>>) => {
    settings.thresholds = { ...NO_ALERTS, ...next }
  }
  return { ...world, run, announced, setThresholds }
}

/** Every alert that is open ends, so that the next test begins without one. */
export async function closeAlerts(): Promise<void> {
  await db.update(alerts).set({ endedAt: 0 }).where(isNull(alerts.endedAt))
}

/** In the order in which they began, of one moment by kind. */
export const alertsSince = (start: number) =>
  db
    .select()
    .from(alerts)
    .where(gte(alerts.startedAt, start))
    .orderBy(asc(alerts.startedAt), asc(alerts.kind))

/** What the outbox has of alerts since then, as `template to` or `webhook event`. */
export async function toldSince(start: number): Promise<string[]> {
  const rows = await db.select().from(outbox).where(gte(outbox.createdAt, start))
  return rows
    .filter(({ kind, template }) => kind === 'webhook' || template?.startsWith('alert_'))
    .map(({ kind, template, email, payload }) =>
      kind === 'webhook' ? `webhook ${payload?.event}` : `${template} ${email}`,
    )
    .sort()
}

export async function outboxIds(start: number, template?: 'alert_started' | 'alert_ended') {
  const rows = await db
    .select()
    .from(outbox)
    .where(template ? eq(outbox.template, template) : eq(outbox.kind, 'webhook'))
  return rows.filter(({ createdAt }) => createdAt >= start).map(({ id }) => id)
}

export const STARTED = [
  'alert_started night@gate.example',
  'alert_started ops@gate.example',
  'webhook alert.started',
]
export const ENDED = [
  'alert_ended night@gate.example',
  'alert_ended ops@gate.example',
  'webhook alert.ended',
]
