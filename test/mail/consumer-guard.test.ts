import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { noCosts } from '../../src/costs.ts'
import { outbox } from '../../src/db/schema/index.ts'
import { createGuard } from '../../src/durable-objects/guard.ts'
import { newId } from '../../src/lib/ids.ts'
import { createLookup } from '../../src/lib/lookup.ts'
import { outboxGuardClear, outboxGuardDevice, outboxGuardForget } from '../../src/mail/outbox.ts'
import { createWorld, db, deliver, queueGuard, readRow, START } from './mail-world.ts'

describe('the consumer of the outbox, for account guards', () => {
  it('tells the account guard what it must learn', async () => {
    const { deps, guardCalls } = createWorld()
    const ids = [
      await queueGuard('device', { deviceId: 'dev-1', before: 0 }),
      await queueGuard('clear', { deviceId: 'dev-2', before: 42 }),
      await queueGuard('forget', { deviceId: 'dev-3', before: 43 }),
    ]
    const [remember = ''] = ids
    await db
      .update(outbox)
      .set({ createdAt: START - 7 })
      .where(eq(outbox.id, remember))
    expect(await deliver(deps, ids)).toEqual(['acked', 'acked', 'acked'])
    expect(guardCalls.sort()).toEqual([
      'clear ada@people.example 42',
      'forget ada@people.example 43 dev-3',
      'remember ada@people.example dev-1 -7',
    ])
    for (const id of ids) expect((await readRow(id)).sentAt).toBe(START)
  })

  it('tells the account guard of a reset, with or without a device to keep, and to forget all', async () => {
    const { deps, guardCalls } = createWorld()
    const row = { email: 'ada@people.example', addressKey: 'k', createdAt: START, before: 42 }
    const ids = [newId(START), newId(START), newId(START)]
    const [kept = '', none = '', all = ''] = ids
    await outboxGuardClear(db, { ...row, id: kept, forgetDevices: true, keepDevice: 'dev-1' })
    await outboxGuardClear(db, { ...row, id: none, forgetDevices: true })
    await outboxGuardForget(db, { ...row, id: all })
    expect(await deliver(deps, ids)).toEqual(['acked', 'acked', 'acked'])
    expect(guardCalls.sort()).toEqual([
      'forget ada@people.example 42 undefined',
      'start over ada@people.example 42 dev-1',
      'start over ada@people.example 42 undefined',
    ])
  })

  it('brings a reset that waited to the real guard, and undoes nothing that came after it', async () => {
    const { deps, time } = createWorld()
    const lookup = createLookup(crypto.getRandomValues(new Uint8Array(32)))
    const settings = { costs: noCosts(), blockSeconds: 900 }
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, settings)
    const email = 'ada@people.example'
    const before = Date.now()
    const row = { email, addressKey: 'k', createdAt: before, before }
    time.now = before
    const [reset, late, device] = [newId(START), newId(START), newId(START)]
    await outboxGuardForget(db, { ...row, id: reset, before: before + 1 })
    await outboxGuardClear(db, { ...row, id: late, forgetDevices: true, keepDevice: 'dev-1' })
    await outboxGuardDevice(db, { ...row, id: device, deviceId: 'dev-2' })
    for (const id of [reset, late, device]) {
      expect(await deliver({ ...deps, guard }, [id])).toEqual(['acked'])
    }
    for (const deviceId of ['dev-1', 'dev-2']) {
      expect(await guard.begin(email, deviceId)).toMatchObject({ knownDevice: false })
    }
  })
})
