/// <reference types="vite/types/importMeta.d.ts" />
/**
 * Every migration, step by step, on a database that has rows in each table: none of them is lost, no trigger or index
 * vanishes. D1 ignores `foreign_keys=OFF`, so a table that is rebuilt under it loses children or triggers silently.
 */
import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as schema from '../../src/db/schema/index.ts'

interface SchemaEntry {
  type: string
  name: string
  sql: string
}

const FILES = import.meta.glob<string>('../../migrations/*.sql', {
  query: '?raw',
  import: 'default',
  eager: true,
})

const OWN = `name NOT LIKE 'sqlite_%' AND name NOT LIKE 'd1_%' AND name NOT LIKE '_cf_%'`

async function entries(type: string): Promise<SchemaEntry[]> {
  const { results } = await env.DB.prepare(
    `SELECT type, name, sql FROM sqlite_master WHERE type = ? AND ${OWN} ORDER BY name`,
  )
    .bind(type)
    .all<SchemaEntry>()
  return results
}

const names = async (type: string) => (await entries(type)).map(({ name }) => name)

/** Children before parents, so that nothing refers to what is gone. */
const TABLES = ['sessions', 'memberships', 'users', 'communities']

async function emptyDatabase(): Promise<void> {
  for (const name of await names('trigger')) await env.DB.exec(`DROP TRIGGER ${name}`)
  const tables = await names('table')
  const inOrder = [...TABLES, ...tables.filter((name) => !TABLES.includes(name))]
  for (const name of inOrder) await env.DB.exec(`DROP TABLE IF EXISTS "${name}"`)
  await env.DB.exec('DROP TABLE IF EXISTS d1_migrations')
}

const SEEDED = 3

/** Rows in every table that exists after the first migration, with every column that may not be empty. */
async function seed(): Promise<void> {
  for (let n = 1; n <= SEEDED; n++) {
    await env.DB.batch(
      [
        `INSERT INTO communities (id, name, name_key, slug_base, slug_number, status, bio, country, city, created_at, updated_at)
         VALUES ('c${n}', 'N', 'n${n}', 'base', ${n}, 'active', 'b', 'c', 'c', 1, 1)`,
        `INSERT INTO users (id, email, full_name, community_id, email_verified_at, created_at)
         VALUES ('u${n}', 'u${n}@a.example', 'U', 'c${n}', 1, 1)`,
        `INSERT INTO memberships (user_id, community_id, role, created_at) VALUES ('u${n}', 'c${n}', 'Member', 1)`,
        `INSERT INTO sessions (id, user_id, community_id, device_id, transport, token_hash, generation, created_at,
           last_active_at, idle_expires_at, absolute_expires_at)
         VALUES ('s${n}', 'u${n}', 'c${n}', 'd', 'body', 'h', 1, 1, 1, 1, 1)`,
        `INSERT INTO one_time_tokens (id, purpose, key_version, token_hash, email, created_at, expires_at)
         VALUES ('t${n}', 'verify_email', 1, 'h${n}', 'e', 1, 1)`,
        `INSERT INTO outbox (id, kind, email, address_key, created_at, not_before) VALUES ('o${n}', 'mail', 'e', 'k', 1, 1)`,
        `INSERT INTO idempotency_keys (key_hash, fingerprint, status, response, created_at, expires_at)
         VALUES ('k${n}', 'f', 201, '{}', 1, 1)`,
        `INSERT INTO audit_logs (id, action, ip, user_agent, created_at) VALUES ('a${n}', 'login_success', '1.2.3.4', 'x', 1)`,
        `INSERT INTO audit_archives (last_id, object_key, row_count, sha256, created_at) VALUES ('0${n}', 'k', 1, 'h', 1)`,
        `INSERT INTO hourly_counters (hour, event, count) VALUES (${n}, 'login_refused', 1)`,
        `INSERT INTO dev_mails (id, "to", subject, template, locale, text, html, sent_at)
         VALUES ('m${n}', 'e', 's', 't', 'en', 't', 'h', 1)`,
      ].map((sql) => env.DB.prepare(sql)),
    )
  }
}

