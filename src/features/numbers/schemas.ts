import * as z from 'zod'
import { ALERT_KINDS, type AlertKind } from '../../db/schema/index.ts'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'
import { NUMBERS, type NumberName } from './service.ts'
import { WINDOW_NAMES } from './windows.ts'

export const statsQuery = z.object({
  window: z
    .enum(WINDOW_NAMES, { error: say('choose_one_of', WINDOW_NAMES.join(', ')) })
    .default('24h')
    .describe('24h in hours, 7d in quarters of a day, 30d in days; all of UTC.'),
})

const count = z.number().int().min(0)

const SAID: Partial<Record<NumberName, string>> = {
  loginsFailed: 'Judged and refused, for known and unknown addresses.',
  loginsRefused: 'Not even judged: blocked or locked.',
  mailFailed: 'Given up.',
}

const numbers = z.object(
  Object.fromEntries(
    Object.keys(NUMBERS).map((name) => {
      const said = SAID[name as NumberName]
      return [name, said === undefined ? count : count.describe(said)]
    }),
  ) as Record<NumberName, typeof count>,
)

export const statsData = z.object({
  window: z.enum(WINDOW_NAMES),
  from: z.iso.datetime().describe('Where the first bucket begins.'),
  to: z.iso.datetime().describe('The moment of this answer; the last bucket is under way.'),
  countedUpTo: z.iso
    .datetime()
    .describe('Earlier than `to` only where the cron has stood still: what came later is not in.'),
  totals: numbers,
  buckets: z
    .array(z.object({ from: z.iso.datetime(), to: z.iso.datetime(), counts: numbers }))
    .describe('Oldest first.'),
})

export const alertsQuery = z.object(pageFields)

const alertKind = z.enum(ALERT_KINDS)

export const alertSchema = z.object({
  id: z.uuid(),
  kind: alertKind,
  threshold: z.number().int().describe('As the alert began.'),
  peak: count.describe('The highest count within an hour.'),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable().describe('Null while it is open.'),
})

export const alertsData = pageSchema(alertSchema).extend({
  thresholds: z
    .object(
      Object.fromEntries(ALERT_KINDS.map((kind) => [kind, count])) as Record<
        AlertKind,
        typeof count
      >,
    )
    .describe('In force now: how many within an hour raise an alert; 0 never does.'),
})
