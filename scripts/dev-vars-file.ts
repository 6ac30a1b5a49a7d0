/** Writes .dev.vars: fresh random secrets for this machine. What stands in the file already is never changed. */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addMissing, namesIn } from './dev-vars.ts'
import { localSecrets } from './local-secrets.ts'
import { ROOT } from './tools.ts'

export const DEV_VARS = join(ROOT, '.dev.vars')
const LOCAL_DATA = join(ROOT, '.wrangler', 'state')

/** Makes the file, or adds what a newer version needs; gives the names that it sets. Readable by its owner alone. */
export async function ensureDevVars(path = DEV_VARS): Promise<string[]> {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const after = addMissing(before, { ENVIRONMENT: 'dev', ...(await localSecrets()) })
  if (after !== before) {
    replace(path, after)
    if (path === DEV_VARS) tellOfNewSecrets(before === '')
  }
  chmodSync(path, 0o600)
  return namesIn(after)
}

function tellOfNewSecrets(areAllNew: boolean): void {
  console.log('Wrote .dev.vars')
  if (!areAllNew || !existsSync(LOCAL_DATA)) return
  console.log(
    'The local data is older than these secrets: nobody in it can log in. To begin anew, remove .wrangler/state',
  )
}

/** By renaming: whoever reads it meanwhile sees the whole old file or the whole new one. */
function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}
