import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { memberships } from '../../../src/db/schema/index.ts'
import { db, signedUp } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { getMembers, leave, memberIn, removeMember, secondOwner } from './member-client.ts'

const idsOf = (answer: Answer) =>
  (answer.data.items as { userId: string }[]).map(({ userId }) => userId)

/** Everyone of the community joined at this moment. */
async function joinedAt(communityId: string, createdAt: number): Promise<void> {
  const isHere = eq(memberships.communityId, communityId)
  await db.update(memberships).set({ createdAt }).where(isHere)
}

async function pagesOf(who: Parameters<typeof getMembers>[0], limit: number): Promise<string[][]> {
  const pages: string[][] = []
  let query = `?limit=${limit}`
  while (query !== '') {
    const answer = await getMembers(who, query)
    expectStatus(answer, 200)
    pages.push(idsOf(answer))
    const { nextCursor } = answer.data
    query = nextCursor === null ? '' : `?limit=${limit}&cursor=${nextCursor}`
  }
  return pages
}

describe('GET /api/v1/communities/:community/members', () => {
  describe('works', () => {
    it('shows who is in, in the order in which they joined', async () => {
      const owner = await ownerHere()
      const [moderator, member] = [await memberIn(owner, 'Moderator'), await memberIn(owner)]
      const answer = await getMembers(owner)
      expectStatus(answer, 200)
      const joined = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/)
      expect(answer.data).toEqual({
        items: [
          {
            userId: owner.userId,
            fullName: 'Mira Rao',
            email: owner.email,
            role: 'CommunityOwner',
            joinedAt: joined,
          },
          {
            userId: moderator.userId,
            fullName: 'Joy Mensah',
            email: moderator.email,
            role: 'Moderator',
            joinedAt: joined,
          },
          {
            userId: member.userId,
            fullName: 'Joy Mensah',
            email: member.email,
            role: 'Member',
            joinedAt: joined,
          },
        ],
        nextCursor: null,
      })
    })

    it('to moderators as to the owner, by the id as by the slug', async () => {
      const owner = await ownerHere()
      const moderator = await memberIn(owner, 'Moderator')
      const slug = owner.communityId
      expect(idsOf(await getMembers({ ...moderator, slug }))).toEqual([
        owner.userId,
        moderator.userId,
      ])
    })

    it('page by page, each once, also where many joined at the same moment', async () => {
      const owner = await ownerHere()
      for (let n = 0; n < 4; n++) await memberIn(owner)
      const inOrder = idsOf(await getMembers(owner))
      expect(inOrder).toHaveLength(5)
      expect((await pagesOf(owner, 2)).flat()).toEqual(inOrder)
      expect((await pagesOf(owner, 2)).map((page) => page.length)).toEqual([2, 2, 1])
      await joinedAt(owner.communityId, 1_700_000_000_000)
      const pages = await pagesOf(owner, 2)
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
      expect(pages.flat()).toEqual([...inOrder].sort())
    })

    it('no more those who left or were removed', async () => {
      const owner = await ownerHere()
      const [leaver, removed] = [await memberIn(owner), await memberIn(owner)]
      expectStatus(await leave(leaver), 200)
      expectStatus(await removeMember(owner, removed.userId), 200)
      expect(idsOf(await getMembers(owner))).toEqual([owner.userId])
    })

    it('one of a list of two owners as of one', async () => {
      const owner = await ownerHere()
      const second = await secondOwner(owner)
      expect((await getMembers(second)).data.items).toMatchObject([
        { userId: owner.userId, role: 'CommunityOwner' },
        { userId: second.userId, role: 'CommunityOwner' },
      ])
    })
  })

  describe('refuses', () => {
    it('members: who is in is for owner and moderators to know', async () => {
      const owner = await ownerHere()
      expectStatus(await getMembers(await memberIn(owner)), 403, 'forbidden')
    })

    it('whoever belongs to another community, or to none', async () => {
      const [owner, other] = [await ownerHere(), await ownerHere()]
      expectStatus(await getMembers({ ...other, slug: owner.slug }), 404, 'not_found')
      const path = `${API}/communities/${owner.slug}/members`
      expectStatus(await call(path), 401, 'unauthenticated')
    })

    it.each([
      '?limit=0',
      '?limit=101',
      '?cursor=x',
      `?cursor=${btoa('1 01990000-0000-7000-8000-000000000000 x')}`,
      `?cursor=${btoa('x 01990000-0000-7000-8000-000000000000')}`,
      `?cursor=${btoa('01990000-0000-7000-8000-000000000000')}`,
      `?cursor=${btoa("1 ' or 1=1 -- 0000-0000-0000-00000000")}`,
    ])('the query %s', async (query) => {
      expectStatus(await getMembers(await ownerHere(), query), 422, 'validation_failed')
    })
  })

  describe('is safe', () => {
    it('shows nobody of another community, whatever the cursor', async () => {
      const [owner, other] = [await ownerHere(), await ownerHere()]
      const stranger = await memberIn(other)
      const cursor = btoa(`0 01990000-0000-7000-8000-000000000000`)
      const answer = await getMembers(owner, `?limit=100&cursor=${cursor}`)
      expect(idsOf(answer)).toEqual([owner.userId])
      expect(answer.text).not.toContain(stranger.email)
    })

    it('shows no signup that waits for its proof, though it would be the owner’s address', async () => {
      const owner = await ownerHere()
      const pending = await signedUp({ email: owner.email })
      expect(pending.communityId).not.toBe(owner.communityId)
      expect(idsOf(await getMembers(owner))).toEqual([owner.userId])
    })

    it('tells nothing of a person but name, address, role and when they came', async () => {
      const owner = await ownerHere()
      await memberIn(owner)
      const items = (await getMembers(owner)).data.items as object[]
      for (const item of items) {
        const told = ['email', 'fullName', 'joinedAt', 'role', 'userId']
        expect(Object.keys(item).sort()).toEqual(told)
      }
    })

    it('answers 503 while the database fails', async () => {
      const owner = await ownerHere()
      expectStatus(await getMembers(owner, '', { env: failingDatabase() }), 503, 'unavailable')
    })
  })
})
