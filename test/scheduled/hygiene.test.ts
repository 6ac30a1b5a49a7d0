import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../src/config.ts'
import {
  auditLogs,
  communities,
  idempotencyKeys,
  oneTimeTokens,
  outbox,
  sessions,
  signupTraces,
  users,
} from '../../src/db/schema/index.ts'
import { createDeps } from '../../src/deps.ts'
import worker from '../../src/index.ts'
import { expireCommunities } from '../../src/scheduled/expire-communities.ts'
import { purge } from '../../src/scheduled/purge.ts'
import { sliceAt, sweepLogos } from '../../src/scheduled/sweep-logos.ts'
import {
  communityRow,
  db,
  ownerIn,
  postSignup,
  signedUp,
  signupForm,
  unique,
  verified,
} from '../factories.ts'
import { openSession } from '../session-client.ts'
import { failingBucket } from '../support/faults.ts'
import { pngOf } from '../support/png.ts'
import { race } from '../support/race.ts'

const DAY_MS = 24 * 3600 * 1000

function depsOf(bindings: Env = env) {
  return createDeps(bindings, configOf(bindings), {
    requestId: crypto.randomUUID(),
    waitUntil: () => undefined,
    route: () => 'test',
  })
}

async function at<T>(moment: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

async function runCron(bindings: Env = env): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled(createScheduledController({ cron: '* * * * *' }), bindings, context)
  await waitOnExecutionContext(context)
}

