/** Logos with many at once, with others who write in between, and with bindings that fail: a row never names a picture that is not there. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { communities, logoGarbage } from '../../../src/db/schema/index.ts'
import { removeLogoGarbage } from '../../../src/scheduled/remove-logo-garbage.ts'
import { communityRow, db, PASSWORD, signedUp } from '../../factories.ts'
import { toDataUrl } from '../../lib/image-samples.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingBucket,
  failingDatabase,
  lostAnswer,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  depsOf,
  garbage,
  getPicture,
  isStored,
  keyOf,
  OTHER_PNG,
  ownerWithLogo,
  PNG,
  putLogo,
  removeLogo,
  runCron,
} from '../communities/community-client.ts'
import { auditIn, memberIn, postOwner, suspend } from '../members/member-client.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

async function at<T>(moment: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

const later = <T>(run: () => Promise<T>) => at(Date.now() + 2 * MINUTE, run)

const storedKeys = async () => (await env.LOGOS.list()).objects.map(({ key }) => key).sort()

describe('a logo that is replaced', () => {
  it('by twenty uploads at once: one stays, every other picture is garbage', async () => {
    const owner = await ownerHere()
    const before = await storedKeys()
    const answers = await race(20, (n) => putLogo(owner, n % 2 === 0 ? PNG : OTHER_PNG))
    expect(tally(answers)).toEqual({ '200': 20 })
    const made = (await storedKeys()).filter((key) => !before.includes(key))
    expect(made).toHaveLength(20)
    const current = await keyOf(owner.communityId)
    const others = made.filter((key) => key !== current)
    expect(others).toHaveLength(19)
    for (const key of others) expect(await garbage(key)).toHaveLength(1)
    expect(await garbage(current)).toEqual([])
    expect(await auditIn(owner.communityId, 'logo_changed')).toHaveLength(20)
    await later(() => runCron())
    for (const key of others) expect(await isStored(key)).toBe(false)
    expect(await isStored(current)).toBe(true)
    expect(await db.select().from(logoGarbage)).toEqual([])
  })

  it('and removed at once: whatever comes last is so, and nothing is left over', async () => {
    const owner = await ownerWithLogo()
    const answers = await race(20, (n) => (n % 2 === 0 ? putLogo(owner) : removeLogo(owner)))
    expect(tally(answers)).toEqual({ '200': 20 })
    await later(() => runCron())
    const current = await keyOf(owner.communityId)
    expect(await storedKeys()).toContain(current ?? (await storedKeys())[0] ?? null)
    const rows = await db.select({ logo: communities.logo }).from(communities)
    const named = rows.flatMap(({ logo }) => logo ?? [])
    expect(await storedKeys()).toEqual(named.sort())
  })

  it('by somebody who hands over at that moment stays as it was', async () => {
    const owner = await ownerWithLogo()
    const heir = await memberIn(owner)
    const [key, stored] = [await keyOf(owner.communityId), await storedKeys()]
    const meanwhile = beforeBatch(0, () =>
      postOwner(owner, { userId: heir.userId, password: PASSWORD }),
    )
    const answer = await putLogo(owner, OTHER_PNG, { env: meanwhile })
    expectStatus(answer, 403, 'forbidden')
    expect(await keyOf(owner.communityId)).toBe(key)
    // What was uploaded for nothing is taken back at once.
    expect(await storedKeys()).toEqual(stored)
    expect(await garbage(key)).toEqual([])
  })

  it('in a community that is suspended at that moment stays as it was', async () => {
    const owner = await ownerWithLogo()
    const key = await keyOf(owner.communityId)
    for (const act of [putLogo, removeLogo] as const) {
      const fresh = act === putLogo ? owner : await ownerWithLogo()
      const meanwhile = beforeBatch(0, () => suspend(fresh.communityId))
      const answer =
        act === putLogo
          ? await putLogo(fresh, OTHER_PNG, { env: meanwhile })
          : await removeLogo(fresh, { env: meanwhile })
      expectStatus(answer, 401, 'session_ended')
      expect(await isStored(await keyOf(fresh.communityId))).toBe(true)
    }
    expect(await keyOf(owner.communityId)).toBe(key)
  })
})

describe('where a binding fails', () => {
  it('storage: 503, and the logo before stays', async () => {
    const owner = await ownerWithLogo()
    const row = await communityRow(owner.communityId)
    const answer = await putLogo(owner, OTHER_PNG, { env: failingBucket('put') })
    expectStatus(answer, 503, 'unavailable')
    expect(answer.headers.get('Retry-After')).toBe('1')
    expect(await communityRow(owner.communityId)).toEqual(row)
    expect((await getPicture(owner.logoUrl)).bytes).toEqual(PNG)
    expect(await auditIn(owner.communityId, 'logo_changed')).toHaveLength(1)
  })

  it.each(['outage', 'lost_race'] as const)(
    'each statement of the batch (%s): the logo before stays, and nothing is half done',
    async (how) => {
      const owner = await ownerWithLogo()
      const row = await communityRow(owner.communityId)
      const counting = failingBatch(0)
      expectStatus(await putLogo(await ownerHere(), PNG, { env: counting.env }), 200)
      for (const act of ['put', 'remove']) {
        for (let k = 0; k < (counting.sizes[0] ?? 0); k++) {
          const { env: workerEnv } = failingBatch(0, k, how)
          const answer =
            act === 'put'
              ? await putLogo(owner, OTHER_PNG, { env: workerEnv })
              : await removeLogo(owner, { env: workerEnv })
          expect(answer.status).toBeGreaterThanOrEqual(500)
          expect(await communityRow(owner.communityId)).toEqual(row)
          expect(await garbage(row?.logo ?? null)).toEqual([])
        }
      }
      expect(await auditIn(owner.communityId, 'logo_changed')).toHaveLength(1)
      expectStatus(await putLogo(owner, OTHER_PNG, { env: failingDatabase() }), 503)
    },
  )

  it('the answer of the database is lost: the picture is there, and so is the row', async () => {
    const owner = await ownerHere()
    expectStatus(await putLogo(owner, PNG, { env: lostAnswer(0) }), 503, 'unavailable')
    const key = await keyOf(owner.communityId)
    expect(await isStored(key)).toBe(true)
  })
})

describe('the cron', () => {
  it('leaves a picture alone for a minute, so that whoever has just read the row still finds it', async () => {
    const owner = await ownerWithLogo()
    const key = await keyOf(owner.communityId)
    await putLogo(owner, OTHER_PNG)
    const [row] = await garbage(key)
    const noted = row?.createdAt ?? 0
    await at(noted + MINUTE - 1, () => removeLogoGarbage(depsOf()))
    expect(await isStored(key)).toBe(true)
    await at(noted + MINUTE, () => removeLogoGarbage(depsOf()))
    expect([await isStored(key), await garbage(key)]).toEqual([false, []])
  })

  it('keeps the row while storage fails, and removes the object with the next run', async () => {
    const owner = await ownerWithLogo()
    const key = await keyOf(owner.communityId)
    await removeLogo(owner)
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await later(() => runCron(failingBucket('delete')))
    expect(log.mock.calls.flat().join()).toContain('"job":"remove_logo_garbage"')
    log.mockRestore()
    expect([await isStored(key), (await garbage(key)).length]).toEqual([true, 1])
    await later(() => runCron())
    expect([await isStored(key), await garbage(key)]).toEqual([false, []])
  })

  it('keeps the row while the database fails, whose object has gone: the next run is as good', async () => {
    const key = 'logos/2026-01-01/00000000000000000000000000000000'
    await db.insert(logoGarbage).values({ key, createdAt: 1 })
    for (let n = 0; n < 2; n++) {
      // An object that is not there is no fault.
      await removeLogoGarbage(depsOf())
      expect(await garbage(key)).toEqual([])
    }
  })

  it('removes ninety in a run, oldest first, and twice at once no more than once', async () => {
    const keyAt = (n: number) => `logos/2026-01-02/${String(n).padStart(32, '0')}`
    for (let n = 0; n < 120; n++) {
      await env.LOGOS.put(keyAt(n), new Uint8Array([1]))
      await db.insert(logoGarbage).values({ key: keyAt(n), createdAt: n })
    }
    const left = async () => (await db.select().from(logoGarbage)).map(({ key }) => key).sort()
    await race(2, () => removeLogoGarbage(depsOf()))
    const rest = await left()
    expect(rest).toEqual(rest.filter((key) => key >= keyAt(90)))
    expect(rest.length).toBeGreaterThanOrEqual(0)
    expect(await isStored(keyAt(0))).toBe(false)
    expect(await isStored(keyAt(89))).toBe(false)
    for (let n = 0; n < 2; n++) await removeLogoGarbage(depsOf())
    expect(await left()).toEqual([])
    expect(await isStored(keyAt(119))).toBe(false)
  })

  it('removes the logo of a community that nobody verified within its week', async () => {
    const { communityId } = await signedUp({ communityLogo: toDataUrl('image/png', PNG) })
    const key = await keyOf(communityId)
    expect(await isStored(key)).toBe(true)
    const over = Date.now() + 7 * DAY + MINUTE
    await at(over, () => runCron())
    expect(await communityRow(communityId)).toBeUndefined()
    expect(await garbage(key)).toHaveLength(1)
    await at(over + MINUTE, () => runCron())
    expect([await isStored(key), await garbage(key)]).toEqual([false, []])
  })

  it('never removes a picture that a row names', async () => {
    const owner = await ownerWithLogo()
    const expected = await db
      .select({ logo: communities.logo })
      .from(communities)
      .where(eq(communities.id, owner.communityId))
    await at(Date.now() + 30 * DAY, () => runCron())
    expect(await isStored(expected[0]?.logo ?? null)).toBe(true)
  })
})
