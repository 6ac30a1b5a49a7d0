import { and, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type AuditAction,
  auditLogs,
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../../src/db/schema/index.ts'
import { communityData } from '../../../src/features/admin/schemas.ts'
import { newId } from '../../../src/lib/ids.ts'
import {
  accessTokenOf,
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  postVerification,
  type SignedUp,
  signedUp,
  verified,
} from '../../factories.ts'
import { mismatchesOf } from '../../http/json-schema.ts'
import { openApiDocument } from '../../http/open-api-document.ts'
import { openSession, userRow } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { pngOf } from '../../support/png.ts'
import { ageBy, DAY_MS, madeCommunity, personAs, secretsOf } from './review-world.ts'

const PATH = `${API}/admin/communities/:community`

interface Shown extends Record<string, unknown> {
  history: Record<string, unknown>[]
}

let reviewer: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  reviewer = await admin()
})

const look = (community: string, options: CallOptions = {}) =>
  call(PATH.replace(':community', community), { token: reviewer.token, ...options })

const shownIn = (answer: Answer) => answer.data.community as Shown

async function shown(community: string): Promise<Shown> {
  const answer = await look(community)
  expectStatus(answer, 200)
  return shownIn(answer)
}

async function logged(
  communityId: string,
  action: AuditAction,
  fields: Partial<typeof auditLogs.$inferInsert> = {},
): Promise<void> {
  const createdAt = fields.createdAt ?? Date.now()
  const row = { id: newId(createdAt), action, communityId, createdAt, ...fields }
  await db.insert(auditLogs).values(row)
}

