import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase, isConstraintError } from '../../src/db/client.ts'
import { assertOneChange, sqlNewId } from '../../src/db/conditions.ts'
import { assertions, communities, hourlyCounters } from '../../src/db/schema/index.ts'
import { isUuid, newId } from '../../src/lib/ids.ts'
import { failingDatabase } from '../support/faults.ts'
import { race } from '../support/race.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 123)

const counted = () => {
  const costs = { roundTrips: 0 }
  return { costs, db: createDatabase(env.DB, costs) }
}

describe('round trips are counted', () => {
  const query = (db: ReturnType<typeof counted>['db']) =>
    db.select({ id: communities.id }).from(communities).where(eq(communities.id, 'x'))

  it('as one for a query, a batch, and queries that run beside each other', async () => {
    const alone = counted()
    await query(alone.db)
    expect(alone.costs.roundTrips).toBe(1)
    const batch = counted()
    await batch.db.batch([query(batch.db), query(batch.db), query(batch.db)])
    expect(batch.costs.roundTrips).toBe(1)
    const beside = counted()
    await Promise.all([query(beside.db), query(beside.db), beside.db.batch([query(beside.db)])])
    expect(beside.costs.roundTrips).toBe(1)
  })

  it('as many where one waits for the other', async () => {
    const { db, costs } = counted()
    await query(db)
    await query(db)
    expect(costs.roundTrips).toBe(2)
    await Promise.all([query(db), query(db)])
    await db.batch([query(db)])
    expect(costs.roundTrips).toBe(4)
  })

  it('for each way of asking: all, get, run, values', async () => {
    const { db, costs } = counted()
    await query(db).all()
    await query(db).get()
    await query(db).values()
    await db.update(communities).set({ name: 'x' }).where(eq(communities.id, 'x')).run()
    await db.select().from(communities).where(eq(communities.id, 'x'))
    expect(costs.roundTrips).toBe(5)
  })

  it('also when they fail', async () => {
    const costs = { roundTrips: 0 }
    const db = createDatabase(failingDatabase().DB, costs)
    await expect(query(db)).rejects.toThrow()
    await expect(db.batch([query(db)])).rejects.toThrow()
    expect(costs.roundTrips).toBe(2)
  })
})

describe('isConstraintError', () => {
  const { db } = counted()
  const row = {
    name: 'n',
    slugBase: 'x',
    slugNumber: 0,
    bio: '',
    country: '',
    city: '',
    createdAt: 0,
    updatedAt: 0,
  }
  const insert = (overrides: Record<string, unknown>) =>
    db
      .insert(communities)
      .values({ ...row, id: newId(NOW), nameKey: newId(NOW), status: 'pending', ...overrides })
  const errorOf = (work: PromiseLike<unknown>) =>
    Promise.resolve(work).then(
      () => undefined,
      (error: unknown) => error,
    )

  it('is true for UNIQUE and CHECK, alone and in a batch', async () => {
    for (const overrides of [{ nameKey: 'platform' }, { status: 'odd' }]) {
      expect(isConstraintError(await errorOf(insert(overrides)))).toBe(true)
      expect(isConstraintError(await errorOf(db.batch([insert(overrides)])))).toBe(true)
    }
  })

  it('is true for an assertion that does not hold', async () => {
    const update = db.update(communities).set({ name: 'x' }).where(eq(communities.id, 'nobody'))
    const error = await errorOf(db.batch([update, ...assertOneChange(db)]))
    expect(isConstraintError(error)).toBe(true)
  })

  it('is false for everything else', async () => {
    const broken = createDatabase(failingDatabase().DB, { roundTrips: 0 })
    const others = [
      await errorOf(insert({ name: null })),
      await errorOf(broken.select().from(communities)),
      await errorOf(broken.batch([broken.select().from(communities)])),
      await errorOf(env.DB.prepare('select * from nowhere').run()),
      await errorOf(db.batch([db.run(sql.raw('delete from audit_archives where x'))])),
      new Error('UNIQUE'),
      new TypeError('x is undefined'),
      'UNIQUE constraint failed',
      { message: 'UNIQUE constraint failed' },
      null,
      undefined,
    ]
    expect(others.slice(0, 5).every((error) => error instanceof Error)).toBe(true)
    expect(others.map(isConstraintError)).toEqual(others.map(() => false))
  })
})

