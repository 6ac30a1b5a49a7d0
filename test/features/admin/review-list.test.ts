import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  COMMUNITY_STATUSES,
  type CommunityStatus,
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
} from '../../../src/db/schema/index.ts'
import { reviewListData } from '../../../src/features/admin/schemas.ts'
import { newId } from '../../../src/lib/ids.ts'
import {
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  postVerification,
  signedUp,
  unique,
  verified,
} from '../../factories.ts'
import { mismatchesOf } from '../../http/json-schema.ts'
import { openApiDocument } from '../../http/open-api-document.ts'
import { openSession, userRow } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { pngOf } from '../../support/png.ts'
import { ageBy, DAY_MS, madeCommunity, personAs, secretsOf } from './review-world.ts'

const PATH = `${API}/admin/communities`

interface Item extends Record<string, unknown> {
  id: string
  name: string
  status: string
}

let reviewer: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  reviewer = await admin()
})

const list = (query: Record<string, string> = {}, options: CallOptions = {}) =>
  call(`${PATH}?${new URLSearchParams(query)}`, { token: reviewer.token, ...options })

const itemsOf = (answer: Answer) => answer.data.items as Item[]

async function found(query: Record<string, string>): Promise<string[]> {
  const answer = await list(query)
  expectStatus(answer, 200)
  return itemsOf(answer).map(({ id }) => id)
}

/** Every page from the first to the last. */
async function pagesOf(query: Record<string, string>): Promise<Item[][]> {
  const pages: Item[][] = []
  let cursor: unknown
  do {
    const answer = await list({ ...query, ...(typeof cursor === 'string' && { cursor }) })
    expectStatus(answer, 200)
    pages.push(itemsOf(answer))
    cursor = answer.data.nextCursor
  } while (typeof cursor === 'string')
  expect(cursor).toBeNull()
  return pages
}

