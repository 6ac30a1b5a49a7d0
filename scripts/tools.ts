/** Where the project is, how its tools are started, and what every tool is told of its surroundings. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

const TOOLS = {
  biome: '@biomejs/biome/bin/biome',
  'drizzle-kit': 'drizzle-kit/bin.cjs',
  redocly: '@redocly/cli/bin/cli.js',
  tsc: 'typescript/bin/tsc',
  vitest: 'vitest/vitest.mjs',
  wrangler: 'wrangler/bin/wrangler.js',
} as const

export type Tool = keyof typeof TOOLS

/** No question asked, nothing reported, no look-up of the caller's place: a command behaves alike everywhere. */
export const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
}

interface Finished {
  code: number
  /** What it printed; empty unless `capture` was asked for. */
  output: string
}

/** Starts a tool under the Node that runs this script. The caller ends it. */
export function startTool(tool: Tool, args: readonly string[], options: SpawnOptions = {}) {
  const env = { ...process.env, ...QUIET, ...options.env }
  const path = join(ROOT, 'node_modules', TOOLS[tool])
  return spawn(process.execPath, [path, ...args], { cwd: ROOT, ...options, env })
}

/** Runs a tool to its end. Nothing can be asked of anybody: it has no input and is told that it runs unattended. */
export function runTool(
  tool: Tool,
  args: readonly string[],
  { capture = false, env = {} }: { capture?: boolean; env?: Record<string, string> } = {},
): Promise<Finished> {
  const output = capture ? 'pipe' : 'inherit'
  const child = startTool(tool, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, CI: '1', ...(!process.stdout.isTTY && { NO_COLOR: '1' }), ...env },
  })
  const printed: string[] = []
  // Were this script to break off, its tool would go on for nobody.
  const abandon = () => child.kill()
  process.once('exit', abandon)
  child.stdout?.on('data', (chunk) => printed.push(String(chunk)))
  child.stderr?.on('data', (chunk) => printed.push(String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      process.removeListener('exit', abandon)
      resolve({ code: code ?? 1, output: printed.join('') })
    })
  })
}

export function isTool(name: string): name is Tool {
  return Object.hasOwn(TOOLS, name)
}
