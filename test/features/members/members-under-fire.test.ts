/** Members with many at once, with others who write in between, and with bindings that fail: never without an owner. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { sessions, users } from '../../../src/db/schema/index.ts'
import { db, PASSWORD } from '../../factories.ts'
import { mailedCode, type OwnerHere, ownerHere } from '../../mailbox-client.ts'
import { me, openSession } from '../../session-client.ts'
import { type Answer, type CallOptions, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase, failingObject } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import { askForCode } from '../passwords/password-client.ts'
import {
  auditIn,
  leave,
  type MemberHere,
  memberIn,
  ownersOf,
  pairHere,
  patchRole,
  postOwner,
  removeMember,
  rolesIn,
  secondOwner,
  setRole,
  stateIn,
  suspend,
} from './member-client.ts'

const password = PASSWORD

type Owner = OwnerHere | MemberHere
type Act = (who: Owner, other: Owner, options?: CallOptions) => Promise<Answer>

/** What an owner does to let go of a community, or to make the other let go. */
const WAYS: [string, Act][] = [
  ['leave', (who, _, options) => leave(who, options)],
  ['step back', (who, _, options) => patchRole(who, who.userId, 'Member', options)],
  ['remove themselves', (who, _, options) => removeMember(who, who.userId, options)],
  ['demote each other', (who, other, options) => patchRole(who, other.userId, 'Member', options)],
  ['remove each other', (who, other, options) => removeMember(who, other.userId, options)],
]

describe('two owners', () => {
  it.each(WAYS)('who %s at once, twenty times: one stays', async (_, act) => {
    const owner = await ownerHere()
    const second = await secondOwner(owner)
    const answers = await race(20, (n) => (n % 2 === 0 ? act(owner, second) : act(second, owner)))
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    const owners = await ownersOf(owner.communityId)
    expect(owners).toHaveLength(1)
    const stayed = owners[0] === owner.userId ? owner : second
    expect((await me(stayed.accessToken)).data).toMatchObject({ user: { role: 'CommunityOwner' } })
  })

  it('each in another way at once, twenty times: one stays', async () => {
    for (let round = 0; round < 4; round++) {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      const answers = await race(20, (n) => {
        const act = WAYS[(n + round) % WAYS.length]?.[1] ?? leave
        return n % 2 === 0 ? act(owner, second) : act(second, owner)
      })
      expect(answers.filter(({ status }) => status >= 500)).toEqual([])
      expect(await ownersOf(owner.communityId)).toHaveLength(1)
    }
  })

  it.each(WAYS.slice(0, 3))(
    'who would %s just as the other has left: the last one stays',
    async (_, act) => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      const meanwhile = beforeBatch(0, () => leave(second))
      expectStatus(await act(owner, second, { env: meanwhile }), 409, 'last_owner')
      expect(await ownersOf(owner.communityId)).toEqual([owner.userId])
      expectStatus(await me(owner.accessToken), 200)
    },
  )

  it.each(WAYS.slice(3))('who would %s just as they are demoted: forbidden', async (_, act) => {
    const owner = await ownerHere()
    const second = await secondOwner(owner)
    const meanwhile = beforeBatch(0, () => patchRole(second, owner.userId, 'Moderator'))
    expectStatus(await act(owner, second, { env: meanwhile }), 403, 'forbidden')
    expect(await ownersOf(owner.communityId)).toEqual([second.userId])
    // A changed role is no ended session.
    expectStatus(await me(owner.accessToken), 200)
  })

  it.each(WAYS.slice(3))(
    'who would %s just as they are removed: the session is over',
    async (_, act) => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      const meanwhile = beforeBatch(0, () => removeMember(second, owner.userId))
      expectStatus(await act(owner, second, { env: meanwhile }), 401, 'session_ended')
      expect(await rolesIn(owner.communityId)).toEqual({ [second.userId]: 'CommunityOwner' })
    },
  )
})

