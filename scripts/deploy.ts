/**
 * `npm run deploy -- --env staging|production`: the migrations, then the Worker. Further arguments go to
 * `wrangler deploy`; the first deployment takes its secrets along by `--secrets-file FILE`.
 */
import { once } from 'node:events'
import { valuesOf } from './arguments.ts'
import { findPlaceholders } from './deploy-readiness.ts'
import { readConfig } from './local-platform.ts'
import { runTool, startTool } from './tools.ts'

const ENVIRONMENTS = ['staging', 'production']
const USAGE = 'npm run deploy -- --env staging|production [--secrets-file FILE]'

process.exitCode = await deploy(process.argv.slice(2))

async function deploy(args: readonly string[]): Promise<number> {
  const environments = valuesOf(args, 'env')
  const [environment = ''] = environments
  if (environments.length !== 1 || !ENVIRONMENTS.includes(environment)) {
    console.error(`Say where to deploy: ${USAGE}`)
    return 1
  }
  const faults = findPlaceholders(await readConfig(environment), environment)
  if (faults.length > 0) {
    console.error(`wrangler.toml has placeholders in [env.${environment}]. Nothing was deployed.`)
    console.error(faults.map((fault) => `  ${fault}`).join('\n'))
    return 1
  }
  // Expand before contract: the Worker that runs meanwhile bears the new schema, the new Worker needs it.
  if (!args.includes('--dry-run')) {
    const migrated = await runTool('wrangler', [
      'd1',
      'migrations',
      'apply',
      'DB',
      '--remote',
      '--env',
      environment,
    ])
    if (migrated.code !== 0) {
      console.error('The migrations were not applied. Nothing was deployed.')
      return migrated.code
    }
  }
  const [code] = await once(
    startTool('wrangler', ['deploy', ...args], { stdio: 'inherit' }),
    'exit',
  )
  return typeof code === 'number' ? code : 1
}
