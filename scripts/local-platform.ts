/**
 * Databases for scripts: the local one as `wrangler dev` has it, also while it runs, and that of a deployment. A
 * deployment's is reached by wrangler's login alone; none of its secrets is needed here.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findPlaceholders } from './deploy-readiness.ts'
import { DEV_VARS } from './dev-vars-file.ts'
import { migrateLocal } from './migrate-local.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { QUIET, ROOT } from './tools.ts'

export interface LocalState {
  /** Folder of the local data as `wrangler dev --persist-to` takes it; .wrangler/state where it is left out. */
  persistTo?: string | undefined
  /** File of secrets in place of .dev.vars. */
  envFile?: string | undefined
}

export type Deployment = 'staging' | 'production'

/** A wish that is not granted; the message is for whoever had it. */
export class Refusal extends Error {}

type LocalEnv = Pick<Env, 'DB'> & Record<string, unknown>

const LOCAL_DATA = join(ROOT, '.wrangler', 'state')

/** Opens the local data, gives it to `work`, and closes it whatever happens. */
export async function withLocalEnv<T>(
  { persistTo = LOCAL_DATA, envFile = DEV_VARS }: LocalState,
  work: (env: LocalEnv) => Promise<T>,
): Promise<T> {
  const { name, compatibility_date, d1_databases, vars } = await readConfig()
  const config = { name, compatibility_date, d1_databases, vars }
  return await withPlatform({ config, persistTo, envFiles: [resolve(envFile)] }, work)
}

/** Which database is meant. */
export type Target =
  | { isRemote: false; persistTo: string | undefined }
  /** With `persistTo`, local data that stand for the deployment's. */
  | { isRemote: true; persistTo: string }
  | { isRemote: true; environment: Deployment; persistTo?: undefined }

/** The target of these options. Throws Refusal where they contradict one another. */
export function readTarget(
  values: { remote?: boolean; env?: string; 'persist-to'?: string },
  usage: string,
): Target {
  const { remote: isRemote = false, env: environment, 'persist-to': persistTo } = values
  const isKnown = environment === 'staging' || environment === 'production'
  if (environment !== undefined && (!isRemote || !isKnown)) {
    throw new Refusal(`--env goes with --remote and is staging or production.\n${usage}`)
  }
  if (!isRemote) return { isRemote, persistTo }
  if (persistTo !== undefined) return { isRemote, persistTo }
  if (isKnown) return { isRemote, environment }
  throw new Refusal(`Say which deployment: --env staging or --env production.\n${usage}`)
}

/** Opens the database that is meant, gives it to `work`, and closes it. Local data get the migrations that they lack. */
export async function withTarget<T>(
  target: Target,
  work: (binding: D1Database) => Promise<T>,
): Promise<T> {
  if ('environment' in target) return await withRemoteDatabase(target.environment, work)
  await migrateLocal(target)
  return await withLocalDatabase(target, work)
}

/** Opens the local database alone, without variables and secrets. */
async function withLocalDatabase<T>(
  { persistTo = LOCAL_DATA }: Pick<LocalState, 'persistTo'>,
  work: (binding: D1Database) => Promise<T>,
): Promise<T> {
  const { name, compatibility_date, d1_databases } = await readConfig()
  const config = { name, compatibility_date, d1_databases }
  return await withPlatform({ config, persistTo, envFiles: [] }, ({ DB }) => work(DB))
}

/** Opens the database of a deployment. Throws Refusal while wrangler.toml has a placeholder for its id. */
async function withRemoteDatabase<T>(
  environment: Deployment,
  work: (binding: D1Database) => Promise<T>,
): Promise<T> {
  const { name, account_id, compatibility_date, d1_databases } = await readConfig(environment)
  const faults = findPlaceholders({ d1_databases, vars: {} }, environment)
  if (faults.length > 0) {
    throw new Refusal(
      `wrangler.toml has a placeholder in [env.${environment}]. Nothing was changed.\n  ${faults.join('\n  ')}`,
    )
  }
  const remote = d1_databases.map((database: object) => {
    // By its own id: a preview database beside it would not be the deployment's.
    return { ...database, preview_database_id: undefined, remote: true }
  })
  const config = { name, account_id, compatibility_date, d1_databases: remote }
  return await withPlatform({ config, envFiles: [] }, async ({ DB }) => {
    await refuseWithoutTables(DB, environment)
    return await work(DB)
  })
}

async function refuseWithoutTables(binding: D1Database, environment: Deployment): Promise<void> {
  const query = `select 1 from sqlite_master where type = 'table' and name = 'outbox'`
  if (await binding.prepare(query).first()) return
  throw new Refusal(
    `The database of ${environment} has no tables yet. Deploy first: npm run deploy -- --env ${environment}`,
  )
}

interface Platform {
  /** As in wrangler.toml, without the Durable Objects, whose classes are not there to serve: nothing here asks for them. */
  config: object
  /** Folder of local data; without one, what is not local is reached where it is. */
  persistTo?: string
  envFiles: string[]
}

async function withPlatform<T>(
  { config, persistTo, envFiles }: Platform,
  work: (env: LocalEnv) => Promise<T>,
): Promise<T> {
  const isLocal = persistTo !== undefined
  const level = process.env.WRANGLER_LOG
  Object.assign(process.env, QUIET, { WRANGLER_LOG: isLocal ? 'error' : 'warn' })
  const { getPlatformProxy } = await import('wrangler')
  try {
    return await withTemporaryFolder(async (folder) => {
      const configPath = join(folder, 'wrangler.json')
      writeFileSync(configPath, JSON.stringify(config))
      const opening = getPlatformProxy<LocalEnv>({
        configPath,
        persist: isLocal && { path: resolve(persistTo, 'v3') },
        envFiles,
        remoteBindings: !isLocal,
      })
      const platform = await (isLocal ? opening : opening.catch(refuseUnreached))
      return await work(platform.env).finally(() => platform.dispose())
    })
  } finally {
    if (level === undefined) delete process.env.WRANGLER_LOG
    else process.env.WRANGLER_LOG = level
  }
}

/** Not logged in, no such database, no network: wrangler's own words say which, and nothing has happened yet. */
function refuseUnreached(error: unknown): never {
  const words = error instanceof Error ? error.message : String(error)
  throw new Refusal(`The database was not reached. Nothing was changed.\n${words}`)
}

/** wrangler.toml as wrangler understands it, for one environment; the local one where none is named. */
export async function readConfig(environment = '') {
  const { unstable_readConfig } = await import('wrangler')
  return unstable_readConfig({ config: join(ROOT, 'wrangler.toml'), env: environment })
}
