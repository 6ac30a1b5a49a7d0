/** Invitations with many at once, with others who write in between, and with bindings that fail. */
import { and, eq, isNotNull } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, oneTimeTokens, sessions, users } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import {
  addressHere,
  invited,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  postInvitation,
} from '../../mailbox-client.ts'
import { auditOf, me, openSession, outboxOf } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
} from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import {
  auditIn,
  DAY,
  expectAlive,
  invitationRow,
  joins,
  postConfirmation,
  rolesIn,
  secondOwner,
  setRole,
  stateIn,
  suspend,
  withdraw,
} from '../members/member-client.ts'
import { later } from '../passwords/password-client.ts'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

const welcome = async (host: OwnerHere = owner, email = addressHere()) => ({
  email,
  ...(await invited(host, email)),
})

async function accountsOf(email: string) {
  const isVerified = and(eq(users.email, email), isNotNull(users.emailVerifiedAt))
  return db.select().from(users).where(isVerified)
}

const invitationsOf = (communityId: string) =>
  db.select().from(oneTimeTokens).where(eq(oneTimeTokens.communityId, communityId))

describe('POST /api/v1/communities/:community/invitations under fire', () => {
  it('sixty at once make the fifty of a day, and no mail more', async () => {
    const host = await ownerHere()
    const addresses = Array.from({ length: 60 }, addressHere)
    const answers = await race(60, (n) =>
      postInvitation(host, { email: addresses[n], role: 'Member' }),
    )
    expect(tally(answers)).toEqual({ '201': 50, '429 rate_limited': 10 })
    for (const answer of answers.filter(({ status }) => status === 429)) {
      const seconds = Number(answer.headers.get('Retry-After'))
      expect(seconds).toBeGreaterThan(86_400 - 600)
      expect(seconds).toBeLessThanOrEqual(86_400)
    }
    const made = (await invitationsOf(host.communityId)).filter(
      (row) => row.purpose === 'invitation',
    )
    expect(made).toHaveLength(50)
    expect(await auditIn(host.communityId, 'invitation_sent')).toHaveLength(50)
    const mails = await Promise.all(addresses.map(outboxOf))
    expect(mails.flat()).toHaveLength(50)
    // Withdrawing makes no room, another community has a day of its own, and the next day begins anew.
    expectStatus(await withdraw(host, made[0]?.id ?? ''), 200)
    const body = { email: addressHere(), role: 'Member' }
    expectStatus(await postInvitation(host, body), 429, 'rate_limited')
    expectStatus(await postInvitation(owner, body), 201)
    await later(DAY, async () => {
      const { accessToken } = await openSession(host)
      expectStatus(await postInvitation({ ...host, accessToken }, body), 201)
    })
  })

  it('twenty at once to one address: five mails, and one link that works', async () => {
    const email = addressHere()
    const answers = await race(20, () => postInvitation(owner, { email, role: 'Member' }))
    expect(tally(answers)).toEqual({ '201': 5, '429 rate_limited': 15 })
    expect(await outboxOf(email)).toHaveLength(5)
    const rows = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
    expect(rows.filter(({ withdrawnAt }) => withdrawnAt === null)).toHaveLength(1)
  })

  it('the community is suspended at that very moment: nobody is invited', async () => {
    const [host, email] = [await ownerHere(), addressHere()]
    const meanwhile = beforeBatch(0, () => suspend(host.communityId))
    const body = { email, role: 'Member' }
    const answer = await postInvitation(host, body, { env: meanwhile })
    expectStatus(answer, 401, 'session_ended')
    expect(await outboxOf(email)).toEqual([])
    expect(await auditIn(host.communityId, 'invitation_sent')).toEqual([])
  })

  it('the owner loses that role at that very moment: forbidden, and nobody is invited', async () => {
    const [host, email] = [await ownerHere(), addressHere()]
    await secondOwner(host)
    const before = await auditIn(host.communityId, 'invitation_sent')
    const demote = () => setRole(host.communityId, host.userId, 'Moderator')
    const body = { email, role: 'Member' }
    const answer = await postInvitation(host, body, { env: beforeBatch(0, demote) })
    expectStatus(answer, 403, 'forbidden')
    expect(await outboxOf(email)).toEqual([])
    expect(await auditIn(host.communityId, 'invitation_sent')).toEqual(before)
    expectStatus(await me(host.accessToken), 200)
  })

  it('and withdraws nothing at that moment either', async () => {
    const host = await ownerHere()
    const { id } = await welcome(host)
    await secondOwner(host)
    const demote = () => setRole(host.communityId, host.userId, 'Moderator')
    expectStatus(await withdraw(host, id, { env: beforeBatch(0, demote) }), 403, 'forbidden')
    await expectAlive(id)
  })

  it('whoever joins at that very moment is a member already', async () => {
    const [host, person] = [await ownerHere(), await ownerHere()]
    const meanwhile = beforeBatch(0, () => joins(person, host))
    const body = { email: person.email, role: 'Moderator' }
    const answer = await postInvitation(host, body, { env: meanwhile })
    expectStatus(answer, 409, 'already_member')
    expect((await rolesIn(host.communityId))[person.userId]).toBe('Member')
  })

  it('a database that fails anywhere is 503: no invitation, no mail, and the older link lives', async () => {
    const { email, id, token } = await welcome()
    const body = { email, role: 'Moderator' }
    const before = await stateIn(owner.communityId)
    const { sizes, env } = failingBatch(0)
    expectStatus(await postInvitation(owner, { ...body, email: addressHere() }, { env }), 201)
    expect(sizes[0]).toBeGreaterThan(3)
    const others = (await stateIn(owner.communityId)).tokens.length - before.tokens.length
    expect(others).toBe(1)
    const still = await stateIn(owner.communityId)
    for (let k = 0; k < (sizes[0] ?? 0); k++) {
      const answer = await postInvitation(owner, body, { env: failingBatch(0, k).env })
      expectStatus(answer, 503, 'unavailable')
    }
    expectStatus(await postInvitation(owner, body, { env: failingDatabase() }), 503)
    expect(await stateIn(owner.communityId)).toEqual(still)
    expect(await outboxOf(email)).toHaveLength(1)
    await expectAlive(id)
    expectStatus(await postAcceptance({ token }), 200)
  })

  it('a queue that takes nothing changes nothing: the mail waits in the outbox', async () => {
    const email = addressHere()
    const answer = await postInvitation(owner, { email, role: 'Member' }, { env: failingQueue() })
    expectStatus(answer, 201)
    expect(await outboxOf(email)).toMatchObject([{ sentAt: null, failedAt: null }])
  })

  it('a limiter that fails stops it before anything is done', async () => {
    const email = addressHere()
    const env = failingObject('RATE_LIMITER', 'hit', 'throws')
    const answer = await postInvitation(owner, { email, role: 'Member' }, { env })
    expectStatus(answer, 503, 'unavailable')
    expect(await outboxOf(email)).toEqual([])
  })
})