/** Rows of the tables that a later migration makes; one of them is an admin's verdict on a domain of the list. */
const SEEDED_AFTER: Record<string, string[]> = {
  '0003_signup_abuse.sql': [
    `INSERT INTO email_domains (domain, verdict, decided_by, decided_at) VALUES
      ('mailinator.com', 'allow', 'u1', 1), ('one.example', 'deny', 'u1', 1), ('two.example', 'allow', 'u2', 1)`,
    `INSERT INTO signup_traces
      (community_id, address_key, mailbox_key, official_address_key, official_mailbox_key, created_at) VALUES
      ('c1', 'a', 'm', 'a', 'm', 1), ('c2', 'a', 'm', 'a', 'm', 1), ('c3', 'a', 'm', 'a', 'm', 1)`,
  ],
  '0006_operations.sql': [
    `INSERT INTO alerts (id, kind, threshold, peak, started_at) VALUES
      ('1', 'signups', 1, 1, 1), ('2', 'dead_letters', 1, 1, 1), ('3', 'mail_failures', 1, 1, 1)`,
    "INSERT INTO job_progress (job, up_to) VALUES ('stats', 1), ('shorten_ips', 1), ('later', 1)",
    "INSERT INTO logo_garbage (key, created_at) VALUES ('a', 1), ('b', 1), ('c', 1)",
  ],
}

async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of await names('table')) {
    const row = await env.DB.prepare(`SELECT count(*) AS n FROM "${table}"`).first<{ n: number }>()
    counts[table] = row?.n ?? -1
  }
  return counts
}

interface Step {
  name: string
  rows: [Record<string, number>, Record<string, number>]
  triggers: [string[], string[]]
  indexes: [string[], string[]]
}

/** Another index has taken its place. */
const REPLACED_INDEXES = ['sessions_user']
const steps: Step[] = []

beforeAll(async () => {
  await emptyDatabase()
  const [first, ...others] = env.TEST_MIGRATIONS
  if (!first) throw new Error('there is no migration')
  await applyD1Migrations(env.DB, [first])
  await seed()
  const applied = [first]
  for (const migration of others) {
    const before = await Promise.all([rowCounts(), names('trigger'), names('index')])
    applied.push(migration)
    await applyD1Migrations(env.DB, applied)
    const after = await Promise.all([rowCounts(), names('trigger'), names('index')])
    steps.push({
      name: migration.name,
      rows: [before[0], after[0]],
      triggers: [before[1], after[1]],
      indexes: [before[2], after[2]],
    })
    for (const sql of SEEDED_AFTER[migration.name] ?? []) await env.DB.prepare(sql).run()
  }
})

/** Rows that a migration itself brings. */
const BROUGHT: Record<string, Record<string, number>> = {
  '0001_audit_triggers_and_platform.sql': { communities: 1 },
  // The list of 8883, one of which an admin has judged before.
  '0004_disposable_domains.sql': { email_domains: 8882 },
}

