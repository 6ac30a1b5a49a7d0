/** Nobody writes what only the service decides, by whatever body; and nobody is told what is not meant for them. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, memberships, type Role, sessions, users } from '../../src/db/schema/index.ts'
import { admin, db, ownerIn, PASSWORD, signupForm, unique } from '../factories.ts'
import { NEW } from '../features/passwords/password-client.ts'
import { isUnsafe, routeList, takesBody } from '../http/route-list.ts'
import { type OpenSession, openSession } from '../session-client.ts'
import { type Answer, API, call } from '../support/call.ts'
import { DOCS, section } from './read-sources.ts'

/** What no body decides, with a value that would be worth trying. */
const PROTECTED: Record<string, unknown> = {
  id: '00000000-0000-7000-8000-000000000001',
  role: 'Admin',
  emailVerifiedAt: 1,
  failedLoginAttempts: -1000,
  lockUntil: null,
  disabledAt: 1,
  passwordHash: 'x',
  createdBy: '00000000-0000-7000-8000-000000000001',
  createdAt: 1,
  version: 99,
}
const ALSO = {
  userId: 'x',
  communityId: 'x',
  isAdmin: true,
  emailVerified: true,
  isDeleted: true,
  reviewedBy: 'x',
  riskSignals: [],
  slug: 'admin',
  permissions: { superAdmin: true },
  primaryRole: 'Admin',
}

/** Of each route with a body: one that it takes. */
const VALID: Record<string, (of: { email: string }) => object> = {
  'POST /auth/signup-community': () => signupForm(),
  'POST /auth/login': ({ email }) => ({ email, password: PASSWORD, tokenTransport: 'body' }),
  'POST /auth/forgot-password': ({ email }) => ({ email }),
  'POST /auth/resend-verification': ({ email }) => ({ email }),
  'PATCH /account': () => ({ fullName: 'Mira Rao' }),
  'POST /account/password': () => ({ currentPassword: PASSWORD, newPassword: NEW }),
}

const UNSAFE = routeList().filter((route) => route.path.startsWith(API) && isUnsafe(route))

async function picture({ email, communityId }: { email: string; communityId: string }) {
  const [user] = await db.select().from(users).where(eq(users.email, email))
  const [community] = await db.select().from(communities).where(eq(communities.id, communityId))
  const roles = await db
    .select()
    .from(memberships)
    .where(eq(memberships.userId, user?.id ?? ''))
  return { user, community, roles }
}

describe('the fields that no body writes', () => {
  it('are those of the page', () => {
    const text = section(DOCS['sign-in.md'] ?? '', 'Fields')
    const [, list = ''] = /Nobody writes ([\s\S]*?):/.exec(text) ?? []
    expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(PROTECTED))
  })

  it.each(UNSAFE.filter(takesBody))(
    'stay as they are, whoever asks: $method $path',
    async ({ method, path }) => {
      const owner = await ownerIn('active')
      const session = await openSession(owner)
      const before = await picture(owner)
      const valid = VALID[`${method} ${path.slice(API.length)}`]?.(owner) ?? {
        token: 'x',
        refreshToken: 'x',
      }
      const url = path.replaceAll(/:[a-z]+/gi, owner.communityId)
      const body = { ...valid, ...ALSO, ...PROTECTED }
      await call(url, { method, body, token: session.accessToken })
      const after = await picture(owner)
      expect(after.roles.map(({ role }) => role)).toEqual(before.roles.map(({ role }) => role))
      expect(after.community).toEqual(before.community)
      const { passwordHash: oldHash, profile: _old, ...userBefore } = before.user ?? {}
      const { passwordHash, profile: _new, ...userAfter } = after.user ?? {}
      expect(userAfter).toEqual(userBefore)
      if (path.endsWith('/account/password')) expect(passwordHash).toMatch(/^\$argon2id\$/)
      else expect(passwordHash).toBe(oldHash)
    },
  )

  it('stay as they are where an admin writes too', async () => {
    const { token, id } = await admin()
    const owner = await ownerIn('pending')
    const before = await picture(owner)
    const answer = await call(`${API}/admin/communities/${owner.communityId}/status`, {
      method: 'PATCH',
      body: { status: 'approved', ...ALSO, ...PROTECTED },
      token,
    })
    expect(answer.status).toBe(200)
    const { community, user, roles } = await picture(owner)
    expect({ user, roles }).toEqual({ user: before.user, roles: before.roles })
    expect(community).toEqual({
      ...before.community,
      status: 'approved',
      statusReason: null,
      version: 2,
      reviewedBy: id,
      reviewedAt: expect.any(Number),
      updatedAt: expect.any(Number),
    })
  })
})

describe('what a person is told', () => {
  const SECRET =
    /hash|pepper|secret|failedLogin|lockUntil|riskS|statusReason|reviewedBy|internalNotes|createdBy|nameKey/i

  async function sessionOf(role: Role): Promise<OpenSession & { email: string }> {
    const owner = await ownerIn('active')
    await db.update(memberships).set({ role }).where(eq(memberships.communityId, owner.communityId))
    return { ...(await openSession(owner)), email: owner.email }
  }

  function keysOf(value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
  }

  it.each(['CommunityOwner', 'Moderator', 'Member'] as const)(
    'as %s holds nothing that is for reviewers or for nobody',
    async (role) => {
      const person = await sessionOf(role)
      const reads = routeList().filter(
        ({ method, path }) => method === 'GET' && path.startsWith(API),
      )
      const answers: Answer[] = []
      for (const { path } of reads) {
        answers.push(
          await call(path.replaceAll(/:[a-z]+/gi, unique()), { token: person.accessToken }),
        )
      }
      answers.push(
        await call(`${API}/account`, {
          method: 'PATCH',
          body: { fullName: 'A' },
          token: person.accessToken,
        }),
      )
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(2)
      for (const { json } of answers)
        expect(keysOf(json).filter((key) => SECRET.test(key))).toEqual([])
      const [row] = await db.select().from(sessions).where(eq(sessions.id, person.id))
      for (const { text } of answers) expect(text).not.toContain(row?.tokenHash)
    },
  )
})
