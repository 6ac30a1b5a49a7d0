import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createAdmin, findAddressOwner } from '../../scripts/create-admin.ts'
import { createDatabase } from '../../src/db/client.ts'
import { PLATFORM_COMMUNITY_ID } from '../../src/db/schema/index.ts'
import { loadArgon2 } from '../../src/lib/argon2.ts'
import { newId } from '../../src/lib/ids.ts'
import { createPasswords } from '../../src/lib/passwords.ts'

const PASSWORD = 'purple elephants dance slowly'
const NOW = Date.UTC(2026, 5, 1)

const db = createDatabase(env.DB, { roundTrips: 0 })
const secret = crypto.getRandomValues(new Uint8Array(32))
const passwords = createPasswords({ argon2: loadArgon2, peppers: [{ version: 1, secret }] })
const deps = { db, passwords, now: NOW }

let addresses = 0
const newAddress = () => `person-${addresses++}@example.com`

interface AdminRow {
  id: string
  community_id: string
  email_verified_at: number
  password_hash: string
  role: string
  audited: number
}

/** Every user of an address with its membership and the number of its audit rows. */
async function rowsOf(email: string): Promise<AdminRow[]> {
  const { results } = await env.DB.prepare(
    `select users.id, users.community_id, email_verified_at, password_hash, role,
       (select count(*) from audit_logs where action = 'admin_created' and user_id = users.id) audited
     from users left join memberships on user_id = users.id where email = ?`,
  )
    .bind(email)
    .all<AdminRow>()
  return results
}

/** A user outside the reserved community; `verifiedAt` null for one who has not proven the mailbox. */
async function addOwner(email: string, verifiedAt: number | null): Promise<void> {
  const [userId, communityId] = [newId(NOW), newId(NOW)]
  await env.DB.batch([
    env.DB.prepare(
      `insert into communities (id, name, name_key, slug_base, slug_number, status, bio, country, city, created_at, updated_at)
       values (?1, ?1, ?1, ?1, 0, 'pending', '', '', '', 0, 0)`,
    ).bind(communityId),
    env.DB.prepare(
      `insert into users (id, email, full_name, community_id, email_verified_at, created_at) values (?, ?, '', ?, ?, 0)`,
    ).bind(userId, email, communityId, verifiedAt),
    env.DB.prepare(
      `insert into memberships (user_id, community_id, role, created_at) values (?, ?, 'CommunityOwner', 0)`,
    ).bind(userId, communityId),
  ])
}

describe('admin:create works', () => {
  it('for a new address: a verified Admin of the reserved community, with one audit row', async () => {
    const email = newAddress()
    expect(await findAddressOwner(db, email)).toBe('nobody')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(true)
    expect(await findAddressOwner(db, email)).toBe('admin')
    const [row, ...others] = await rowsOf(email)
    expect(others).toEqual([])
    expect(row).toMatchObject({
      community_id: PLATFORM_COMMUNITY_ID,
      email_verified_at: NOW,
      role: 'Admin',
      audited: 1,
    })
    expect(await passwords.verify(row?.password_hash, PASSWORD)).toMatchObject({ ok: true })
  })

  it('for the address of a signup that nobody has verified, which stays as it is', async () => {
    const email = newAddress()
    await addOwner(email, null)
    expect(await findAddressOwner(db, email)).toBe('nobody')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(true)
    expect((await rowsOf(email)).map(({ role }) => role).toSorted()).toEqual([
      'Admin',
      'CommunityOwner',
    ])
  })
})

describe('admin:create refuses', () => {
  it('an address that has an account outside the reserved community', async () => {
    const email = newAddress()
    await addOwner(email, NOW)
    const before = await rowsOf(email)
    expect(await findAddressOwner(db, email)).toBe('someone')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(false)
    expect(await rowsOf(email)).toEqual(before)
  })

  it('to change an admin who exists: neither the password nor anything else', async () => {
    const email = newAddress()
    await createAdmin(deps, { email, password: PASSWORD })
    const before = await rowsOf(email)
    expect(await createAdmin(deps, { email, password: 'yellow giraffes sing at dawn' })).toBe(false)
    expect(await rowsOf(email)).toEqual(before)
  })
})

describe('admin:create is safe', () => {
  it('when it runs ten times at once: one admin, one membership, one audit row', async () => {
    const email = newAddress()
    const runs = Array.from({ length: 10 }, () => createAdmin(deps, { email, password: PASSWORD }))
    const made = await Promise.all(runs)
    expect(made.filter(Boolean)).toHaveLength(1)
    expect(await rowsOf(email)).toEqual([expect.objectContaining({ role: 'Admin', audited: 1 })])
  })
})
