import { env } from 'cloudflare:workers'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../../scripts/import/parse-line.ts'
import { writeBatch } from '../../scripts/import/write-batch.ts'
import { createDatabase } from '../../src/db/client.ts'
import { oneTimeTokens } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import {
  admin,
  db,
  ownerIn,
  PASSWORD,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import {
  communitiesOf,
  communityLine,
  database,
  peopleOf,
  runImport,
  userLine,
} from './import-world.ts'

const BCRYPT = hashSync(PASSWORD, 4)
const NONE = { communities: 0, accounts: 0, memberships: 0, alreadyThere: 0, refused: 0 }

describe('import:users works', () => {
  it('for a community and its people: approved, verified, with their roles and one audit row each', async () => {
    const community = communityLine()
    const owner = userLine(community.name, { role: 'CommunityOwner', passwordHash: BCRYPT })
    const member = userLine(community.officialEmail, { locale: 'zh-CN', fullName: '王 小明' })
    const { counts, refused } = await runImport([community, owner, member])
    expect(refused).toEqual([])
    expect(counts).toEqual({ ...NONE, lines: 3, communities: 1, accounts: 2 })
    const [row] = await communitiesOf(community.officialEmail)
    expect(row).toMatchObject({
      name: community.name,
      status: 'approved',
      slug: community.name.toLowerCase().replace(' ', '-'),
      contact_phone: '+919876543210',
      social_links: '{"github":"https://github.com/circle"}',
      domain: community.officialEmail.slice('hello@'.length),
    })
    expect(await peopleOf(owner.email)).toEqual([
      expect.objectContaining({
        role: 'CommunityOwner',
        password_hash: BCRYPT,
        email_verified_at: expect.any(Number),
        created_at: Date.UTC(2019, 3, 1, 12),
        audited: 1,
        details: '{"imported":true}',
      }),
    ])
    expect(await peopleOf(member.email)).toEqual([
      expect.objectContaining({
        role: 'Member',
        password_hash: null,
        full_name: '王 小明',
        locale: 'zh',
        audited: 1,
      }),
    ])
  })

  it('for one address in several communities: one account, which the first line makes', async () => {
    const communities = [communityLine(), communityLine(), communityLine()]
    const email = `${unique()}@people.example`
    const people = communities.map(({ name }, index) =>
      userLine(name, {
        email: index === 1 ? email.toUpperCase() : email,
        fullName: `Name ${index}`,
        role: index === 2 ? 'CommunityOwner' : 'Member',
        passwordHash: index === 0 ? BCRYPT : hashSync('Another-Harbour-27', 4),
      }),
    )
    const { counts } = await runImport([...communities, ...people])
    expect(counts).toEqual({ ...NONE, lines: 6, communities: 3, accounts: 1, memberships: 2 })
    const rows = await peopleOf(email)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1)
    expect(rows.map(({ role }) => role).toSorted()).toEqual(['CommunityOwner', 'Member', 'Member'])
    expect(rows[0]).toMatchObject({ full_name: 'Name 0', password_hash: BCRYPT, audited: 1 })
  })

  it('for people of a community that signed up here, and for somebody who has an account here', async () => {
    const here = await ownerIn('active')
    const owner = await ownerIn('active')
    const before = await peopleOf(owner.email)
    const { counts } = await runImport([
      userLine(here.form.communityName, { email: owner.email, passwordHash: BCRYPT }),
    ])
    expect(counts).toEqual({ ...NONE, lines: 1, memberships: 1 })
    const [first, second, ...others] = await peopleOf(owner.email)
    expect(others).toEqual([])
    expect(first).toEqual(before[0])
    expect(second).toEqual({ ...before[0], role: 'Member', slug: here.slug })
  })

  it('beside a signup of the same address that nobody has verified, which stays as it is', async () => {
    const pending = await signedUp()
    const before = await peopleOf(pending.email)
    const community = communityLine()
    await runImport([community, userLine(community.name, { email: pending.email })])
    const after = await peopleOf(pending.email)
    expect(after).toHaveLength(2)
    expect(after).toEqual(expect.arrayContaining(before))
  })

  it('gives each name its slug as signup does, and keeps a given one exactly', async () => {
    const name = unique()
    const twins = ['', '-', '!'].map((mark) => communityLine({ name: `${name}${mark}` }))
    const fixed = communityLine({ slug: `old-${name}` })
    const { refused } = await runImport([...twins, fixed])
    expect(refused).toEqual([])
    const slugs = []
    for (const { officialEmail } of [...twins, fixed]) {
      slugs.push((await communitiesOf(officialEmail))[0]?.slug)
    }
    expect(slugs).toEqual([name, `${name}-1`, `${name}-2`, `old-${name}`])
    const again = communityLine({ slug: `old-${name}` })
    const taken = await runImport([again])
    expect(taken.refused).toEqual([{ line: 1, reason: 'slug: Another community has this slug.' }])
    expect(await communitiesOf(again.officialEmail)).toEqual([])
  })

  it('for 250 lines in batches of 100, told after each', async () => {
    const community = communityLine({ status: 'active' })
    const people = Array.from({ length: 249 }, (_, index) =>
      userLine(index % 2 ? community.name : community.officialEmail, {
        role: index === 0 ? 'CommunityOwner' : 'Member',
        passwordHash: BCRYPT,
      }),
    )
    const { counts, progress } = await runImport([community, ...people])
    expect(counts).toEqual({ ...NONE, lines: 250, communities: 1, accounts: 249 })
    expect(progress.map(({ lines }) => lines)).toEqual([100, 200, 250])
    const [row] = await communitiesOf(community.officialEmail)
    const counted = await env.DB.prepare(
      `select count(*) n, count(distinct user_id) people from memberships where community_id = ?`,
    )
      .bind(row?.id ?? '')
      .first()
    expect(counted).toEqual({ n: 249, people: 249 })
    expect(row?.status).toBe('active')
  })
})

