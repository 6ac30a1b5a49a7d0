/** The command `admin:create` as one types it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { LocalState } from './local-platform.ts'
import { ROOT } from './tools.ts'

export interface Admin {
  email: string
  password: string
}

export interface Finished {
  code: number | null
  output: string
}

/** Runs it on the given data to its end. Without a password, it makes one and prints it, or mails with `--remote`. */
export function runAdminCreate(
  state: LocalState,
  admin: Partial<Admin>,
  flags: readonly string[] = [],
): Promise<Finished> {
  const given = {
    '--email': admin.email,
    '--password': admin.password,
    '--persist-to': state.persistTo,
    '--env-file': state.envFile,
  }
  const args = Object.entries(given).flatMap(([name, value]) => (value ? [name, value] : []))
  const script = join(ROOT, 'scripts', 'admin-create.ts')
  const child = spawn(process.execPath, [script, ...args, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: string[] = []
  child.stdout.on('data', (chunk) => printed.push(String(chunk)))
  child.stderr.on('data', (chunk) => printed.push(String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: printed.join('') }))
  })
}
