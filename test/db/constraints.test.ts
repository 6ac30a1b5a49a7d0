import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase, isConstraintError } from '../../src/db/client.ts'
import {
  COMMUNITY_STATUSES,
  communities,
  memberships,
  oneTimeTokens,
  PLATFORM_COMMUNITY_ID,
  ROLES,
  sessions,
  users,
} from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { race } from '../support/race.ts'

const NOW = Date.UTC(2026, 10, 22)
const db = createDatabase(env.DB, { roundTrips: 0 })

const community = (overrides: Record<string, unknown> = {}) => {
  const id = newId(NOW)
  return {
    id,
    name: 'Circle',
    nameKey: id,
    slugBase: id,
    slugNumber: 0,
    status: 'pending' as const,
    bio: 'b',
    country: 'c',
    city: 'c',
    createdAt: NOW,
    updatedAt: NOW,
    ...overrides,
  }
}

async function newCommunity(): Promise<string> {
  const row = community()
  await db.insert(communities).values(row)
  return row.id
}

const user = (communityId: string, overrides: Record<string, unknown> = {}) => ({
  id: newId(NOW),
  email: `${newId(NOW)}@a.example`,
  fullName: 'U',
  communityId,
  createdAt: NOW,
  ...overrides,
})

async function newUser(overrides: Record<string, unknown> = {}) {
  const row = user(await newCommunity(), overrides)
  await db.insert(users).values(row)
  return row
}

const session = (userId: string, communityId: string, deviceId = newId(NOW)) => ({
  id: newId(NOW),
  userId,
  communityId,
  deviceId,
  transport: 'body' as const,
  tokenHash: 'h',
  generation: 1,
  createdAt: NOW,
  lastActiveAt: NOW,
  idleExpiresAt: NOW,
  absoluteExpiresAt: NOW,
})

const failure = async (run: () => PromiseLike<unknown>): Promise<unknown> => {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('the database accepted it')
}

/** Refused by a UNIQUE or CHECK constraint, as services will see it. */
async function expectConstraint(run: () => PromiseLike<unknown>): Promise<void> {
  expect(isConstraintError(await failure(run))).toBe(true)
}

describe('the status of a community', () => {
  it.each(COMMUNITY_STATUSES)('may be %s', async (status) => {
    await db.insert(communities).values(community({ status }))
  })

  it.each(['', 'Active', 'deleted', 'PENDING', 'active '])('may not be %j', async (status) => {
    await expectConstraint(() => db.insert(communities).values(community({ status })))
    const id = await newCommunity()
    await expectConstraint(() =>
      env.DB.prepare('UPDATE communities SET status = ? WHERE id = ?').bind(status, id).run(),
    )
  })
})

describe('the role of a member', () => {
  const join = async (role: string, communityId: string) => {
    const { id } = await newUser()
    const row = { userId: id, communityId, role: role as 'Member', createdAt: NOW }
    await db.insert(memberships).values(row)
  }

  it.each(ROLES.filter((role) => role !== 'Admin'))('may be %s in any community', async (role) => {
    await join(role, await newCommunity())
  })

  it('may be Admin in the reserved community alone', async () => {
    await join('Admin', PLATFORM_COMMUNITY_ID)
    const communityId = await newCommunity()
    await expectConstraint(() => join('Admin', communityId))
  })

  it('cannot become Admin elsewhere, nor can an admin move elsewhere', async () => {
    const { id, communityId } = await newUser()
    const member = { userId: id, communityId, role: 'Member' as const, createdAt: NOW }
    await db.insert(memberships).values(member)
    await expectConstraint(() =>
      db.update(memberships).set({ role: 'Admin' }).where(eq(memberships.userId, id)),
    )
    const admin = { ...member, communityId: PLATFORM_COMMUNITY_ID, role: 'Admin' as const }
    await db.insert(memberships).values(admin)
    const elsewhere = await newCommunity()
    await expectConstraint(() =>
      env.DB.prepare(`UPDATE memberships SET community_id = ? WHERE user_id = ? AND role = 'Admin'`)
        .bind(elsewhere, id)
        .run(),
    )
  })

  it.each(['', 'Owner', 'admin', 'ADMIN', 'superAdmin'])('may not be %j', async (role) => {
    await expectConstraint(() => join(role, PLATFORM_COMMUNITY_ID))
  })

  it('is one in each community', async () => {
    const { id, communityId } = await newUser()
    const row = { userId: id, communityId, role: 'Member' as const, createdAt: NOW }
    await db.insert(memberships).values(row)
    await expectConstraint(() =>
      db.insert(memberships).values({ ...row, role: 'CommunityOwner' as const }),
    )
  })
})

describe('an address', () => {
  it('has one verified user, and any number of unverified ones beside', async () => {
    const { email } = await newUser({ emailVerifiedAt: NOW })
    await newUser({ email })
    await newUser({ email })
    await expectConstraint(() => newUser({ email, emailVerifiedAt: NOW }))
  })

  it('is proven by one of twenty at once', async () => {
    const email = `${newId(NOW)}@a.example`
    const people = await race(20, () => newUser({ email }))
    const results = await race(20, async (n) => {
      const id = people[n]?.id ?? ''
      const verify = db.update(users).set({ emailVerifiedAt: NOW }).where(eq(users.id, id))
      return verify.then(
        () => 'won',
        (error: unknown) => (isConstraintError(error) ? 'lost' : 'broke'),
      )
    })
    expect(results.filter((result) => result === 'won')).toHaveLength(1)
    expect(results.filter((result) => result === 'lost')).toHaveLength(19)
  })
})

