/** Do the migrations say what the schema says? Compared on a copy, so that nothing of the project is written. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { withTemporaryFolder } from './temporary-folder.ts'
import { ROOT, runTool } from './tools.ts'

const MIGRATIONS = join(ROOT, 'migrations')
/** drizzle-kit takes folders below the root of the project only. */
const COPIES = join(ROOT, 'node_modules', '.cache')

/** Throws, with the SQL that is missing, where `npm run db:generate` would write a migration. */
export async function expectMigrationsAgree(): Promise<void> {
  await drizzle('check', '--dialect', 'sqlite', '--out', 'migrations')
  await withTemporaryFolder(async (copy) => {
    cpSync(MIGRATIONS, copy, { recursive: true })
    const out = `./${relative(ROOT, copy)}`
    const schema = './src/db/schema/index.ts'
    await drizzle('generate', '--dialect', 'sqlite', '--schema', schema, '--out', out)
    const known = new Set(readdirSync(MIGRATIONS))
    const added = readdirSync(copy).filter((name) => !known.has(name))
    if (added.length === 0) return
    const missing = added.map((name) => readFileSync(join(copy, name), 'utf8')).join('\n')
    throw new Error(
      `The schema says more than the migrations. Run npm run db:generate. Missing:\n${missing}`,
    )
  }, COPIES)
}

async function drizzle(...args: string[]): Promise<void> {
  const { code, output } = await runTool('drizzle-kit', args, { capture: true })
  if (code !== 0) throw new Error(output)
}
