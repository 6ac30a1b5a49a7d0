import { and, eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import {
  auditLogs,
  COMMUNITY_STATUSES,
  type CommunityStatus,
  communities,
  memberships,
  outbox,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import {
  accessTokenOf,
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
  verified,
} from '../../factories.ts'
import { API, type CallOptions, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingQueue, lostAnswer } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'

const patch = (community: string, body: unknown, options: CallOptions = {}) =>
  call(`${API}/admin/communities/${community}/status`, { method: 'PATCH', body, ...options })
const auditsOf = (communityId: string, action: string) =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, action as never)))
const mailsOf = (communityId: string) =>
  db.select().from(outbox).where(eq(outbox.communityId, communityId))

const ALLOWED: Record<
  CommunityStatus,
  Partial<Record<CommunityStatus, [action: string, template: string]>>
> = {
  pending: {
    under_review: ['community_under_review', 'community_under_review'],
    approved: ['community_approved', 'community_approved'],
    rejected: ['community_rejected', 'community_rejected'],
  },
  under_review: {
    approved: ['community_approved', 'community_approved'],
    rejected: ['community_rejected', 'community_rejected'],
  },
  approved: {
    active: ['community_activated', 'community_approved'],
    suspended: ['community_suspended', 'community_suspended'],
  },
  active: { suspended: ['community_suspended', 'community_suspended'] },
  rejected: { under_review: ['community_under_review', 'community_under_review'] },
  suspended: { active: ['community_reinstated', 'community_reinstated'] },
}

