import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  communities,
  FAILURES_UNTIL_RESET,
  LOCKED_UNTIL_RESET,
  memberships,
  users,
} from '../../../src/db/schema/index.ts'
import { accessTokenOf, admin, db, ownerIn, signedUp, unique } from '../../factories.ts'
import { memberOf, ownerHere } from '../../mailbox-client.ts'
import { openSession, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingDatabase } from '../../support/faults.ts'
import { costOf } from '../passwords/password-client.ts'
import { find, itemsOf } from './user-client.ts'

const DAY_MS = 24 * 3600 * 1000

let reviewer: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  reviewer = await admin()
})

const setUser = (email: string, change: Partial<typeof users.$inferInsert>) =>
  db.update(users).set(change).where(eq(users.email, email))

const only = async (email: string) => {
  const answer = await find(reviewer, { email })
  expectStatus(answer, 200)
  const items = itemsOf(answer)
  expect(items).toHaveLength(1)
  return items[0]
}

describe('GET /api/v1/admin/users', () => {
  describe('works', () => {
    it('shows what it takes to help somebody in, and no more', async () => {
      const owner = await ownerHere()
      await openSession(owner)
      const row = await userRow(owner.email)
      const item = await only(owner.email)
      expect(item).toEqual({
        id: row.id,
        email: owner.email,
        fullName: 'Mira Rao',
        emailVerified: true,
        locale: 'en',
        community: {
          id: owner.communityId,
          name: owner.form.communityName,
          slug: owner.slug,
          status: 'active',
        },
        memberships: [
          {
            communityId: owner.communityId,
            name: owner.form.communityName,
            slug: owner.slug,
            status: 'active',
            role: 'CommunityOwner',
          },
        ],
        createdAt: new Date(row.createdAt).toISOString(),
        lastLoginAt: expect.stringMatching(/Z$/),
        livingSessions: 2,
        disabledAt: null,
        password: 'set',
        failedLoginAttempts: 0,
        lock: 'none',
        blockedUntil: null,
      })
    })

    it.each([
      ['in capital letters', (email: string) => email.toUpperCase()],
      ['with spaces around it', (email: string) => ` ${email} `],
    ])('finds the address %s', async (_, write) => {
      const { email } = await ownerIn('active')
      expectStatus(await find(reviewer, { email: write(email) }), 200)
      expect(itemsOf(await find(reviewer, { email: write(email) }))).toMatchObject([{ email }])
    })

    it('finds just this address: nobody whose address begins so, contains it or has a tag', async () => {
      const name = unique()
      await ownerIn('active', { email: `x${name}@apex.example` })
      await ownerIn('active', { email: `${name}+tag@apex.example` })
      await ownerIn('active', { email: `${name}@apex.example.org` })
      const answer = await find(reviewer, { email: `${name}@apex.example` })
      expectStatus(answer, 200)
      expect(answer.data).toEqual({ items: [], nextCursor: null })
    })

    it('shows the account first, then its signups from the newest on, each with its community', async () => {
      const { email } = await ownerIn('active')
      const [first, second] = [await signedUp({ email }), await signedUp({ email })]
      const items = itemsOf(await find(reviewer, { email }))
      expect(items.map(({ emailVerified }) => emailVerified)).toEqual([true, false, false])
      expect(items.slice(1)).toMatchObject([
        { community: { id: second.communityId, status: 'pending' } },
        { community: { id: first.communityId, status: 'pending' } },
      ])
    })

    it('reads on page by page, without gaps, while others sign up with the address', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 3; n++) await signedUp({ email })
      const whole = itemsOf(await find(reviewer, { email })).map(({ id }) => id)
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const query: Record<string, string> = { email, limit: '1', ...(cursor && { cursor }) }
        const { data } = await find(reviewer, query)
        seen.push(...(data.items as { id: string }[]).map(({ id }) => id))
        cursor = data.nextCursor as string | null
        if (seen.length === 2) await signedUp({ email })
      }
      expect(seen).toEqual(whole)
    })

    it('shows every community that somebody is in', async () => {
      const [one, other] = [await ownerHere(), await ownerHere()]
      const { email, userId } = await memberOf(one, 'Moderator')
      const membership = { userId, communityId: other.communityId, role: 'Member' as const }
      await db.insert(memberships).values({ ...membership, createdAt: 1 })
      const item = await only(email)
      const listed = item?.memberships as { communityId: string; role: string }[]
      expect(new Map(listed.map(({ communityId, role }) => [communityId, role]))).toEqual(
        new Map([
          [one.communityId, 'Moderator'],
          [other.communityId, 'Member'],
        ]),
      )
      expect(item).toMatchObject({ password: 'none' })
    })

    it('says how an account is locked, and whether its password is of any use', async () => {
      const { email } = await ownerIn('active')
      const soon = Date.now() + 60_000
      await setUser(email, { lockUntil: soon, failedLoginAttempts: 5 })
      expect(await only(email)).toMatchObject({
        lock: 'blocked',
        blockedUntil: new Date(soon).toISOString(),
        failedLoginAttempts: 5,
        password: 'set',
      })
      await setUser(email, { lockUntil: Date.now() - 1 })
      expect(await only(email)).toMatchObject({ lock: 'none', blockedUntil: null })
      await setUser(email, {
        lockUntil: LOCKED_UNTIL_RESET,
        failedLoginAttempts: FAILURES_UNTIL_RESET,
        disabledAt: 1,
      })
      expect(await only(email)).toMatchObject({
        lock: 'until_reset',
        blockedUntil: null,
        password: 'switched_off',
        disabledAt: '1970-01-01T00:00:00.001Z',
      })
    })

    it('counts living sessions alone', async () => {
      const owner = await ownerIn('active')
      const { accessToken } = await openSession(owner)
      await openSession(owner)
      await call(`${API}/auth/logout`, { method: 'POST', token: accessToken })
      expect(await only(owner.email)).toMatchObject({ livingSessions: 1 })
    })

    it('finds admins too, and reads the database twice', async () => {
      const answer = await find(reviewer, { email: reviewer.email })
      expectStatus(answer, 200)
      expect(itemsOf(answer)).toMatchObject([{ id: reviewer.id, memberships: [{ role: 'Admin' }] }])
      expect(costOf(answer)).toBe('d1 2, do 0')
    })
  })

  describe('refuses', () => {
    it.each([
      [{}],
      [{ email: '' }],
      [{ email: 'mira' }],
      [{ email: 'mira@apex.example,eve@evil.example' }],
      [{ email: 'mira@apex.example', limit: '0' }],
      [{ email: 'mira@apex.example', cursor: 'x' }],
    ])('%j', async (query) => {
      const answer = await find(reviewer, query as Record<string, string>)
      expectStatus(answer, 422, 'validation_failed')
    })

    it('two addresses', async () => {
      const query = 'email=a@apex.example&email=b@apex.example'
      const answer = await call(`${API}/admin/users?${query}`, { token: reviewer.token })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual(['email'])
    })

    it('whoever is no admin, before it looks at the address', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      expectStatus(await find({ token }, {}), 403, 'forbidden')
      expectStatus(await call(`${API}/admin/users`), 401, 'unauthenticated')
    })
  })

  describe('is safe', () => {
    it('shows no signup whose week is over', async () => {
      const { email, communityId } = await signedUp()
      expect(await only(email)).toMatchObject({ emailVerified: false, livingSessions: 0 })
      const createdAt = Date.now() - 8 * DAY_MS
      await db.update(communities).set({ createdAt }).where(eq(communities.id, communityId))
      expect(itemsOf(await find(reviewer, { email }))).toEqual([])
    })

    it('shows no secret and nothing of the profile', async () => {
      const owner = await ownerHere()
      const { text } = await find(reviewer, { email: owner.email })
      const row = await userRow(owner.email)
      for (const hidden of [row.passwordHash ?? '', 'Pune', 'ORGANISER', 'Open source', 'rt.']) {
        expect(text).not.toContain(hidden)
      }
    })

    it('a database that fails is no empty list', async () => {
      const answer = await find(reviewer, { email: reviewer.email }, { env: failingDatabase() })
      expectStatus(answer, 503, 'unavailable')
    })
  })
})
