/**
 * `npm run dev`: everything a laptop needs, each time it is started: secrets, migrations, the first admin, the Worker,
 * and its scheduled jobs each minute, which `wrangler dev` does not run by itself.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { ArgumentError, type DevArguments, readDevArguments } from './arguments.ts'
import { type DevServer, isPortFree, isUp, startDevServer } from './dev-server.ts'
import { namesIn } from './dev-vars.ts'
import { ensureDevVars } from './dev-vars-file.ts'
import { ensureAdmin, Refusal } from './ensure-admin.ts'
import { request } from './local-request.ts'
import { migrateLocal } from './migrate-local.ts'

const ADMIN_EMAIL = 'admin@example.com'
const SCHEDULE_MS = 60_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

try {
  const args = readDevArguments(process.argv.slice(2), await namesOfSecrets())
  process.exitCode = await run(args)
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/** Names that the file of secrets sets, which is .dev.vars unless another one is named. */
async function namesOfSecrets(): Promise<string[]> {
  const { envFile } = readDevArguments(process.argv.slice(2))
  return envFile === undefined ? ensureDevVars() : namesIn(readFileSync(envFile, 'utf8'))
}

async function run(args: DevArguments): Promise<number> {
  if (!(await isPortFree(args.port))) {
    throw new ArgumentError(
      `Port ${args.port} is taken, perhaps by another npm run dev. End that one, or take another port: npm run dev -- --port ${args.port + 1}`,
    )
  }
  await migrateLocal(args)
  await ensureFirstAdmin(args)
  const server = startDevServer(args.passOn, 'inherit')
  const stopping = new AbortController()
  const ended = new Promise<number>((resolve) => {
    server.process.once('exit', (code) => resolve(stopping.signal.aborted ? 0 : (code ?? 1)))
  })
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      stopping.abort()
      void server.stop()
    })
  }
  await accompany(server, args.origin, stopping.signal)
  const code = await ended
  await server.stop()
  return code
}

async function ensureFirstAdmin(args: DevArguments): Promise<void> {
  try {
    await ensureAdmin(args, { email: ADMIN_EMAIL })
  } catch (error) {
    // Somebody signed a community up with this address. That is no reason not to start.
    if (!(error instanceof Refusal)) throw error
    console.log(`No admin was made: ${error.message}`)
  }
}

/** Says where everything is once it is there, then runs the scheduled jobs each minute until the server ends. */
async function accompany(server: DevServer, origin: string, stop: AbortSignal): Promise<void> {
  if (!(await isUp(server, origin))) return
  console.log(`
  API            ${origin}/api/v1
  Documentation  ${origin}/docs
  Mail inbox     ${origin}/dev/mail
  Admin          ${ADMIN_EMAIL} (one more: npm run admin:create -- --email E)

  The scheduled jobs run each minute. Ctrl-C ends everything.
`)
  const ending = new AbortController()
  server.process.once('exit', () => ending.abort())
  const signal = AbortSignal.any([stop, ending.signal])
  while (!signal.aborted) {
    await wait(SCHEDULE_MS, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await runScheduledJobs(origin)
  }
}

/** wrangler's own address for it; the Worker has no such route. */
async function runScheduledJobs(origin: string): Promise<void> {
  try {
    const { status, body } = await request(`${origin}/cdn-cgi/local/scheduled?format=json`)
    if (status !== 200 || !body.includes('"ok"')) {
      console.error(`The scheduled jobs failed (${status}): ${body.slice(0, 300)}`)
    }
  } catch (error) {
    console.error(
      `The scheduled jobs did not run: ${error instanceof Error ? error.message : error}`,
    )
  }
}
