/** Accepting an invitation with many at once, with others who write in between, and with bindings that fail. */
import { and, eq, isNotNull } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { memberships, oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { db, ownerIn, postLogin } from '../../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  sessionOf,
} from '../../mailbox-client.ts'
import { auditOf, livingSessionsOf, openSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  beforeBatch,
  failingBatch,
  failingDatabase,
  failingObject,
  lostAnswer,
} from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import {
  expectAlive,
  invitationRow,
  postConfirmation,
  rolesIn,
  stateIn,
  suspend,
  withdraw,
} from '../members/member-client.ts'
import { deliver, deviceIn, isKnown, rowsOf } from '../new-device/theft.ts'

const CHOSEN = 'Copper-Meadow-58'

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

describe('POST /api/v1/auth/accept-invite under fire', () => {
  it('twenty at once make one account, one membership and one session', async () => {
    const { email, token, id } = await welcome()
    const answers = await race(20, () => postAcceptance({ token, password: CHOSEN }))
    expectExactlyOne(answers, '200', '400 token_used')
    const [account, ...others] = await accountsOf(email)
    expect(others).toEqual([])
    const userId = account?.id ?? ''
    expect(await livingSessionsOf(userId)).toHaveLength(1)
    expect((await rolesIn(owner.communityId))[userId]).toBe('Member')
    const actions = (await auditOf(userId)).map(({ action }) => action).sort()
    expect(actions).toEqual([
      'email_verified',
      'invitation_accepted',
      'login_success',
      'user_created',
    ])
    expect((await invitationRow(id)).userId).toBe(userId)
  })

  it('two invitations of one address at once: one account; the other is confirmed with it', async () => {
    const [email, other] = [addressHere(), await ownerHere()]
    const [here, there] = [await invited(owner, email), await invited(other, email)]
    const both = [here, there]
    const accept = ({ token }: typeof here) => postAcceptance({ token, tokenTransport: 'body' })
    const answers = await Promise.all(both.map(accept))
    expect(tally(answers)).toEqual({ '200': 1, '409 account_exists': 1 })
    expect(await accountsOf(email)).toHaveLength(1)
    const won = answers.findIndex(({ status }) => status === 200)
    const [winner, loser] = [answers[won], both[1 - won]]
    if (!winner || !loser) throw new Error('there are two')
    await expectAlive(loser.id)
    expectStatus(await postConfirmation(sessionOf(winner), loser.token), 200)
  })

  it('ten by the old link and ten by the new one: one account, with the new role', async () => {
    const email = addressHere()
    const old = await invited(owner, email, 'Member')
    const fresh = await invited(owner, email, 'Moderator')
    const answers = await race(20, (n) =>
      postAcceptance({ token: n % 2 === 0 ? old.token : fresh.token }),
    )
    expect(tally(answers)).toEqual({ '200': 1, '400 token_used': 9, '400 token_invalid': 10 })
    const [account] = await accountsOf(email)
    expect((await rolesIn(owner.communityId))[account?.id ?? '']).toBe('Moderator')
  })

  it('twenty at once bring one back who was a member of nothing, once', async () => {
    const [host, email] = [await ownerHere(), addressHere()]
    const member = await memberOf(host, 'Member', { email, password: CHOSEN })
    await db.delete(memberships).where(eq(memberships.userId, member.userId))
    const { token } = await welcome(owner, email)
    const answers = await race(20, () => postAcceptance({ token }))
    expectExactlyOne(answers, '200', '400 token_used')
    const isMember = eq(memberships.userId, member.userId)
    expect(await db.select().from(memberships).where(isMember)).toHaveLength(1)
    expect(await accountsOf(email)).toHaveLength(1)
  })

  it.each([
    ['withdrawn', 400, 'token_invalid', (host: OwnerHere, id: string) => withdraw(host, id)],
    [
      'suspended',
      403,
      'community_suspended',
      (host: OwnerHere, _: string) => suspend(host.communityId),
    ],
  ] as const)('%s at that very moment: no account is made', async (_, status, code, act) => {
    const host = await ownerHere()
    const { email, token, id } = await welcome(host)
    const meanwhile = beforeBatch(0, () => Promise.resolve(act(host, id)))
    expectStatus(await postAcceptance({ token }, { env: meanwhile }), status, code)
    expect(await accountsOf(email)).toEqual([])
    expect((await invitationRow(id)).usedAt).toBeNull()
  })

  it('the address gets an account at that very moment: account_exists, and nothing is used up', async () => {
    const { email, token, id } = await welcome()
    const meanwhile = beforeBatch(0, () => ownerIn('active', { email }))
    expectStatus(await postAcceptance({ token }, { env: meanwhile }), 409, 'account_exists')
    expect(await accountsOf(email)).toHaveLength(1)
    await expectAlive(id)
    const session = await openSession({ email, password: 'Velvet-Harbour-27' })
    expectStatus(await postConfirmation(session, token), 200)
  })

  it('the address is left by somebody at that very moment: it is theirs, and nothing is used up', async () => {
    const { email, token, id } = await welcome()
    const row = await invitationRow(id)
    const undo = { ...row, id: crypto.randomUUID(), tokenHash: 'of an undo', userId: owner.userId }
    const leaves = () => db.insert(oneTimeTokens).values({ ...undo, purpose: 'revert_email' })
    const meanwhile = beforeBatch(0, () => Promise.resolve(leaves()))
    expectStatus(await postAcceptance({ token }, { env: meanwhile }), 409, 'account_exists')
    expect(await accountsOf(email)).toEqual([])
    await expectAlive(id)
  })

  it('whoever was a member of nothing joins elsewhere at that very moment: not twice', async () => {
    const [host, other, email] = [await ownerHere(), await ownerHere(), addressHere()]
    const member = await memberOf(host, 'Member', { email, password: CHOSEN })
    await db.delete(memberships).where(eq(memberships.userId, member.userId))
    const [here, there] = [await invited(owner, email), await invited(other, email)]
    const meanwhile = beforeBatch(0, () => postAcceptance({ token: there.token }))
    const answer = await postAcceptance({ token: here.token }, { env: meanwhile })
    expectStatus(answer, 409, 'account_exists')
    await expectAlive(here.id)
    const isMember = eq(memberships.userId, member.userId)
    const rows = await db.select().from(memberships).where(isMember)
    expect(rows).toMatchObject([{ communityId: other.communityId }])
  })

  it('a database that fails anywhere is 503 with nothing half made, and the repeat works', async () => {
    const { sizes, env } = failingBatch(0)
    const first = await welcome()
    expectStatus(await postAcceptance({ token: first.token, password: CHOSEN }, { env }), 200)
    expect(sizes[0]).toBeGreaterThan(10)
    const { email, token, id } = await welcome()
    const before = await stateIn(owner.communityId)
    for (let k = 0; k < (sizes[0] ?? 0); k++) {
      const answer = await postAcceptance({ token }, { env: failingBatch(0, k).env })
      expectStatus(answer, 503, 'unavailable')
    }
    expectStatus(await postAcceptance({ token }, { env: failingDatabase() }), 503, 'unavailable')
    expect(await accountsOf(email)).toEqual([])
    expect(await stateIn(owner.communityId)).toEqual(before)
    await expectAlive(id)
    expectStatus(await postAcceptance({ token, password: CHOSEN }), 200)
    expectStatus(await postLogin({ email, password: CHOSEN }), 200)
  })

  it('a race that is lost anywhere in the batch is undone whole, and says to try again', async () => {
    const { email, token, id } = await welcome()
    const answer = await postAcceptance({ token }, { env: failingBatch(0, 0, 'lost_race').env })
    expectStatus(answer, 503, 'unavailable')
    expect(answer.headers.get('Retry-After')).toBe('1')
    expect(await accountsOf(email)).toEqual([])
    await expectAlive(id)
  })

  it('an answer that is lost has made the account: the repeat says used, and the mailbox logs in', async () => {
    const { email, token } = await welcome()
    const lost = await postAcceptance({ token, password: CHOSEN }, { env: lostAnswer(0) })
    expectStatus(lost, 503, 'unavailable')
    expectStatus(await postAcceptance({ token, password: CHOSEN }), 400, 'token_used')
    expect(await accountsOf(email)).toHaveLength(1)
    expectStatus(await postLogin({ email, password: CHOSEN }), 200)
  })

  it.each(['throws', 'hangs'] as const)(
    'a guard that %s does not matter: the answer stands, and the outbox tells it of the device',
    async (how) => {
      const { email, token } = await welcome()
      const env = failingObject('ACCOUNT_GUARD', 'change', how)
      const answer = await postAcceptance({ token, tokenTransport: 'body' }, { env })
      expectStatus(answer, 200)
      const deviceId = deviceIn(String(answer.data.deviceToken))
      expect(await isKnown(email, deviceId)).toBe(false)
      const waiting = await rowsOf(email, 'guard_device')
      expect(waiting).toMatchObject([{ sentAt: null, payload: { deviceId } }])
      await deliver(waiting.map((row) => row.id))
      expect(await isKnown(email, deviceId)).toBe(true)
    },
  )

  it('a guard that has heard it leaves nothing for the outbox to tell', async () => {
    const { email, token } = await welcome()
    expectStatus(await postAcceptance({ token }), 200)
    expect(await rowsOf(email, 'guard_device')).toMatchObject([{ sentAt: expect.any(Number) }])
  })

  it('a limiter that fails stops it before anything is done', async () => {
    const { token, id } = await welcome()
    const env = failingObject('RATE_LIMITER', 'hit', 'throws')
    expectStatus(await postAcceptance({ token }, { env }), 503, 'unavailable')
    await expectAlive(id)
  })
})