describe('two communities', () => {
  it.each(['nameKey', 'officialEmail', 'domain'] as const)('never share %s', async (field) => {
    const value = newId(NOW)
    await db.insert(communities).values(community({ [field]: value }))
    await expectConstraint(() => db.insert(communities).values(community({ [field]: value })))
  })

  it('never share a slug, however it is composed', async () => {
    const base = newId(NOW)
    await db.insert(communities).values(community({ slugBase: base, slugNumber: 1 }))
    await db.insert(communities).values(community({ slugBase: base, slugNumber: 0 }))
    const composed = { slugBase: `${base}-1`, slugNumber: 0 }
    await expectConstraint(() => db.insert(communities).values(community(composed)))
    await expectConstraint(() =>
      db.insert(communities).values(community({ slugBase: base, slugNumber: 1 })),
    )
  })

  it('may both have no official address and no domain', async () => {
    await db.insert(communities).values(community({ officialEmail: null, domain: null }))
    await db.insert(communities).values(community({ officialEmail: null, domain: null }))
  })
})

describe('a device', () => {
  it('has one living session of a user, and any number of ended ones', async () => {
    const { id, communityId } = await newUser()
    const one = session(id, communityId)
    const again = session(id, communityId, one.deviceId)
    await db.insert(sessions).values(one)
    await expectConstraint(() => db.insert(sessions).values(again))
    await db.update(sessions).set({ revokedAt: NOW }).where(eq(sessions.id, one.id))
    await db.insert(sessions).values(again)
  })
})

describe('a token', () => {
  const token = (overrides: Record<string, unknown> = {}) => ({
    id: newId(NOW),
    purpose: 'invitation' as const,
    keyVersion: 1,
    tokenHash: newId(NOW),
    email: 'mira@a.example',
    createdAt: NOW,
    expiresAt: NOW,
    ...overrides,
  })

  it('is one row: no two have the same hash, whatever they are for', async () => {
    const one = token()
    await db.insert(oneTimeTokens).values(one)
    const twin = token({ tokenHash: one.tokenHash, purpose: 'magic_link' })
    await expectConstraint(() => db.insert(oneTimeTokens).values(twin))
  })

  it('outlives the people and the community that it names', async () => {
    const { id, communityId } = await newUser()
    const row = token({ userId: id, communityId })
    await db.insert(oneTimeTokens).values(row)
    await db.delete(users).where(eq(users.id, id))
    await db.delete(communities).where(eq(communities.id, communityId))
    const left = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, row.id))
    expect(left).toMatchObject([{ userId: id, communityId, withdrawnAt: null, usedAt: null }])
  })
})

describe('foreign keys are on', () => {
  const isRefused = async (run: () => PromiseLike<unknown>) => {
    const error = await failure(run)
    expect(JSON.stringify([String(error), String((error as Error).cause)])).toContain('FOREIGN KEY')
    // A race never looks like this: it is a fault of ours.
    expect(isConstraintError(error)).toBe(false)
  }

  it('no user without a community', () => isRefused(() => db.insert(users).values(user('nowhere'))))

  it('no membership and no session without both', async () => {
    const { id, communityId } = await newUser()
    for (const [userId, where] of [
      ['nobody', communityId],
      [id, 'nowhere'],
    ] as const) {
      const member = { userId, communityId: where, role: 'Member' as const, createdAt: NOW }
      await isRefused(() => db.insert(memberships).values(member))
      await isRefused(() => db.insert(sessions).values(session(userId, where)))
    }
  })

  it('nobody’s home goes away while it is their home, nor one that they are a member of', async () => {
    const { id } = await newUser()
    const communityId = await newCommunity()
    const member = { userId: id, communityId, role: 'Moderator' as const, createdAt: NOW }
    await db.insert(memberships).values(member)
    await isRefused(() => db.delete(communities).where(eq(communities.id, communityId)))
    await isRefused(() => db.update(users).set({ communityId: 'nowhere' }).where(eq(users.id, id)))
    await db.insert(sessions).values(session(id, communityId))
    await isRefused(() =>
      db.update(sessions).set({ communityId: 'nowhere' }).where(eq(sessions.userId, id)),
    )
  })

  it('no community goes before its users, no user before memberships and sessions', async () => {
    const { id, communityId } = await newUser()
    await isRefused(() => db.delete(communities).where(eq(communities.id, communityId)))
    const member = { userId: id, communityId, role: 'Member' as const, createdAt: NOW }
    await db.insert(memberships).values(member)
    await isRefused(() => db.delete(users).where(eq(users.id, id)))
    await db.delete(memberships).where(eq(memberships.userId, id))
    await db.insert(sessions).values(session(id, communityId))
    await isRefused(() => db.delete(users).where(eq(users.id, id)))
    await db.delete(sessions).where(eq(sessions.userId, id))
    await db.delete(users).where(eq(users.id, id))
    await db.delete(communities).where(eq(communities.id, communityId))
  })
})
