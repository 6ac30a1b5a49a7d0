/**
 * Providers of disposable addresses, as the development dependency disposable-email-domains-js lists them, and the SQL
 * that brings them into the database. What is there already stays: an admin's verdict counts more than a list. Pure, so
 * that tests can look at it.
 */
import { isOpenToAll } from '../src/features/email-domains/domain-rules.ts'
import { canonicalDomain } from '../src/lib/email-address.ts'

/** Beneath the 100 KB that a statement may have in D1, with some room. */
const STATEMENT_MAX_BYTES = 88_000
const LINE_LENGTH = 120
const BREAKPOINT = '\n--> statement-breakpoint\n'

/** The domains of a list in canonical form, each once, sorted. Throws for an entry that is none, or that would shut everybody out. */
export function readDomains(list: unknown): string[] {
  if (!Array.isArray(list) || list.length === 0) throw new Error('This is no list of domains')
  return [...new Set(list.map(readDomain))].sort()
}

/** Statements of a migration that deny these domains where there is no entry yet. */
export function denyStatements(domains: readonly string[]): string {
  const statements: string[] = []
  for (let from = 0; from < domains.length; ) {
    const count = countThatFits(domains.slice(from))
    statements.push(denyStatement(domains.slice(from, from + count)))
    from += count
  }
  return `${statements.join(BREAKPOINT)}\n`
}

function readDomain(entry: unknown): string {
  const domain = typeof entry === 'string' ? canonicalDomain(entry) : undefined
  if (domain === undefined) throw new Error(`${JSON.stringify(entry)} is no domain`)
  if (isOpenToAll(domain)) throw new Error(`${domain} is where everybody registers domains`)
  return domain
}

/** How many of them one statement can hold; each takes its letters, two quotes, a comma and a line break. */
function countThatFits(domains: readonly string[]): number {
  let bytes = denyStatement([]).length
  const tooMuch = domains.findIndex((domain) => {
    bytes += domain.length + 4
    return bytes > STATEMENT_MAX_BYTES
  })
  return tooMuch < 0 ? domains.length : tooMuch
}

/** Without `WHERE true`, SQLite reads ON CONFLICT as the ON of a join. Canonical domains have no quotes. */
function denyStatement(domains: readonly string[]): string {
  return `INSERT INTO email_domains (domain, verdict)
SELECT value, 'deny' FROM json_each('${inLines(JSON.stringify(domains))}')
WHERE true ON CONFLICT (domain) DO NOTHING;`
}

function inLines(json: string): string {
  return json.replaceAll(new RegExp(`(.{1,${LINE_LENGTH - 1}},)`, 'g'), '$1\n')
}
