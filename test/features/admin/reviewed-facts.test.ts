import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { auditLogs, communities } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import {
  accessTokenOf,
  admin,
  communityRow,
  db,
  ownerIn,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../../factories.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'

const DAY_MS = 24 * 3600 * 1000

let reviewer: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  reviewer = await admin()
})

const patch = (community: string, body: unknown, options: CallOptions = {}) =>
  call(`${API}/admin/communities/${community}`, {
    method: 'PATCH',
    body,
    token: reviewer.token,
    ...options,
  })

const recordsOf = (communityId: string, action = 'community_updated') =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, action as never)))

/** What nobody else has. */
function newFacts() {
  const name = unique()
  return {
    communityName: `Circle ${name}`,
    officialEmail: `office@${name}.example`,
    communityWebsite: `https://www.${name}.example/`,
  }
}

async function weekOver(communityId: string) {
  const createdAt = Date.now() - 8 * DAY_MS
  await db.update(communities).set({ createdAt }).where(eq(communities.id, communityId))
}

describe('PATCH /api/v1/admin/communities/:community', () => {
  describe('works', () => {
    it('changes name, official address and website; the slug stays', async () => {
      const { communityId, slug } = await ownerIn('active')
      const facts = newFacts()
      const answer = await patch(communityId, facts)
      expectStatus(answer, 200)
      expect(answer.data.community).toMatchObject({
        id: communityId,
        slug,
        name: facts.communityName,
        officialEmail: facts.officialEmail,
        website: facts.communityWebsite,
        version: 2,
      })
      expect(await communityRow(communityId)).toMatchObject({
        slug,
        name: facts.communityName,
        officialEmail: facts.officialEmail,
        website: facts.communityWebsite,
        domain: `${facts.communityWebsite.slice(12, -1)}`,
        status: 'active',
        version: 2,
      })
    })

    it('is in the history and on record with before and after, and nothing else', async () => {
      const { communityId, form } = await ownerIn('active')
      const { communityName } = newFacts()
      expectStatus(await patch(communityId, { communityName }), 200)
      expect(await recordsOf(communityId)).toMatchObject([
        {
          actorId: reviewer.id,
          details: { before: { communityName: form.communityName }, after: { communityName } },
        },
      ])
      const [record] = await recordsOf(communityId)
      expect(record?.details).toEqual({
        before: { communityName: form.communityName },
        after: { communityName },
      })
      const { data } = await call(`${API}/admin/communities/${communityId}`, {
        token: reviewer.token,
      })
      const { history } = data.community as { history: { action: string; by: { id: string } }[] }
      expect(history.at(-1)).toMatchObject({ action: 'community_updated', by: { id: reviewer.id } })
    })

    it.each([[''], [null]])('takes the website away: %j', async (communityWebsite) => {
      const { communityId, form } = await ownerIn('active')
      expectStatus(await patch(communityId, { communityWebsite }), 200)
      expect(await communityRow(communityId)).toMatchObject({ website: null, domain: null })
      // It is free for others then.
      const { communityWebsite: website } = form
      expectStatus(await postSignup(signupForm({ communityWebsite: website })), 201)
    })

    it('leaves alone what is left out', async () => {
      const { communityId } = await ownerIn('active')
      const before = await communityRow(communityId)
      const { officialEmail } = newFacts()
      expectStatus(await patch(communityId, { officialEmail }), 200)
      expect(await communityRow(communityId)).toEqual({
        ...before,
        officialEmail,
        version: 2,
        updatedAt: expect.any(Number),
      })
    })

    it('of what is as it was nothing is written', async () => {
      const { slug, communityId, form } = await ownerIn('active')
      const before = await communityRow(communityId)
      const { communityName, officialEmail } = form
      const same = { communityName, officialEmail: officialEmail.toUpperCase() }
      expectStatus(await patch(slug, same), 200)
      expect(await communityRow(communityId)).toEqual(before)
      expect(await recordsOf(communityId)).toEqual([])
    })

    it('may spell its own name otherwise', async () => {
      const { communityId, form } = await ownerIn('active')
      const communityName = form.communityName.toUpperCase()
      expectStatus(await patch(communityId, { communityName }), 200)
      expect(await communityRow(communityId)).toMatchObject({ name: communityName })
    })

    it('may take what a pending community holds whose week is over: that one goes', async () => {
      const gone = await signedUp()
      await weekOver(gone.communityId)
      const { communityId } = await ownerIn('active')
      const { communityName, officialEmail, communityWebsite } = gone.form
      const facts = { communityName, officialEmail, communityWebsite }
      expectStatus(await patch(communityId, facts), 200)
      expect(await communityRow(gone.communityId)).toBeUndefined()
      expect(await recordsOf(gone.communityId, 'community_expired')).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    it('what another community has, by the fields of the form as signup does', async () => {
      const [one, other] = [await ownerIn('active'), await signedUp()]
      const { communityName, officialEmail, communityWebsite } = other.form
      const facts = { communityName, officialEmail, communityWebsite }
      const answer = await patch(one.communityId, facts)
      expectStatus(answer, 409, 'community_exists')
      const signup = await postSignup(signupForm(facts))
      expect(answer.json.errors).toEqual(signup.json.errors)
      expect(Object.keys(answer.json.errors as object)).toHaveLength(3)
      for (const [name, value] of Object.entries(facts)) {
        const single = await patch(one.communityId, { [name]: value })
        expectStatus(single, 409, 'community_exists')
        expect(Object.keys(single.json.errors as object)).toEqual([name])
      }
      expect(await communityRow(one.communityId)).toMatchObject({ version: 1 })
    })

    it('an official address of throw-away mail, but not where it stands already', async () => {
      const { communityId } = await ownerIn('active')
      const answer = await patch(communityId, { officialEmail: 'hello@mailinator.com' })
      expectStatus(answer, 400, 'email_rejected')
      expect(Object.keys(answer.json.errors as object)).toEqual(['officialEmail'])
      const officialEmail = `${unique()}@mailinator.com`
      await db.update(communities).set({ officialEmail }).where(eq(communities.id, communityId))
      const { communityName } = newFacts()
      expectStatus(await patch(communityId, { communityName, officialEmail }), 200)
    })

    it('another version than the one that was looked at', async () => {
      const { communityId } = await ownerIn('active')
      const answer = await patch(communityId, { ...newFacts(), version: 2 })
      expectStatus(answer, 409, 'invalid_transition')
      expectStatus(await patch(communityId, { ...newFacts(), version: 1 }), 200)
      expectStatus(await patch(communityId, { ...newFacts(), version: 1 }), 409)
    })

    it.each<[object, string]>([
      [{}, 'communityName'],
      [{ version: 1 }, 'communityName'],
      [{ communityName: 'x' }, 'communityName'],
      [{ communityName: null }, 'communityName'],
      [{ communityName: 'x'.repeat(101) }, 'communityName'],
      [{ officialEmail: '' }, 'officialEmail'],
      [{ officialEmail: ['a@b.example'] }, 'officialEmail'],
      [{ officialEmail: 'a@b.example,c@d.example' }, 'officialEmail'],
      [{ communityWebsite: 'javascript:alert(1)' }, 'communityWebsite'],
      [{ communityWebsite: 1 }, 'communityWebsite'],
      [{ communityName: 'Circle', version: '1' }, 'version'],
      [{ communityName: 'Circle', version: 0 }, 'version'],
    ])('%j', async (body, field) => {
      const { communityId } = await signedUp()
      const answer = await patch(communityId, body)
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([field])
    })

    it('the reserved community, one that nobody knows, and a pending one whose week is over', async () => {
      const gone = await signedUp()
      await weekOver(gone.communityId)
      const reserved = '00000000-0000-7000-8000-000000000000'
      for (const one of ['platform', reserved, 'nobody-knows', newId(1), gone.communityId]) {
        expectStatus(await patch(one, newFacts()), 404, 'not_found')
      }
    })

    it('its own owner, before it looks at the body', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      expectStatus(await patch(owner.communityId, 'not json', { token }), 403, 'forbidden')
    })

    it('to change anything else', async () => {
      const { communityId } = await ownerIn('active')
      const before = await communityRow(communityId)
      const more = { status: 'suspended', slug: 'mine', bio: 'x', isDeleted: true, country: 'x' }
      const facts = newFacts()
      expectStatus(await patch(communityId, { communityName: facts.communityName, ...more }), 200)
      const { name, nameKey, version, updatedAt, ...others } =
        (await communityRow(communityId)) ?? {}
      expect(before).toMatchObject(others)
      expect([nameKey, version, updatedAt]).not.toContain(undefined)
      expect(name).toBe(facts.communityName)
    })
  })

  describe('is safe', () => {
    it('of twenty at once who have seen the same version one wins', async () => {
      const { communityId } = await ownerIn('active')
      const answers = await race(20, () => patch(communityId, { ...newFacts(), version: 1 }))
      expectExactlyOne(answers, '200', '409 invalid_transition')
      expect(await recordsOf(communityId)).toHaveLength(1)
    })

    it('of two communities that are given one name at once one gets it', async () => {
      const made = [await ownerIn('active'), await ownerIn('active')]
      const { communityName } = newFacts()
      const answers = await race(2, (n) => patch(made[n]?.communityId ?? '', { communityName }))
      expect(tally(answers)).toEqual({ '200': 1, '409 community_exists': 1 })
    })

    it('a name that a signup takes at that very moment is taken', async () => {
      const { communityId } = await ownerIn('active')
      const { communityName } = newFacts()
      const env = beforeBatch(1, () => postSignup(signupForm({ communityName })))
      const answer = await patch(communityId, { communityName }, { env })
      expectStatus(answer, 409, 'community_exists')
      expect(await recordsOf(communityId)).toEqual([])
    })

    it('a status that changes between reading and writing is not overlooked', async () => {
      const { communityId } = await ownerIn('pending')
      const approve = () =>
        call(`${API}/admin/communities/${communityId}/status`, {
          method: 'PATCH',
          token: reviewer.token,
          body: { status: 'approved' },
        })
      const answer = await patch(communityId, newFacts(), { env: beforeBatch(1, approve) })
      expectStatus(answer, 409, 'invalid_transition')
      expect(await communityRow(communityId)).toMatchObject({ status: 'approved', version: 2 })
    })

    it('a batch that fails at any statement changes nothing, and removes nobody', async () => {
      const gone = await signedUp()
      await weekOver(gone.communityId)
      const { communityId } = await ownerIn('active')
      const before = await communityRow(communityId)
      const { communityName } = gone.form
      for (let k = 0; k < 9; k++) {
        const { env } = failingBatch(1, k)
        expectStatus(await patch(communityId, { communityName }, { env }), 503, 'unavailable')
      }
      const env = failingDatabase()
      expectStatus(await patch(communityId, { communityName }, { env }), 503, 'unavailable')
      expect(await communityRow(communityId)).toEqual(before)
      expect(await communityRow(gone.communityId)).toBeDefined()
      expect(await recordsOf(communityId)).toEqual([])
      const whole = failingBatch(1)
      expectStatus(await patch(communityId, { communityName }, { env: whole.env }), 200)
      expect(whole.sizes[1]).toBe(9)
    })
  })
})
