import { describe, expect, it } from 'vitest'
import { COMMUNITY_STATUSES, PLATFORM_COMMUNITY_ID } from '../../../src/db/schema/index.ts'
import { cardSchema } from '../../../src/features/communities/card.ts'
import { admin, ownerIn } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import {
  closeHere,
  getCard,
  ownerWithLogo,
  patchProfile,
  putLogo,
  setCommunity,
} from './community-client.ts'

describe('GET /api/v1/communities/:community', () => {
  describe('works', () => {
    it.each(['approved', 'active'] as const)('for anybody, where it is %s', async (status) => {
      const { communityId, slug, form } = await ownerIn(status)
      const answer = await getCard(slug)
      expectStatus(answer, 200)
      expect(cardSchema.strict().parse(answer.data.community)).toEqual({
        id: communityId,
        slug,
        name: form.communityName,
        bio: form.communityBio,
        country: 'India',
        city: 'Pune',
        timezone: null,
        website: form.communityWebsite,
        socialLinks: { linkedin: form.socialLinks.linkedin },
        logoUrl: null,
        createdAt: expect.any(String),
      })
      expect((await getCard(communityId)).data).toEqual(answer.data)
    })

    it('may be kept for a minute, by any cache, and says where it differs', async () => {
      const { headers } = await getCard((await ownerIn('active')).slug)
      expect(headers.get('Cache-Control')).toBe('public, max-age=60')
      expect(headers.get('Vary')?.split(', ').sort()).toEqual(['Accept-Language', 'Origin'])
    })

    it('says that nothing has changed to whoever has it, and no more once it has', async () => {
      const owner = await ownerHere()
      const first = await getCard(owner.slug)
      const tag = first.headers.get('ETag') ?? ''
      expect(tag).toMatch(/^"[\w-]{22}"$/)
      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const answer = await getCard(owner.slug, { headers: { 'If-None-Match': known } })
        expect([answer.status, answer.text, answer.headers.get('ETag')]).toEqual([304, '', tag])
        expect(answer.headers.get('Cache-Control')).toBe('public, max-age=60')
      }
      expectStatus(await getCard(owner.slug, { headers: { 'If-None-Match': '"x"' } }), 200)
      expectStatus(await patchProfile(owner, { city: 'Nashik' }), 200)
      const changed = await getCard(owner.slug, { headers: { 'If-None-Match': tag } })
      expectStatus(changed, 200)
      expect(changed.data.community).toMatchObject({ city: 'Nashik' })
    })

    it('is another answer in another language', async () => {
      const { slug } = await ownerIn('active')
      const zh = await getCard(slug, { headers: { 'Accept-Language': 'zh' } })
      expect(zh.headers.get('ETag')).not.toBe((await getCard(slug)).headers.get('ETag'))
      expect(zh.headers.get('Content-Language')).toBe('zh')
    })

    it('names the logo by a path that changes with it', async () => {
      const owner = await ownerWithLogo()
      const urlNow = async () =>
        (await getCard(owner.slug)).data.community as { logoUrl: string | null }
      expect((await urlNow()).logoUrl).toBe(owner.logoUrl)
      expect(owner.logoUrl).toMatch(
        new RegExp(`^${API}/communities/${owner.communityId}/logo\\?v=[\\w-]{16}$`),
      )
      expectStatus(await putLogo(owner), 200)
      expect((await urlNow()).logoUrl).not.toBe(owner.logoUrl)
    })

    it('answers HEAD without a body', async () => {
      const answer = await getCard((await ownerIn('active')).slug, { method: 'HEAD' })
      expect([answer.status, answer.text]).toEqual([200, ''])
    })
  })

  describe('refuses', () => {
    it('alike what nobody may see and what is not there', async () => {
      const hidden = COMMUNITY_STATUSES.filter((one) => one !== 'approved' && one !== 'active')
      const closed = await ownerHere()
      expectStatus(await closeHere(closed), 200)
      const names = [
        closed.slug,
        closed.communityId,
        'nobody-has-this',
        'platform',
        PLATFORM_COMMUNITY_ID,
        '01990000-0000-7000-8000-000000000000',
        `~${closed.communityId}`,
        'x'.repeat(5000),
        '%00',
        '%F0%9F%98%80',
      ]
      for (const status of hidden) {
        const { slug, communityId } = await ownerIn(status)
        names.push(slug, communityId)
      }
      const seen = new Set<string>()
      for (const name of names) {
        const answer = await getCard(name)
        expectStatus(answer, 404, 'not_found')
        expect(answer.headers.get('Cache-Control')).toBe('no-store')
        expect(answer.headers.get('ETag')).toBeNull()
        seen.add(String(answer.json.message))
      }
      expect(seen.size).toBe(1)
    })

    it('an admin and an owner as well: it is the same card for everybody', async () => {
      const pending = await ownerIn('under_review')
      const { token } = await admin()
      expectStatus(await getCard(pending.slug, { token }), 404)
    })

    it('503 while the database is out of reach', async () => {
      const { slug } = await ownerIn('active')
      expectStatus(await getCard(slug, { env: failingDatabase() }), 503, 'unavailable')
    })
  })

  describe('is safe', () => {
    it('tells no official address, phone, risk, owner or reviewer', async () => {
      const { slug, form, communityId, email } = await ownerIn('active')
      await setCommunity(communityId, {
        statusReason: 'secret reason',
        riskSignals: [{ signal: 'secret_signal', points: 9 }],
        timezone: 'Asia/Kolkata',
      })
      const { text } = await getCard(slug)
      for (const secret of [
        form.officialEmail,
        email,
        '9876543210',
        'secret',
        'Mira',
        'version',
        'reviewed',
      ]) {
        expect(text).not.toContain(secret)
      }
    })

    it('is found by no other spelling of its slug', async () => {
      const { slug } = await ownerIn('active')
      for (const name of [slug.toUpperCase(), `${slug}%20`, `%20${slug}`, `${slug}%00`]) {
        expectStatus(await call(`${API}/communities/${name}`), 404)
      }
    })
  })
})
