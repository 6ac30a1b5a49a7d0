/** The local database and variables as `wrangler dev` has them, for scripts; also while it runs. */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DEV_VARS } from './dev-vars-file.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { QUIET, ROOT } from './tools.ts'

export interface LocalState {
  /** Folder of the local data as `wrangler dev --persist-to` takes it; .wrangler/state where it is left out. */
  persistTo?: string | undefined
  /** File of secrets in place of .dev.vars. */
  envFile?: string | undefined
}

type LocalEnv = Pick<Env, 'DB'> & Record<string, unknown>

/** Opens the local data, gives it to `work`, and closes it whatever happens. */
export async function withLocalEnv<T>(
  { persistTo = join(ROOT, '.wrangler', 'state'), envFile = DEV_VARS }: LocalState,
  work: (env: LocalEnv) => Promise<T>,
): Promise<T> {
  const level = process.env.WRANGLER_LOG
  Object.assign(process.env, QUIET, { WRANGLER_LOG: 'error' })
  const { getPlatformProxy } = await import('wrangler')
  try {
    return await withTemporaryFolder(async (folder) => {
      const platform = await getPlatformProxy<LocalEnv>({
        configPath: await writeBareConfig(folder),
        persist: { path: resolve(persistTo, 'v3') },
        envFiles: [resolve(envFile)],
        remoteBindings: false,
      })
      return await work(platform.env).finally(() => platform.dispose())
    })
  } finally {
    if (level === undefined) delete process.env.WRANGLER_LOG
    else process.env.WRANGLER_LOG = level
  }
}

/** The configuration without the Durable Objects, whose classes are not there to serve: nothing here asks for them. */
async function writeBareConfig(folder: string): Promise<string> {
  const { name, compatibility_date, d1_databases, vars } = await readConfig()
  const path = join(folder, 'wrangler.json')
  writeFileSync(path, JSON.stringify({ name, compatibility_date, d1_databases, vars }))
  return path
}

/** wrangler.toml as wrangler understands it, for one environment; the local one where none is named. */
export async function readConfig(environment = '') {
  const { unstable_readConfig } = await import('wrangler')
  return unstable_readConfig({ config: join(ROOT, 'wrangler.toml'), env: environment })
}