describe('the migrations, applied to a database in use', () => {
  it('are all there, in order', () => {
    const listed = Object.keys(FILES).map((path) => path.replace(/^.*\//, ''))
    expect(env.TEST_MIGRATIONS.map(({ name }) => name)).toEqual(listed.sort())
    expect(steps).toHaveLength(env.TEST_MIGRATIONS.length - 1)
    expect(listed.map((name) => Number(name.slice(0, 4)))).toEqual(listed.map((_, at) => at))
  })

  it('keep every row', () => {
    for (const { name, rows } of steps) {
      const [before, after] = rows
      const seeded = Object.entries(before).filter(([table]) => table !== '_assert')
      for (const [table, count] of seeded) {
        expect({ name, table, count }.count).toBeGreaterThanOrEqual(SEEDED)
        const brought = BROUGHT[name]?.[table] ?? 0
        expect({ name, table, rows: after[table] }).toEqual({ name, table, rows: count + brought })
      }
    }
  })

  it('bring the list of disposable domains and undo no verdict of an admin', async () => {
    const { results } = await env.DB.prepare(
      `SELECT domain, verdict, decided_by AS decidedBy FROM email_domains
       WHERE decided_by IS NOT NULL OR domain = 'yopmail.com' ORDER BY domain`,
    ).all()
    expect(results).toEqual([
      { domain: 'mailinator.com', verdict: 'allow', decidedBy: 'u1' },
      { domain: 'one.example', verdict: 'deny', decidedBy: 'u1' },
      { domain: 'two.example', verdict: 'allow', decidedBy: 'u2' },
      { domain: 'yopmail.com', verdict: 'deny', decidedBy: null },
    ])
  })

  it('take back no invitation and no link that was there before', async () => {
    const { results } = await env.DB.prepare(
      'SELECT id, withdrawn_at AS withdrawnAt FROM one_time_tokens ORDER BY id',
    ).all()
    expect(results).toEqual(['t1', 't2', 't3'].map((id) => ({ id, withdrawnAt: null })))
  })

  it('keep every trigger and every index', () => {
    for (const { triggers, indexes } of steps) {
      expect(triggers[1]).toEqual(expect.arrayContaining(triggers[0]))
      expect([...indexes[1], ...REPLACED_INDEXES]).toEqual(expect.arrayContaining(indexes[0]))
    }
  })

  it('end with the triggers of the audit log', async () => {
    expect(await names('trigger')).toEqual([
      'audit_logs_insert_once',
      'audit_logs_no_delete',
      'audit_logs_no_update',
    ])
  })

  it('end with the tables that the code knows, and no other', async () => {
    const known = Object.values(schema).flatMap((one) => tableName(one))
    expect(await names('table')).toEqual(known.sort())
  })

  it('leave no child without its parent, and foreign keys on', async () => {
    const { results } = await env.DB.prepare('PRAGMA foreign_key_check').all()
    expect(results).toEqual([])
    const on = await env.DB.prepare('PRAGMA foreign_keys').first<{ foreign_keys: number }>()
    expect(on?.foreign_keys).toBe(1)
  })

  it('keep every index and constraint under a name of its own', async () => {
    const unnamed = (await entries('table')).filter(({ sql }) =>
      /\bCHECK\s*\(/i.test(sql.replaceAll(/CONSTRAINT "\w+" CHECK\s*\(/gi, '')),
    )
    expect(unnamed).toEqual([])
    for (const { name } of await entries('index')) expect(name).toMatch(/^[a-z_]+$/)
  })

  it('cascade nothing: no row goes because another went', async () => {
    for (const { sql } of await entries('table'))
      expect(sql).not.toMatch(/ON DELETE (CASCADE|SET)/i)
  })
})

const STATEMENT_MAX_BYTES = 100_000

const RULES: [string, (sql: string) => boolean][] = [
  [
    'have a statement that is longer than D1 takes',
    (sql) =>
      sql
        .split('--> statement-breakpoint')
        .some((one) => new TextEncoder().encode(one).length > STATEMENT_MAX_BYTES),
  ],
  ['switch foreign keys off, which D1 ignores', (sql) => /foreign_keys\s*=\s*(off|0)/i.test(sql)],
  [
    'drop a table without deferring foreign keys',
    (sql) => /drop\s+table/i.test(sql) && !/pragma\s+defer_foreign_keys\s*=\s*(on|1)/i.test(sql),
  ],
  [
    'drop audit_logs without making its triggers again',
    (sql) =>
      /drop\s+table\s+[`"]?audit_logs/i.test(sql) &&
      (sql.match(/create\s+trigger/gi) ?? []).length < 3,
  ],
]

describe.each(Object.entries(FILES))('%s does not', (_, sql) => {
  it.each(RULES)('%s', (_name, isBroken) => {
    expect(isBroken(sql)).toBe(false)
  })
})

describe('these rules', () => {
  it('see what they look for', () => {
    const rebuilt = 'PRAGMA foreign_keys=OFF;--> statement-breakpoint\nDROP TABLE `audit_logs`;'
    const long = `SELECT '${'ä'.repeat(STATEMENT_MAX_BYTES / 2)}';`
    const broken = (sql: string) => RULES.map(([, isBroken]) => isBroken(sql))
    expect(broken(rebuilt + long)).toEqual([true, true, true, true])
    const careful = 'PRAGMA defer_foreign_keys=on; DROP TABLE `users`;'
    expect(broken(careful)).toEqual([false, false, false, false])
  })
})

function tableName(value: unknown): string[] {
  const symbol = Symbol.for('drizzle:Name')
  if (typeof value !== 'object' || value === null || !(symbol in value)) return []
  return [String((value as Record<symbol, unknown>)[symbol])]
}