describe('PATCH /api/v1/admin/communities/:community/status', () => {
  const pairs = COMMUNITY_STATUSES.flatMap((from) =>
    COMMUNITY_STATUSES.map((to) => [from, to] as const),
  )

  it.each(pairs)('%s → %s', async (from, to) => {
    const { token } = await admin()
    const { communityId, email } = await ownerIn(from)
    const answer = await patch(communityId, { status: to, reason: 'Because.' }, { token })
    const step = ALLOWED[from][to]
    if (!step) {
      expectStatus(answer, 409, 'invalid_transition')
      expect(await communityRow(communityId)).toMatchObject({ status: from, version: 1 })
      return
    }
    expectStatus(answer, 200)
    expect(answer.data).toMatchObject({
      community: { id: communityId, status: to, version: 2, statusReason: 'Because.' },
    })
    expect(await communityRow(communityId)).toMatchObject({ status: to, version: 2 })
    expect(await auditsOf(communityId, step[0])).toMatchObject([
      { details: { from, to, reason: 'Because.' } },
    ])
    const mails = (await mailsOf(communityId)).filter(({ template }) => template === step[1])
    expect(mails).toMatchObject([{ email, payload: { reason: 'Because.' } }])
  })

  describe('works', () => {
    it('by slug as by id', async () => {
      const { token, id } = await admin()
      const { slug, communityId } = await verified()
      const answer = await patch(slug, { status: 'approved' }, { token })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({
        community: { id: communityId, slug, reviewedBy: id, statusReason: null },
      })
    })

    it('suspending ends every session of the community at once, and only those', async () => {
      const { token } = await admin()
      const [one, other] = [await ownerIn('active'), await ownerIn('active')]
      const [mine, theirs] = [await accessTokenOf(one), await accessTokenOf(other)]
      expectStatus(
        await patch(one.communityId, { status: 'suspended', reason: 'Spam.' }, { token }),
        200,
      )
      expectStatus(await call(`${API}/auth/me`, { token: mine }), 401, 'session_ended')
      expectStatus(await call(`${API}/auth/me`, { token: theirs }), 200)
      const rows = await db.select().from(sessions).where(eq(sessions.communityId, one.communityId))
      expect(rows).toMatchObject([{ revokeReason: 'community_suspended' }])
      expectStatus(await patch(one.communityId, { status: 'active' }, { token }), 200)
      expectStatus(await call(`${API}/auth/me`, { token: mine }), 401, 'session_ended')
      expectStatus(await postLogin({ email: one.email, password: PASSWORD }), 200)
    })

    it('tells the account that a community was handed over to', async () => {
      const { token } = await admin()
      const owner = await verified()
      const second = await signedUp({ email: owner.email })
      expectStatus(await postVerification(await linkTokenOf(second.communityId)), 200)
      expectStatus(await patch(second.communityId, { status: 'approved' }, { token }), 200)
      const [user] = await db.select().from(users).where(eq(users.email, owner.email))
      expect((await mailsOf(second.communityId)).at(-1)).toMatchObject({
        template: 'community_approved',
        userId: user?.id,
      })
    })
  })

  describe('refuses', () => {
    it.each([
      [
        {},
        { status: 'Choose one of: pending, under_review, approved, active, rejected, suspended.' },
      ],
      [
        { status: 'gone' },
        { status: 'Choose one of: pending, under_review, approved, active, rejected, suspended.' },
      ],
      [{ status: 'rejected' }, { reason: 'Give a reason: the owner will read it.' }],
      [{ status: 'suspended', reason: '  ' }, { reason: 'Give a reason: the owner will read it.' }],
      [
        { status: 'rejected', reason: 'x'.repeat(1001) },
        { reason: 'The reason can have at most 1,000 characters.' },
      ],
    ])('%j', async (body, errors) => {
      const { token } = await admin()
      const { communityId } = await verified()
      const answer = await patch(communityId, body, { token })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual(errors)
    })

    it('nobody without a token, and an owner, before it looks at the body', async () => {
      const owner = await ownerIn('active')
      const { communityId } = await verified()
      expectStatus(await patch(communityId, 'not json'), 401, 'unauthenticated')
      expectStatus(
        await patch(communityId, 'not json', { token: await accessTokenOf(owner) }),
        403,
        'forbidden',
      )
      expect(await communityRow(communityId)).toMatchObject({ status: 'pending' })
    })

    it('the reserved community, one that nobody knows, and a pending one whose week is over', async () => {
      const { token } = await admin()
      for (const community of [
        'platform',
        '00000000-0000-7000-8000-000000000000',
        'nobody-knows',
        crypto.randomUUID(),
      ]) {
        expectStatus(
          await patch(community, { status: 'suspended', reason: 'x' }, { token }),
          404,
          'not_found',
        )
      }
      const gone = await signedUp()
      await db
        .update(communities)
        .set({ createdAt: Date.now() - 8 * 24 * 3_600_000 })
        .where(eq(communities.id, gone.communityId))
      expectStatus(
        await patch(gone.communityId, { status: 'approved' }, { token }),
        404,
        'not_found',
      )
    })

    it('an admin whose session has ended meanwhile', async () => {
      const { token, id } = await admin()
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.id, id))
      const { communityId } = await verified()
      expectStatus(
        await patch(communityId, { status: 'approved' }, { token }),
        401,
        'session_ended',
      )
    })

    it('an admin whose membership is gone', async () => {
      const { token, id } = await admin()
      await db.delete(memberships).where(eq(memberships.userId, id))
      const { communityId } = await verified()
      expectStatus(
        await patch(communityId, { status: 'approved' }, { token }),
        401,
        'session_ended',
      )
    })

    it("a cookie without its CSRF token, with another session's, and from a foreign page", async () => {
      const { email } = await admin()
      const [login, other] = [
        await postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' }),
        await postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' }),
      ]
      const Cookie = Object.entries(cookiesOf(login))
        .map(([name, value]) => `${name}=${value}`)
        .join('; ')
      const { communityId } = await verified()
      const attempt = (headers: Record<string, string>) =>
        patch(communityId, { status: 'approved' }, { headers: { Cookie, ...headers } })
      const mine = { 'X-CSRF-Token': String(login.data.csrfToken) }
      expectStatus(await attempt({}), 403, 'csrf_failed')
      expectStatus(
        await attempt({ 'X-CSRF-Token': String(other.data.csrfToken) }),
        403,
        'csrf_failed',
      )
      expectStatus(await attempt({ ...mine, Origin: 'https://evil.example' }), 403, 'csrf_failed')
      expectStatus(await attempt({ ...mine, 'Sec-Fetch-Site': 'cross-site' }), 403, 'csrf_failed')
      expectStatus(await attempt(mine), 200)
    })
  })

  describe('is safe', () => {
    it('of twenty admins at once one wins: one audit row, one mail', async () => {
      const { token } = await admin()
      const { communityId } = await verified()
      const answers = await race(20, (n) =>
        patch(communityId, n % 2 ? { status: 'approved' } : { status: 'rejected', reason: 'No.' }, {
          token,
        }),
      )
      expect(tally(answers)).toEqual({ '200': 1, '409 invalid_transition': 19 })
      const audits = [
        ...(await auditsOf(communityId, 'community_approved')),
        ...(await auditsOf(communityId, 'community_rejected')),
      ]
      expect(audits).toHaveLength(1)
      expect(
        (await mailsOf(communityId)).filter(({ template }) => template?.startsWith('community_')),
      ).toHaveLength(1)
      expect(await communityRow(communityId)).toMatchObject({ version: 2 })
    })

    it('a batch that fails at any statement changes nothing', async () => {
      const { token } = await admin()
      const probe = failingBatch(1)
      const first = await ownerIn('active')
      expectStatus(
        await patch(
          first.communityId,
          { status: 'suspended', reason: 'x' },
          { token, env: probe.env },
        ),
        200,
      )
      for (let k = 0; k < (probe.sizes[1] ?? 0); k++) {
        const owner = await ownerIn('active')
        const mine = await accessTokenOf(owner)
        const failed = await patch(
          owner.communityId,
          { status: 'suspended', reason: 'x' },
          { token, env: failingBatch(1, k).env },
        )
        expectStatus(failed, 503, 'unavailable')
        expect(await communityRow(owner.communityId), `statement ${k}`).toMatchObject({
          status: 'active',
          version: 1,
        })
        expectStatus(await call(`${API}/auth/me`, { token: mine }), 200)
        expect(await auditsOf(owner.communityId, 'community_suspended')).toEqual([])
      }
    })

    it('a status that went away and came back between reading and writing is another one', async () => {
      const { token } = await admin()
      const { communityId } = await ownerIn('under_review')
      const aba = async () => {
        await db.update(communities).set({ version: 3 }).where(eq(communities.id, communityId))
      }
      const answer = await patch(
        communityId,
        { status: 'approved' },
        { token, env: beforeBatch(1, aba) },
      )
      expectStatus(answer, 409, 'invalid_transition')
      expect(await communityRow(communityId)).toMatchObject({ status: 'under_review', version: 3 })
    })

    it('a committed change whose answer was lost says 503, then 409, and happened once', async () => {
      const { token } = await admin()
      const { communityId } = await verified()
      const change = (options: CallOptions) => patch(communityId, { status: 'approved' }, options)
      expectStatus(await change({ token, env: lostAnswer(1) }), 503, 'unavailable')
      expectStatus(await change({ token }), 409, 'invalid_transition')
      expect(await auditsOf(communityId, 'community_approved')).toHaveLength(1)
    })

    it('answers although the queue is down: the mail waits', async () => {
      const { token } = await admin()
      const { communityId } = await verified()
      expectStatus(
        await patch(communityId, { status: 'approved' }, { token, env: failingQueue() }),
        200,
      )
      expect((await mailsOf(communityId)).at(-1)).toMatchObject({
        template: 'community_approved',
        sentAt: null,
      })
    })

    it('an approval survives the week of a pending community, verified or not', async () => {
      const { token } = await admin()
      const { communityId } = await signedUp()
      expectStatus(await patch(communityId, { status: 'approved' }, { token }), 200)
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        vi.setSystemTime(Date.now() + 8 * 24 * 3_600_000)
        const next = await admin()
        expectStatus(await patch(communityId, { status: 'active' }, { token: next.token }), 200)
      } finally {
        vi.useRealTimers()
      }
    })
  })
})
