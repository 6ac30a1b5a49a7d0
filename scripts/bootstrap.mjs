/**
 * First step of every command, in the form that any Node from 18 on runs: installs what package-lock.json names, where
 * that has not been done or the lock file has changed since, and hands over to the Node 24 that is among it, with the
 * arguments, the signals and the exit code. `node scripts/bootstrap.mjs dev.ts --port 9000`
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const BIN = join(ROOT, 'node_modules', '.bin')
const NODE = join(ROOT, 'node_modules', 'node', 'bin', suffixed('node'))
/** SHA-256 of the lock file that was installed. It goes with node_modules, so that a removed folder is installed anew. */
const STAMP = join(ROOT, 'node_modules', '.installed-lock')
const PARENT_POLL_MS = 100

const [script, ...args] = process.argv.slice(2)
if (script === undefined) {
  console.error('Name a script of this folder, such as: node scripts/bootstrap.mjs dev.ts')
  process.exit(2)
}
const lock = createHash('sha256')
  .update(readFileSync(join(ROOT, 'package-lock.json')))
  .digest('hex')
if (!isInstalled(lock)) await install(lock)
process.exit(await run(NODE, [join(ROOT, 'scripts', script), ...args], withPath(BIN)))

function isInstalled(digest) {
  return existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest
}

async function install(digest) {
  const started = Date.now()
  console.log('Installing the packages of package-lock.json …')
  // Without the folder that is about to be replaced: neither npm nor an install script may run from it.
  const env = withPath()
  // A machine that leaves development packages or install scripts out by default would get nothing that runs.
  const options = [
    '--include=dev',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const code = await run(...npm('ci', ...options), env)
  if (code !== 0) {
    console.error(`npm ci failed (exit code ${code}). Nothing was started.`)
    process.exit(code)
  }
  if (!existsSync(NODE)) await run(...npm('rebuild', 'node', '--ignore-scripts=false'), env)
  if (!existsSync(NODE)) {
    console.error(
      'The package "node" has no binary for this machine: its install script did not run.',
    )
    process.exit(1)
  }
  writeFileSync(STAMP, digest)
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
}

/** The npm that started this command where there is one, else the first in PATH. */
function npm(...npmArgs) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js'))
    return [process.env.npm_node_execpath ?? process.execPath, [cli, ...npmArgs]]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', npmArgs]
}

/** Runs to the end and gives the exit code; a signal that reaches us reaches the child. */
function run(command, commandArgs, env) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { cwd: ROOT, env, stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => child.kill(signal))
    watchParent(() => child.kill('SIGTERM'))
    child.on('error', (error) => {
      console.error(`Could not start ${command}: ${error.message}`)
      resolve(127)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

/** npm ends its shell on a signal, which ends without a word to us: then nobody waits for this command any more. */
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onGone()
  }, PARENT_POLL_MS)
  timer.unref()
}

/** This environment with `first` at the head of PATH, and without our own folder anywhere else in it. */
function withPath(first) {
  const paths = (process.env.PATH ?? '').split(delimiter).filter((path) => path !== BIN)
  return { ...process.env, PATH: [...(first ? [first] : []), ...paths].join(delimiter) }
}

function suffixed(name) {
  return process.platform === 'win32' ? `${name}.exe` : name
}