describe('GET /api/v1/admin/communities', () => {
  describe('works', () => {
    it('shows each community with its owner and with what should be looked at', async () => {
      const owner = await verified()
      const riskSignals = [
        { signal: 'free_mail', points: 20 },
        { signal: 'odd_name', points: 15 },
      ]
      await db
        .update(communities)
        .set({ riskSignals, reviewedAt: 1_700_000_000_000 })
        .where(eq(communities.id, owner.communityId))
      const answer = await list({ q: owner.slug })
      expectStatus(answer, 200)
      const row = await communityRow(owner.communityId)
      const { id } = await userRow(owner.email)
      expect(answer.data).toEqual({
        items: [
          {
            id: owner.communityId,
            name: owner.form.communityName,
            slug: owner.slug,
            status: 'pending',
            officialEmail: owner.form.officialEmail,
            website: owner.form.communityWebsite,
            country: 'India',
            city: 'Pune',
            riskScore: 35,
            riskSignals,
            createdAt: new Date(row?.createdAt ?? 0).toISOString(),
            updatedAt: new Date(row?.updatedAt ?? 0).toISOString(),
            reviewedAt: '2023-11-14T22:13:20.000Z',
            owner: { id, fullName: 'Mira Rao', email: owner.email, emailVerified: true },
          },
        ],
        nextCursor: null,
      })
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="0"')
    })

    it('says which owner has not proven the mailbox yet', async () => {
      const { slug, email } = await signedUp()
      expect(itemsOf(await list({ q: slug }))).toMatchObject([
        { owner: { email, emailVerified: false }, riskScore: 0, riskSignals: [], reviewedAt: null },
      ])
    })

    it('shows the account that a community was handed over to', async () => {
      const first = await verified()
      const second = await signedUp({ email: first.email, firstName: 'Other' })
      expectStatus(await postVerification(await linkTokenOf(second.communityId)), 200)
      const { id } = await userRow(first.email)
      expect(itemsOf(await list({ q: second.slug }))).toMatchObject([
        { owner: { id, fullName: 'Mira Rao', emailVerified: true } },
      ])
    })

    it('shows a community that has no owner, and of two owners the first', async () => {
      const { slug } = await madeCommunity()
      expect(itemsOf(await list({ q: slug }))).toMatchObject([{ owner: null }])
      const [one, other] = [await ownerIn('active'), await ownerIn('active')]
      const { id: userId } = await userRow(other.email)
      const { communityId } = one
      const joined = { userId, communityId, role: 'CommunityOwner' as const }
      await db.insert(memberships).values({ ...joined, createdAt: Date.now() + DAY_MS })
      expect(itemsOf(await list({ q: one.slug }))).toMatchObject([{ owner: { email: one.email } }])
      const isJoined = and(eq(memberships.userId, userId), eq(memberships.communityId, communityId))
      await db.update(memberships).set({ createdAt: 1, role: 'Moderator' }).where(isJoined)
      expect(itemsOf(await list({ q: one.slug }))).toMatchObject([{ owner: { email: one.email } }])
      await db.update(memberships).set({ role: 'CommunityOwner' }).where(isJoined)
      expect(itemsOf(await list({ q: one.slug }))).toMatchObject([
        { owner: { email: other.email } },
      ])
    })

    it('adds the points up to at most 100', async () => {
      const points = [60, 39, 1, 1]
      const riskSignals = points.map((n) => ({ signal: `s${n}`, points: n }))
      const { slug } = await madeCommunity({ riskSignals })
      expect(itemsOf(await list({ q: slug }))).toMatchObject([{ riskScore: 100, riskSignals }])
    })

    it('is read to its end page by page, newest first, though all were made in one millisecond', async () => {
      const name = unique()
      const createdAt = 1_700_000_000_000
      const made: string[] = []
      for (let n = 0; n < 45; n++) {
        const { id } = await madeCommunity({ name: `${name} ${n}`, status: 'rejected', createdAt })
        made.push(id)
      }
      const newestFirst = made.toSorted().reverse()
      const searched: Record<string, string>[] = [{ q: name }, { q: name, status: 'rejected' }]
      for (const query of searched) {
        const byDefault = await pagesOf(query)
        expect(byDefault.map((page) => page.length)).toEqual([20, 20, 5])
        expect(byDefault.flat().map(({ id }) => id)).toEqual(newestFirst)
        const byNine = await pagesOf({ ...query, limit: '9' })
        expect(byNine.map((page) => page.length)).toEqual([9, 9, 9, 9, 9])
        expect(byNine.flat().map(({ id }) => id)).toEqual(newestFirst)
      }
      const whole: Record<string, string>[] = [{}, { status: 'rejected' }]
      for (const query of whole) {
        const all = (await pagesOf({ ...query, limit: '7' })).flat().map(({ id }) => id)
        expect(all).toEqual(all.toSorted().reverse())
        expect(all.filter((id) => made.includes(id))).toEqual(newestFirst)
      }
    })

    it('goes on behind its cursor although newer ones have come', async () => {
      const name = unique()
      for (let n = 0; n < 4; n++) await madeCommunity({ name: `${name} ${n}`, createdAt: 1000 + n })
      const first = await list({ q: name, limit: '2' })
      await madeCommunity({ name: `${name} new`, createdAt: 5000 })
      const next = await list({ q: name, limit: '2', cursor: String(first.data.nextCursor) })
      const names = [...itemsOf(first), ...itemsOf(next)].map((item) => item.name)
      expect(names).toEqual([3, 2, 1, 0].map((n) => `${name} ${n}`))
    })

    it.each(COMMUNITY_STATUSES)(
      'shows the communities that are %s, and no other',
      async (status) => {
        const name = unique()
        const ids = new Map<CommunityStatus, string>()
        for (const one of COMMUNITY_STATUSES) {
          ids.set(one, (await madeCommunity({ name: `${name} ${one}`, status: one })).id)
        }
        expect(await found({ status, q: name })).toEqual([ids.get(status)])
        const all = (await pagesOf({ status, limit: '100' })).flat()
        expect(all.map(({ id }) => id)).toContain(ids.get(status))
        expect(new Set(all.map((item) => item.status))).toEqual(new Set([status]))
        expect(await found({ q: name })).toHaveLength(6)
      },
    )
  })

  describe('finds by how name, slug or official address begin', () => {
    it('a name whatever its case, spacing and accents', async () => {
      const tail = unique()
      const { id } = await madeCommunity({ name: `Café Straße ${tail}` })
      const wanted = [
        `café straße ${tail}`,
        `CAFE STRASSE ${tail.toUpperCase()}`,
        `  Cafe\u0301  Stra`,
      ]
      for (const q of [...wanted, `cafestrasse${tail.slice(0, 3)}`]) {
        expect(await found({ q })).toEqual([id])
      }
      for (const q of [`straße ${tail}`, tail, `café straße ${tail}x`]) {
        expect(await found({ q })).toEqual([])
      }
    })

    it('a slug whatever the case', async () => {
      const { id, slug } = await madeCommunity({ slugBase: `odd-one-${unique()}` })
      for (const q of [slug, slug.slice(0, -2), slug.toUpperCase()]) {
        expect(await found({ q })).toEqual([id])
      }
      for (const q of [slug.slice(1), `${slug}-`, slug.replaceAll('-', ' ')]) {
        expect(await found({ q })).toEqual([])
      }
    })

    it('an official address whatever the case, with a domain in Unicode too', async () => {
      const local = unique()
      const officialEmail = `${local}@xn--bcher-kva.example`
      const { id } = await madeCommunity({ officialEmail })
      const wanted = [
        local,
        `${local.toUpperCase()}@`,
        officialEmail.toUpperCase(),
        `${local}@BÜCHER.example`,
      ]
      for (const q of wanted) expect(await found({ q })).toEqual([id])
      for (const q of [`${local}@b`, 'xn--bcher-kva', `${officialEmail}.`]) {
        expect(await found({ q })).toEqual([])
      }
    })

    it('one that is found in several ways once', async () => {
      const word = unique()
      const officialEmail = `${word}@${word}.example`
      const { id } = await madeCommunity({ name: word, slugBase: word, officialEmail })
      expect(await found({ q: word })).toEqual([id])
    })

    it('prefixes of more than 50 bytes, of many bytes a character, and of the last character there is', async () => {
      const long = `${unique()}${'x'.repeat(45)}`
      expect(long.length).toBeGreaterThan(51)
      const { id: ofLong } = await madeCommunity({ name: `${long}yz` })
      expect(await found({ q: long })).toEqual([ofLong])
      expect(await found({ q: `${long}y` })).toEqual([ofLong])
      const rockets = `${unique()}🚀`
      const { id: ofRockets } = await madeCommunity({ name: `${rockets}${'🚀'.repeat(40)}` })
      const [{ id: ofKanji }, { id: ofPlane16 }] = [
        await madeCommunity({ name: `${rockets}漢字` }),
        await madeCommunity({ name: `${rockets}\u{10fffd}` }),
      ]
      expect((await found({ q: rockets })).toSorted()).toEqual(
        [ofRockets, ofKanji, ofPlane16].toSorted(),
      )
      expect(await found({ q: `${rockets}${'🚀'.repeat(20)}` })).toEqual([ofRockets])
      expect(await found({ q: `${rockets}漢` })).toEqual([ofKanji])
      expect(await found({ q: `${rockets}\u{10fffd}` })).toEqual([ofPlane16])
    })

    it.each(['%', '_', '*', '?', '[a-z]', "'", '"', '\\', "' or 1=1--", '--', ';', '$1', '?1'])(
      '%j as the character it is',
      async (odd) => {
        const word = unique()
        const { id } = await madeCommunity({ name: `${word}${odd}end` })
        await madeCommunity({ name: `${word}aend` })
        expect(await found({ q: `${word}${odd}` })).toEqual([id])
        expect(await found({ q: `${odd}${word}` })).toEqual([])
      },
    )

    it('nothing where nothing begins so', async () => {
      const answer = await list({ q: `nobody-${unique()}` })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({ items: [], nextCursor: null })
    })

    it.each(['', '   ', '\u00ad'])('all where the search is empty: %j', async (q) => {
      const { id } = await madeCommunity({ id: newId(Date.now() + DAY_MS) })
      expect((await found({ q, limit: '1' }))[0]).toBe(id)
    })
  })

  describe('refuses', () => {
    it.each<[Record<string, string>, Record<string, string>]>([
      [
        { status: 'gone' },
        { status: 'Choose one of: pending, under_review, approved, active, rejected, suspended.' },
      ],
      [
        { status: '' },
        { status: 'Choose one of: pending, under_review, approved, active, rejected, suspended.' },
      ],
      [
        { status: 'PENDING' },
        { status: 'Choose one of: pending, under_review, approved, active, rejected, suspended.' },
      ],
      [{ q: 'x'.repeat(101) }, { q: 'The search can have at most 100 characters.' }],
      [{ q: '🚀'.repeat(101) }, { q: 'The search can have at most 100 characters.' }],
      [{ q: 'x'.repeat(50_000) }, { q: 'The search can have at most 100 characters.' }],
      [{ q: 'a\0b' }, { q: 'The search contains characters that cannot be used.' }],
      [{ q: 'a\u202eb' }, { q: 'The search contains characters that cannot be used.' }],
      [{ limit: '0' }, { limit: 'Use a whole number from 1 to 100.' }],
      [{ limit: '101' }, { limit: 'Use a whole number from 1 to 100.' }],
      [{ cursor: 'x' }, { cursor: 'Use the nextCursor of the page before, or leave it out.' }],
      [
        { cursor: "' or 1=1--" },
        { cursor: 'Use the nextCursor of the page before, or leave it out.' },
      ],
    ])('%j', async (query, errors) => {
      const answer = await list(query)
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual(errors)
    })

    it('a hundred characters of many bytes never', async () => {
      expect(await found({ q: '🚀'.repeat(100) })).toEqual([])
      expect(await found({ q: `  ${'ﷺ'.repeat(100)}  ` })).toEqual([])
    })

    it.each([
      '?status=active&status=pending',
      '?q=a&q=b',
      '?limit=1&limit=2',
      '?cursor=a&cursor=b',
    ])('two values where one is asked for: %s', async (query) => {
      const answer = await call(`${PATH}${query}`, { token: reviewer.token })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([/\?(\w+)/.exec(query)?.[1]])
    })

    it.each(['?q=%', '?q=%FF%FE', '?q[]=a', '?q[$ne]=a', '?__proto__=a', '?isDeleted=1', '?&&=&'])(
      'nothing that it does not know, and never ends in a fault: %s',
      async (query) => {
        expectStatus(await call(`${PATH}${query}`, { token: reviewer.token }), 200)
      },
    )

    it('nobody without a token, before it looks at the query', async () => {
      const ask = (headers: Record<string, string>) => call(`${PATH}?limit=0`, { headers })
      expectStatus(await ask({}), 401, 'unauthenticated')
      expectStatus(await ask({ Authorization: 'Bearer a.b.c' }), 401, 'unauthenticated')
    })

    it.each(['CommunityOwner', 'Moderator', 'Member'] as const)(
      'a %s, before it looks at the query',
      async (role) => {
        const { token, form } = await personAs(role)
        for (const path of ['', '?limit=0', `?q=${encodeURIComponent(form.communityName)}`]) {
          expectStatus(await call(`${PATH}${path}`, { token }), 403, 'forbidden')
        }
      },
    )

    it('an admin whose token has expired, whose session has ended, who is none any more', async () => {
      const one = await admin()
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 16 * 60_000 })
      try {
        expectStatus(await list({}, { token: one.token }), 401, 'access_token_expired')
      } finally {
        vi.useRealTimers()
      }
      const { token } = await admin()
      expectStatus(await call(`${API}/auth/logout`, { method: 'POST', token }), 200)
      expectStatus(await list({}, { token }), 401, 'session_ended')
      const former = await admin()
      await db.delete(memberships).where(eq(memberships.userId, former.id))
      expectStatus(await list({}, { token: former.token }), 401, 'session_ended')
    })
  })

  describe('is safe', () => {
    it('never shows the reserved community', async () => {
      const all = (await pagesOf({ limit: '100' })).flat()
      expect(all.length).toBeGreaterThan(0)
      expect(all.map(({ id }) => id)).not.toContain(PLATFORM_COMMUNITY_ID)
      for (const q of ['platform', 'Platform', 'plat']) {
        expect(await found({ q })).not.toContain(PLATFORM_COMMUNITY_ID)
        expect(await found({ q, status: 'active' })).not.toContain(PLATFORM_COMMUNITY_ID)
      }
    })

    it('never shows a pending community whose week is over, unless somebody verified it', async () => {
      const [gone, kept, young, approved] = [
        await signedUp(),
        await verified(),
        await signedUp(),
        await signedUp(),
      ]
      for (const { communityId } of [gone, kept, approved]) await ageBy(communityId, 7.01)
      await ageBy(young.communityId, 6.9)
      const isApproved = eq(communities.id, approved.communityId)
      await db.update(communities).set({ status: 'approved' }).where(isApproved)
      const pending = (await pagesOf({ status: 'pending', limit: '100' })).flat()
      const all = (await pagesOf({ limit: '100' })).flat()
      for (const seen of [pending, all].map((items) => items.map(({ id }) => id))) {
        expect(seen).toEqual(expect.arrayContaining([kept.communityId, young.communityId]))
        expect(seen).not.toContain(gone.communityId)
      }
      expect(await found({ q: gone.slug })).toEqual([])
      expect(await found({ q: kept.slug })).toEqual([kept.communityId])
      expect(await found({ q: approved.slug })).toEqual([approved.communityId])
    })

    it('never shows a deleted community', async () => {
      const { id, slug } = await madeCommunity({ isDeleted: true })
      expect(await found({ q: slug })).toEqual([])
      expect((await pagesOf({ limit: '100' })).flat().map((item) => item.id)).not.toContain(id)
    })

    it('tells what its schema promises and nothing beside it: no hash, no token, no key', async () => {
      const owner = await ownerIn('active', { communityLogo: (await pngOf(200)).dataUrl })
      await openSession(owner)
      const riskSignals = [{ signal: 'many_signups', points: 30, ip: '192.0.2.7' }]
      const isOwn = eq(communities.id, owner.communityId)
      await db.update(communities).set({ riskSignals }).where(isOwn)
      const answer = await list({ q: owner.slug })
      expectStatus(answer, 200)
      const [item] = itemsOf(answer)
      expect(Object.keys(item ?? {}).toSorted()).toEqual([
        'city',
        'country',
        'createdAt',
        'id',
        'name',
        'officialEmail',
        'owner',
        'reviewedAt',
        'riskScore',
        'riskSignals',
        'slug',
        'status',
        'updatedAt',
        'website',
      ])
      expect(Object.keys(item?.owner ?? {}).toSorted()).toEqual([
        'email',
        'emailVerified',
        'fullName',
        'id',
      ])
      expect(item?.riskSignals).toEqual([{ signal: 'many_signups', points: 30 }])
      const all = await list({ limit: '100' })
      for (const { data, text } of [answer, all]) {
        expect(reviewListData.parse(data)).toEqual(data)
        for (const secret of await secretsOf(owner)) expect(text).not.toContain(secret)
        expect(text).not.toMatch(/argon2|hash|Velvet-Harbour/i)
      }
    })

    it('answers as the document says', async () => {
      const responses = (await openApiDocument()).paths[PATH]?.get?.responses ?? {}
      const answers = [
        await list({ limit: '100' }),
        await list({ limit: '0' }),
        await call(PATH),
        await list({}, { token: (await personAs('Member')).token }),
        await list({}, { env: failingDatabase() }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 422, 401, 403, 503])
      for (const { status, json } of answers) {
        const schema = responses[status]?.content?.['application/json']?.schema
        expect(schema).toBeDefined()
        expect(mismatchesOf(schema ?? {}, json)).toEqual([])
      }
    })
  })
})
