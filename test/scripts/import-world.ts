/** Lines of an import for tests, and the run that takes them to the real database. */
import { env } from 'cloudflare:workers'
import { readLines } from '../../scripts/import/lines.ts'
import type { ImportOptions, Refused } from '../../scripts/import/run.ts'
import { importLines } from '../../scripts/import/run.ts'
import { createDatabase } from '../../src/db/client.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { unique } from '../factories.ts'

export const database = createDatabase(env.DB, { roundTrips: 0 })

/** A community that no other line has. */
export function communityLine(overrides: Record<string, unknown> = {}) {
  const name = unique()
  return {
    type: 'community',
    name: `Circle ${name}`,
    bio: 'We meet each month to build things together.',
    country: 'India',
    city: 'Pune',
    officialEmail: `hello@${name}.example`,
    website: `https://www.${name}.example/about`,
    contactPhone: '+91 98765 43210',
    timezone: 'Asia/Kolkata',
    socialLinks: { github: 'https://github.com/circle' },
    ...overrides,
  }
}

/** A person whom no other line has, in the community that is named. */
export function userLine(community: string, overrides: Record<string, unknown> = {}) {
  return {
    type: 'user',
    community,
    email: `${unique()}@people.example`,
    fullName: 'Mira Rao',
    passwordHash: null,
    createdAt: '2019-04-01T12:00:00Z',
    emailVerified: true,
    ...overrides,
  }
}

/** Imports objects as NDJSON; a string is a line as it stands. */
export async function runImport(
  lines: readonly (object | string)[],
  options: Partial<ImportOptions> = {},
) {
  const refused: Refused[] = []
  const progress: { lines: number; end: number }[] = []
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  const counts = await importLines(readLines(chunksOf(text.join('\n'))), {
    db: database,
    clock: systemClock,
    batchSize: 100,
    dryRun: false,
    onRefused: (one) => refused.push(one),
    onProgress: (now, end) => progress.push({ lines: now.lines, end }),
    ...options,
  })
  return { counts, refused, progress }
}

/** The bytes of a text in pieces that end anywhere, within a character too. */
export async function* chunksOf(text: string, size = 1000): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

interface PersonRow {
  id: string
  password_hash: string | null
  full_name: string
  locale: string
  created_at: number
  email_verified_at: number | null
  role: string | null
  slug: string | null
  audited: number
  details: string | null
}

/** One row for each membership of each user of the address. */
export async function peopleOf(email: string): Promise<PersonRow[]> {
  const { results } = await env.DB.prepare(
    `select u.id, password_hash, full_name, locale, u.created_at, email_verified_at, m.role, c.slug,
       (select count(*) from audit_logs a where a.action = 'user_created' and a.user_id = u.id) audited,
       (select details from audit_logs a where a.action = 'user_created' and a.user_id = u.id) details
     from users u left join memberships m on m.user_id = u.id left join communities c on c.id = m.community_id
     where u.email = ? order by m.rowid`,
  )
    .bind(email)
    .all<PersonRow>()
  return results
}

/** Every column of the communities that have this official address. */
export async function communitiesOf(officialEmail: string) {
  const { results } = await env.DB.prepare('select * from communities where official_email = ?')
    .bind(officialEmail)
    .all<Record<string, string | number | null>>()
  return results
}

/** How many rows the tables have that an import writes to. */
export async function rowCounts() {
  const tables = ['communities', 'users', 'memberships', 'audit_logs', 'outbox']
  const counted = tables.map((table) => `(select count(*) from ${table}) ${table}`)
  return await env.DB.prepare(`select ${counted.join(', ')}`).first()
}