describe('one member', () => {
  it('whom twenty requests remove at once is removed once', async () => {
    const { owner, member } = await pairHere()
    const answers = await race(20, () => removeMember(owner, member.userId))
    expectExactlyOne(answers, '200', '404 not_found')
    expect(await auditIn(owner.communityId, 'member_removed')).toHaveLength(1)
  })

  it('who leaves and is removed at once is gone once', async () => {
    const { owner, member } = await pairHere()
    const answers = await race(10, (n) =>
      n % 2 === 0 ? removeMember(owner, member.userId) : leave(member),
    )
    expect(tally(answers)['200']).toBe(1)
    const rows = [
      ...(await auditIn(owner.communityId, 'member_removed')),
      ...(await auditIn(owner.communityId, 'member_left')),
    ]
    expect(rows).toHaveLength(1)
    expect(await rolesIn(owner.communityId)).toEqual({ [owner.userId]: 'CommunityOwner' })
  })

  it('whom twenty requests give the same role at once has it, and one line says so', async () => {
    const { owner, member } = await pairHere()
    const answers = await race(20, () => patchRole(owner, member.userId, 'Moderator'))
    expect(tally(answers)).toEqual({ '200': 20 })
    expect(await auditIn(owner.communityId, 'member_role_changed')).toHaveLength(1)
  })

  it('who signs in as they are removed has no session here afterwards', async () => {
    const { owner, member } = await pairHere()
    const meanwhile = beforeBatch(0, () => openSession(member))
    expectStatus(await removeMember(owner, member.userId, { env: meanwhile }), 200)
    const rows = await db.select().from(sessions).where(eq(sessions.userId, member.userId))
    expect(rows).toHaveLength(2)
    expect(rows.filter(({ revokedAt }) => revokedAt === null)).toEqual([])
  })

  it('is neither changed nor removed by an owner whose community is suspended at that very moment', async () => {
    const [first, second] = [await pairHere(), await pairHere()]
    const closing = beforeBatch(0, () => suspend(first.owner.communityId))
    const changed = await patchRole(first.owner, first.member.userId, 'Moderator', { env: closing })
    expectStatus(changed, 401, 'session_ended')
    expect((await rolesIn(first.owner.communityId))[first.member.userId]).toBe('Member')
    const closed = beforeBatch(0, () => suspend(second.owner.communityId))
    const removed = await removeMember(second.owner, second.member.userId, { env: closed })
    expectStatus(removed, 401, 'session_ended')
    expect((await rolesIn(second.owner.communityId))[second.member.userId]).toBe('Member')
  })
})

/** Who comes later is no owner any more, or has waited too long for a place at the guard. */
function expectHandedOverOnce(answers: Answer[]): void {
  const { '200': done, ...others } = tally(answers)
  expect(done).toBe(1)
  const refusals = Object.keys(others).filter((key) => key !== '429 too_many_attempts')
  expect(refusals).toEqual(['403 forbidden'])
}

