import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { COMMUNITY_STATUSES } from '../../../src/db/schema/index.ts'
import { dispositionOf } from '../../../src/features/logos/served-name.ts'
import { logoUrlOf, versionOf } from '../../../src/features/logos/version.ts'
import { signedUp } from '../../factories.ts'
import { expectSafeHeaders } from '../../http/expect-answer.ts'
import * as samples from '../../lib/image-samples.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingBucket, failingDatabase } from '../../support/faults.ts'
import {
  getPicture,
  keyOf,
  OTHER_PNG,
  ownerWithLogo,
  PNG,
  putLogo,
  removeLogo,
  setCommunity,
} from '../communities/community-client.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'
const plain = ({ slug }: { slug: string }) => `${API}/communities/${slug}/logo`

describe('GET /api/v1/communities/:community/logo', () => {
  describe('works', () => {
    it('for anybody and for ever under its versioned URL, by id and by slug', async () => {
      const owner = await ownerWithLogo()
      const bySlug = owner.logoUrl.replace(owner.communityId, owner.slug)
      for (const url of [owner.logoUrl, bySlug]) {
        const { status, headers, bytes } = await getPicture(url)
        expect([status, bytes]).toEqual([200, PNG])
        expect(headers.get('Cache-Control')).toBe(FOR_EVER)
        expect(headers.get('Content-Length')).toBe(String(PNG.length))
      }
    })

    it('whichever is the current one without a version, for a minute', async () => {
      const owner = await ownerWithLogo()
      const first = await getPicture(plain(owner))
      expect([first.status, first.bytes]).toEqual([200, PNG])
      expect(first.headers.get('Cache-Control')).toBe('public, max-age=60')
      await putLogo(owner, OTHER_PNG)
      expect((await getPicture(plain(owner))).bytes).toEqual(OTHER_PNG)
    })

    it.each([
      ['image/png', PNG, 'logo.png'],
      ['image/jpeg', samples.JPEG_BASELINE, 'logo.jpg'],
      ['image/webp', samples.WEBP_ALPHA, 'logo.webp'],
    ])('as a picture that no browser takes for a page: %s', async (type, bytes, name) => {
      const { logoUrl } = await ownerWithLogo(bytes)
      const { headers, status } = await getPicture(logoUrl)
      expect(headers.get('Content-Type')).toBe(type)
      expect(headers.get('Content-Disposition')).toBe(`inline; filename="${name}"`)
      expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*; sandbox$/)
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
      expect(headers.getSetCookie()).toEqual([])
      expectSafeHeaders({ status, headers, text: '', json: {}, data: {} })
    })

    it('not once more to whoever has it', async () => {
      const { logoUrl } = await ownerWithLogo()
      const tag = (await getPicture(logoUrl)).headers.get('ETag') ?? ''
      expect(tag).toMatch(/^"[\w-]{16}"$/)
      for (const url of [logoUrl, logoUrl.replace(/\?.*/, '')]) {
        const known = await getPicture(url, { headers: { 'If-None-Match': tag } })
        expect([known.status, known.bytes.length]).toEqual([304, 0])
        expect(known.headers.get('ETag')).toBe(tag)
        expect(known.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
      }
      const other = await getPicture(logoUrl, { headers: { 'If-None-Match': '"x"' } })
      expect(other.status).toBe(200)
    })

    it('answers HEAD with the same headers and without the picture', async () => {
      const { logoUrl } = await ownerWithLogo()
      const [get, head] = [
        await getPicture(logoUrl),
        await getPicture(logoUrl, { method: 'HEAD', env: failingBucket('get') }),
      ]
      expect([head.status, head.bytes.length]).toEqual([200, 0])
      for (const name of ['Content-Type', 'Content-Length', 'ETag', 'Cache-Control']) {
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)])
      }
    })
  })

  describe('refuses', () => {
    it.each(COMMUNITY_STATUSES.filter((one) => one !== 'approved' && one !== 'active'))(
      'what nobody may see: the logo of a community that is %s',
      async (status) => {
        const owner = await ownerWithLogo()
        await setCommunity(owner.communityId, { status })
        for (const url of [owner.logoUrl, plain(owner)]) {
          const answer = await call(url)
          expectStatus(answer, 404, 'not_found')
          expect(answer.headers.get('Cache-Control')).toBe('no-store')
        }
      },
    )

    it('nor that of a signup', async () => {
      const communityLogo = samples.toDataUrl('image/png', PNG)
      const signup = await signedUp({ communityLogo })
      const key = await keyOf(signup.communityId)
      expect(key).not.toBeNull()
      expectStatus(await call(logoUrlOf(signup.communityId, key ?? '')), 404, 'not_found')
      await setCommunity(signup.communityId, { status: 'approved' })
      expect((await getPicture(logoUrlOf(signup.communityId, key ?? ''))).bytes).toEqual(PNG)
    })

    it('a version of the past, of another community, or of none', async () => {
      const [owner, other] = [await ownerWithLogo(), await ownerWithLogo()]
      const key = (await keyOf(owner.communityId)) ?? ''
      const versions = [
        new URL(other.logoUrl, 'https://x.example').searchParams.get('v'),
        key,
        encodeURIComponent(key),
        key.split('/').at(-1),
        '',
        '../x',
        'x'.repeat(100),
      ]
      for (const version of versions) {
        expectStatus(await call(`${plain(owner)}?v=${version}`), 404, 'not_found')
      }
      await putLogo(owner, PNG)
      expectStatus(await call(owner.logoUrl), 404, 'not_found')
      expectStatus(await call(`${plain(owner)}?v=${'x'.repeat(101)}`), 422, 'validation_failed')
    })

    it('where there is no logo, no community, or the object has gone', async () => {
      const owner = await ownerHere()
      expectStatus(await call(plain(owner)), 404, 'not_found')
      expectStatus(await call(plain({ slug: 'nobody-has-this' })), 404, 'not_found')
      const { communityId, logoUrl } = await ownerWithLogo()
      await env.LOGOS.delete((await keyOf(communityId)) ?? '')
      const answer = await call(logoUrl)
      expectStatus(answer, 404, 'not_found')
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
    })

    it('while storage or database are out of reach, and lets nobody keep that', async () => {
      const { logoUrl } = await ownerWithLogo()
      for (const workerEnv of [failingBucket('get'), failingDatabase()]) {
        const answer = await call(logoUrl, { env: workerEnv })
        expectStatus(answer, 503, 'unavailable')
        expect(answer.headers.get('Cache-Control')).toBe('no-store')
        expect(answer.headers.get('ETag')).toBeNull()
      }
    })
  })

  describe('is safe', () => {
    it('an object that says it is something else than a picture is not served', async () => {
      const { communityId, logoUrl } = await ownerWithLogo()
      const key = (await keyOf(communityId)) ?? ''
      for (const contentType of ['text/html', 'image/svg+xml', 'image/png\r\nX-Evil: 1', '']) {
        await env.LOGOS.put(key, '<script>', { httpMetadata: { contentType } })
        expectStatus(await call(logoUrl), 404, 'not_found')
      }
    })

    it('its name is one of three, without a quote, a line break or a letter of a client', () => {
      for (const type of ['image/png', 'image/jpeg', 'image/webp'] as const) {
        expect(dispositionOf(type)).toMatch(/^inline; filename="logo\.[a-z]+"$/)
      }
    })

    it('a version tells nothing of the key that it stands for', () => {
      const key = `logos/2026-11-22/${'a'.repeat(32)}`
      expect(versionOf(key)).toMatch(/^[\w-]{16}$/)
      expect(versionOf(key)).not.toBe(versionOf(`${key}b`))
      expect(key).not.toContain(versionOf(key))
    })
  })
})

describe('DELETE /api/v1/communities/:community/logo', () => {
  it('takes the logo away, and is the same where there is none', async () => {
    const owner = await ownerWithLogo()
    for (let n = 0; n < 2; n++) expectStatus(await removeLogo(owner), 200)
    expectStatus(await call(owner.logoUrl), 404, 'not_found')
    expect(await keyOf(owner.communityId)).toBeNull()
  })
})