describe('assertOneChange', () => {
  const { db } = counted()
  const counter = (hour: number) =>
    db.insert(hourlyCounters).values({ hour, event: 'login_refused', count: 0 })
  const countOf = async (hour: number) =>
    (await db.select().from(hourlyCounters).where(eq(hourlyCounters.hour, hour)))[0]?.count

  it('lets a batch pass whose write changed one row, and leaves nothing behind', async () => {
    await db.batch([counter(1), ...assertOneChange(db)])
    expect(await countOf(1)).toBe(0)
    expect(await db.select().from(assertions)).toEqual([])
  })

  it('rolls everything back where it changed none, or several', async () => {
    await counter(2)
    await counter(3)
    const none = sql`${hourlyCounters.hour} = 99`
    const both = sql`${hourlyCounters.hour} in (2, 3)`
    for (const which of [none, both]) {
      const batch = db.batch([
        counter(4),
        db.update(hourlyCounters).set({ count: 7 }).where(which),
        ...assertOneChange(db),
        counter(5),
      ])
      await expect(batch).rejects.toThrow('assert_holds')
    }
    expect([await countOf(2), await countOf(3), await countOf(4), await countOf(5)]).toEqual([
      0,
      0,
      undefined,
      undefined,
    ])
    expect(await db.select().from(assertions)).toEqual([])
  })

  it('lets one of twenty at once commit; the others leave nothing', async () => {
    await counter(10)
    const results = await race(20, (n) =>
      db
        .batch([
          counter(1000 + n),
          db
            .update(hourlyCounters)
            .set({ count: 1 })
            .where(sql`${hourlyCounters.hour} = 10 and ${hourlyCounters.count} = 0`),
          ...assertOneChange(db),
        ])
        .then(
          () => 'won',
          (error: unknown) => (isConstraintError(error) ? 'lost' : 'broke'),
        ),
    )
    expect(results.filter((result) => result === 'won')).toHaveLength(1)
    expect(results.filter((result) => result === 'lost')).toHaveLength(19)
    const left = await db.select().from(hourlyCounters).where(sql`${hourlyCounters.hour} >= 1000`)
    expect(left).toHaveLength(1)
  })
})

describe('sqlNewId', () => {
  const { db } = counted()
  const ids = async (now: number, count: number) => {
    const from = sql`(select value from json_each(${JSON.stringify(new Array(count).fill(0))}))`
    const rows = await db.select({ id: sqlNewId(now).as('id_') }).from(from)
    return rows.map(({ id }) => id)
  }

  it('makes UUIDv7 of the moment, each another one', async () => {
    const made = await ids(NOW, 1000)
    expect(new Set(made).size).toBe(1000)
    for (const id of made) {
      expect(isUuid(id)).toBe(true)
      expect(id).toMatch(/^.{14}7.{4}[89ab]/)
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(NOW)
    }
  })

  it('makes every variant digit, and ids that sort with those of the worker', async () => {
    const made = await ids(NOW, 1000)
    expect(new Set(made.map((id) => id[19]))).toEqual(new Set(['8', '9', 'a', 'b']))
    const [before, after] = [newId(NOW - 1), newId(NOW + 1)]
    for (const id of made) expect([before, id, after].sort()).toEqual([before, id, after])
  })

  it('knows moments near the epoch and far ahead', async () => {
    for (const now of [0, 1, Date.UTC(9999, 11, 31)]) {
      const [id = ''] = await ids(now, 1)
      expect(isUuid(id)).toBe(true)
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now)
    }
  })
})
