/** What keeps somebody from accepting an invitation; none of it uses the invitation up. */
import { and, eq, isNotNull } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities, oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { newLinkToken } from '../../../src/lib/tokens.ts'
import { admin, db, linkTokenOf, ownerIn, signedUp } from '../../factories.ts'
import {
  addressHere,
  invited,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  sessionOf,
} from '../../mailbox-client.ts'
import { livingSessionsOf, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  expectAlive,
  invitationRow,
  postConfirmation,
  rolesIn,
  setStatus,
  suspend,
  WEEK,
} from '../members/member-client.ts'
import { at, keys, resetLinkOf } from '../passwords/password-client.ts'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

const welcome = async (host: OwnerHere = owner, email = addressHere()) => ({
  email,
  ...(await invited(host, email)),
})

async function hasAccount(email: string): Promise<boolean> {
  const isVerified = and(eq(users.email, email), isNotNull(users.emailVerifiedAt))
  return (await db.select().from(users).where(isVerified)).length > 0
}

describe('POST /api/v1/auth/accept-invite refuses', () => {
  describe('a link', () => {
    it('that has expired, to the millisecond, whether or not anything was swept', async () => {
      const [early, late] = [await welcome(), await welcome()]
      const { expiresAt } = await invitationRow(late.id)
      const sooner = (await invitationRow(early.id)).expiresAt
      await at(sooner - 1, async () => {
        expectStatus(await postAcceptance({ token: early.token }), 200)
      })
      await at(expiresAt, async () => {
        expectStatus(await postAcceptance({ token: late.token }), 400, 'token_expired')
      })
      expect(expiresAt - (await invitationRow(late.id)).createdAt).toBe(WEEK)
      expect(await hasAccount(late.email)).toBe(false)
      await expectAlive(late.id)
    })

    it('that was used, by whoever, and stays so after its time', async () => {
      const { token, email } = await welcome()
      const answer = await postAcceptance({ token })
      expectStatus(answer, 200)
      const { id } = answer.data.user as { id: string }
      expectStatus(await postAcceptance({ token }), 400, 'token_used')
      await at(Date.now() + 2 * WEEK, async () => {
        expectStatus(await postAcceptance({ token }), 400, 'token_used')
      })
      expect((await userRow(email)).id).toBe(id)
      expect(await livingSessionsOf(id)).toHaveLength(1)
    })

    it('of which anything was changed', async () => {
      const { token, id } = await welcome()
      const flip = (position: number) => {
        const letter = token[position] === 'A' ? 'B' : 'A'
        return token.slice(0, position) + letter + token.slice(position + 1)
      }
      for (const tampered of [
        flip(0),
        flip(Math.floor(token.length / 2)),
        flip(token.length - 2),
        token.slice(0, -1),
        `${token}A`,
        token.toLowerCase(),
        token.toUpperCase(),
        token.split('').reverse().join(''),
        id,
        (await invitationRow(id)).tokenHash,
        "' or 1=1 --",
        '%00',
        '__proto__',
      ]) {
        expectStatus(await postAcceptance({ token: tampered }), 400, 'token_invalid')
      }
      await expectAlive(id)
    })

    it('that is none at all, even with a row whose hash is blank', async () => {
      const [{ id }, blank] = [await welcome(), newId(Date.now())]
      const row = { ...(await invitationRow(id)), id: blank, tokenHash: '' }
      await db.insert(oneTimeTokens).values(row)
      for (const token of ['', ' ', '\t\n', null, undefined, 0, 1, true, [], [''], {}]) {
        const answer = await postAcceptance({ token })
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors ?? {})).toEqual(['token'])
      }
      expectStatus(await postAcceptance({ token: 'A'.repeat(513) }), 422)
      await expectAlive(blank)
    })

    it('of another kind, though it is genuine', async () => {
      const person = await ownerIn('active')
      const pending = await signedUp()
      for (const token of [
        await resetLinkOf(person.email),
        await linkTokenOf(pending.communityId),
      ]) {
        expectStatus(await postAcceptance({ token }), 400, 'token_invalid')
      }
    })

    it('where an invitation is asked for: it resets no password and verifies no address', async () => {
      const { token, id } = await welcome()
      const reset = { token, password: 'Quiet-Lantern-64' }
      expectStatus(await call(`${API}/auth/reset-password`, { body: reset }), 400, 'token_invalid')
      for (const path of ['verify-email', 'not-me']) {
        const answer = await call(`${API}/auth/${path}`, { body: { token } })
        expectStatus(answer, 400, 'token_invalid')
      }
      await expectAlive(id)
    })
  })

  describe('a community', () => {
    it('that is suspended, says so, and lets the invitee in once it is open again', async () => {
      const host = await ownerHere()
      const { token, id, email } = await welcome(host)
      await suspend(host.communityId)
      expectStatus(await postAcceptance({ token }), 403, 'community_suspended')
      expect(await hasAccount(email)).toBe(false)
      await expectAlive(id)
      await setStatus(host.communityId, 'active')
      expectStatus(await postAcceptance({ token }), 200)
    })

    it.each([
      ['rejected', 'community_rejected'],
      ['under_review', 'community_not_approved'],
      ['pending', 'community_not_approved'],
    ] as const)('that is %s', async (status, code) => {
      const host = await ownerHere()
      const { token, id } = await welcome(host)
      await setStatus(host.communityId, status)
      expectStatus(await postAcceptance({ token }), 403, code)
      await expectAlive(id)
    })

    it('that is gone: as if the link had never been', async () => {
      const host = await ownerHere()
      const { token } = await welcome(host)
      const isHost = eq(communities.id, host.communityId)
      await db.update(communities).set({ isDeleted: true }).where(isHost)
      expectStatus(await postAcceptance({ token }), 400, 'token_invalid')
    })

    it('but does not say that it is suspended to one whose link has expired', async () => {
      const host = await ownerHere()
      const { token } = await welcome(host)
      await suspend(host.communityId)
      await at(Date.now() + WEEK + 1, async () => {
        expectStatus(await postAcceptance({ token }), 400, 'token_expired')
      })
    })
  })

  describe('an address', () => {
    it('that has an account: its holder logs in and confirms', async () => {
      const person = await ownerHere()
      const before = await userRow(person.email)
      const { token, id } = await welcome(owner, person.email)
      const body = { token, fullName: 'Somebody Else', password: 'Quiet-Lantern-64' }
      expectStatus(await postAcceptance(body), 409, 'account_exists')
      expect(await userRow(person.email)).toEqual(before)
      expect(await livingSessionsOf(person.userId)).toHaveLength(1)
      await expectAlive(id)
      expectStatus(await postConfirmation(person, token), 200)
    })

    it('that has got one since, by another invitation: that one is told to confirm too', async () => {
      const [email, other] = [addressHere(), await ownerHere()]
      const [here, there] = [await invited(owner, email), await invited(other, email)]
      const session = sessionOf(await postAcceptance({ token: here.token, tokenTransport: 'body' }))
      expectStatus(await postAcceptance({ token: there.token }), 409, 'account_exists')
      await expectAlive(there.id)
      expectStatus(await postConfirmation(session, there.token), 200)
    })

    it('of an admin', async () => {
      const reviewer = await admin()
      const { token, id } = await welcome(owner, reviewer.email)
      expectStatus(await postAcceptance({ token }), 409, 'account_exists')
      expect(Object.keys(await rolesIn(owner.communityId))).not.toContain(reviewer.id)
      expectStatus(await postConfirmation({ accessToken: reviewer.token }, token), 403, 'forbidden')
      await expectAlive(id)
    })

    it('that somebody has left and may take back, until that is over', async () => {
      const { token, id, email } = await welcome()
      const now = Date.now()
      const undo = newLinkToken(keys, 'revert_email', { now, ttlSeconds: 3600 })
      await db.insert(oneTimeTokens).values({ ...undo, userId: owner.userId, email })
      expectStatus(await postAcceptance({ token }), 409, 'account_exists')
      expect(await hasAccount(email)).toBe(false)
      await expectAlive(id)
      await at(now + 3600 * 1000, async () => {
        expectStatus(await postAcceptance({ token }), 200)
      })
    })

    it('no more once whoever left it has taken another back', async () => {
      const { token, email } = await welcome()
      const now = Date.now()
      const undo = newLinkToken(keys, 'revert_email', { now, ttlSeconds: 3600 })
      const used = { ...undo, userId: owner.userId, email, usedAt: now }
      await db.insert(oneTimeTokens).values(used)
      expectStatus(await postAcceptance({ token }), 200)
    })
  })

  describe('what the request adds', () => {
    it('neither address, person, role nor community come from it', async () => {
      const [other, victim] = [await ownerHere(), await ownerHere()]
      const { token, email } = await welcome()
      const answer = await postAcceptance({
        token,
        email: victim.email,
        userId: victim.userId,
        user: { id: victim.userId, email: victim.email },
        role: 'CommunityOwner',
        communityId: other.communityId,
        community: other.slug,
        emailVerified: true,
        isAdmin: true,
        locale: 'zh',
      })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({
        user: { email, role: 'Member', locale: 'en' },
        community: { id: owner.communityId },
      })
      expect(Object.keys(await rolesIn(other.communityId))).toEqual([other.userId])
      expect(await livingSessionsOf(victim.userId)).toHaveLength(1)
    })

    it('nor does a role that the row itself should not have', async () => {
      const { token, id } = await welcome()
      const payload = { role: 'CommunityOwner', invitedBy: owner.userId }
      await db.update(oneTimeTokens).set({ payload }).where(eq(oneTimeTokens.id, id))
      const answer = await postAcceptance({ token })
      expect(answer.data.user).toMatchObject({ role: 'Member' })
    })

    it.each([
      ['fullName', { fullName: '' }],
      ['fullName', { fullName: '   ' }],
      ['fullName', { fullName: 'x'.repeat(201) }],
      ['fullName', { fullName: ['Joy'] }],
      ['fullName', { fullName: 'Joy\u0000' }],
      ['password', { password: 12345678 }],
      ['password', { password: ['Copper-Meadow-58'] }],
      ['tokenTransport', { tokenTransport: 'pigeon' }],
      ['deviceToken', { deviceToken: 7 }],
    ])('a %s that cannot be: %j', async (field, body) => {
      const { token, id } = await welcome()
      const answer = await postAcceptance({ token, ...body })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors ?? {})).toEqual([field])
      await expectAlive(id)
    })

    it('a page of somebody else, which would sign the visitor in to an account not theirs', async () => {
      const { token, id } = await welcome()
      for (const [name, value] of [
        ['Origin', 'https://evil.example'],
        ['Sec-Fetch-Site', 'cross-site'],
      ] as const) {
        const headers = { [name]: value }
        expectStatus(await postAcceptance({ token }, { headers }), 403, 'csrf_failed')
      }
      await expectAlive(id)
    })
  })
})
