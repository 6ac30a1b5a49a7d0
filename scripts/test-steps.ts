/** The steps of `npm test`, each of which throws where it fails. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { LEFT_OUT, runBrowserChecks } from './browser-checks.ts'
import { BUDGET_KIB, buildFor } from './bundle.ts'
import { runClientChecks, TABS_LEFT_OUT } from './client-checks.ts'
import { readCoverage } from './coverage.ts'
import { OVERALL_PERCENT } from './coverage-rules.ts'
import { ensureDevVars } from './dev-vars-file.ts'
import { expectMigrationsAgree } from './migrations-agree.ts'
import { makePublicFolder } from './public-folder.ts'
import type { Tally } from './smoke/checks.ts'
import { runSmoke } from './smoke.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { runTool, type Tool } from './tools.ts'

const ENVIRONMENTS = ['staging', 'production'] as const
/** As in `npm run types`. */
const TYPES = ['src/worker-env.d.ts', '--include-runtime=false', '--strict-vars=false']
/** The developer's summary, and the lines behind it for the rules. */
const COVERAGE = [
  '--coverage',
  ...['text-summary', 'json', 'html'].map((name) => `--coverage.reporter=${name}`),
]

interface Done {
  tally?: Tally
  /** A word on how it went. */
  note?: string
  /** What this machine could not check, and what would let it. */
  leftOut?: string
}

/** A step that counts what it did has failed. */
export class StepFailed extends Error {
  readonly tally: Tally
  constructor(message: string, tally: Tally) {
    super(message)
    this.tally = tally
  }
}

/** In the order in which faults are quickest to find. */
export const STEPS: Readonly<Record<string, () => Promise<Done>>> = {
  secrets: writeSecrets,
  lint: () => tool('biome', 'check', '.'),
  types: () => tool('tsc', '--noEmit'),
  'generated types': () => tool('wrangler', 'types', ...TYPES, '--check'),
  document: lintDocument,
  migrations: compareMigrations,
  tests: runTests,
  coverage: checkCoverage,
  builds: checkBuilds,
  smoke: checkSmoke,
  client: checkClient,
  browser: checkInBrowser,
}

async function tool(name: Tool, ...args: string[]): Promise<Done> {
  const { code } = await runTool(name, args)
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}`)
  return {}
}

/** Tests and builds warn of secrets that are missing. */
async function writeSecrets(): Promise<Done> {
  await ensureDevVars()
  return {}
}

/** By redocly.yaml, whose rules are all errors: there is nothing that merely warns. */
async function lintDocument(): Promise<Done> {
  await makePublicFolder()
  return tool('redocly', 'lint', 'public/openapi.json', 'public/openapi-dev.json')
}

async function compareMigrations(): Promise<Done> {
  await expectMigrationsAgree()
  return {}
}

const resultSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
})

function runTests(): Promise<Done> {
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'result.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const options = [...COVERAGE, ...reporters, '--silent=passed-only']
    const { code } = await runTool('vitest', ['run', ...options])
    if (!existsSync(file)) throw new Error(`vitest ended with exit code ${code} and no result`)
    const result = resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    const skipped = result.numPendingTests + result.numTodoTests
    const tally = { passed: result.numPassedTests, failed: result.numFailedTests + skipped }
    if (code === 0 && tally.failed === 0) return { tally, note: `${tally.passed} passed` }
    // A file that cannot be loaded fails without a failed test.
    tally.failed = Math.max(1, tally.failed)
    throw new StepFailed(`vitest ended with exit code ${code}, ${skipped} tests skipped`, tally)
  })
}

async function checkCoverage(): Promise<Done> {
  const { percent, faults } = readCoverage()
  if (faults.length > 0) throw new Error(`Not enough is covered by tests.\n${faults.join('\n')}`)
  return { note: `${percent.toFixed(2)} % of lines, ${OVERALL_PERCENT} % needed` }
}

async function checkBuilds(): Promise<Done> {
  const sizes = await Promise.all(ENVIRONMENTS.map(buildFor))
  const told = ENVIRONMENTS.map((name, at) => `${name} ${sizes[at]?.toFixed(1)} KiB`).join(', ')
  if (sizes.some((size) => size > BUDGET_KIB)) {
    throw new Error(`Minified JavaScript: ${told}. At most ${BUDGET_KIB} KiB are allowed.`)
  }
  return { note: `minified ${told}, at most ${BUDGET_KIB} KiB` }
}

async function checkSmoke(): Promise<Done> {
  const tally = await runSmoke()
  if (tally.failed > 0) throw new StepFailed(`${tally.failed} smoke checks failed`, tally)
  return { tally, note: `${tally.passed} checks` }
}

/** In part, as the last step, one that a machine may lack something for. */
async function checkClient(): Promise<Done> {
  const { tally, inBrowser } = await runClientChecks()
  if (tally.failed > 0) throw new StepFailed(`${tally.failed} checks of the client failed`, tally)
  return { tally, note: `${tally.passed} checks`, ...(!inBrowser && { leftOut: TABS_LEFT_OUT }) }
}

/** The one step that a machine may lack everything for. */
async function checkInBrowser(): Promise<Done> {
  const tally = await runBrowserChecks()
  if (tally === undefined) return { leftOut: LEFT_OUT, note: 'there is no browser' }
  if (tally.failed > 0) throw new StepFailed(`${tally.failed} browser checks failed`, tally)
  return { tally, note: `${tally.passed} checks` }
}
