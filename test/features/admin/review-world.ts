/** Communities as reviewers meet them, made by hand where a signup would not make them so. */
import { eq } from 'drizzle-orm'
import { expect } from 'vitest'
import {
  communities,
  memberships,
  oneTimeTokens,
  type Role,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import { communityNameKey } from '../../../src/lib/community-name.ts'
import { newId } from '../../../src/lib/ids.ts'
import { db, ownerIn, type SignedUp, unique } from '../../factories.ts'
import { openSession } from '../../session-client.ts'

export const DAY_MS = 24 * 3600 * 1000

type CommunityInsert = typeof communities.$inferInsert

/** A community without any member. */
export async function madeCommunity(overrides: Partial<CommunityInsert> = {}) {
  const now = overrides.createdAt ?? Date.now()
  const name = overrides.name ?? `Circle ${unique()}`
  const row = {
    id: newId(now),
    name,
    nameKey: communityNameKey(name),
    slugBase: `slug-${unique()}`,
    slugNumber: 0,
    status: 'active' as const,
    bio: 'We meet.',
    officialEmail: `office@${unique()}.example`,
    country: 'India',
    city: 'Pune',
    createdAt: now,
    updatedAt: now,
    ...overrides,
  }
  await db.insert(communities).values(row)
  return { ...row, slug: row.slugBase }
}

/** The community was signed up so many days ago. */
export async function ageBy(communityId: string, days: number): Promise<void> {
  const createdAt = Date.now() - days * DAY_MS
  await db.update(communities).set({ createdAt }).where(eq(communities.id, communityId))
}

/** A person with this role in an active community of their own, and an access token. */
export async function personAs(role: Role): Promise<SignedUp & { token: string }> {
  const person = await ownerIn('active')
  await db.update(memberships).set({ role }).where(eq(memberships.communityId, person.communityId))
  return { ...person, token: (await openSession(person)).accessToken }
}

/** Every value about this person and community that must never leave the database. */
export async function secretsOf({ communityId, email }: SignedUp): Promise<string[]> {
  const ofUser = await db.select().from(users).where(eq(users.email, email))
  const ofTokens = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
  const ofSessions = await db.select().from(sessions).where(eq(sessions.communityId, communityId))
  const [community] = await db.select().from(communities).where(eq(communities.id, communityId))
  const secrets = [
    ...ofUser.map(({ passwordHash }) => passwordHash),
    ...ofTokens.map(({ tokenHash }) => tokenHash),
    ...ofSessions.map(({ tokenHash }) => tokenHash),
    community?.logo,
  ]
  // One of each kind at least, or this would prove nothing.
  expect(ofUser.length * ofTokens.length * ofSessions.length).toBeGreaterThan(0)
  expect(secrets.every(Boolean)).toBe(true)
  return secrets.filter((secret) => typeof secret === 'string')
}
