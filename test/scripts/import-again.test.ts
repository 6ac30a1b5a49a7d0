import { env } from 'cloudflare:workers'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { ownerIn, PASSWORD, unique } from '../factories.ts'
import {
  communitiesOf,
  communityLine,
  peopleOf,
  rowCounts,
  runImport,
  userLine,
} from './import-world.ts'

const BCRYPT = hashSync(PASSWORD, 4)
const NONE = { communities: 0, accounts: 0, memberships: 0, alreadyThere: 0, refused: 0 }

describe('import:users can be run again', () => {
  it('on the same file: everything is there already, and nothing has changed', async () => {
    const community = communityLine()
    const people = Array.from({ length: 9 }, (_, index) =>
      userLine(community.name, { role: index ? 'Member' : 'CommunityOwner', passwordHash: BCRYPT }),
    )
    const lines = [community, ...people, ...people.slice(0, 2)]
    const first = await runImport(lines)
    expect(first.counts).toEqual({
      ...NONE,
      lines: 12,
      communities: 1,
      accounts: 9,
      alreadyThere: 2,
    })
    const rows = await rowCounts()
    const before = await communitiesOf(community.officialEmail)
    for (const batchSize of [100, 1, 3]) {
      const { counts, refused } = await runImport(lines, { batchSize })
      expect(refused).toEqual([])
      expect(counts).toEqual({ ...NONE, lines: 12, alreadyThere: 12 })
    }
    expect(await rowCounts()).toEqual(rows)
    expect(await communitiesOf(community.officialEmail)).toEqual(before)
  })

  it('after a crash in the middle: the rest is made, and nothing twice', async () => {
    const community = communityLine()
    const people = Array.from({ length: 40 }, () => userLine(community.name))
    const crash = (_counts: unknown, end: number) => {
      if (end > 4000) throw new Error('the machine is gone')
    }
    const lines = [community, ...people]
    await expect(runImport(lines, { batchSize: 7, onProgress: crash })).rejects.toThrow('gone')
    const [row] = await communitiesOf(community.officialEmail)
    const { counts } = await runImport(lines, { batchSize: 7 })
    expect(counts.alreadyThere).toBeGreaterThan(7)
    expect(counts.accounts).toBeGreaterThan(7)
    expect(counts.accounts + counts.alreadyThere).toBe(41)
    const members = await env.DB.prepare(
      'select count(*) n from memberships where community_id = ?',
    )
      .bind(row?.id ?? '')
      .first()
    expect(members).toEqual({ n: 40 })
  })

  it('after refused lines were corrected: those alone are made', async () => {
    const community = communityLine()
    const good = userLine(community.name)
    const bad = userLine(community.name, { email: 'nobody' })
    const first = await runImport([community, bad, good])
    expect(first.refused.map(({ line }) => line)).toEqual([2])
    const second = await runImport([community, { ...bad, email: `${unique()}@x.example` }, good])
    expect(second.counts).toEqual({ ...NONE, lines: 3, accounts: 1, alreadyThere: 2 })
  })

  it('while the same file is being imported beside it: everyone is made once', async () => {
    const community = communityLine()
    const people = Array.from({ length: 20 }, () => userLine(community.name))
    const lines = [community, ...people]
    const runs = await Promise.all([1, 2, 3].map(() => runImport(lines, { batchSize: 4 })))
    expect(runs.flatMap(({ refused }) => refused)).toEqual([])
    const made = runs.reduce((sum, { counts }) => sum + counts.accounts + counts.communities, 0)
    expect(made).toBe(21)
    for (const { email } of people) expect(await peopleOf(email)).toHaveLength(1)
  })

  it('without touching what people did meanwhile: their role, their password, a suspension', async () => {
    const community = communityLine()
    const person = userLine(community.name, { passwordHash: BCRYPT })
    await runImport([community, person])
    const [row] = await communitiesOf(community.officialEmail)
    await env.DB.batch([
      env.DB.prepare(`update users set password_hash = 'theirs' where email = ?`).bind(
        person.email,
      ),
      env.DB.prepare(`update memberships set role = 'Moderator' where community_id = ?`).bind(
        row?.id ?? '',
      ),
      env.DB.prepare(`update communities set status = 'suspended' where id = ?`).bind(
        row?.id ?? '',
      ),
    ])
    const { counts } = await runImport([community, person])
    expect(counts).toEqual({ ...NONE, lines: 2, alreadyThere: 2 })
    expect(await peopleOf(person.email)).toEqual([
      expect.objectContaining({ password_hash: 'theirs', role: 'Moderator' }),
    ])
    expect(await communitiesOf(community.officialEmail)).toMatchObject([{ status: 'suspended' }])
  })
})

describe('import:users --dry-run', () => {
  it('judges every line against the rules and the database, and writes nothing', async () => {
    const here = await ownerIn('active')
    const community = communityLine()
    const lines = [
      community,
      userLine(community.name, { role: 'CommunityOwner' }),
      userLine(community.officialEmail, { role: 'CommunityOwner' }),
      userLine(here.form.communityName),
      userLine(here.form.communityName, { email: here.email }),
      userLine(community.name, { email: here.email }),
      userLine('Nowhere at all'),
      communityLine({ name: here.form.communityName }),
      communityLine({ name: community.name }),
      communityLine({ officialEmail: community.officialEmail }),
      communityLine({ website: community.website }),
      community,
      'no JSON',
    ]
    const before = await rowCounts()
    const dry = await runImport(lines, { dryRun: true, batchSize: 4 })
    expect(await rowCounts()).toEqual(before)
    expect(dry.counts).toEqual({
      lines: 13,
      communities: 1,
      accounts: 2,
      memberships: 1,
      alreadyThere: 2,
      refused: 7,
    })
    const real = await runImport(lines)
    expect(dry.counts).toEqual(real.counts)
    expect(dry.refused).toEqual(real.refused)
  })
})
