import { describe, expect, it } from 'vitest'
import { ownCardData } from '../../../src/features/communities/card.ts'
import { admin, communityRow, PASSWORD } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { me } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { auditIn, memberIn, postOwner, suspend } from '../members/member-client.ts'
import { getCard, patchProfile } from './community-client.ts'

const BIO = 'We meet each week now, in two cities.'

describe('PATCH /api/v1/communities/:community', () => {
  describe('works', () => {
    it('changes what is named, and leaves the rest', async () => {
      const owner = await ownerHere()
      const before = await communityRow(owner.communityId)
      const answer = await patchProfile(owner, {
        communityBio: `  ${BIO} `,
        city: 'Nashik',
        timezone: 'Asia/Kolkata',
      })
      expectStatus(answer, 200)
      const { community } = ownCardData.strict().parse(answer.data)
      expect(community).toMatchObject({ bio: BIO, city: 'Nashik', country: 'India' })
      expect(community).toMatchObject({ timezone: 'Asia/Kolkata', contactPhone: '+919876543210' })
      expect(await communityRow(owner.communityId)).toEqual({
        ...before,
        bio: BIO,
        city: 'Nashik',
        timezone: 'Asia/Kolkata',
        version: 2,
        updatedAt: expect.any(Number),
      })
      const { contactPhone: _, ...card } = community
      expect((await getCard(owner.slug)).data.community).toEqual(card)
    })

    it.each([
      [{ contactPhone: '+44 20 7946 0000' }, '+442079460000'],
      [{ phoneCode: '+44', phoneNumber: '020 7946 0000' }, '+442079460000'],
      [{ contactPhone: '' }, null],
      [{ contactPhone: null }, null],
      [{ phoneCode: '+44', phoneNumber: '', contactPhone: '+44' }, null],
    ])('takes a phone as signup does: %j', async (body, expected) => {
      const answer = await patchProfile(await ownerHere(), body)
      expectStatus(answer, 200)
      expect(answer.data.community).toMatchObject({ contactPhone: expected })
    })

    it('sets and takes away single links, and leaves the others', async () => {
      const owner = await ownerHere()
      const github = 'https://github.com/apexcircle'
      const set = await patchProfile(owner, { socialLinks: { github, twitter: '' } })
      expect(set.data.community).toMatchObject({
        socialLinks: { github, linkedin: owner.form.socialLinks.linkedin },
      })
      const gone = await patchProfile(owner, { socialLinks: { linkedin: null } })
      expect((gone.data.community as { socialLinks: object }).socialLinks).toEqual({ github })
    })

    it.each(['', null])('takes the time zone away: %j', async (timezone) => {
      const owner = await ownerHere({ timezone: 'Europe/Paris' })
      const answer = await patchProfile(owner, { timezone })
      expect(answer.data.community).toMatchObject({ timezone: null })
    })

    it('puts on record what was and what is, and of the phone only that it changed', async () => {
      const owner = await ownerHere()
      const answer = await patchProfile(owner, {
        city: 'Nashik',
        country: 'India',
        contactPhone: '+442079460000',
        socialLinks: { linkedin: '', github: 'https://github.com/apex' },
      })
      const rows = await auditIn(owner.communityId, 'community_updated')
      expect(rows).toMatchObject([
        {
          actorId: owner.userId,
          requestId: answer.headers.get('X-Request-Id'),
          details: {
            before: {
              city: 'Pune',
              socialLinks: { linkedin: owner.form.socialLinks.linkedin },
            },
            after: { city: 'Nashik', socialLinks: { github: 'https://github.com/apex' } },
            personal: ['contactPhone'],
          },
        },
      ])
      expect(JSON.stringify(rows)).not.toMatch(/7946|98765/)
      expect(Object.keys(rows[0]?.details?.before ?? {})).toEqual(['city', 'socialLinks'])
    })

    it('everything at once, and back again', async () => {
      const owner = await ownerHere()
      const all = {
        communityBio: BIO,
        country: 'Portugal',
        city: 'Porto',
        timezone: 'Europe/Lisbon',
        contactPhone: '+442079460000',
        socialLinks: { youtube: 'https://www.youtube.com/@apex' },
      }
      const back = {
        communityBio: owner.form.communityBio,
        country: 'India',
        city: 'Pune',
        timezone: null,
        contactPhone: owner.form.contactPhone,
        socialLinks: { youtube: '' },
      }
      const { version: _, updatedAt: __, ...before } = (await communityRow(owner.communityId)) ?? {}
      expectStatus(await patchProfile(owner, all), 200)
      expectStatus(await patchProfile(owner, back), 200)
      expect(await communityRow(owner.communityId)).toMatchObject({ ...before, version: 3 })
      const [there, here] = await auditIn(owner.communityId, 'community_updated')
      expect(here?.details).toMatchObject({
        before: there?.details?.after,
        after: there?.details?.before,
      })
      expect(Object.keys(there?.details?.after ?? {})).toHaveLength(5)
    })

    it('what is the same already is no change: nothing is put on record', async () => {
      const owner = await ownerHere()
      const before = await communityRow(owner.communityId)
      const { form } = owner
      const same = {
        communityBio: form.communityBio,
        country: form.country,
        contactPhone: form.contactPhone,
        socialLinks: form.socialLinks,
        timezone: '',
      }
      expectStatus(await patchProfile(owner, same), 200)
      expect(await communityRow(owner.communityId)).toEqual(before)
      expect(await auditIn(owner.communityId, 'community_updated')).toEqual([])
    })
  })

  describe('refuses', () => {
    it.each([
      ['communityBio', {}],
      ['communityBio', { name: 'New Name' }],
      [
        'communityBio',
        { communityName: 'New Name', officialEmail: 'x@y.example', communityWebsite: '' },
      ],
      ['phoneCode', { phoneCode: '+91' }],
      ['socialLinks', { socialLinks: {} }],
      ['socialLinks', { socialLinks: null }],
      ['socialLinks', { socialLinks: { mastodon: 'https://mastodon.example/@us' } }],
      ['communityBio', { status: 'active', isDeleted: false }],
    ])('what names nothing that an owner changes, under %s: %j', async (field, body) => {
      const owner = await ownerHere()
      const before = await communityRow(owner.communityId)
      const answer = await patchProfile(owner, body)
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ [field]: expect.stringContaining('ask us') })
      expect(await communityRow(owner.communityId)).toEqual(before)
    })

    it.each([
      ['communityBio', { communityBio: 'short' }],
      ['communityBio', { communityBio: null }],
      ['communityBio', { communityBio: 'x'.repeat(1001) }],
      ['country', { country: '' }],
      ['city', { city: 'x'.repeat(101) }],
      ['timezone', { timezone: 'Mars/Base' }],
      ['contactPhone', { contactPhone: '12' }],
      ['phoneNumber', { phoneCode: '+91', phoneNumber: 'call me' }],
      ['socialLinks', { socialLinks: { github: 'javascript:alert(1)' } }],
      ['socialLinks', { socialLinks: 'https://x.example' }],
    ])('by the rules of signup, under the field’s name: %s', async (field, body) => {
      const answer = await patchProfile(await ownerHere(), body)
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([field])
    })

    it('everybody but the owner of this very community', async () => {
      const owner = await ownerHere()
      const body = { city: 'Nashik' }
      for (const role of ['Member', 'Moderator'] as const) {
        expectStatus(await patchProfile(await memberIn(owner, role), body), 403, 'forbidden')
      }
      const stranger = await ownerHere()
      expectStatus(await patchProfile({ ...stranger, slug: owner.slug }, body), 404, 'not_found')
      const reviewer = { slug: owner.slug, accessToken: (await admin()).token }
      expectStatus(await patchProfile(reviewer, body), 403, 'forbidden')
      const path = `${API}/communities/${owner.slug}`
      expectStatus(await call(path, { method: 'PATCH', body }), 401, 'unauthenticated')
      expect((await communityRow(owner.communityId))?.city).toBe('Pune')
    })
  })

  describe('is safe', () => {
    it('what was reviewed stays, whatever else is named', async () => {
      const owner = await ownerHere()
      const before = await communityRow(owner.communityId)
      const answer = await patchProfile(owner, {
        city: 'Nashik',
        name: 'Other',
        communityName: 'Other',
        nameKey: 'other',
        slug: 'other',
        officialEmail: 'other@x.example',
        website: 'https://other.example',
        communityWebsite: 'https://other.example',
        status: 'rejected',
        logo: 'logos/x',
        version: 99,
      })
      expectStatus(answer, 200)
      expect(await communityRow(owner.communityId)).toEqual({
        ...before,
        city: 'Nashik',
        version: 2,
        updatedAt: expect.any(Number),
      })
    })

    it('two changes at once lose nothing of each other', async () => {
      const owner = await ownerHere()
      const answers = await race(20, (n) =>
        n % 2 === 0
          ? patchProfile(owner, { city: 'Nashik' })
          : patchProfile(owner, { socialLinks: { github: 'https://github.com/apex' } }),
      )
      expect(tally(answers)).toEqual({ '200': 20 })
      expect(await communityRow(owner.communityId)).toMatchObject({
        city: 'Nashik',
        socialLinks: { github: 'https://github.com/apex' },
        version: 3,
      })
      expect(await auditIn(owner.communityId, 'community_updated')).toHaveLength(2)
    })

    it('whoever hands over at that moment changes nothing any more', async () => {
      const owner = await ownerHere()
      const heir = await memberIn(owner)
      const meanwhile = beforeBatch(0, () =>
        postOwner(owner, { userId: heir.userId, password: PASSWORD }),
      )
      const answer = await patchProfile(owner, { city: 'Nashik' }, { env: meanwhile })
      expectStatus(answer, 403, 'forbidden')
      expect((await communityRow(owner.communityId))?.city).toBe('Pune')
      expectStatus(await me(owner.accessToken), 200)
    })

    it('nor is anything changed of a community that is suspended at that moment', async () => {
      const owner = await ownerHere()
      const meanwhile = beforeBatch(0, () => suspend(owner.communityId))
      const answer = await patchProfile(owner, { city: 'Nashik' }, { env: meanwhile })
      expectStatus(answer, 401, 'session_ended')
      expect((await communityRow(owner.communityId))?.city).toBe('Pune')
    })

    it('whichever statement fails, nothing is half done', async () => {
      const owner = await ownerHere()
      const counting = failingBatch(0)
      expectStatus(await patchProfile(owner, { city: 'Thane' }, { env: counting.env }), 200)
      for (let k = 0; k < (counting.sizes[0] ?? 0); k++) {
        const fault = failingBatch(0, k)
        const answer = await patchProfile(owner, { city: 'Nashik' }, { env: fault.env })
        expectStatus(answer, 503, 'unavailable')
      }
      expectStatus(await patchProfile(owner, { city: 'x' }, { env: failingDatabase() }), 503)
      expect(await communityRow(owner.communityId)).toMatchObject({ city: 'Thane', version: 2 })
      expect(await auditIn(owner.communityId, 'community_updated')).toHaveLength(1)
    })
  })
})
