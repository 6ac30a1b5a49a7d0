/** Nobody writes what only the service decides, by whatever body; and nobody is told what is not meant for them. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, memberships, type Role, sessions, users } from '../../src/db/schema/index.ts'
import { admin, db, ownerIn, PASSWORD, signupForm, unique } from '../factories.ts'
import { NEW } from '../features/passwords/password-client.ts'
import { isUnsafe, routeList, takesBody } from '../http/route-list.ts'
import {
  addressHere,
  invited,
  mailedCode,
  memberOf,
  ownerHere,
  postAcceptance,
  postInvitation,
} from '../mailbox-client.ts'
import { type OpenSession, openSession, userRow } from '../session-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'
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
  'POST /auth/send-otp': ({ email }) => ({ email }),
  'POST /auth/send-signup-otp': ({ email }) => ({ email }),
  'POST /auth/verify-otp': ({ email }) => ({ email, code: '123456', flowId: 'F'.repeat(43) }),
  'POST /account/email': () => ({ newEmail: addressHere(), password: PASSWORD }),
  'POST /account/email/verify': () => ({ code: '123456' }),
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

describe('what a body does write', () => {
  const EXTRA = { ...ALSO, ...PROTECTED }

  it('of an invited person are name and password: the role is the invitation’s', async () => {
    const owner = await ownerHere()
    const email = addressHere()
    const { token } = await invited(owner, email, 'Member')
    const body = { ...EXTRA, token, fullName: 'Joy Mensah', password: PASSWORD }
    const before = Date.now()
    expectStatus(await postAcceptance(body), 200)
    const { roles } = await picture({ email, communityId: owner.communityId })
    expect(roles).toEqual([
      expect.objectContaining({ role: 'Member', communityId: owner.communityId }),
    ])
    const user = await userRow(email)
    const protectedOnes = { id: user.id, disabledAt: null, lockUntil: null, failedLoginAttempts: 0 }
    expect(user).toMatchObject({
      ...protectedOnes,
      fullName: 'Joy Mensah',
      communityId: owner.communityId,
    })
    expect(user.id).not.toBe(PROTECTED.id)
    for (const moment of [user.createdAt, user.emailVerifiedAt]) {
      expect(moment).toBeGreaterThanOrEqual(before)
    }
    expect(user.passwordHash).toMatch(/^\$argon2id\$/)
  })

  it('of an invitation are address and role, of which there are two', async () => {
    const owner = await ownerHere()
    for (const role of ['CommunityOwner', 'Admin', 'member', '', null, ['Member']]) {
      const body = { ...EXTRA, email: addressHere(), role }
      expectStatus(await postInvitation(owner, body), 422, 'validation_failed')
    }
    const email = addressHere()
    const body = { ...EXTRA, email, role: 'Moderator', invitedBy: 'x', expiresAt: 1 }
    const { data } = await postInvitation(owner, body)
    const { invitation } = data as { invitation: Record<string, unknown> }
    expect(invitation).toMatchObject({ email, role: 'Moderator', invitedBy: owner.userId })
    expect(invitation.id).not.toBe(PROTECTED.id)
    expect(Date.parse(String(invitation.expiresAt))).toBeGreaterThan(Date.now())
  })

  it('of a member is the role in the own community, of which there are two', async () => {
    const owner = await ownerHere()
    const member = await memberOf(owner)
    const change = (role: unknown) =>
      call(`${API}/communities/${owner.slug}/members/${member.userId}`, {
        method: 'PATCH',
        body: { ...EXTRA, role },
        token: owner.accessToken,
      })
    const before = await picture({ ...member, communityId: owner.communityId })
    for (const role of ['CommunityOwner', 'Admin', null]) {
      expectStatus(await change(role), 422, 'validation_failed')
    }
    expectStatus(await change('Moderator'), 200)
    const after = await picture({ ...member, communityId: owner.communityId })
    expect(after).toEqual({
      ...before,
      roles: before.roles.map((row) => ({ ...row, role: 'Moderator' })),
    })
  })

  it('of a community handed over is who owns it', async () => {
    const owner = await ownerHere()
    const heir = await memberOf(owner)
    const before = await picture(owner)
    const body = { ...EXTRA, userId: heir.userId, password: PASSWORD }
    const path = `${API}/communities/${owner.slug}/owner`
    expectStatus(await call(path, { body, token: owner.accessToken }), 200)
    const { user, community, roles } = await picture(owner)
    expect({ user, community }).toEqual({ user: before.user, community: before.community })
    expect(roles.map(({ role }) => role)).toEqual(['Moderator'])
    const heirs = await picture({ ...heir, communityId: owner.communityId })
    expect(heirs.roles.map(({ role }) => role)).toEqual(['CommunityOwner'])
  })

  it('of an account that moves is its address alone', async () => {
    const { accessToken: token, ...owner } = await ownerHere()
    const before = await picture(owner)
    const newEmail = addressHere()
    const body = { ...EXTRA, newEmail, password: PASSWORD }
    expectStatus(await call(`${API}/account/email`, { body, token }), 202)
    const code = await mailedCode(newEmail, 'email_change_code')
    const confirmed = { body: { ...EXTRA, code, newEmail: addressHere() }, token }
    expectStatus(await call(`${API}/account/email/verify`, confirmed), 200)
    const after = await picture({ ...owner, email: newEmail })
    expect(after).toEqual({
      ...before,
      user: { ...before.user, email: newEmail, emailVerifiedAt: after.user?.emailVerifiedAt },
    })
    expect(after.user?.emailVerifiedAt).not.toBe(PROTECTED.emailVerifiedAt)
  })
})

describe('what a person is told', () => {
  const SECRET =
    /hash|pepper|secret|failedLogin|lockUntil|riskS|statusReason|reviewedBy|internalNotes|createdBy|nameKey/i
  /** What is stored of oneself is one's own to take along, what others thought of it is not. */
  const TAKEN_ALONG = /^(?:failedLoginAttempts|lockUntil|statusReason|riskSignals|internalNotes)$/

  async function sessionOf(role: Role): Promise<OpenSession & { email: string; slug: string }> {
    const owner = await ownerIn('active')
    await db.update(memberships).set({ role }).where(eq(memberships.communityId, owner.communityId))
    return { ...(await openSession(owner)), email: owner.email, slug: owner.slug }
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
        const url = path
          .replace(`${API}/communities/:community`, `${API}/communities/${person.slug}`)
          .replaceAll(/:[a-z]+/gi, unique())
        const answer = await call(url, { token: person.accessToken })
        const isExport = path === `${API}/account/export`
        const shown = keysOf(answer.json).filter((key) => !(isExport && TAKEN_ALONG.test(key)))
        expect({ path, secret: shown.filter((key) => SECRET.test(key)) }).toEqual({
          path,
          secret: [],
        })
        answers.push(answer)
      }
      answers.push(
        await call(`${API}/account`, {
          method: 'PATCH',
          body: { fullName: 'A' },
          token: person.accessToken,
        }),
      )
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(2)
      expect(keysOf(answers.at(-1)?.json).filter((key) => SECRET.test(key))).toEqual([])
      const [row] = await db.select().from(sessions).where(eq(sessions.id, person.id))
      for (const { text } of answers) expect(text).not.toContain(row?.tokenHash)
    },
  )
})