describe('a community that is handed over', () => {
  it('by twenty requests at once is handed over once', async () => {
    const { owner, member } = await pairHere()
    const body = { userId: member.userId, password }
    const answers = await race(20, () => postOwner(owner, body))
    expectHandedOverOnce(answers)
    expect(await rolesIn(owner.communityId)).toEqual({
      [owner.userId]: 'Moderator',
      [member.userId]: 'CommunityOwner',
    })
    expect(await auditIn(owner.communityId, 'owner_changed')).toHaveLength(1)
  })

  it('to two heirs at once gets one of them', async () => {
    const { owner, member } = await pairHere()
    const other = await memberIn(owner)
    const answers = await race(10, (n) =>
      postOwner(owner, { userId: (n % 2 === 0 ? member : other).userId, password }),
    )
    expectHandedOverOnce(answers)
    const owners = await ownersOf(owner.communityId)
    expect(owners).toHaveLength(1)
    expect([member.userId, other.userId]).toContain(owners[0])
  })

  it('while the heir is demoted and removed, twenty at once: one owner, who is there', async () => {
    for (let round = 0; round < 3; round++) {
      const { owner, member } = await pairHere('Moderator')
      const { userId } = member
      const answers = await race(20, (n) => {
        if (n % 4 === 0) return postOwner(owner, { userId, password })
        if (n % 4 === 1) return patchRole(owner, userId, 'Member')
        return n % 4 === 2 ? removeMember(owner, userId) : leave(member)
      })
      expect(answers.filter(({ status }) => status >= 500)).toEqual([])
      const owners = await ownersOf(owner.communityId)
      expect(owners).toHaveLength(1)
      const [last] = await db
        .select()
        .from(users)
        .where(eq(users.id, owners[0] ?? ''))
      expect(last?.disabledAt).toBeNull()
    }
  })

  it('to an heir who is removed at that very moment stays where it is', async () => {
    const { owner, member } = await pairHere()
    const body = { userId: member.userId, password }
    const meanwhile = beforeBatch(0, () => removeMember(owner, member.userId))
    expectStatus(await postOwner(owner, body, { env: meanwhile }), 404, 'not_found')
    expect(await rolesIn(owner.communityId)).toEqual({ [owner.userId]: 'CommunityOwner' })
  })

  it('to an heir who is disabled at that very moment stays too', async () => {
    const { owner, member } = await pairHere()
    const isMember = eq(users.id, member.userId)
    const disable = () => db.update(users).set({ disabledAt: 1 }).where(isMember)
    const body = { userId: member.userId, password }
    const meanwhile = beforeBatch(0, () => Promise.resolve(disable()))
    expectStatus(await postOwner(owner, body, { env: meanwhile }), 404, 'not_found')
    expect(await ownersOf(owner.communityId)).toEqual([owner.userId])
  })

  it('to an heir who is demoted at that very moment is handed over all the same', async () => {
    const { owner, member } = await pairHere('Moderator')
    const body = { userId: member.userId, password }
    const meanwhile = beforeBatch(0, () => patchRole(owner, member.userId, 'Member'))
    expectStatus(await postOwner(owner, body, { env: meanwhile }), 200)
    expect(await ownersOf(owner.communityId)).toEqual([member.userId])
  })

  it('by one who is no owner any more at that very moment is not: forbidden', async () => {
    const { owner, member } = await pairHere()
    const second = await secondOwner(owner)
    const demote = () => setRole(owner.communityId, owner.userId, 'Moderator')
    const body = { userId: member.userId, password }
    const answer = await postOwner(owner, body, { env: beforeBatch(0, demote) })
    expectStatus(answer, 403, 'forbidden')
    expect(await ownersOf(owner.communityId)).toEqual([second.userId])
    expect((await rolesIn(owner.communityId))[member.userId]).toBe('Member')
    expectStatus(await me(owner.accessToken), 200)
  })

  it.each([
    [
      'the session has ended',
      401,
      'session_ended',
      ({ id }: OwnerHere) => db.update(sessions).set({ revokedAt: 1 }).where(eq(sessions.id, id)),
    ],
    [
      'the password is another one',
      403,
      'wrong_password',
      ({ userId }: OwnerHere) =>
        db.update(users).set({ passwordHash: 'of another' }).where(eq(users.id, userId)),
    ],
  ] as const)('is not where %s at that very moment', async (_, status, code, act) => {
    const { owner, member } = await pairHere()
    const body = { userId: member.userId, password }
    const meanwhile = beforeBatch(0, () => Promise.resolve(act(owner)))
    expectStatus(await postOwner(owner, body, { env: meanwhile }), status, code)
    expect(await rolesIn(owner.communityId)).toEqual({
      [owner.userId]: 'CommunityOwner',
      [member.userId]: 'Member',
    })
  })

  it('by one code in twenty requests at once is handed over once', async () => {
    const { owner, member } = await pairHere()
    expectStatus(await askForCode(owner), 202)
    const body = { userId: member.userId, code: await mailedCode(owner.email) }
    const answers = await race(20, () => postOwner(owner, body))
    expect(tally(answers)['200']).toBe(1)
    expect(await ownersOf(owner.communityId)).toEqual([member.userId])
    expect(await auditIn(owner.communityId, 'owner_changed')).toHaveLength(1)
  })

  it('while the guard fails is not: 503, and everything is as it was', async () => {
    const { owner, member } = await pairHere()
    const env = failingObject('ACCOUNT_GUARD', 'begin', 'throws')
    const body = { userId: member.userId, password }
    expectStatus(await postOwner(owner, body, { env }), 503, 'unavailable')
    expect(await ownersOf(owner.communityId)).toEqual([owner.userId])
    expectStatus(await postOwner(owner, body), 200)
  })
})

describe('a database that fails anywhere', () => {
  const COMMANDS: [
    string,
    number,
    (owner: OwnerHere, member: MemberHere, o: CallOptions) => Promise<Answer>,
  ][] = [
    ['a change of role', 4, (owner, { userId }, o) => patchRole(owner, userId, 'Moderator', o)],
    ['a removal', 7, (owner, { userId }, o) => removeMember(owner, userId, o)],
    ['a leaving', 7, (_, member, o) => leave(member, o)],
    ['a hand-over', 7, (owner, { userId }, o) => postOwner(owner, { userId, password }, o)],
  ]

  it.each(COMMANDS)(
    'during %s is 503, changes nothing, and the repeat works',
    async (_, size, act) => {
      const { owner, member } = await pairHere()
      const before = await stateIn(owner.communityId)
      for (let k = 0; k < size; k++) {
        const answer = await act(owner, member, { env: failingBatch(0, k).env })
        expectStatus(answer, 503, 'unavailable')
      }
      expectStatus(await act(owner, member, { env: failingDatabase() }), 503, 'unavailable')
      expect(await stateIn(owner.communityId)).toEqual(before)
      const { sizes, env } = failingBatch(0)
      expectStatus(await act(owner, member, { env }), 200)
      expect(sizes[0]).toBe(size)
    },
  )
})
