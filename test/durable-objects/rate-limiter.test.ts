import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const policy = { limit: 3, windowSeconds: 60 }
const DAY_SECONDS = 86_400
const start = Date.now()

/** Moves the clock to so many seconds after the start. */
const at = (seconds: number) => vi.setSystemTime(start + seconds * 1000)
const limiter = () => env.RATE_LIMITER.getByName(crypto.randomUUID())
type Limiter = ReturnType<typeof limiter>

const rowsOf = (stub: Limiter) =>
  runInDurableObject(
    stub,
    (_, state) => state.storage.sql.exec('SELECT ends_at FROM hits').toArray().length,
  )
const alarmOf = (stub: Limiter) => runInDurableObject(stub, (_, state) => state.storage.getAlarm())
const isEmpty = (stub: Limiter) =>
  runInDurableObject(stub, async (_, state) => {
    const tables = state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'hits'")
    return tables.toArray().length === 0 && (await state.storage.getAlarm()) === null
  })
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  at(0)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('RateLimiter', () => {
  describe('works', () => {
    it('allows hits up to the limit and counts down what remains', async () => {
      const stub = limiter()
      expect(await stub.hit(policy)).toEqual({
        allowed: true,
        remaining: 2,
        resetSeconds: 60,
        retryAfterSeconds: 0,
      })
      at(10)
      expect(await stub.hit(policy)).toEqual({
        allowed: true,
        remaining: 1,
        resetSeconds: 50,
        retryAfterSeconds: 0,
      })
      at(20)
      expect(await stub.hit(policy)).toEqual({
        allowed: true,
        remaining: 0,
        resetSeconds: 40,
        retryAfterSeconds: 0,
      })
    })

    it('lets the next one in when the oldest leaves the window, not earlier', async () => {
      const stub = limiter()
      for (const second of [0, 10, 20]) {
        at(second)
        await stub.hit(policy)
      }
      at(59.999)
      expect(await stub.hit(policy)).toEqual({
        allowed: false,
        remaining: 0,
        resetSeconds: 1,
        retryAfterSeconds: 1,
      })
      at(60)
      expect(await stub.hit(policy)).toEqual({
        allowed: true,
        remaining: 0,
        resetSeconds: 10,
        retryAfterSeconds: 0,
      })
      expect((await stub.hit(policy)).allowed).toBe(false)
    })

    it('needs no alarm to forget: after a quiet week everything is allowed again', async () => {
      const stub = limiter()
      for (let n = 0; n < 4; n++) await stub.hit(policy)
      at(7 * DAY_SECONDS)
      expect(await stub.hit(policy)).toMatchObject({ allowed: true, remaining: 2 })
      expect(await rowsOf(stub)).toBe(1)
    })

    it('counts each name apart', async () => {
      const [one, other] = [limiter(), limiter()]
      for (let n = 0; n < 4; n++) await one.hit(policy)
      expect(await other.hit(policy)).toMatchObject({ allowed: true, remaining: 2 })
    })
  })

  describe('refuses', () => {
    it('says when to come back, and does not count the refused', async () => {
      const stub = limiter()
      for (let n = 0; n < 3; n++) await stub.hit(policy)
      at(30)
      for (let n = 0; n < 20; n++) {
        expect(await stub.hit(policy)).toEqual({
          allowed: false,
          remaining: 0,
          resetSeconds: 30,
          retryAfterSeconds: 30,
        })
      }
      expect(await rowsOf(stub)).toBe(3)
      at(60)
      expect((await stub.hit(policy)).allowed).toBe(true)
    })

    it('allows exactly the limit out of 200 hits at once', async () => {
      const stub = limiter()
      const hits = await Promise.all(
        Array.from({ length: 200 }, () => stub.hit({ limit: 50, windowSeconds: 60 })),
      )
      expect(hits.filter((hit) => hit.allowed)).toHaveLength(50)
      expect(await rowsOf(stub)).toBe(50)
    })

    it('holds to a lowered limit at once', async () => {
      const stub = limiter()
      for (const second of [0, 10, 20]) {
        at(second)
        await stub.hit(policy)
      }
      expect(await stub.hit({ limit: 1, windowSeconds: 60 })).toEqual({
        allowed: false,
        remaining: 0,
        resetSeconds: 40,
        retryAfterSeconds: 60,
      })
    })
  })

  describe('forgives', () => {
    it('exactly one hit, the newest: the older ones end when they would have ended', async () => {
      const stub = limiter()
      for (const second of [0, 10, 20]) {
        at(second)
        await stub.hit(policy)
      }
      await stub.forgive()
      expect(await rowsOf(stub)).toBe(2)
      expect(await stub.hit(policy)).toMatchObject({ allowed: true, remaining: 0 })
      expect((await stub.hit(policy)).allowed).toBe(false)
      await stub.forgive()
      at(60)
      // Only the hit of second 10 is left.
      expect(await stub.hit(policy)).toMatchObject({
        allowed: true,
        remaining: 1,
        resetSeconds: 10,
      })
    })

    it('one of several that came at the same moment', async () => {
      const stub = limiter()
      for (let n = 0; n < 3; n++) await stub.hit(policy)
      await stub.forgive()
      expect(await rowsOf(stub)).toBe(2)
    })

    it('nothing where there is nothing, and owes nobody a hit for it', async () => {
      const stub = limiter()
      for (let n = 0; n < 2; n++) await stub.forgive()
      for (let n = 0; n < 3; n++) expect((await stub.hit(policy)).allowed).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(false)
    })

    it('no hit that has ended already in place of one that counts', async () => {
      const stub = limiter()
      await stub.hit(policy)
      at(60)
      await stub.forgive()
      for (let n = 0; n < 3; n++) expect((await stub.hit(policy)).allowed).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(false)
    })

    it('no refused hit: those were never counted', async () => {
      const stub = limiter()
      for (let n = 0; n < 5; n++) await stub.hit(policy)
      await stub.forgive()
      expect((await stub.hit(policy)).allowed).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(false)
    })

    it('as many as it is told out of many at once', async () => {
      const stub = limiter()
      const wide = { limit: 50, windowSeconds: 60 }
      for (let n = 0; n < 20; n++) await stub.hit(wide)
      await Promise.all(Array.from({ length: 12 }, () => stub.forgive()))
      expect(await rowsOf(stub)).toBe(8)
    })

    it('nothing after the storage was deleted, and goes on counting', async () => {
      const stub = limiter()
      await stub.hit(policy)
      at(61)
      expect(await runDurableObjectAlarm(stub)).toBe(true)
      await stub.forgive()
      for (let n = 0; n < 3; n++) expect((await stub.hit(policy)).allowed).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(false)
    })

    it('after an eviction as before it', async () => {
      const stub = limiter()
      for (let n = 0; n < 3; n++) await stub.hit(policy)
      await evictDurableObject(stub)
      await stub.forgive()
      await evictDurableObject(stub)
      expect(await stub.hit(policy)).toMatchObject({ allowed: true, remaining: 0 })
    })

    it('and leaves no storage behind that nobody tidies up', async () => {
      const stub = limiter()
      await stub.hit(policy)
      await stub.forgive()
      at(61)
      expect(await runDurableObjectAlarm(stub)).toBe(true)
      expect(await isEmpty(stub)).toBe(true)
    })
  })

  describe('is safe', () => {
    it('keeps the count when the object is evicted between hits', async () => {
      const stub = limiter()
      for (let n = 0; n < 3; n++) {
        await stub.hit(policy)
        await evictDurableObject(stub)
      }
      expect(await stub.hit(policy)).toMatchObject({ allowed: false })
    })

    it('unlocks nothing when the clock steps back two seconds', async () => {
      const stub = limiter()
      at(2)
      for (let n = 0; n < 3; n++) await stub.hit(policy)
      at(0)
      expect(await stub.hit(policy)).toEqual({
        allowed: false,
        remaining: 0,
        resetSeconds: 60,
        retryAfterSeconds: 60,
      })
      at(59)
      expect((await stub.hit(policy)).allowed).toBe(false)
      at(60)
      expect((await stub.hit(policy)).allowed).toBe(true)
    })

    it('recovers within one window from a clock that was ten years ahead', async () => {
      const stub = limiter()
      at(3650 * DAY_SECONDS)
      for (let n = 0; n < 3; n++) await stub.hit(policy)
      at(0)
      expect(await stub.hit(policy)).toMatchObject({ allowed: false, retryAfterSeconds: 60 })
      at(60)
      expect((await stub.hit(policy)).allowed).toBe(true)
    })

    it('leaves no storage behind once the window is over, and counts again afterwards without a new start', async () => {
      const stub = limiter()
      await stub.hit(policy)
      at(61)
      expect(await runDurableObjectAlarm(stub)).toBe(true)
      expect(await isEmpty(stub)).toBe(true)
      for (let n = 0; n < 3; n++) expect((await stub.hit(policy)).allowed).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(false)
      expect(await alarmOf(stub)).toBe(start + 121_000)
    })

    it('keeps what still counts when the alarm comes, and arms the next one', async () => {
      const stub = limiter()
      for (const second of [0, 30, 50]) {
        at(second)
        await stub.hit(policy)
      }
      expect(await alarmOf(stub)).toBe(start + 60_000)
      at(60)
      expect(await runDurableObjectAlarm(stub)).toBe(true)
      expect(await rowsOf(stub)).toBe(2)
      expect(await alarmOf(stub)).toBe(start + 110_000)
      expect(await stub.hit(policy)).toMatchObject({ allowed: true, remaining: 0 })
    })

    it('survives an alarm that comes twice', async () => {
      const stub = limiter()
      await stub.hit(policy)
      at(61)
      await runDurableObjectAlarm(stub)
      await runInDurableObject(stub, (instance) => instance.alarm())
      expect(await isEmpty(stub)).toBe(true)
      expect((await stub.hit(policy)).allowed).toBe(true)
    })
  })
})