describe('import:users refuses', () => {
  const reasonsOf = async (lines: (object | string)[]) =>
    (await runImport(lines)).refused.map(({ line, reason }) => `${line} ${reason}`)

  it('what breaks a rule, and takes the lines around it', async () => {
    const community = communityLine()
    const good = userLine(community.name)
    const reasons = await reasonsOf([
      community,
      userLine(community.name, { role: 'Admin' }),
      userLine('Nobody knows this one'),
      userLine(community.name, { email: 'not an address' }),
      userLine(community.name, { passwordHash: '$2b$04$tooShort' }),
      userLine(community.name, { emailVerified: false }),
      communityLine({ name: community.name.toUpperCase() }),
      good,
    ])
    expect(reasons).toEqual([
      expect.stringMatching(/^2 role: .* Admins are made by admin:create/),
      '3 community: There is no such community.',
      expect.stringMatching(/^4 email: This is not an email address/),
      expect.stringMatching(/^5 passwordHash: This hash cannot be read/),
      expect.stringMatching(/^6 emailVerified: Must be true/),
      '7 name: A community with this name exists already.',
    ])
    expect(await peopleOf(good.email)).toHaveLength(1)
  })

  it('a community whose name, official address or domain another one has', async () => {
    const here = await ownerIn('active')
    const { communityName, officialEmail, communityWebsite } = here.form
    const reasons = await reasonsOf([
      communityLine({ name: `  ${communityName.toUpperCase()} ` }),
      communityLine({ officialEmail }),
      communityLine({ website: communityWebsite.replace('www', 'other') }),
    ])
    expect(reasons).toEqual([
      '1 name: A community with this name exists already.',
      '2 officialEmail: A community with this official address exists already.',
      '3 website: A community with a website on this domain exists already.',
    ])
  })

  it('to take over or to fill a community that has signed up here and waits for its review', async () => {
    const form = signupForm()
    await postSignup(form)
    const { communityName: name, officialEmail } = form
    const person = userLine(officialEmail)
    const reasons = await reasonsOf([communityLine({ name, officialEmail }), person])
    expect(reasons).toEqual([
      '1 name: This community has signed up itself, and its status is pending.',
      '2 community: Its status is pending; it must be approved first.',
    ])
    expect(await peopleOf(person.email)).toEqual([])
  })

  it('a second owner, in whichever way the community is named', async () => {
    const here = await ownerIn('active')
    const community = communityLine()
    const owner = userLine(community.name, { role: 'CommunityOwner' })
    const others = [
      userLine(community.name, { role: 'CommunityOwner' }),
      userLine(community.officialEmail, { role: 'CommunityOwner' }),
      userLine(here.form.officialEmail, { role: 'CommunityOwner' }),
    ]
    const reasons = await reasonsOf([community, owner, ...others])
    expect(reasons).toEqual(
      [3, 4, 5].map((line) => `${line} role: This community has an owner already.`),
    )
    for (const { email } of others) expect(await peopleOf(email)).toEqual([])
    expect(await peopleOf(owner.email)).toMatchObject([{ role: 'CommunityOwner' }])
  })

  it('an admin, and anyone in the reserved community', async () => {
    const { email } = await admin()
    const community = communityLine()
    const stranger = userLine('Platform', { role: 'Moderator' })
    const reasons = await reasonsOf([community, userLine(community.name, { email }), stranger])
    expect(reasons).toEqual([
      '2 email: This address belongs to an admin.',
      '3 community: There is no such community.',
    ])
    expect(await peopleOf(email)).toHaveLength(1)
    expect(await peopleOf(stranger.email)).toEqual([])
  })

  it('an address that somebody left and can still take back', async () => {
    const community = communityLine()
    const person = userLine(community.name)
    const now = Date.now()
    await db.insert(oneTimeTokens).values({
      id: newId(now),
      purpose: 'revert_email',
      keyVersion: 1,
      tokenHash: unique(),
      email: person.email,
      createdAt: now,
      expiresAt: now + 60_000,
    })
    expect(await reasonsOf([community, person])).toEqual([
      '2 email: Somebody left this address a few days ago and can still take it back.',
    ])
    expect(await peopleOf(person.email)).toEqual([])
  })
})

