/** `npm run admin:create -- --email E [--password P]`: an admin in the local data. */
import { parseArgs } from 'node:util'
import { canonicalEmail } from '../src/lib/email-address.ts'
import { ensureDevVars } from './dev-vars-file.ts'
import { type AdminWish, ensureAdmin, Refusal } from './ensure-admin.ts'
import type { LocalState } from './local-platform.ts'
import { migrateLocal } from './migrate-local.ts'

const USAGE = `Usage: npm run admin:create -- --email E [--password P]
Also: --persist-to FOLDER and --env-file FILE, as wrangler dev takes them.`
const NOT_REMOTE = `--remote is not available yet: the admin of a deployment gets a mail to choose a password, and that mail
does not exist so far. Without --remote, this command makes an admin in the local data.`

try {
  const { email, password, persistTo, envFile } = readWish()
  if (envFile === undefined) await ensureDevVars()
  await migrateLocal({ persistTo })
  await ensureAdmin({ persistTo, envFile }, { email, password })
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function readWish(): AdminWish & LocalState {
  const { values } = parse()
  if (values.remote) throw new Refusal(NOT_REMOTE)
  if (values.email === undefined) throw new Refusal(`Say whose account to make.\n${USAGE}`)
  const email = canonicalEmail(values.email)
  if (email === undefined) throw new Refusal(`"${values.email}" is not an email address.`)
  const { password, 'persist-to': persistTo, 'env-file': envFile } = values
  return { email, password, persistTo, envFile }
}

function parse() {
  const text = { type: 'string' } as const
  const options = {
    email: text,
    password: text,
    'persist-to': text,
    'env-file': text,
    remote: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ options })
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}
