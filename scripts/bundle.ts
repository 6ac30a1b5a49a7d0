/** What would be deployed to an environment, built but not sent, and how large it is. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { withTemporaryFolder } from './temporary-folder.ts'
import { runTool } from './tools.ts'

/** Minified JavaScript, without the WebAssembly beside it. */
export const BUDGET_KIB = 600

/** KiB of minified JavaScript. Throws, with wrangler's own words, where the build fails. */
export function buildFor(environment: 'staging' | 'production'): Promise<number> {
  return withTemporaryFolder(async (folder) => {
    const { code, output } = await runTool(
      'wrangler',
      ['deploy', '--dry-run', '--env', environment, '--outdir', folder],
      { capture: true },
    )
    if (code !== 0) throw new Error(output)
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
    const bytes = scripts.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    return bytes / 1024
  })
}
