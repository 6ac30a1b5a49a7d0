/** The end of a community with many at once, with others who write in between, and with bindings that fail. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { admin, communityRow, db, PASSWORD } from '../../factories.ts'
import { mailedCode, type OwnerHere, ownerHere } from '../../mailbox-client.ts'
import { me, openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  lostAnswer,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  auditIn,
  memberIn,
  ownersOf,
  postOwner,
  rolesIn,
  secondOwner,
  stateIn,
  suspend,
} from '../members/member-client.ts'
import { askForCode } from '../passwords/password-client.ts'
import { closeHere, garbage, keyOf, ownerWithLogo, putLogo } from './community-client.ts'

const isClosed = async (communityId: string) => (await communityRow(communityId))?.isDeleted

/** Everything of the community, to see that nothing has changed. */
const whole = async ({ communityId }: OwnerHere) => [
  await stateIn(communityId),
  await communityRow(communityId),
]

describe('a community', () => {
  it('that twenty requests close at once is closed once', async () => {
    const owner = await ownerWithLogo()
    const key = await keyOf(owner.communityId)
    const answers = await race(20, () => closeHere(owner))
    expect(tally(answers)).toEqual({ '200': 1, '401 session_ended': 19 })
    expect(await auditIn(owner.communityId, 'community_closed')).toHaveLength(1)
    expect(await garbage(key)).toHaveLength(1)
    expect(await communityRow(owner.communityId)).toMatchObject({ version: 3 })
  })

  it('that is handed over at that very moment stays open, and belongs to the heir', async () => {
    const owner = await ownerHere()
    const heir = await memberIn(owner)
    const meanwhile = beforeBatch(0, () =>
      postOwner(owner, { userId: heir.userId, password: PASSWORD }),
    )
    const answer = await closeHere(owner, undefined, { env: meanwhile })
    expectStatus(answer, 403, 'forbidden')
    expect(await isClosed(owner.communityId)).toBe(false)
    expect(await ownersOf(owner.communityId)).toEqual([heir.userId])
    expectStatus(await me(owner.accessToken), 200)
  })

  it('that is closed as it is handed over has no heir', async () => {
    const owner = await ownerHere()
    const heir = await memberIn(owner)
    const meanwhile = beforeBatch(0, () => closeHere(owner))
    const body = { userId: heir.userId, password: PASSWORD }
    expectStatus(await postOwner(owner, body, { env: meanwhile }), 401, 'session_ended')
    expect(await rolesIn(owner.communityId)).toEqual({})
    expect(await auditIn(owner.communityId, 'owner_changed')).toEqual([])
  })

  it('that is closed and handed over at once, twenty times: one of the two, never both', async () => {
    for (let round = 0; round < 3; round++) {
      const owner = await ownerHere()
      const heir = await memberIn(owner)
      const body = { userId: heir.userId, password: PASSWORD }
      const answers = await race(20, (n) =>
        n % 2 === 0 ? closeHere(owner) : postOwner(owner, body),
      )
      expect(answers.filter(({ status }) => status >= 500)).toEqual([])
      expect(tally(answers)['200']).toBe(1)
      const owners = await ownersOf(owner.communityId)
      expect(owners).toEqual((await isClosed(owner.communityId)) ? [] : [heir.userId])
    }
  })

  it('that an admin suspends at that very moment is suspended, not closed', async () => {
    const owner = await ownerHere()
    const meanwhile = beforeBatch(0, () => suspend(owner.communityId))
    const answer = await closeHere(owner, undefined, { env: meanwhile })
    expectStatus(answer, 401, 'session_ended')
    expect(await communityRow(owner.communityId)).toMatchObject({
      status: 'suspended',
      isDeleted: false,
    })
    expect(await rolesIn(owner.communityId)).toEqual({ [owner.userId]: 'CommunityOwner' })
  })

  it('that is closed as an admin suspends it stays closed', async () => {
    const owner = await ownerHere()
    const { token } = await admin()
    // The first batch reads the community, the second changes it.
    const meanwhile = beforeBatch(1, () => closeHere(owner))
    const answer = await call(`${API}/admin/communities/${owner.communityId}/status`, {
      method: 'PATCH',
      token,
      body: { status: 'suspended', reason: 'Under review.' },
      env: meanwhile,
    })
    expectStatus(answer, 409, 'invalid_transition')
    expect(await communityRow(owner.communityId)).toMatchObject({
      status: 'active',
      isDeleted: true,
    })
    expect(await auditIn(owner.communityId, 'community_suspended')).toEqual([])
  })

  it('of two owners is closed once by both', async () => {
    const owner = await ownerHere()
    const second = await secondOwner(owner)
    const answers = await race(20, (n) =>
      n % 2 === 0 ? closeHere(owner) : closeHere(second, { password: second.password }),
    )
    expect(tally(answers)).toEqual({ '200': 1, '401 session_ended': 19 })
  })

  it('that somebody signs in to at that moment has no session afterwards', async () => {
    const owner = await ownerHere()
    const member = await memberIn(owner)
    const opened: { accessToken: string }[] = []
    const meanwhile = beforeBatch(0, async () => opened.push(await openSession(member)))
    expectStatus(await closeHere(owner, undefined, { env: meanwhile }), 200)
    const [session] = opened
    expectStatus(await me(session?.accessToken ?? ''), 401, 'session_ended')
  })

  it('whose logo is changed at that moment leaves no picture behind', async () => {
    const owner = await ownerWithLogo()
    const first = await keyOf(owner.communityId)
    const keys: (string | null)[] = []
    const meanwhile = beforeBatch(0, async () => {
      await putLogo(owner)
      keys.push(await keyOf(owner.communityId))
    })
    expectStatus(await closeHere(owner, undefined, { env: meanwhile }), 200)
    for (const key of [first, ...keys]) expect(await garbage(key)).toHaveLength(1)
  })
})

