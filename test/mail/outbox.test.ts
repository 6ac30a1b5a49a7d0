import { and, eq, sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { outbox, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import {
  announce,
  type NewMail,
  outboxGuardClear,
  outboxGuardDevice,
  outboxGuardForget,
  outboxMail,
  signupTemplate,
  underSendCaps,
} from '../../src/mail/outbox.ts'
import { brokenQueue, createWorld, DAY, db, makeCommunity, readRow, START } from './mail-world.ts'

let addressKey = ''

beforeEach(() => {
  addressKey = newId(START)
})

/** Asks for one mail under the caps, as a feature does. */
async function ask(changes: Partial<NewMail> = {}) {
  const mail = {
    id: newId(START),
    template: 'verify_email' as const,
    locale: 'en' as const,
    email: 'ada@people.example',
    addressKey,
    createdAt: START,
    ...changes,
  }
  const { template, lane, createdAt: now } = mail
  await outboxMail(db, mail, underSendCaps({ template, addressKey, lane, now }))
}

async function count(lane = 'strangers') {
  const rows = await db
    .select({ template: outbox.template })
    .from(outbox)
    .where(and(eq(outbox.addressKey, addressKey), eq(outbox.lane, lane)))
  return rows.length
}

async function askTimes(times: number, changes: Partial<NewMail> = {}) {
  for (let i = 0; i < times; i++) await ask(changes)
}

describe('outbox rows', () => {
  describe('works', () => {
    it('writes a mail that is due at once, with its reason', async () => {
      const id = newId(START)
      await outboxMail(db, {
        id,
        template: 'community_rejected',
        locale: 'zh',
        email: 'ada@people.example',
        addressKey,
        userId: 'u',
        communityId: 'c',
        requestId: 'r',
        payload: { reason: 'No website' },
        createdAt: START,
      })
      expect(await readRow(id)).toMatchObject({
        kind: 'mail',
        locale: 'zh',
        lane: 'strangers',
        payload: { reason: 'No website' },
        notBefore: START,
        attempts: 0,
        sentAt: null,
        expiresAt: null,
      })
    })

    it('writes what a guard must learn', async () => {
      const [device, clear] = [newId(START), newId(START)]
      const row = { email: 'ada@people.example', addressKey, createdAt: START }
      await db.batch([
        outboxGuardDevice(db, { ...row, id: device, deviceId: 'd' }),
        outboxGuardClear(db, { ...row, id: clear, before: 5 }, sql`1 = 1`),
        outboxGuardClear(db, { ...row, id: newId(START), before: 6 }, sql`1 = 0`),
      ])
      expect(await readRow(device)).toMatchObject({
        kind: 'guard_device',
        payload: { deviceId: 'd' },
      })
      expect(await readRow(clear)).toMatchObject({ kind: 'guard_clear', payload: { before: 5 } })
      expect(await count()).toBe(2)
    })

    it('writes what a guard must forget, only where the condition holds', async () => {
      const row = { email: 'ada@people.example', addressKey, createdAt: START, before: 5 }
      const write = async (insert: (id: string) => PromiseLike<unknown>) => {
        const id = newId(START)
        await insert(id)
        const { kind, payload, notBefore } = await readRow(id)
        expect(notBefore).toBe(START)
        return { kind, payload }
      }
      const startOver = { ...row, forgetDevices: true }
      expect(
        await write((id) => outboxGuardClear(db, { ...startOver, id, keepDevice: 'd' })),
      ).toEqual({
        kind: 'guard_clear',
        payload: { before: 5, forgetDevices: true, deviceId: 'd' },
      })
      expect(await write((id) => outboxGuardClear(db, { ...startOver, id }))).toEqual({
        kind: 'guard_clear',
        payload: { before: 5, forgetDevices: true },
      })
      expect(await write((id) => outboxGuardForget(db, { ...row, id, deviceId: 'd' }))).toEqual({
        kind: 'guard_forget',
        payload: { before: 5, deviceId: 'd' },
      })
      expect(await write((id) => outboxGuardForget(db, { ...row, id }))).toEqual({
        kind: 'guard_forget',
        payload: { before: 5 },
      })
      await outboxGuardForget(db, { ...row, id: newId(START) }, sql`1 = 0`)
      expect(await count()).toBe(4)
    })

    it('names the address of a guard by a row that the batch has found', async () => {
      const { ownerId, email } = await makeCommunity()
      const id = newId(START)
      const found = sql<string>`${users.email}`
      await outboxGuardForget(
        db,
        { id, email: found, addressKey, createdAt: START, before: 5 },
        sql`${users.id} = ${ownerId}`,
        sql`${users}`,
      )
      expect(await readRow(id)).toMatchObject({ kind: 'guard_forget', email })
    })

    it('decides inside the insert which mail a signup sends', async () => {
      const community = await makeCommunity()
      const write = async () => {
        const id = newId(START)
        await ask({ id, template: signupTemplate(community.email), email: community.email })
        return (await readRow(id)).template
      }
      expect(await write()).toBe('signup_confirmation')
      await db.update(users).set({ emailVerifiedAt: START }).where(eq(users.id, community.ownerId))
      expect(await write()).toBe('signup_existing_account')
    })

    it('tells the queue ids and nothing else, a hundred at a time', async () => {
      const { deps, queued } = createWorld()
      const sizes: number[] = []
      const queue = {
        ...deps.queue,
        sendBatch: (messages: Iterable<MessageSendRequest>) => {
          sizes.push([...messages].length)
          return deps.queue.sendBatch(messages)
        },
      }
      const ids = Array.from({ length: 250 }, () => newId(START))
      await announce(queue, ids, deps.log)
      expect(queued).toEqual(ids)
      expect(sizes).toEqual([100, 100, 50])
      await announce(queue, [], deps.log)
      expect(sizes).toHaveLength(3)
    })
  })

  describe('refuses', () => {
    it('more than five mails of a kind to an address in 24 hours', async () => {
      await askTimes(6)
      expect(await count()).toBe(5)
    })

    it('more than ten in all, of whatever kinds', async () => {
      await askTimes(4)
      await askTimes(4, { template: 'signup_confirmation' })
      await askTimes(4, { template: 'signup_existing_account' })
      expect(await count()).toBe(10)
    })

    it('counts the kind that the database chose', async () => {
      await askTimes(7, { template: signupTemplate('nobody@people.example') })
      expect(await count()).toBe(5)
      await ask({ template: 'signup_confirmation' })
      expect(await count()).toBe(5)
      await ask({ template: 'verify_email' })
      expect(await count()).toBe(6)
    })

    it('lets the next ones through when 24 hours are over, to the millisecond', async () => {
      await askTimes(5)
      await ask({ createdAt: START + DAY - 1 })
      expect(await count()).toBe(5)
      await ask({ createdAt: START + DAY })
      expect(await count()).toBe(6)
    })
  })

  describe('is safe', () => {
    it('lets exactly five of thirty that arrive together through', async () => {
      await Promise.all(Array.from({ length: 30 }, () => ask()))
      expect(await count()).toBe(5)
    })

    it('counts lanes apart: strangers cannot use up what a known device may ask for', async () => {
      await askTimes(6)
      await askTimes(2, { lane: 'known:device' })
      expect([await count(), await count('known:device')]).toEqual([5, 2])
    })

    it('counts addresses apart', async () => {
      await askTimes(6)
      addressKey = newId(START)
      await ask()
      expect(await count()).toBe(1)
    })

    it('caps no decision on a community, and none of them counts', async () => {
      await askTimes(12, { template: 'community_approved' })
      expect(await count()).toBe(12)
      await ask()
      expect(await count()).toBe(13)
    })

    it('reads one range of the index, however many mails there are', async () => {
      const condition = underSendCaps({ template: 'verify_email', addressKey, now: START })
      const plan = await db.all<{ detail: string }>(sql`explain query plan select ${condition}`)
      const details = plan.map((line) => line.detail).join('\n')
      expect(details).toMatch(
        /SEARCH outbox USING INDEX outbox_address_lane_created \(address_key=\? AND lane=\? AND created_at>\?\)/,
      )
      expect(details).not.toContain('SCAN outbox')
    })

    it('a queue that takes nothing fails no request: it is logged, without an address', async () => {
      const { deps, lines } = createWorld()
      await expect(announce(brokenQueue, [newId(START)], deps.log)).resolves.toBeUndefined()
      expect(lines).toMatchObject([
        { level: 'warn', event: 'outbox_announce_failed', fields: { count: 1 } },
      ])
    })
  })
})
