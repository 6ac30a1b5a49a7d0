/** Applies the migrations that the local database lacks. */
import type { LocalState } from './local-platform.ts'
import { runTool } from './tools.ts'
import { whenFree } from './when-free.ts'

/** Throws, with wrangler's own words, where one fails. Says nothing where none is missing. */
export function migrateLocal(state: LocalState): Promise<void> {
  return whenFree(() => migrate(state))
}

async function migrate({ persistTo }: LocalState): Promise<void> {
  const where = persistTo === undefined ? [] : ['--persist-to', persistTo]
  const { code, output } = await runTool(
    'wrangler',
    ['d1', 'migrations', 'apply', 'DB', '--local', '--env', '', ...where],
    { capture: true },
  )
  if (code !== 0) throw new Error(`The migrations were not applied.\n${output}`)
  const applied = new Set([...output.matchAll(/│ (\S+\.sql) +│ ✅/g)].map(([, name]) => name))
  if (applied.size > 0) console.log(`Applied to the local database: ${[...applied].join(', ')}`)
}