describe('the cron', () => {
  describe('communities that nobody verified', () => {
    it('go after their week with owner and membership; verified, reviewed and younger ones stay', async () => {
      const gone = await signedUp()
      const kept = await verified()
      const reviewed = await signedUp()
      await db
        .update(communities)
        .set({ status: 'approved' })
        .where(eq(communities.id, reviewed.communityId))
      await at(Date.now() + 7 * DAY_MS - 60_000, () => runCron())
      expect(await communityRow(gone.communityId)).toBeDefined()
      await at(Date.now() + 7 * DAY_MS + 1000, () => runCron())
      expect(await communityRow(gone.communityId)).toBeUndefined()
      expect(await db.select().from(users).where(eq(users.email, gone.email))).toEqual([])
      expect(await communityRow(kept.communityId)).toBeDefined()
      expect(await communityRow(reviewed.communityId)).toBeDefined()
      const audits = await db
        .select()
        .from(auditLogs)
        .where(eq(auditLogs.communityId, gone.communityId))
      expect(audits.filter(({ action }) => action === 'community_expired')).toMatchObject([
        { details: { slug: gone.slug } },
      ])
    })

    it('go once when the cron runs twice at once, fifty in a run, and the rest with the next', async () => {
      const first = await signedUp()
      const created = Date.now() - 8 * DAY_MS
      const clones = Array.from({ length: 60 }, () => ({
        id: crypto.randomUUID(),
        user: crypto.randomUUID(),
        name: unique(),
      }))
      for (const { id, user, name } of clones) {
        await db.batch([
          db.insert(communities).values({
            id,
            name,
            nameKey: name,
            slugBase: name,
            slugNumber: 0,
            status: 'pending',
            bio: '',
            country: '',
            city: '',
            createdBy: user,
            createdAt: created,
            updatedAt: created,
          }),
          db.insert(users).values({
            id: user,
            email: `${name}@x.example`,
            fullName: 'x',
            communityId: id,
            createdAt: created,
          }),
        ])
      }
      const [one] = await race(2, () => expireCommunities(depsOf()))
      expect(one).toBe(50)
      const left = async () =>
        (await db.select().from(communities).where(eq(communities.createdAt, created))).length
      expect(await left()).toBe(10)
      await expireCommunities(depsOf())
      expect(await left()).toBe(0)
      for (const { id } of clones.slice(0, 3)) {
        expect(await db.select().from(auditLogs).where(eq(auditLogs.communityId, id))).toHaveLength(
          1,
        )
      }
      expect(await communityRow(first.communityId)).toBeDefined()
    })
  })

  describe('old rows', () => {
    it('links go thirty days after they expired, answers after their day, finished mails after thirty days', async () => {
      const key = unique()
      const form = signupForm()
      await postSignup(form, { headers: { 'Idempotency-Key': key } })
      const tokens = () =>
        db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, form.email))
      const mails = () => db.select().from(outbox).where(eq(outbox.email, form.email))
      const answers = async () =>
        (await db.select().from(idempotencyKeys)).filter(({ response }) =>
          JSON.stringify(response).includes(form.communityName.split(' ')[1] ?? '-'),
        ).length
      await at(Date.now() + DAY_MS - 1000, () => purge(depsOf()))
      expect([(await tokens()).length, (await mails()).length, await answers()]).toEqual([1, 1, 1])
      await at(Date.now() + DAY_MS + 1000, () => purge(depsOf()))
      expect([(await tokens()).length, (await mails()).length, await answers()]).toEqual([1, 1, 0])
      await at(Date.now() + 31 * DAY_MS + 1000, () => purge(depsOf()))
      // A mail that nobody finished is never purged.
      expect([(await tokens()).length, (await mails()).length]).toEqual([0, 1])
      await db.update(outbox).set({ sentAt: 1 }).where(eq(outbox.email, form.email))
      await at(Date.now() + 31 * DAY_MS, () => purge(depsOf()))
      expect(await mails()).toEqual([])
    })

    it('a session goes thirty days after the moment at which it would have ended at the latest', async () => {
      const { id } = await openSession(await ownerIn('active'))
      const rows = () => db.select().from(sessions).where(eq(sessions.id, id))
      const endsAt = (await rows())[0]?.absoluteExpiresAt ?? 0
      await at(endsAt + 30 * DAY_MS - 1, () => purge(depsOf()))
      expect(await rows()).toHaveLength(1)
      await at(endsAt + 30 * DAY_MS, () => purge(depsOf()))
      expect(await rows()).toEqual([])
    })

    it('traces of signups go after the thirty days in which they are counted', async () => {
      const { communityId } = await signedUp()
      const traces = () =>
        db.select().from(signupTraces).where(eq(signupTraces.communityId, communityId))
      const [trace] = await traces()
      const leftAt = trace?.createdAt ?? 0
      await at(leftAt + 30 * DAY_MS - 1, () => purge(depsOf()))
      expect(await traces()).toEqual([trace])
      expect((await at(leftAt + 30 * DAY_MS, () => purge(depsOf()))).traces).toBeGreaterThan(0)
      expect(await traces()).toEqual([])
    })

    it('go at most five hundred of a kind in a run', async () => {
      const rows = Array.from({ length: 520 }, () => ({
        id: crypto.randomUUID(),
        purpose: 'verify_email' as const,
        keyVersion: 1,
        tokenHash: crypto.randomUUID(),
        email: 'many@x.example',
        createdAt: 0,
        expiresAt: 1,
      }))
      for (let start = 0; start < rows.length; start += 8)
        await db.insert(oneTimeTokens).values(rows.slice(start, start + 8))
      expect((await purge(depsOf())).tokens).toBe(500)
      expect((await purge(depsOf())).tokens).toBe(20)
    })
  })

  describe('logos', () => {
    it('an orphan goes when it is two to eight days old, in the minute of its slice; one in use stays', async () => {
      const inUse = await signedUp({ communityLogo: (await pngOf(20_000)).dataUrl })
      const usedKey = String((await communityRow(inUse.communityId))?.logo)
      const day = usedKey.slice(0, 17)
      const orphan = `${day}${usedKey.charAt(17)}${'0'.repeat(31)}`
      await env.LOGOS.put(orphan, new Uint8Array([1]))
      const slice = Number.parseInt(usedKey.charAt(17), 16)
      const sweepMinute = (days: number, minute: number) =>
        Math.floor(Date.now() / DAY_MS) * DAY_MS + days * DAY_MS + (180 + minute) * 60_000
      const exists = async (key: string) => (await env.LOGOS.head(key)) !== null
      await at(sweepMinute(1, slice), () => sweepLogos(depsOf()))
      expect(await exists(orphan)).toBe(true)
      await at(sweepMinute(2, (slice + 1) % 16), () => sweepLogos(depsOf()))
      expect(await exists(orphan)).toBe(true)
      expect(await at(sweepMinute(2, slice), () => sweepLogos(depsOf()))).toBe(1)
      expect(await exists(orphan)).toBe(false)
      expect(await exists(usedKey)).toBe(true)
      await env.LOGOS.put(orphan, new Uint8Array([1]))
      expect(await at(sweepMinute(8, slice), () => sweepLogos(depsOf()))).toBe(1)
    })

    it('are looked at in the sixteen minutes after 03:00 UTC only', () => {
      const minute = (of: number) => of * 60_000
      expect([
        sliceAt(minute(179)),
        sliceAt(minute(180)),
        sliceAt(minute(195)),
        sliceAt(minute(196)),
      ]).toEqual([undefined, '0', 'f', undefined])
    })
  })

  it('a job that fails keeps no other from running', async () => {
    const gone = await signedUp()
    const sweepTime = Math.floor(Date.now() / DAY_MS) * DAY_MS + 8 * DAY_MS + 180 * 60_000
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await at(sweepTime, () => runCron(failingBucket('list')))
    expect(log.mock.calls.flat().join()).toContain('"job":"sweep_logos"')
    log.mockRestore()
    expect(await communityRow(gone.communityId)).toBeUndefined()
  })

  it('runs twice at once without harm', async () => {
    const gone = await signedUp()
    await at(Date.now() + 8 * DAY_MS, () => race(2, () => runCron()))
    expect(
      await db.select().from(auditLogs).where(eq(auditLogs.communityId, gone.communityId)),
    ).toHaveLength(3)
  })
})
