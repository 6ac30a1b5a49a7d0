import { gte } from 'drizzle-orm'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { countEvent } from '../../../src/db/count-event.ts'
import { hourlyCounters } from '../../../src/db/schema/index.ts'
import { rollUp } from '../../../src/scheduled/roll-up.ts'
import { recorder } from '../../db/recorder.ts'
import { admin, db, ownerIn, PASSWORD, postLogin, signedUp } from '../../factories.ts'
import { DAY, HOUR, MINUTE } from '../../mail/mail-world.ts'
import {
  audited,
  auditedMany,
  countedUpTo,
  newStretch,
  queued,
} from '../../scheduled/number-world.ts'
import { openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'

const PATH = `${API}/admin/stats`

type Numbers = Record<string, number>
interface Bucket {
  from: string
  to: string
  counts: Numbers
}
interface Stats {
  window: string
  from: string
  to: string
  countedUpTo: string
  totals: Numbers
  buckets: Bucket[]
}

afterEach(() => {
  vi.useRealTimers()
})

/** The answer at that moment, to an admin who is signed in then. */
async function statsAt(now: number, window?: string, bindings?: Env): Promise<Stats> {
  vi.useFakeTimers({ toFake: ['Date'], now })
  const { token } = await admin()
  const query = window === undefined ? '' : `?window=${window}`
  const answer = await call(`${PATH}${query}`, { token, env: bindings })
  expectStatus(answer, 200)
  return answer.data as unknown as Stats
}

const counted = (numbers: Numbers) =>
  Object.fromEntries(Object.entries(numbers).filter(([, count]) => count > 0))

/** Numbers by the bucket they are in, empty ones left out. */
const filled = ({ buckets }: Stats) =>
  buckets.flatMap(({ counts }, at) => (counted(counts).signups ? [[at, counts.signups]] : []))

const NOTHING = {
  signups: 0,
  verifications: 0,
  approvals: 0,
  loginsOk: 0,
  loginsFailed: 0,
  loginsRefused: 0,
  blocks: 0,
  locks: 0,
  refreshReuse: 0,
  mailQueued: 0,
  mailSent: 0,
  mailFailed: 0,
}

describe('GET /api/v1/admin/stats', () => {
  describe('works', () => {
    it('shows what people really did: signed up, verified, logged in, failed, were blocked', async () => {
      const start = await newStretch()
      vi.useFakeTimers({ toFake: ['Date'], now: start + 12 * HOUR })
      await signedUp()
      const owner = await ownerIn('active')
      await openSession(owner)
      const wrong = { email: owner.email, password: 'no' }
      for (let n = 0; n < 6; n++) await postLogin(wrong)
      await postLogin({ email: 'nobody@nowhere.example', password: PASSWORD })
      const { totals } = await statsAt(start + 12 * HOUR + MINUTE)
      expect(totals).toMatchObject({
        signups: 2,
        verifications: 1,
        // The owner’s, and the admin’s own.
        loginsOk: 2,
        loginsFailed: 6,
        loginsRefused: 1,
        blocks: 1,
        locks: 0,
      })
      expect(totals.mailQueued).toBeGreaterThanOrEqual(2)
    })

    it('names every number, and counts mail at the moment it was queued, sent and failed', async () => {
      const start = await newStretch()
      await queued(start + HOUR, { sentAt: start + 3 * HOUR })
      await queued(start + HOUR)
      await audited('email_failed', [start + 4 * HOUR])
      await audited('community_approved', [start + HOUR])
      await audited('account_locked', [start + HOUR])
      await audited('refresh_reused', [start + HOUR])
      const stats = await statsAt(start + 5 * HOUR)
      expect(stats.totals).toEqual({
        ...NOTHING,
        approvals: 1,
        locks: 1,
        refreshReuse: 1,
        loginsOk: 1,
        mailQueued: 2,
        mailSent: 1,
        mailFailed: 1,
      })
      const at = (hour: number) =>
        counted(stats.buckets[stats.buckets.length - 6 + hour]?.counts ?? {})
      expect([1, 3, 4].map(at)).toEqual([
        { approvals: 1, locks: 1, refreshReuse: 1, mailQueued: 2 },
        { mailSent: 1 },
        { mailFailed: 1 },
      ])
    })

    it.each([
      ['24h', 24, HOUR],
      ['7d', 28, 6 * HOUR],
      ['30d', 30, DAY],
    ])('%s: %i buckets of UTC, the last one under way', async (window, buckets, size) => {
      const start = await newStretch()
      const now = start + 40 * DAY + 7 * HOUR + 23 * MINUTE
      const last = now - (now % size)
      const first = last - (buckets - 1) * size
      // Before the window, at its very beginning, within a bucket, at the last moment.
      await audited('community_signup', [first - 1, first, first + size, last - 1, last, now])
      const stats = await statsAt(now, window)
      expect(stats.buckets).toHaveLength(buckets)
      expect([stats.window, stats.from, stats.to]).toEqual([
        window,
        new Date(first).toISOString(),
        new Date(now).toISOString(),
      ])
      expect(stats.buckets.at(0)?.from).toBe(stats.from)
      for (const [at, bucket] of stats.buckets.entries()) {
        expect(Date.parse(bucket.to) - Date.parse(bucket.from)).toBe(size)
        if (at > 0) expect(bucket.from).toBe(stats.buckets[at - 1]?.to)
      }
      expect(filled(stats)).toEqual([
        [0, 1],
        [1, 1],
        [buckets - 2, 1],
        [buckets - 1, 2],
      ])
      expect(stats.totals.signups).toBe(5)
    })

    it('is the last day where nothing is asked for', async () => {
      const start = await newStretch()
      expect((await statsAt(start + DAY)).window).toBe('24h')
    })

    it('says the same before the roll-up, in the midst of it, and after it', async () => {
      const start = await newStretch()
      await audited(
        'community_signup',
        Array.from({ length: 48 }, (_, at) => start + at * 30 * MINUTE),
      )
      await countEvent(db, 'login_failed_unknown', start + 5 * HOUR, undefined, 7)
      const now = start + 23 * HOUR + 59 * MINUTE
      const before = await statsAt(now)
      expect(before.totals).toMatchObject({ signups: 48, loginsFailed: 7 })
      for (const until of [start + 10 * HOUR + 17 * MINUTE, now]) {
        await rollUp({ db, clock: () => until })
        const { totals, buckets } = await statsAt(now)
        expect(totals.signups).toBe(48)
        expect(totals.loginsFailed).toBe(7)
        expect(buckets.map(({ counts }) => counts.signups)).toEqual(
          before.buckets.map(({ counts }) => counts.signups),
        )
      }
    })
  })

  describe('refuses', () => {
    it.each(['1h', '', '24H', '30d%20', '7d&window=24h'])('the window %j', async (window) => {
      const { token } = await admin()
      const answer = await call(`${PATH}?window=${window}`, { token })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ window: 'Choose one of: 24h, 7d, 30d.' })
    })

    it('anybody but admins', async () => {
      expectStatus(await call(PATH), 401, 'unauthenticated')
      const { accessToken: token } = await openSession(await ownerIn('active'))
      expectStatus(await call(PATH, { token }), 403, 'forbidden')
    })
  })

  describe('is safe', () => {
    it('while the cron counts, nothing is in twice or missing', async () => {
      const start = await newStretch()
      await auditedMany('community_signup', start, 300)
      const now = start + HOUR
      vi.useFakeTimers({ toFake: ['Date'], now })
      const { token } = await admin()
      const rolling = rollUp({ db, clock: () => now }, 20)
      for (let n = 0; n < 8; n++) {
        const { data } = await call(PATH, { token })
        expect((data as unknown as Stats).totals.signups).toBe(300)
      }
      await rolling
    })

    it('where the cron has stood still it reads no more than five thousand rows, and says up to when it counted', async () => {
      const start = await newStretch()
      await auditedMany('login_failed', start, 7000)
      await countedUpTo(start)
      const stats = await statsAt(start + HOUR)
      expect(stats.totals.loginsFailed).toBe(5000)
      expect(stats.countedUpTo).toBe(new Date(start + 5000).toISOString())
      await rollUp({ db, clock: () => start + HOUR })
      const caughtUp = await statsAt(start + HOUR)
      expect(caughtUp.totals.loginsFailed).toBe(7000)
      expect(caughtUp.countedUpTo).toBe(caughtUp.to)
    })

    it('costs one round trip beside the one that says who asks', async () => {
      const { token } = await admin()
      const answer = await call(PATH, { token })
      expect(answer.headers.get('Server-Timing')).toContain('d1;desc="2"')
    })
  })

  describe('costs the same', () => {
    let start: number
    let now: number
    let token: string

    beforeAll(async () => {
      start = await newStretch()
      now = start + 90 * DAY
      vi.useFakeTimers({ toFake: ['Date'], now })
      token = (await admin()).token
      vi.useRealTimers()
    })

    async function rowsReadBy(window: string): Promise<number> {
      vi.useFakeTimers({ toFake: ['Date'], now })
      const record = recorder()
      expectStatus(await call(`${PATH}?window=${window}`, { token, env: record.env }), 200)
      return record.rowsRead()
    }

    it('with a hundred older rows and with twenty thousand, whichever the window', async () => {
      const fill = async (count: number, from: number) => {
        vi.useRealTimers()
        await auditedMany('login_failed', from, count)
        // Everything is counted anew: what came is older than what was counted.
        await db.delete(hourlyCounters).where(gte(hourlyCounters.hour, start))
        await countedUpTo(start)
        await rollUp({ db, clock: () => now })
      }
      // In the same hours of the window and before it, so that no more counters come of more rows.
      const inWindow = now - 2 * HOUR
      await fill(100, start)
      await fill(100, inWindow)
      const few = [await rowsReadBy('24h'), await rowsReadBy('7d'), await rowsReadBy('30d')]
      await fill(20_000, start)
      await fill(20_000, inWindow + 1000)
      const many = [await rowsReadBy('24h'), await rowsReadBy('7d'), await rowsReadBy('30d')]
      expect(many).toEqual(few)
      expect(Math.max(...many)).toBeLessThan(100)
      const { totals } = await statsAt(now)
      expect(totals.loginsFailed).toBe(20_100)
    })
  })
})