describe('the proof', () => {
  it('does not count where the password is changed at that moment', async () => {
    const owner = await ownerHere()
    const isOwner = eq(users.id, owner.userId)
    const meanwhile = beforeBatch(0, () =>
      db.update(users).set({ passwordHash: 'another' }).where(isOwner),
    )
    const answer = await closeHere(owner, undefined, { env: meanwhile })
    expectStatus(answer, 403, 'wrong_password')
    expect(await isClosed(owner.communityId)).toBe(false)
  })

  it('by a code works once, also for two requests at once', async () => {
    const owner = await ownerHere()
    expectStatus(await askForCode(owner), 202)
    const code = await mailedCode(owner.email)
    const answers = await race(5, () => closeHere(owner, { code }))
    expect(tally(answers)['200']).toBe(1)
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
  })
})

describe('where a binding fails', () => {
  it.each(['outage', 'lost_race'] as const)(
    'at any statement (%s), nothing is half done',
    async (how) => {
      const counting = failingBatch(0)
      expectStatus(await closeHere(await ownerHere(), undefined, { env: counting.env }), 200)
      const [size = 0] = counting.sizes
      expect(size).toBeGreaterThan(7)
      const owner = await ownerWithLogo()
      await memberIn(owner)
      const before = await whole(owner)
      for (let k = 0; k < size; k++) {
        const fault = failingBatch(0, k, how)
        const answer = await closeHere(owner, undefined, { env: fault.env })
        expect({ k, ok: answer.status < 300 }).toEqual({ k, ok: false })
        expect(await whole(owner)).toEqual(before)
        expect(await garbage(await keyOf(owner.communityId))).toEqual([])
      }
      expectStatus(await closeHere(owner), 200)
    },
  )

  it('the database as a whole, and the guard: 503, and nothing has happened', async () => {
    const owner = await ownerHere()
    const before = await whole(owner)
    for (const workerEnv of [
      failingDatabase(),
      failingObject('ACCOUNT_GUARD', 'begin', 'throws'),
    ]) {
      expectStatus(await closeHere(owner, undefined, { env: workerEnv }), 503, 'unavailable')
    }
    expect(await whole(owner)).toEqual(before)
  })

  it('the answer of the database is lost: it is closed, and the next try says so', async () => {
    const owner = await ownerHere()
    const answer = await closeHere(owner, undefined, { env: lostAnswer(0) })
    expectStatus(answer, 503, 'unavailable')
    expect(await isClosed(owner.communityId)).toBe(true)
    expectStatus(await closeHere(owner), 401, 'session_ended')
  })
})