describe('POST /api/v1/invitations/confirm under fire', () => {
  it('twenty at once make one membership', async () => {
    const person = await ownerHere()
    const { token, id } = await welcome(owner, person.email)
    const answers = await race(20, () => postConfirmation(person, token))
    expectExactlyOne(answers, '200', '400 token_used')
    const isPerson = eq(memberships.userId, person.userId)
    expect(await db.select().from(memberships).where(isPerson)).toHaveLength(2)
    const accepted = (await auditOf(person.userId)).filter(
      ({ action }) => action === 'invitation_accepted',
    )
    expect(accepted).toHaveLength(1)
    expect((await invitationRow(id)).userId).toBe(person.userId)
  })

  it('confirmed and accepted at once: the account joins, and no other is made', async () => {
    const person = await ownerHere()
    const { token } = await welcome(owner, person.email)
    const answers = await race(20, (n) =>
      n % 2 === 0 ? postConfirmation(person, token) : postAcceptance({ token }),
    )
    const { '400 token_used': used = 0, '409 account_exists': known = 0, ...rest } = tally(answers)
    expect(rest).toEqual({ '200': 1 })
    expect(used + known).toBe(19)
    expect(await accountsOf(person.email)).toMatchObject([{ id: person.userId }])
  })

  it.each([
    [
      'the session ends',
      401,
      'session_ended',
      ({ id }: OwnerHere) => db.update(sessions).set({ revokedAt: 1 }).where(eq(sessions.id, id)),
    ],
    [
      'the account gets another address',
      403,
      'invite_user_mismatch',
      ({ userId }: OwnerHere) =>
        db.update(users).set({ email: addressHere() }).where(eq(users.id, userId)),
    ],
    [
      'the person becomes a member otherwise',
      409,
      'already_member',
      ({ userId }: OwnerHere) => {
        const row = { userId, communityId: owner.communityId, role: 'Moderator' as const }
        return db.insert(memberships).values({ ...row, createdAt: 1 })
      },
    ],
  ] as const)('%s at that very moment: nobody joins by it', async (_, status, code, act) => {
    const person = await ownerHere()
    const { token, id } = await welcome(owner, person.email)
    const meanwhile = beforeBatch(0, () => Promise.resolve(act(person)))
    expectStatus(await postConfirmation(person, token, { env: meanwhile }), status, code)
    expect((await rolesIn(owner.communityId))[person.userId]).not.toBe('Member')
    await expectAlive(id)
  })

  it('suspended or withdrawn at that very moment, it says so', async () => {
    const [host, person] = [await ownerHere(), await ownerHere()]
    const first = await welcome(host, person.email)
    const withdrawn = beforeBatch(0, () => withdraw(host, first.id))
    const gone = await postConfirmation(person, first.token, { env: withdrawn })
    expectStatus(gone, 400, 'token_invalid')
    const second = await welcome(host, person.email)
    const suspended = beforeBatch(0, () => suspend(host.communityId))
    const closed = await postConfirmation(person, second.token, { env: suspended })
    expectStatus(closed, 403, 'community_suspended')
    await expectAlive(second.id)
    expect(Object.keys(await rolesIn(host.communityId))).toEqual([host.userId])
  })

  it('a database that fails anywhere is 503 with nothing changed, and the repeat works', async () => {
    const [host, person] = [await ownerHere(), await ownerHere()]
    const { token, id } = await welcome(host, person.email)
    const before = await stateIn(host.communityId)
    const SIZE = 5
    for (let k = 0; k < SIZE; k++) {
      const answer = await postConfirmation(person, token, { env: failingBatch(0, k).env })
      expectStatus(answer, 503, 'unavailable')
    }
    expectStatus(await postConfirmation(person, token, { env: failingDatabase() }), 503)
    expect(await stateIn(host.communityId)).toEqual(before)
    await expectAlive(id)
    const { sizes, env } = failingBatch(0)
    expectStatus(await postConfirmation(person, token, { env }), 200)
    expect(sizes).toEqual([SIZE])
    expectStatus(await call(`${API}/auth/me`, { token: person.accessToken }), 200)
  })
})
