/**
 * Fills a migration with the providers of disposable addresses, after an update of disposable-email-domains-js:
 *
 *   npx drizzle-kit generate --custom --name disposable_domains_of_may
 *   node scripts/generate-disposable-domains.ts migrations/0042_disposable_domains_of_may.sql
 *
 * Needs no network. A migration that has landed is never written again: the file must be a new, empty one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { denyStatements, readDomains } from './disposable-domains.ts'

const PACKAGE = join(import.meta.dirname, '../node_modules/disposable-email-domains-js')
const LIST = 'dist/dict/disposable_email_blocklist.json'

const [path = ''] = process.argv.slice(2)
if (!existsSync(path)) throw new Error('Name the new migration that drizzle-kit has made')
if (hasStatements(readFileSync(path, 'utf8'))) throw new Error(`${path} has statements already`)
const domains = readDomains(JSON.parse(readFileSync(join(PACKAGE, LIST), 'utf8')))
writeFileSync(path, `${header()}${denyStatements(domains)}`)
console.log(`${domains.length} domains in ${path}`)

function hasStatements(sql: string): boolean {
  return sql.replaceAll(/^--.*$/gm, '').trim() !== ''
}

function header(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  return `-- Providers of disposable addresses. Made by scripts/generate-disposable-domains.ts from
-- disposable-email-domains-js@${version} (CC0-1.0). What an admin has decided stays as it is.
`
}
