/** A right code or link of an account that has become something else since it was asked for, or just then. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import {
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../../src/db/schema/index.ts'
import { db, ownerIn, postLogin } from '../../factories.ts'
import { addressHere, sessionOf } from '../../mailbox-client.ts'
import { livingSessionsOf, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { beforeBatch, failingObject } from '../../support/faults.ts'
import {
  auditRowsOf,
  deliverAll,
  NEW,
  postReset,
  resetLinkOf,
} from '../passwords/password-client.ts'
import { mailed, proofsOf, REFUSALS, signIn, WAYS } from './sign-in-client.ts'

const mailedHere = async () => mailed((await ownerIn('active')).email)
const setStatus = (id: string, status: 'active' | 'suspended' | 'rejected') =>
  db.update(communities).set({ status }).where(eq(communities.id, id))

const makeAdmin = (userId: string) =>
  db
    .insert(memberships)
    .values({ userId, communityId: PLATFORM_COMMUNITY_ID, role: 'Admin', createdAt: 1 })

/** Somebody with a code whose account has then become something else. */
async function passed(
  change: (account: { email: string; id: string; communityId: string }) => Promise<unknown>,
) {
  const { email, communityId } = await ownerIn('active')
  const asked = await mailed(email)
  const { id } = await userRow(email)
  await change({ email, id, communityId })
  return { ...asked, id }
}

describe.each(WAYS)('signing in by a mailed %s to an account that passes', (way) => {
  const { invalid } = REFUSALS[way]
  // The link is looked up in a batch of its own before that of the session.
  const writing = way === 'code' ? 0 : 1

  describe('where the account has passed since it was asked for', () => {
    it.each([
      [
        'disabled',
        403,
        'account_disabled',
        ({ id }: { id: string }) => db.update(users).set({ disabledAt: 1 }).where(eq(users.id, id)),
      ],
      [
        'in a suspended community',
        403,
        'community_suspended',
        ({ communityId }: { communityId: string }) => setStatus(communityId, 'suspended'),
      ],
      [
        'in a rejected one',
        403,
        'community_rejected',
        ({ communityId }: { communityId: string }) => setStatus(communityId, 'rejected'),
      ],
      [
        'in one that was deleted',
        403,
        'no_membership',
        ({ communityId }: { communityId: string }) =>
          db.update(communities).set({ isDeleted: true }).where(eq(communities.id, communityId)),
      ],
      [
        'a member of nothing',
        403,
        'no_membership',
        ({ id }: { id: string }) => db.delete(memberships).where(eq(memberships.userId, id)),
      ],
      ['an admin by now', 400, undefined, ({ id }: { id: string }) => makeAdmin(id)],
    ])(
      '%s: its gate answers, nobody is signed in, and the mail is used up',
      async (_, status, code, change) => {
        const asked = await passed(change)
        const answer = await signIn(way, asked, { tokenTransport: 'hybrid' })
        expectStatus(answer, status, code ?? invalid)
        expect(answer.headers.getSetCookie()).toEqual([])
        expect(await livingSessionsOf(asked.id)).toEqual([])
        const method = way === 'code' ? 'code' : 'magic_link'
        expect(await auditRowsOf(asked.id, 'login_failed')).toMatchObject([
          { details: { method, reason: code ?? 'admin' } },
        ])
        expectStatus(await signIn('code', asked), 400, 'code_invalid')
        expectStatus(await signIn('link', asked), 400, 'token_used')
      },
    )

    it.each([
      [
        'at another address',
        (id: string) => db.update(users).set({ email: addressHere() }).where(eq(users.id, id)),
      ],
      [
        'deleted',
        (id: string) =>
          db.batch([
            db.delete(memberships).where(eq(memberships.userId, id)),
            db.delete(users).where(eq(users.id, id)),
          ]),
      ],
    ])('%s: no session, for the mailbox proves nothing but itself', async (_, change) => {
      const asked = await passed(({ id }) => change(id))
      const answer = await signIn(way, asked)
      expectStatus(answer, 200)
      expect(Object.keys(answer.data).sort()).toEqual(['expiresIn', 'signupToken'])
      expect(await livingSessionsOf(asked.id)).toEqual([])
    })

    it.each(['at once', 'late'])(
      'reset, of which the guard hears %s: code and link are void',
      async (when) => {
        const { email } = await ownerIn('active')
        const asked = await mailed(email)
        const down = failingObject('ACCOUNT_GUARD', 'change', 'throws')
        const body = { token: await resetLinkOf(email), password: NEW }
        expectStatus(await postReset(body, { env: when === 'late' ? down : env }), 200)
        await deliverAll(email)
        expectStatus(await signIn(way, asked), 400, invalid)
        expectStatus(await postLogin({ email, password: NEW }), 200)
      },
    )

    it('somebody else’s by now: the one who has the address is signed in, not the one who had it', async () => {
      const asked = await passed(({ id }) =>
        db.update(users).set({ email: addressHere() }).where(eq(users.id, id)),
      )
      await ownerIn('active', { email: asked.email })
      const answer = await signIn(way, asked)
      expectStatus(answer, 200)
      expect(sessionOf(answer).userId).not.toBe(asked.id)
    })
  })

  describe('where it passes between judging and writing', () => {
    it.each([
      [
        'suspended',
        403,
        'community_suspended',
        (_: string, communityId: string) => setStatus(communityId, 'suspended'),
      ],
      [
        'disabled',
        403,
        'account_disabled',
        (id: string) => db.update(users).set({ disabledAt: 1 }).where(eq(users.id, id)),
      ],
      [
        'without membership',
        403,
        'no_membership',
        (id: string) => db.delete(memberships).where(eq(memberships.userId, id)),
      ],
      ['made an admin', 400, undefined, makeAdmin],
    ])('%s: judged again', async (_, status, code, change) => {
      const { email, communityId } = await ownerIn('active')
      const asked = await mailed(email)
      const { id } = await userRow(email)
      const run = { env: beforeBatch(writing, () => change(id, communityId)) }
      expectStatus(await signIn(way, asked, {}, run), status, code ?? invalid)
      expect(await livingSessionsOf(id)).toEqual([])
    })

    it('at another address: no session for either', async () => {
      const asked = await mailedHere()
      const { id } = await userRow(asked.email)
      const move = () => db.update(users).set({ email: addressHere() }).where(eq(users.id, id))
      const answer = await signIn(way, asked, {}, { env: beforeBatch(writing, move) })
      expectStatus(answer, 200)
      expect(answer.data).toHaveProperty('signupToken')
      expect(await livingSessionsOf(id)).toEqual([])
    })

    it('an account made just then: signed in there, and no proof is given', async () => {
      const email = addressHere()
      const asked = await mailed(email, { path: 'send-signup-otp' })
      const run = { env: beforeBatch(writing, () => ownerIn('active', { email })) }
      const answer = await signIn(way, asked, {}, run)
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ user: { email } })
      expect(await proofsOf(email)).toEqual([])
    })
  })
})
