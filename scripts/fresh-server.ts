/** A Worker on a free port with data, secrets and an admin of its own: it never touches what the developer has. */
import { join } from 'node:path'
import { type Admin, runAdminCreate } from './admin-command.ts'
import { readDevArguments } from './arguments.ts'
import { type DevServer, findFreePort, isUp, startDevServer } from './dev-server.ts'
import { ensureDevVars } from './dev-vars-file.ts'
import { type LocalState, readConfig } from './local-platform.ts'
import { randomPassword } from './random-password.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

/** Enough of the server's last words to see why it failed. */
const SHOWN_LINES = 60
const START_TIMEOUT_MS = 60_000

export interface FreshServer {
  origin: string
  admin: Admin
  state: LocalState
  /** The last lines of what it printed. */
  lastWords(): string
}

/** Starts it, gives it to `work`, and leaves nothing behind, whatever happens. `args` as for `wrangler dev`. */
export function withFreshServer<T>(
  args: readonly string[],
  work: (server: FreshServer) => Promise<T>,
): Promise<T> {
  return withTemporaryFolder(async (folder) => {
    const state = { persistTo: join(folder, 'state'), envFile: join(folder, 'secrets') }
    const admin = { email: 'admin@example.com', password: randomPassword() }
    await ensureDevVars(state.envFile)
    const { code, output } = await runAdminCreate(state, admin)
    if (code !== 0) throw new Error(`admin:create ended with exit code ${code}\n${output}`)
    await forgetVariables()
    return await serve(state, args, (server) => work({ ...server, admin, state }))
  })
}

async function serve<T>(
  state: Required<LocalState>,
  args: readonly string[],
  work: (server: Pick<FreshServer, 'origin' | 'lastWords'>) => Promise<T>,
): Promise<T> {
  const port = await findFreePort()
  const where = [`--port=${port}`, `--persist-to=${state.persistTo}`, `--env-file=${state.envFile}`]
  const server = startDevServer(readDevArguments([...where, ...args]).passOn, 'pipe')
  const lastWords = keepOutput(server)
  try {
    // By address: the server listens there and nowhere else.
    const origin = `http://127.0.0.1:${port}`
    if (!(await isUp(server, origin, START_TIMEOUT_MS))) {
      throw new Error(`wrangler dev did not come up\n${lastWords()}`)
    }
    return await work({ origin, lastWords })
  } finally {
    await server.stop()
  }
}

/** With a file of secrets, wrangler lets variables of the shell (LOG_LEVEL, APP_NAME …) override those of wrangler.toml. */
async function forgetVariables(): Promise<void> {
  const { vars } = await readConfig()
  for (const name of Object.keys(vars)) delete process.env[name]
}

function keepOutput({ process: child }: DevServer): () => string {
  const chunks: string[] = []
  child.stdout?.on('data', (chunk) => chunks.push(String(chunk)))
  child.stderr?.on('data', (chunk) => chunks.push(String(chunk)))
  return () => chunks.join('').split('\n').slice(-SHOWN_LINES).join('\n')
}
