import { describe, expect, it } from 'vitest'
import { addressHere, invited, memberOf, ownerHere, postAcceptance } from '../../mailbox-client.ts'
import { openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { ageInvitation, getInvitations, suspend, WEEK, withdraw } from '../members/member-client.ts'
import { later } from '../passwords/password-client.ts'

interface Item {
  id: string
  email: string
}

const itemsOf = (answer: { data: Record<string, unknown> }) => answer.data.items as Item[]

describe('GET /api/v1/communities/:community/invitations', () => {
  describe('works', () => {
    it('shows what waits, newest first, with all that the owner was told', async () => {
      const owner = await ownerHere()
      const [older, newer] = [addressHere(), addressHere()]
      const first = await invited(owner, older, 'Moderator')
      const second = await later(1000, () => invited(owner, newer))
      const answer = await getInvitations(owner)
      expectStatus(answer, 200)
      expect(answer.data).toEqual({
        items: [
          {
            id: second.id,
            email: newer,
            role: 'Member',
            invitedBy: owner.userId,
            createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
            expiresAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
          },
          expect.objectContaining({ id: first.id, email: older, role: 'Moderator' }),
        ],
        nextCursor: null,
      })
    })

    it('shows nothing where nobody is invited', async () => {
      expect((await getInvitations(await ownerHere())).data).toEqual({
        items: [],
        nextCursor: null,
      })
    })

    it('page by page, each invitation once, by the cursor of the page before', async () => {
      const owner = await ownerHere()
      const ids: string[] = []
      for (let n = 1; n <= 5; n++) {
        ids.unshift((await later(n * 1000, () => invited(owner, addressHere()))).id)
      }
      const seen: string[][] = []
      let query = '?limit=2'
      while (query !== '') {
        const answer = await getInvitations(owner, query)
        expectStatus(answer, 200)
        seen.push(itemsOf(answer).map(({ id }) => id))
        const { nextCursor } = answer.data
        query = nextCursor === null ? '' : `?limit=2&cursor=${nextCursor}`
      }
      expect(seen).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
    })

    it('twenty where no limit is asked for', async () => {
      const owner = await ownerHere()
      for (let n = 0; n < 21; n++) await invited(owner, addressHere())
      const answer = await getInvitations(owner)
      expect(itemsOf(answer)).toHaveLength(20)
      expect(answer.data.nextCursor).toEqual(expect.any(String))
    })

    it('only what is pending: not what was accepted, withdrawn, replaced or has expired', async () => {
      const owner = await ownerHere()
      await ageInvitation((await invited(owner, addressHere())).id, WEEK)
      const used = await invited(owner, addressHere())
      expectStatus(await postAcceptance({ token: used.token }), 200)
      const gone = await invited(owner, addressHere())
      expectStatus(await withdraw(owner, gone.id), 200)
      const email = addressHere()
      await invited(owner, email)
      const { id } = await invited(owner, email)
      expect(itemsOf(await getInvitations(owner)).map((item) => item.id)).toEqual([id])
    })

    it('shows one until the very moment that it expires, whether or not anything was swept', async () => {
      const owner = await ownerHere()
      const { id } = await invited(owner, addressHere())
      await ageInvitation(id, WEEK - 60_000)
      expect(itemsOf(await getInvitations(owner)).map((item) => item.id)).toEqual([id])
      await later(60_000, async () => {
        expect(itemsOf(await getInvitations(owner))).toEqual([])
      })
    })
  })

  describe('refuses', () => {
    it('whoever is not the owner', async () => {
      const owner = await ownerHere()
      for (const role of ['Member', 'Moderator'] as const) {
        const { accessToken } = await memberOf(owner, role)
        const answer = await getInvitations({ slug: owner.slug, accessToken })
        expectStatus(answer, 403, 'forbidden')
      }
      const path = `${API}/communities/${owner.slug}/invitations`
      expectStatus(await call(path), 401, 'unauthenticated')
    })

    it('the owner of another community, and shows them nothing of this one', async () => {
      const [owner, other] = [await ownerHere(), await ownerHere()]
      const email = addressHere()
      await invited(owner, email)
      const answer = await getInvitations({ ...other, slug: owner.slug })
      expectStatus(answer, 404, 'not_found')
      expect((await getInvitations(other)).text).not.toContain(email)
    })

    it.each(['?limit=0', '?limit=101', '?limit=x', '?cursor=x', '?cursor=', '?limit=1&limit=2'])(
      'the query %s',
      async (query) => {
        expectStatus(await getInvitations(await ownerHere(), query), 422, 'validation_failed')
      },
    )
  })

  describe('is safe', () => {
    it('a cursor of another community shows nothing of it', async () => {
      const [owner, other] = [await ownerHere(), await ownerHere()]
      const { id } = await invited(owner, addressHere())
      await later(1000, () => invited(other, addressHere()))
      await later(2000, () => invited(other, addressHere()))
      const { nextCursor } = (await getInvitations(other, '?limit=1')).data
      const answer = await getInvitations(owner, `?limit=10&cursor=${nextCursor}`)
      expect(itemsOf(answer).map((item) => item.id)).toEqual([id])
    })

    it('nobody sees it once the community is suspended', async () => {
      const owner = await ownerHere()
      await invited(owner, addressHere())
      await suspend(owner.communityId)
      expectStatus(await getInvitations(owner), 401, 'session_ended')
      await expect(openSession(owner)).rejects.toThrow()
    })
  })
})
