import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createAdmin, findAddressOwner, inviteAdmin } from '../../scripts/create-admin.ts'
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
  password_hash: string | null
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

interface MailRow {
  id: string
  [column: string]: string | number | null
}

/** Every outbox row of an address. */
async function mailsTo(email: string): Promise<MailRow[]> {
  const query = 'select * from outbox where email = ? order by created_at'
  const { results } = await env.DB.prepare(query).bind(email).all<MailRow>()
  return results
}

/** The Worker has sent it, or given it up. */
async function finish(mail: MailRow | undefined, column: 'sent_at' | 'failed_at') {
  await env.DB.prepare(`update outbox set ${column} = 1 where id = ?`)
    .bind(mail?.id ?? '')
    .run()
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

/** The account of the address has moved away from it; the link that brings it back lives until then (ms UTC). */
async function addUndo(email: string, expiresAt: number, usedAt: number | null = null) {
  const query = `insert into one_time_tokens (id, purpose, key_version, token_hash, user_id, email, created_at, expires_at, used_at)
    values (?1, 'revert_email', 1, ?1, ?1, ?2, 0, ?3, ?4)`
  await env.DB.prepare(query).bind(newId(NOW), email, expiresAt, usedAt).run()
}

describe('admin:create works', () => {
  it('for a new address: a verified Admin of the reserved community, with one audit row', async () => {
    const email = newAddress()
    expect(await findAddressOwner(db, email, Date.now())).toBe('nobody')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(true)
    expect(await findAddressOwner(db, email, Date.now())).toBe('admin')
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
    expect(await findAddressOwner(db, email, Date.now())).toBe('nobody')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(true)
    expect((await rowsOf(email)).map(({ role }) => role).toSorted()).toEqual([
      'Admin',
      'CommunityOwner',
    ])
  })
})

describe('admin:create and an address that an account has left', () => {
  it('is refused as long as the link lives that brings it back, and mails nobody', async () => {
    const email = newAddress()
    await addUndo(email, NOW + 1)
    expect(await findAddressOwner(db, email, NOW)).toBe('someone')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(false)
    expect(await inviteAdmin({ db, now: NOW }, email)).toBe('someone')
    expect(await rowsOf(email)).toEqual([])
    expect(await mailsTo(email)).toEqual([])
  })

  it('is refused too where a signup that nobody has verified waits there', async () => {
    const email = newAddress()
    await addOwner(email, null)
    await addUndo(email, NOW + 1)
    expect(await findAddressOwner(db, email, NOW)).toBe('someone')
    expect(await createAdmin(deps, { email, password: PASSWORD })).toBe(false)
    expect(await rowsOf(email)).toMatchObject([{ role: 'CommunityOwner' }])
  })

  it.each(['expired', 'used'] as const)('is free once that link is %s', async (state) => {
    const [one, two] = [newAddress(), newAddress()]
    for (const email of [one, two]) {
      if (state === 'expired') await addUndo(email, NOW)
      else await addUndo(email, NOW + 1, NOW - 1)
      expect(await findAddressOwner(db, email, NOW)).toBe('nobody')
    }
    expect(await createAdmin(deps, { email: one, password: PASSWORD })).toBe(true)
    expect(await inviteAdmin({ db, now: NOW }, two)).toBe('made')
  })

  it('is an admin’s own to move: the one who left it stays an admin elsewhere', async () => {
    const [left, email] = [newAddress(), newAddress()]
    await createAdmin(deps, { email, password: PASSWORD })
    await addUndo(left, NOW + 1)
    expect(await findAddressOwner(db, email, NOW)).toBe('admin')
    expect(await createAdmin(deps, { email: left, password: PASSWORD })).toBe(false)
  })
})

describe('admin:create refuses', () => {
  it('an address that has an account outside the reserved community', async () => {
    const email = newAddress()
    await addOwner(email, NOW)
    const before = await rowsOf(email)
    expect(await findAddressOwner(db, email, Date.now())).toBe('someone')
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

describe('admin:create --remote works', () => {
  it('for a new address: an Admin without a password, and one mail to choose it', async () => {
    const email = newAddress()
    expect(await inviteAdmin({ db, now: NOW }, email)).toBe('made')
    const [row, ...others] = await rowsOf(email)
    expect(others).toEqual([])
    expect(row).toMatchObject({
      community_id: PLATFORM_COMMUNITY_ID,
      email_verified_at: NOW,
      password_hash: null,
      role: 'Admin',
      audited: 1,
    })
    const [mail, ...moreMail] = await mailsTo(email)
    expect(moreMail).toEqual([])
    expect(mail).toMatchObject({
      kind: 'mail',
      template: 'set_password',
      locale: 'en',
      address_key: '',
      token_id: null,
      user_id: row?.id,
      community_id: PLATFORM_COMMUNITY_ID,
      created_at: NOW,
      not_before: NOW,
      expires_at: null,
      sent_at: null,
      failed_at: null,
      payload: null,
    })
    expect(await findAddressOwner(db, email, Date.now())).toBe('admin_without_password')
  })

  it.each(['sent_at', 'failed_at'] as const)(
    'again once its mail is finished (%s): the link is mailed again, and nobody is made',
    async (column) => {
      const email = newAddress()
      await inviteAdmin({ db, now: NOW }, email)
      const before = await rowsOf(email)
      await finish((await mailsTo(email))[0], column)
      expect(await inviteAdmin({ db, now: NOW + 1 }, email)).toBe('mailed_again')
      expect(await rowsOf(email)).toEqual(before)
      const mails = await mailsTo(email)
      expect(mails.map(({ created_at }) => created_at)).toEqual([NOW, NOW + 1])
      expect(mails[1]).toMatchObject({ template: 'set_password', user_id: before[0]?.id })
    },
  )

  it('for the address of a signup that nobody has verified, which stays as it is', async () => {
    const email = newAddress()
    await addOwner(email, null)
    expect(await inviteAdmin({ db, now: NOW }, email)).toBe('made')
    expect((await rowsOf(email)).map(({ role }) => role).toSorted()).toEqual([
      'Admin',
      'CommunityOwner',
    ])
    expect(await mailsTo(email)).toHaveLength(1)
  })
})

describe('admin:create --remote refuses', () => {
  it('an address that has an account outside the reserved community, and mails nothing', async () => {
    const email = newAddress()
    await addOwner(email, NOW)
    const before = await rowsOf(email)
    expect(await inviteAdmin({ db, now: NOW }, email)).toBe('someone')
    expect(await rowsOf(email)).toEqual(before)
    expect(await mailsTo(email)).toEqual([])
  })

  it('to mail an admin who has a password', async () => {
    const email = newAddress()
    await createAdmin(deps, { email, password: PASSWORD })
    const before = await rowsOf(email)
    expect(await inviteAdmin({ db, now: NOW }, email)).toBe('admin')
    expect(await rowsOf(email)).toEqual(before)
    expect(await mailsTo(email)).toEqual([])
  })

  it('to mail twice while a mail waits to be sent', async () => {
    const email = newAddress()
    await inviteAdmin({ db, now: NOW }, email)
    expect(await inviteAdmin({ db, now: NOW + 1 }, email)).toBe('mail_waiting')
    expect(await mailsTo(email)).toHaveLength(1)
  })
})

describe('admin:create --remote is safe', () => {
  it('when it runs ten times at once: one admin, one audit row, one mail', async () => {
    const email = newAddress()
    const runs = Array.from({ length: 10 }, () => inviteAdmin({ db, now: NOW }, email))
    const invited = await Promise.all(runs)
    expect(invited.filter((outcome) => outcome === 'made')).toHaveLength(1)
    expect(invited.filter((outcome) => outcome === 'mail_waiting')).toHaveLength(9)
    expect(await rowsOf(email)).toEqual([expect.objectContaining({ role: 'Admin', audited: 1 })])
    expect(await mailsTo(email)).toHaveLength(1)
  })

  it('beside the local form: whichever comes first makes the admin, the other changes nothing', async () => {
    const email = newAddress()
    const [invited, made] = await Promise.all([
      inviteAdmin({ db, now: NOW }, email),
      createAdmin(deps, { email, password: PASSWORD }),
    ])
    expect(invited === 'made').toBe(!made)
    const [row, ...others] = await rowsOf(email)
    expect(others).toEqual([])
    expect(row?.password_hash === null).toBe(!made)
    expect(await mailsTo(email)).toHaveLength(made ? 0 : 1)
  })
})