describe('import:users is safe', () => {
  it('when the database refuses one line of a batch: that line alone is refused', async () => {
    const now = Date.now()
    const community = communityLine()
    const lines = [community, ...[1, 2, 3, 4].map(() => userLine(community.name))]
    const records = lines.map((line) => {
      const parsed = parseLine(JSON.stringify(line), now)
      if (!parsed.ok) throw new Error(parsed.reason)
      return parsed.record
    })
    // Past the parser: only the table's own CHECK is left to stop it.
    const broken = records.map((record, index) =>
      index === 2 ? { ...record, role: 'Emperor' as 'Member' } : record,
    )
    const outcomes = await writeBatch(database, broken, now)
    expect(outcomes.map(({ result }) => result)).toEqual([
      'made',
      'made',
      'refused',
      'made',
      'made',
    ])
    expect(outcomes[2]).toEqual({
      result: 'refused',
      reason: 'The database does not take this line.',
    })
    const emails = records.flatMap((record) => (record.type === 'user' ? [record.email] : []))
    const found = await Promise.all(emails.map(async (email) => (await peopleOf(email)).length))
    expect(found).toEqual([1, 0, 1, 1])
  })

  it('breaks off where the database is gone, and says so to whoever called', async () => {
    const lines = [communityLine()]
    const broken = {
      prepare: (query: string) => env.DB.prepare(query),
      batch: () => Promise.reject(new Error('D1_ERROR: gone')),
    } as unknown as D1Database
    const db = createDatabase(broken, { roundTrips: 0 })
    await expect(runImport(lines, { db })).rejects.toThrow()
    expect(await communitiesOf(lines[0]?.officialEmail ?? '')).toEqual([])
  })

  it('takes quotes, backslashes and SQL for what they are', async () => {
    const name = `O'Brien "${unique()}" \\ %_; drop table users;--`
    const community = communityLine({ name })
    const person = userLine(name, { fullName: `Robert'); drop table users;-- \\"` })
    const { refused } = await runImport([community, person])
    expect(refused).toEqual([])
    expect(await peopleOf(person.email)).toMatchObject([{ full_name: person.fullName }])
    expect(await communitiesOf(community.officialEmail)).toMatchObject([{ name }])
  })

  it('reads by index alone, so that a million people cost a line no more than ten', async () => {
    const plans: string[] = []
    const explaining = {
      ...env.DB,
      prepare: (query: string) => {
        plans.push(query)
        return env.DB.prepare(query)
      },
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    } as D1Database
    const community = communityLine()
    await runImport([community, userLine(community.name), userLine(community.officialEmail)], {
      db: createDatabase(explaining, { roundTrips: 0 }),
    })
    expect(plans.length).toBeGreaterThan(6)
    for (const query of plans) {
      const numbers = (query.match(/\?/g) ?? []).length
      const { results } = await env.DB.prepare(`explain query plan ${query}`)
        .bind(...Array.from({ length: numbers }, () => '[]'))
        .all<{ detail: string }>()
      const scans = results
        .map(({ detail }) => detail)
        .filter(
          (detail) => /^SCAN /.test(detail) && !/json_each|CONSTANT ROW|candidate/.test(detail),
        )
      expect(scans, query).toEqual([])
    }
  })
})
