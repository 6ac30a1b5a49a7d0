import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { memberships, users } from '../../../src/db/schema/index.ts'
import { db, PASSWORD } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { auditOf, livingSessionsOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { race } from '../../support/race.ts'
import {
  memberIn,
  ownersOf,
  postOwner,
  removeMember,
  secondOwner,
} from '../members/member-client.ts'
import { auditRowsOf, guardOf, inboxOf, mailsOf } from '../passwords/password-client.ts'
import { erase, memberHere } from './personal-data-client.ts'

/** The batch that erases; nothing before it is one. */
const ERASURE = 0

async function stateOf({ userId, email }: { userId: string; email: string }) {
  return {
    people: await db.select().from(users).where(eq(users.id, userId)),
    joined: await db.select().from(memberships).where(eq(memberships.userId, userId)),
    sessions: await livingSessionsOf(userId),
    audit: await auditOf(userId),
    mails: await mailsOf(email, 'account_deleted'),
  }
}

describe('DELETE /api/v1/account under fire', () => {
  it('twenty times at once: one erases, and one mail goes out', async () => {
    const person = await memberHere()
    const answers = await race(20, () => erase(person))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    expect(await auditRowsOf(person.userId, 'account_deleted')).toHaveLength(1)
    expect(await inboxOf(person.email, 'account_deleted')).toHaveLength(1)
  })

  it('two owners at once, ten times each: one stays', async () => {
    const owner = await ownerHere()
    const second = await secondOwner(owner)
    const people = [owner, second]
    const answers = await race(20, (n) => erase(people[n % 2] ?? owner))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await ownersOf(owner.communityId)).toHaveLength(1)
  })

  it('a community that is handed over in between keeps its new owner', async () => {
    const owner = await ownerHere()
    const heir = await memberIn(owner)
    const handOver = () => postOwner(owner, { userId: heir.userId, password: PASSWORD })
    expectStatus(await erase(heir, { env: beforeBatch(ERASURE, handOver) }), 409, 'last_owner')
    expect(await ownersOf(owner.communityId)).toEqual([heir.userId])
    expect(await mailsOf(heir.email, 'account_deleted')).toEqual([])
  })

  it('whose session ends in between erases nobody', async () => {
    const owner = await ownerHere()
    const person = await memberIn(owner)
    const env = beforeBatch(ERASURE, () => removeMember(owner, person.userId))
    expectStatus(await erase(person, { env }), 401, 'session_ended')
    expect(await userRow(person.email)).toMatchObject({ id: person.userId })
  })

  it('a database that fails at any statement: all of it or nothing', async () => {
    const person = await memberHere()
    const counting = failingBatch(99)
    const before = await stateOf(person)
    const size = await sizeOfErasure()
    expect(size).toBeGreaterThanOrEqual(14)
    for (let statement = 0; statement < size; statement++) {
      const { env } = failingBatch(ERASURE, statement)
      expectStatus(await erase(person, { env }), 503, 'unavailable')
      expect(await stateOf(person)).toEqual(before)
    }
    expectStatus(await erase(person, { env: counting.env }), 200)
  })

  it('an owner who closes the community too, twenty times at once: one does, and all of it or nothing', async () => {
    const owner = await ownerHere()
    const member = await memberIn(owner)
    const body = { password: PASSWORD, closeCommunity: true }
    const counting = failingBatch(99)
    const other = await ownerHere()
    expectStatus(await erase(other, { body, env: counting.env }), 200)
    const before = await stateOf(owner)
    for (let statement = 0; statement < (counting.sizes[ERASURE] ?? 0); statement++) {
      const { env } = failingBatch(ERASURE, statement)
      expectStatus(await erase(owner, { body, env }), 503, 'unavailable')
      expect(await stateOf(owner)).toEqual(before)
      expect(await ownersOf(owner.communityId)).toEqual([owner.userId])
    }
    const answers = await race(20, () => erase(owner, { body }))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await livingSessionsOf(member.userId)).toEqual([])
  })

  it('a community that is handed over in between is not closed', async () => {
    const owner = await ownerHere()
    const heir = await memberIn(owner)
    const handOver = () => postOwner(owner, { userId: heir.userId, password: PASSWORD })
    const body = { password: PASSWORD, closeCommunity: true }
    const env = beforeBatch(ERASURE, handOver)
    expectStatus(await erase(owner, { body, env }), 403, 'forbidden')
    expect(await ownersOf(owner.communityId)).toEqual([heir.userId])
    expect(await userRow(owner.email)).toMatchObject({ id: owner.userId })
  })

  it('a database that answers nothing', async () => {
    const person = await memberHere()
    expectStatus(await erase(person, { env: failingDatabase() }), 503, 'unavailable')
  })

  it('an answer that is lost: the next request finds nobody', async () => {
    const person = await memberHere()
    expectStatus(await erase(person, { env: lostAnswer(ERASURE) }), 503, 'unavailable')
    expectStatus(await erase(person), 401, 'session_ended')
    expect(await inboxOf(person.email, 'account_deleted')).toHaveLength(1)
  })

  it('without the queue the mail waits in the outbox', async () => {
    const person = await memberHere()
    expectStatus(await erase(person, { env: failingQueue() }), 200)
    expect(await mailsOf(person.email, 'account_deleted')).toMatchObject([{ sentAt: null }])
    expect(await inboxOf(person.email, 'account_deleted')).toHaveLength(1)
  })

  it('without the guard at the end the outbox makes it forget the devices', async () => {
    const person = await memberHere()
    expect(await guardOf(person.email).knownDevices()).not.toEqual([])
    const env = failingObject('ACCOUNT_GUARD', 'change', 'throws')
    expectStatus(await erase(person, { env }), 200)
    expect(await guardOf(person.email).knownDevices()).not.toEqual([])
    await inboxOf(person.email)
    expect(await guardOf(person.email).knownDevices()).toEqual([])
  })
})

async function sizeOfErasure(): Promise<number> {
  const { env, sizes } = failingBatch(99)
  expectStatus(await erase(await memberHere(), { env }), 200)
  return sizes[ERASURE] ?? 0
}
