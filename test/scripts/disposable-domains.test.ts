import { env } from 'cloudflare:workers'
import listed from 'disposable-email-domains-js/dist/dict/disposable_email_blocklist.json'
import { describe, expect, it } from 'vitest'
import { denyStatements, readDomains } from '../../scripts/disposable-domains.ts'

const STATEMENT_MAX_BYTES = 90_000

async function apply(sql: string): Promise<void> {
  for (const one of sql.split('--> statement-breakpoint')) await env.DB.prepare(one).run()
}

async function entries(pattern: string) {
  const { results } = await env.DB.prepare(
    `SELECT domain, verdict, decided_by AS decidedBy, decided_at AS decidedAt FROM email_domains
     WHERE domain GLOB ? ORDER BY domain`,
  )
    .bind(pattern)
    .all()
  return results
}

describe('a list of disposable domains', () => {
  it('is read in canonical form, sorted, each domain once', () => {
    const list = ['MAILER.example', 'bücher.example', 'mailer.example', 'a.example', 'dns.army']
    expect(readDomains(list)).toEqual([
      'a.example',
      'dns.army',
      'mailer.example',
      'xn--bcher-kva.example',
    ])
  })

  it.each([
    'com',
    '',
    ' a.example',
    'a@b.example',
    "x'.example",
    '127.0.0.1',
    'co.uk',
    null,
    1,
    {},
  ])('is refused whole where it names %j', (entry) => {
    expect(() => readDomains(['a.example', entry])).toThrow(/no domain|everybody/)
  })

  it.each([null, {}, 'a.example', []])('is not %j', (list) => {
    expect(() => readDomains(list)).toThrow('no list')
  })
})

describe('the statements that deny them', () => {
  it('bring what is new and leave what has been decided', async () => {
    await apply(denyStatements(['1.list.example', '2.list.example']))
    await env.DB.prepare(
      `UPDATE email_domains SET verdict = 'allow', decided_by = 'a', decided_at = 7 WHERE domain = '1.list.example'`,
    ).run()
    await apply(denyStatements(['1.list.example', '2.list.example', '3.list.example']))
    const fromList = { verdict: 'deny', decidedBy: null, decidedAt: null }
    expect(await entries('*.list.example')).toEqual([
      { domain: '1.list.example', verdict: 'allow', decidedBy: 'a', decidedAt: 7 },
      { domain: '2.list.example', ...fromList },
      { domain: '3.list.example', ...fromList },
    ])
  })

  it('stay below what D1 takes, and bring each of the longest names', async () => {
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.example`
    const domains = Array.from({ length: 1000 }, (_, n) => `n${String(n).padStart(4, '0')}.${long}`)
    const sql = denyStatements(domains)
    const statements = sql.split('--> statement-breakpoint')
    expect(statements.length).toBeGreaterThan(2)
    for (const one of statements) {
      expect(new TextEncoder().encode(one).length).toBeLessThan(STATEMENT_MAX_BYTES)
    }
    await apply(sql)
    expect((await entries('n[0-9][0-9][0-9][0-9].aaa*')).map(({ domain }) => domain)).toEqual(
      domains,
    )
  })

  it('are one for a few', () => {
    expect(denyStatements(['a.example', 'b.example']).match(/INSERT/g)).toHaveLength(1)
  })
})

describe('the migrations', () => {
  // Fails after an update of the package: then a new migration brings what is new.
  it('bring every domain of the installed list', async () => {
    const wanted = readDomains(listed)
    expect(wanted).toHaveLength(listed.length)
    const { results } = await env.DB.prepare(
      'SELECT value AS domain FROM json_each(?) WHERE value NOT IN (SELECT domain FROM email_domains)',
    )
      .bind(JSON.stringify(wanted))
      .all()
    expect(results).toEqual([])
  })
})