describe('GET /api/v1/admin/communities/:community', () => {
  describe('works', () => {
    it('shows by slug as by id what the owner told at signup', async () => {
      const owner = await verified({
        communityLogo: (await pngOf(200)).dataUrl,
        timezone: 'Asia/Kolkata',
        internalNotes: 'Line one.\nLine two.',
        skills: ['Events', 'Talks'],
      })
      const riskSignals = [{ signal: 'free_mail', points: 20 }]
      const isOwn = eq(communities.id, owner.communityId)
      await db.update(communities).set({ riskSignals }).where(isOwn)
      const answer = await look(owner.communityId)
      expectStatus(answer, 200)
      const row = await communityRow(owner.communityId)
      const { id } = await userRow(owner.email)
      const madeAt = new Date(row?.createdAt ?? 0).toISOString()
      expect(answer.data).toEqual({
        community: {
          id: owner.communityId,
          name: owner.form.communityName,
          slug: owner.slug,
          status: 'pending',
          officialEmail: owner.form.officialEmail,
          website: owner.form.communityWebsite,
          country: 'India',
          city: 'Pune',
          riskScore: 20,
          riskSignals,
          createdAt: madeAt,
          updatedAt: new Date(row?.updatedAt ?? 0).toISOString(),
          reviewedAt: null,
          bio: 'We meet each month to build things together.',
          contactPhone: '+919876543210',
          timezone: 'Asia/Kolkata',
          socialLinks: { linkedin: 'https://www.linkedin.com/company/circle' },
          hasLogo: true,
          statusReason: null,
          reviewedBy: null,
          version: 1,
          owner: {
            id,
            fullName: 'Mira Rao',
            email: owner.email,
            emailVerified: true,
            profile: {
              location: 'Pune, India',
              primaryRole: 'ORGANISER',
              skills: ['Events', 'Talks'],
              areaOfInterest: ['Open source'],
              internalNotes: 'Line one.\nLine two.',
            },
          },
          history: [
            {
              action: 'community_signup',
              from: null,
              to: null,
              reason: null,
              by: null,
              at: madeAt,
            },
          ],
        },
      })
      expect((await look(owner.slug)).data).toEqual(answer.data)
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="2", do;desc="0"')
    })

    it('shows one of whom nobody told anything, and that has no owner', async () => {
      const { id } = await madeCommunity({ officialEmail: null, socialLinks: null })
      expect(await shown(id)).toMatchObject({
        officialEmail: null,
        website: null,
        contactPhone: null,
        timezone: null,
        socialLinks: {},
        hasLogo: false,
        riskScore: 0,
        riskSignals: [],
        owner: null,
        history: [],
      })
      const { communityId, email } = await signedUp()
      await db.update(users).set({ profile: null }).where(eq(users.email, email))
      expect(await shown(communityId)).toMatchObject({
        owner: {
          emailVerified: false,
          profile: {
            location: null,
            primaryRole: null,
            skills: [],
            areaOfInterest: [],
            internalNotes: null,
          },
        },
      })
    })

    it('shows the account that a community was handed over to, and of two owners the first', async () => {
      const first = await verified()
      const second = await signedUp({ email: first.email, firstName: 'Other' })
      expectStatus(await postVerification(await linkTokenOf(second.communityId)), 200)
      const { id } = await userRow(first.email)
      expect(await shown(second.slug)).toMatchObject({ owner: { id, fullName: 'Mira Rao' } })
      const other = await ownerIn('active')
      const { id: userId } = await userRow(other.email)
      const joined = { userId, communityId: second.communityId, role: 'CommunityOwner' as const }
      await db.insert(memberships).values({ ...joined, createdAt: Date.now() + DAY_MS })
      expect(await shown(second.slug)).toMatchObject({ owner: { id } })
      const isJoined = and(
        eq(memberships.userId, userId),
        eq(memberships.communityId, second.communityId),
      )
      await db.update(memberships).set({ createdAt: 1, role: 'Moderator' }).where(isJoined)
      expect(await shown(second.slug)).toMatchObject({ owner: { id } })
      await db.update(memberships).set({ role: 'CommunityOwner' }).where(isJoined)
      expect(await shown(second.slug)).toMatchObject({ owner: { id: userId } })
    })

    it('tells a whole life, oldest first: what, from, to, why, by whom and when', async () => {
      const start = Date.now()
      vi.useFakeTimers({ toFake: ['Date'], now: start })
      try {
        const second = await admin()
        await db.update(users).set({ fullName: 'Bo Admin' }).where(eq(users.id, second.id))
        const owner = await verified()
        const { id: ownerId } = await userRow(owner.email)
        const ada = { id: reviewer.id, fullName: 'Ada Admin' }
        const bo = { id: second.id, fullName: 'Bo Admin' }
        let step = 0
        const later = () => {
          step += 1
          vi.setSystemTime(start + step * 1000)
        }
        const move = async (by: { token: string }, status: string, reason?: string) => {
          later()
          const path = `${PATH.replace(':community', owner.slug)}/status`
          const body = { status, reason }
          expectStatus(await call(path, { method: 'PATCH', token: by.token, body }), 200)
        }
        await move(reviewer, 'under_review')
        await move(reviewer, 'rejected', 'Too little is told.')
        await move(second, 'under_review', 'They wrote to us.')
        await move(second, 'approved')
        later()
        await accessTokenOf(owner)
        await accessTokenOf(owner)
        await move(reviewer, 'suspended', 'Spam.')
        await move(second, 'active')
        const community = await shown(owner.communityId)
        const at = (n: number) => new Date(start + n * 1000).toISOString()
        const mira = { id: ownerId, fullName: 'Mira Rao' }
        const told = [
          ['community_signup', null, null, null, null],
          ['community_under_review', 'pending', 'under_review', null, ada],
          ['community_rejected', 'under_review', 'rejected', 'Too little is told.', ada],
          ['community_under_review', 'rejected', 'under_review', 'They wrote to us.', bo],
          ['community_approved', 'under_review', 'approved', null, bo],
          ['community_activated', 'approved', 'active', null, mira],
          ['community_suspended', 'active', 'suspended', 'Spam.', ada],
          ['community_reinstated', 'suspended', 'active', null, bo],
        ] as const
        expect(community.history).toEqual(
          told.map(([action, from, to, reason, by], n) => ({
            action,
            from,
            to,
            reason,
            by,
            at: at(n),
          })),
        )
        expect(community).toMatchObject({
          status: 'active',
          statusReason: null,
          reviewedBy: second.id,
          reviewedAt: at(7),
          version: 8,
        })
      } finally {
        vi.useRealTimers()
      }
    })

    it('tells no more than the newest two hundred, oldest first', async () => {
      const { id } = await madeCommunity()
      const at = (n: number) => 1_700_000_000_000 + n * 1000
      for (let n = 0; n < 203; n++) {
        await logged(id, 'community_under_review', { createdAt: at(n) })
      }
      const { history } = await shown(id)
      expect(history.map((entry) => entry.at)).toEqual(
        Array.from({ length: 200 }, (_, n) => new Date(at(n + 3)).toISOString()),
      )
    })

    it("tells of this community's own life alone", async () => {
      const [one, other] = [await madeCommunity(), await madeCommunity()]
      await logged(other.id, 'community_approved')
      await logged(one.id, 'login_success')
      await logged(one.id, 'suspicious_signup')
      await logged(one.id, 'user_created')
      expect((await shown(one.id)).history).toEqual([])
      await logged(one.id, 'community_suspended')
      expect((await shown(one.slug)).history).toMatchObject([{ action: 'community_suspended' }])
    })

    it('tells nobody where the account is gone, and no status that is none', async () => {
      const { id } = await madeCommunity()
      await logged(id, 'community_approved', {
        actorId: newId(Date.now()),
        details: { from: 'nowhere', to: { status: 'active' }, reason: ['x'], ip: '192.0.2.7' },
      })
      const { history } = await shown(id)
      expect(history).toEqual([
        {
          action: 'community_approved',
          from: null,
          to: null,
          reason: null,
          by: null,
          at: history[0]?.at,
        },
      ])
    })
  })

  describe('refuses', () => {
    it.each([
      'nobody-knows',
      '01a20250-653f-7770-8981-8bcf2bbecc21',
      '%00',
      '%25',
      '*',
      "'%20or%201=1--",
      '..%2f..%2fetc',
      'x'.repeat(3000),
      encodeURIComponent('🚀'),
      '__proto__',
    ])('what nobody knows: %s', async (community) => {
      expectStatus(await look(community), 404, 'not_found')
    })

    it('a prefix of a slug, and a slug in capitals', async () => {
      const { slug } = await madeCommunity()
      expectStatus(await look(slug.slice(0, -1)), 404, 'not_found')
      expectStatus(await look(slug.toUpperCase()), 404, 'not_found')
    })

    it('nobody without a token, and does not say whether there is such a community', async () => {
      const { communityId } = await verified()
      for (const community of [communityId, 'nobody-knows', 'platform']) {
        expectStatus(await look(community, { token: undefined }), 401, 'unauthenticated')
      }
    })

    it.each(['CommunityOwner', 'Moderator', 'Member'] as const)(
      'a %s, of the own community too',
      async (role) => {
        const { token, communityId, slug } = await personAs(role)
        for (const community of [communityId, slug, 'nobody-knows', 'platform']) {
          expectStatus(await look(community, { token }), 403, 'forbidden')
        }
      },
    )

    it('an admin whose token has expired, whose session has ended, who is none any more', async () => {
      const { id } = await madeCommunity()
      const one = await admin()
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 16 * 60_000 })
      try {
        expectStatus(await look(id, { token: one.token }), 401, 'access_token_expired')
      } finally {
        vi.useRealTimers()
      }
      const { token } = await admin()
      expectStatus(await call(`${API}/auth/logout`, { method: 'POST', token }), 200)
      expectStatus(await look(id, { token }), 401, 'session_ended')
      const former = await admin()
      await db.delete(memberships).where(eq(memberships.userId, former.id))
      expectStatus(await look(id, { token: former.token }), 401, 'session_ended')
    })
  })

  describe('is safe', () => {
    const expectHidden = async ({ communityId, slug }: Pick<SignedUp, 'communityId' | 'slug'>) => {
      const beside = await look('nobody-knows')
      for (const community of [communityId, slug]) {
        const answer = await look(community)
        expectStatus(answer, 404, 'not_found')
        expect(answer.json).toEqual({ ...beside.json, requestId: answer.json.requestId })
      }
    }

    it('never shows the reserved community', async () => {
      await expectHidden({ communityId: PLATFORM_COMMUNITY_ID, slug: 'platform' })
    })

    it('never shows a pending community whose week is over, unless somebody verified it', async () => {
      const [gone, kept, approved] = [await signedUp(), await verified(), await signedUp()]
      expect(await shown(gone.slug)).toMatchObject({ id: gone.communityId })
      for (const { communityId } of [gone, kept, approved]) await ageBy(communityId, 7.01)
      const isApproved = eq(communities.id, approved.communityId)
      await db.update(communities).set({ status: 'approved' }).where(isApproved)
      await expectHidden(gone)
      expect(await shown(kept.slug)).toMatchObject({ id: kept.communityId })
      expect(await shown(approved.communityId)).toMatchObject({ slug: approved.slug })
    })

    it('never shows a deleted community', async () => {
      const { id: communityId, slug } = await madeCommunity({ isDeleted: true })
      await expectHidden({ communityId, slug })
    })

    it('tells what its schema promises and nothing beside it: no hash, no token, no key', async () => {
      const owner = await ownerIn('active', { communityLogo: (await pngOf(200)).dataUrl })
      await openSession(owner)
      const riskSignals = [{ signal: 'many_signups', points: 30, ip: '192.0.2.7' }]
      const isOwn = eq(communities.id, owner.communityId)
      await db.update(communities).set({ riskSignals }).where(isOwn)
      const answer = await look(owner.slug)
      expectStatus(answer, 200)
      const community = shownIn(answer)
      const keys = [...Object.keys(community), ...Object.keys(community.owner as object)]
      expect(keys.toSorted()).toEqual(
        [
          ...['id', 'name', 'slug', 'status', 'officialEmail', 'website', 'country', 'city'],
          ...['riskScore', 'riskSignals', 'createdAt', 'updatedAt', 'reviewedAt', 'bio'],
          ...['contactPhone', 'timezone', 'socialLinks', 'hasLogo', 'statusReason', 'reviewedBy'],
          ...['version', 'owner', 'history'],
          ...['id', 'fullName', 'email', 'emailVerified', 'profile'],
        ].toSorted(),
      )
      expect(community.riskSignals).toEqual([{ signal: 'many_signups', points: 30 }])
      expect(communityData.parse(answer.data)).toEqual(answer.data)
      for (const secret of await secretsOf(owner)) expect(answer.text).not.toContain(secret)
      expect(answer.text).not.toMatch(/argon2|hash|Velvet-Harbour/i)
    })

    it('answers as the document says', async () => {
      const path = PATH.replace(':community', '{community}')
      const responses = (await openApiDocument()).paths[path]?.get?.responses ?? {}
      const { communityId } = await verified()
      const answers = [
        await look(communityId),
        await look((await madeCommunity()).id),
        await look('nobody-knows'),
        await look(communityId, { token: undefined }),
        await look(communityId, { token: (await personAs('Member')).token }),
        await look(communityId, { env: failingDatabase() }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 401, 403, 503])
      for (const { status, json } of answers) {
        const schema = responses[status]?.content?.['application/json']?.schema
        expect(schema).toBeDefined()
        expect(mismatchesOf(schema ?? {}, json)).toEqual([])
      }
    })
  })
})
