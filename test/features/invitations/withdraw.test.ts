import { beforeAll, describe, expect, it } from 'vitest'
import { oneTimeTokens } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
} from '../../mailbox-client.ts'
import { outboxOf } from '../../session-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  ageInvitation,
  auditIn,
  expectAlive,
  invitationRow,
  postConfirmation,
  WEEK,
  withdraw,
} from '../members/member-client.ts'
import { deliverAll, inboxOf, later } from '../passwords/password-client.ts'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

const messageOf = (answer: Answer) => answer.json.message
const UNKNOWN = '01990000-0000-7000-8000-000000000000'

describe('DELETE /api/v1/communities/:community/invitations/:invitationId', () => {
  describe('works', () => {
    it('takes the invitation back: its link is void, and who holds it is told why', async () => {
      const { id, token } = await invited(owner, addressHere())
      const answer = await withdraw(owner, id)
      expectStatus(answer, 200)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      const refusal = await postAcceptance({ token })
      expectStatus(refusal, 400, 'token_invalid')
      const unknown = await postAcceptance({ token: `${token.slice(0, -2)}xx` })
      expectStatus(unknown, 400, 'token_invalid')
      expect(messageOf(refusal)).toContain('withdrawn')
      expect(messageOf(unknown)).not.toContain('withdrawn')
    })

    it('tells the same to an account that would confirm it', async () => {
      const person = await ownerHere()
      const { id, token } = await invited(owner, person.email)
      expectStatus(await withdraw(owner, id), 200)
      const refusal = await postConfirmation(person, token)
      expectStatus(refusal, 400, 'token_invalid')
      expect(messageOf(refusal)).toContain('withdrawn')
    })

    it('still says so after its seven days', async () => {
      const { id, token } = await invited(owner, addressHere())
      expectStatus(await withdraw(owner, id), 200)
      await later(2 * WEEK, async () => {
        const refusal = await postAcceptance({ token })
        expectStatus(refusal, 400, 'token_invalid')
        expect(messageOf(refusal)).toContain('withdrawn')
      })
    })

    it('puts it on record, without the address', async () => {
      const email = addressHere()
      const { id } = await invited(owner, email)
      const answer = await withdraw(owner, id)
      const rows = await auditIn(owner.communityId, 'invitation_revoked')
      const row = rows.find(({ details }) => details?.invitationId === id)
      expect(row).toMatchObject({
        actorId: owner.userId,
        details: { invitationId: id },
        requestId: answer.headers.get('X-Request-Id'),
      })
      expect(JSON.stringify(row)).not.toContain(email)
    })

    it('and a mail that still waits is not sent any more', async () => {
      const email = addressHere()
      const { id } = await invited(owner, email)
      expectStatus(await withdraw(owner, id), 200)
      await deliverAll(email)
      expect(await inboxOf(email)).toEqual([])
      expect(await outboxOf(email)).toMatchObject([{ failedAt: expect.any(Number) }])
    })
  })

  describe('refuses', () => {
    it('one that was withdrawn, accepted or has expired, and one that never was', async () => {
      const gone = await invited(owner, addressHere())
      expectStatus(await withdraw(owner, gone.id), 200)
      const used = await invited(owner, addressHere())
      expectStatus(await postAcceptance({ token: used.token }), 200)
      const old = await invited(owner, addressHere())
      await ageInvitation(old.id, WEEK)
      for (const id of [gone.id, used.id, old.id, UNKNOWN, 'x', '%00', `${gone.id}x`]) {
        expectStatus(await withdraw(owner, id), 404, 'not_found')
      }
      expect((await invitationRow(used.id)).withdrawnAt).toBeNull()
      const rows = await auditIn(owner.communityId, 'invitation_revoked')
      const mine = rows.filter(({ details }) => details?.invitationId === gone.id)
      expect(mine).toHaveLength(1)
    })

    it('one of another community, by either of the two paths', async () => {
      const other = await ownerHere()
      const { id, token } = await invited(owner, addressHere())
      expectStatus(await withdraw(other, id), 404, 'not_found')
      expectStatus(await withdraw({ ...other, slug: owner.slug }, id), 404, 'not_found')
      await expectAlive(id)
      expectStatus(await postAcceptance({ token }), 200)
    })

    it('whoever is not the owner, or not signed in', async () => {
      const { id } = await invited(owner, addressHere())
      for (const role of ['Member', 'Moderator'] as const) {
        const { accessToken } = await memberOf(owner, role)
        expectStatus(await withdraw({ slug: owner.slug, accessToken }, id), 403, 'forbidden')
      }
      const path = `${API}/communities/${owner.slug}/invitations/${id}`
      expectStatus(await call(path, { method: 'DELETE' }), 401, 'unauthenticated')
      await expectAlive(id)
    })

    it('a link of another kind that this community has: only invitations are withdrawn', async () => {
      const { id } = await invited(owner, addressHere())
      const row = { ...(await invitationRow(id)), id: UNKNOWN, tokenHash: 'of a verification' }
      await db.insert(oneTimeTokens).values({ ...row, purpose: 'verify_email' })
      expectStatus(await withdraw(owner, UNKNOWN), 404, 'not_found')
      await expectAlive(UNKNOWN)
    })
  })

  describe('is safe', () => {
    it('twenty at once withdraw once, and put it on record once', async () => {
      const { id } = await invited(owner, addressHere())
      const answers = await race(20, () => withdraw(owner, id))
      expect(tally(answers)).toEqual({ '200': 1, '404 not_found': 19 })
      const rows = await auditIn(owner.communityId, 'invitation_revoked')
      expect(rows.filter(({ details }) => details?.invitationId === id)).toHaveLength(1)
    })

    it('a failing database is 503, and the invitation lives on', async () => {
      const { id, token } = await invited(owner, addressHere())
      const answer = await withdraw(owner, id, { env: failingDatabase() })
      expectStatus(answer, 503, 'unavailable')
      expectStatus(await postAcceptance({ token }), 200)
    })
  })
})
