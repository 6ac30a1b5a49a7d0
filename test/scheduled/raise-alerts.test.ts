import { beforeEach, describe, expect, it } from 'vitest'
import { countEvent } from '../../src/db/count-event.ts'
import { type AlertKind, type AuditAction, alerts } from '../../src/db/schema/index.ts'
import { slidingCount } from '../../src/scheduled/alert-counts.ts'
import { judgeAlert } from '../../src/scheduled/raise-alerts.ts'
import { db, deliver, HOUR, MINUTE } from '../mail/mail-world.ts'
import { failingBatch } from '../support/faults.ts'
import { race } from '../support/race.ts'
import {
  alertsSince,
  alertWorld,
  closeAlerts,
  ENDED,
  outboxIds,
  STARTED,
  toldSince,
} from './alert-world.ts'
import { audited, auditedMany, newStretch } from './number-world.ts'

beforeEach(closeAlerts)

const minutesFrom = (start: number, minutes: readonly number[]) =>
  minutes.map((minute) => start + minute * MINUTE)

describe('the alerts', () => {
  describe('works', () => {
    it.each<[AlertKind, AuditAction]>([
      ['failed_logins', 'login_failed'],
      ['signups', 'community_signup'],
      ['mail_failures', 'email_failed'],
      ['refresh_reuse', 'refresh_reused'],
    ])('%s: begins with the third %s within an hour', async (kind, action) => {
      const start = await newStretch()
      const { run } = alertWorld({ [kind]: 3 })
      await audited(action, minutesFrom(start, [0, 50]))
      expect(await run(start + 55 * MINUTE)).toBe(0)
      await audited(action, minutesFrom(start, [70]))
      // The first one was more than an hour ago.
      expect(await run(start + 71 * MINUTE)).toBe(0)
      await audited(action, minutesFrom(start, [72]))
      expect(await run(start + 73 * MINUTE)).toBe(1)
      expect(await alertsSince(start)).toEqual([
        {
          id: expect.any(String),
          kind,
          threshold: 3,
          peak: 3,
          startedAt: start + 73 * MINUTE,
          endedAt: null,
        },
      ])
      expect(await toldSince(start)).toEqual(STARTED)
    })

    it.each<[AlertKind, Parameters<typeof countEvent>[1]]>([
      ['failed_logins', 'login_failed_unknown'],
      ['dead_letters', 'dead_letter'],
      ['limiter_errors', 'limiter_failed'],
    ])('%s: begins with what %s counts by the hour', async (kind, event) => {
      const start = await newStretch()
      const { run } = alertWorld({ [kind]: 3 })
      await countEvent(db, event, start, undefined, 2)
      expect(await run(start + MINUTE)).toBe(0)
      await countEvent(db, event, start + 2 * MINUTE)
      expect(await run(start + 2 * MINUTE)).toBe(1)
      expect(await alertsSince(start)).toMatchObject([{ kind, peak: 3 }])
    })

    it('adds up known and unknown addresses whose login failed', async () => {
      const start = await newStretch()
      const { run } = alertWorld({ failed_logins: 3 })
      await audited('login_failed', [start + 1, start + 2])
      await countEvent(db, 'login_failed_unknown', start)
      expect(await run(start + MINUTE)).toBe(1)
    })

    it('lets the peak grow while it is open, and tells nobody again', async () => {
      const start = await newStretch()
      const { run, announced } = alertWorld({ signups: 2 })
      for (const minute of [1, 2, 3, 4, 5]) {
        await audited('community_signup', minutesFrom(start, [minute]))
        await run(start + minute * MINUTE + 1)
      }
      expect(await alertsSince(start)).toMatchObject([{ peak: 5, endedAt: null }])
      expect(await toldSince(start)).toEqual(STARTED)
      expect(announced).toHaveLength(3)
    })

    it('ends once the count is below four fifths of the threshold, and tells so once', async () => {
      const start = await newStretch()
      const { run, lines } = alertWorld({ signups: 5 })
      await audited('community_signup', minutesFrom(start, [0, 10, 20, 30, 40]))
      await run(start + 41 * MINUTE)
      // Four of five: it hovers.
      expect(await run(start + 65 * MINUTE)).toBe(0)
      expect(await run(start + 75 * MINUTE)).toBe(1)
      expect(await run(start + 76 * MINUTE)).toBe(0)
      const [alert] = await alertsSince(start)
      expect(alert).toMatchObject({ peak: 5, endedAt: start + 75 * MINUTE })
      expect(await toldSince(start)).toEqual([...ENDED, ...STARTED].sort())
      expect(lines.map(({ level, event, fields }) => [level, event, fields])).toEqual([
        ['warn', 'alert_started', { alertId: alert?.id, kind: 'signups', threshold: 5, count: 5 }],
        ['info', 'alert_ended', { alertId: alert?.id, kind: 'signups', threshold: 5, count: 3 }],
      ])
    })

    it('begins anew when the count rises again: another alert', async () => {
      const start = await newStretch()
      const { run } = alertWorld({ refresh_reuse: 1 })
      for (const hours of [0, 5]) {
        await audited('refresh_reused', [start + hours * HOUR])
        await run(start + hours * HOUR + MINUTE)
        await run(start + (hours + 2) * HOUR)
      }
      expect(await alertsSince(start)).toHaveLength(2)
      expect(await toldSince(start)).toEqual([...ENDED, ...ENDED, ...STARTED, ...STARTED].sort())
    })

    it('ends where the threshold was switched off, and where it was changed', async () => {
      const start = await newStretch()
      const { run, setThresholds } = alertWorld({ signups: 2, refresh_reuse: 2 })
      await audited('community_signup', [start, start + 1])
      await audited('refresh_reused', [start, start + 1])
      expect(await run(start + MINUTE)).toBe(2)
      setThresholds({ signups: 1 })
      expect(await run(start + 2 * MINUTE)).toBe(2)
      // Judged by the new threshold from then on.
      expect(await run(start + 3 * MINUTE)).toBe(1)
      expect(await alertsSince(start)).toMatchObject([
        { kind: 'refresh_reuse', threshold: 2, endedAt: start + 2 * MINUTE },
        { kind: 'signups', threshold: 2, endedAt: start + 2 * MINUTE },
        { kind: 'signups', threshold: 1, endedAt: null },
      ])
    })

    it('is on record and in the log where nobody is to be told', async () => {
      const start = await newStretch()
      const { run, lines, announced } = alertWorld(
        { signups: 1 },
        { emails: [], hasWebhook: false },
      )
      await audited('community_signup', [start])
      expect(await run(start + MINUTE)).toBe(1)
      expect(await alertsSince(start)).toHaveLength(1)
      expect(await toldSince(start)).toEqual([])
      expect(announced).toEqual([])
      expect(lines).toMatchObject([{ level: 'warn', event: 'alert_started' }])
    })
  })

  describe('refuses', () => {
    it('to raise anything where every threshold is 0', async () => {
      const start = await newStretch()
      const { run } = alertWorld({})
      await auditedMany('login_failed', start, 500)
      expect(await run(start + MINUTE)).toBe(0)
      expect(await alertsSince(start)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('ten runs at once tell once of the beginning, and once of the end', async () => {
      const start = await newStretch()
      const { run, announced } = alertWorld({ signups: 2 })
      await audited('community_signup', [start, start + 1])
      const begun = await race(10, () => run(start + MINUTE))
      expect(begun.reduce((sum, told) => sum + told)).toBe(1)
      expect(await toldSince(start)).toEqual(STARTED)
      const ended = await race(10, () => run(start + 2 * HOUR))
      expect(ended.reduce((sum, told) => sum + told)).toBe(1)
      expect(await toldSince(start)).toEqual([...ENDED, ...STARTED].sort())
      expect(await alertsSince(start)).toHaveLength(1)
      expect(announced).toHaveLength(6)
    })

    it('whichever statement fails, no alert is there untold, and the next run tells it', async () => {
      // The state is read in batch 0; the alert and its three messages are batch 1.
      for (const [isEnd, statements] of [
        [false, 4],
        [true, 6],
      ] as const) {
        for (let k = 0; k < statements; k++) {
          await closeAlerts()
          const start = await newStretch()
          const { run, announced } = alertWorld({ signups: 1 })
          await audited('community_signup', [start])
          const [now, told] = isEnd
            ? [start + 2 * HOUR, [...ENDED, ...STARTED].sort()]
            : [start + MINUTE, STARTED]
          if (isEnd) await run(start + MINUTE)
          const before = { alerts: await alertsSince(start), told: await toldSince(start) }
          const fault = failingBatch(1, k)
          announced.length = 0
          await expect(run(now, fault.env)).rejects.toThrow()
          expect(fault.sizes[1]).toBe(statements)
          expect({ alerts: await alertsSince(start), told: await toldSince(start) }).toEqual(before)
          expect(announced).toEqual([])
          await run(now)
          expect(await toldSince(start)).toEqual(told)
        }
      }
    })

    it('what cannot be mailed of an alert raises no other: neither at once nor hours later', async () => {
      const start = await newStretch()
      const emails = Array.from({ length: 8 }, (_, at) => `ops${at}@gate.example`)
      const world = alertWorld({ mail_failures: 3, signups: 1 }, { plan: '422', emails })
      await audited('community_signup', [start])
      await audited('email_failed', [start, start, start], { template: 'verify_email' })
      for (let minute = 1; minute < 6 * 60; minute += 20) {
        await world.run(start + minute * MINUTE)
        // Each mail is refused for good, and so on record as failed.
        await deliver(world.deps, world.announced.splice(0))
      }
      const raised = await alertsSince(start)
      expect(raised.map(({ kind, endedAt }) => [kind, endedAt === null])).toEqual([
        ['mail_failures', false],
        ['signups', false],
      ])
      expect(raised[0]?.peak).toBe(3)
      expect(await outboxIds(start, 'alert_started')).toHaveLength(16)
      expect(await outboxIds(start, 'alert_ended')).toHaveLength(16)
      expect(await world.accepted()).toEqual([])
    })

    it('a flood is counted up to ten thousand beyond its threshold, by the index alone', async () => {
      const start = await newStretch()
      await auditedMany('login_failed', start, 12_000)
      const { run } = alertWorld({ failed_logins: 500 })
      await run(start + MINUTE)
      expect(await alertsSince(start)).toMatchObject([{ peak: 10_500 }])
    })

    it('an alert that another run closes meanwhile is not closed twice', async () => {
      const start = await newStretch()
      const { run } = alertWorld({ signups: 1 })
      await audited('community_signup', [start])
      await run(start + MINUTE)
      const late = failingBatch(1, 1, 'lost_race')
      expect(await run(start + 2 * HOUR, late.env)).toBe(0)
      expect(await toldSince(start)).toEqual(STARTED)
      expect(await db.select().from(alerts)).toContainEqual(
        expect.objectContaining({ startedAt: start + MINUTE, endedAt: null }),
      )
    })
  })
})

describe('what a count does to an alert', () => {
  it.each([
    [undefined, 4, 5, 'rests'],
    [undefined, 5, 5, 'begins'],
    [undefined, 1, 1, 'begins'],
    [undefined, 0, 0, 'rests'],
    [undefined, 9, 0, 'rests'],
    [5, 9, 5, 'goes_on'],
    [5, 4, 5, 'goes_on'],
    [5, 3, 5, 'ends'],
    [1, 1, 1, 'goes_on'],
    [1, 0, 1, 'ends'],
    [5, 9, 6, 'ends'],
    [5, 9, 0, 'ends'],
  ])('open with %s, count %i, threshold %i: %s', (open, count, threshold, what) => {
    const alert = open === undefined ? undefined : { threshold: open }
    expect(judgeAlert(alert, count, threshold)).toBe(what)
  })
})

describe('what is known by the hour only', () => {
  it.each([
    [0, 0, 0, 0],
    [0, 7, 59, 7],
    [60, 0, 0, 60],
    [60, 0, 30, 30],
    [60, 5, 45, 20],
    // A single one is not rounded away before its hour is over.
    [1, 0, 59, 1],
  ])('%i the hour before and %i in this one, at minute %i: %i', (before, now, minute, count) => {
    const moment = Date.UTC(2026, 9, 1, 12, minute)
    expect(slidingCount(before, now, moment)).toBe(count)
  })
})
