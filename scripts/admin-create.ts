/**
 * `npm run admin:create -- --email E [--password P]`: an admin in the local data. With `--remote --env staging|production`,
 * one in a deployment, who chooses the password by a mailed link; with `--persist-to` too, that same way in local data.
 */
import { parseArgs } from 'node:util'
import { canonicalEmail } from '../src/lib/email-address.ts'
import { ensureDevVars } from './dev-vars-file.ts'
import { ensureAdmin, inviteByMail } from './ensure-admin.ts'
import { Refusal, readTarget, type Target, withTarget } from './local-platform.ts'
import { migrateLocal } from './migrate-local.ts'
import { whenFree } from './when-free.ts'

const USAGE = `Usage: npm run admin:create -- --email E [--password P]
       npm run admin:create -- --email E --remote --env staging|production
Also: --persist-to FOLDER and --env-file FILE, as wrangler dev takes them.`

try {
  const { email, password, envFile, target } = readWish()
  if (target.isRemote) {
    await withTarget(target, (binding) => whenFree(() => inviteByMail(binding, email)))
  } else {
    const { persistTo } = target
    if (envFile === undefined) await ensureDevVars()
    await migrateLocal({ persistTo })
    await whenFree(() => ensureAdmin({ persistTo, envFile }, { email, password }))
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

interface Wish {
  email: string
  password: string | undefined
  envFile: string | undefined
  target: Target
}

function readWish(): Wish {
  const { values } = parse()
  if (values.email === undefined) throw new Refusal(`Say whose account to make.\n${USAGE}`)
  const email = canonicalEmail(values.email)
  if (email === undefined) throw new Refusal(`"${values.email}" is not an email address.`)
  const target = readTarget(values, USAGE)
  const { password, 'env-file': envFile } = values
  if (target.isRemote && password !== undefined) {
    throw new Refusal(
      'With --remote no password is given: the admin chooses one by the link that is mailed. Nothing was changed.',
    )
  }
  return { email, password, envFile, target }
}

function parse() {
  const text = { type: 'string' } as const
  const options = {
    email: text,
    password: text,
    env: text,
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
