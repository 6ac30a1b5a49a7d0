/**
 * `npm test`: all that must hold before a change lands. Stops at the first step that fails; the last line counts tests
 * and the checks of smoke and browser, and a step that failed as one. What was left out is said right before it.
 */
import type { Tally } from './smoke/checks.ts'
import { STEPS, StepFailed } from './test-steps.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Leaving by exit() ends everything that was started.
  process.on(signal, () => process.exit(1))
}
const total: Tally = { passed: 0, failed: 0 }
const leftOut: string[] = []
const stoppedAt = await runSteps()
console.log(`\n${stoppedAt === undefined ? everythingHolds() : `Stopped at: ${stoppedAt}`}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = stoppedAt === undefined ? 0 : 1

/** The name of the step that failed, if one did. */
async function runSteps(): Promise<string | undefined> {
  for (const [name, step] of Object.entries(STEPS)) {
    console.log(`\n── ${name}`)
    const started = performance.now()
    const time = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
    try {
      const { tally, note, leftOut: missing } = await step()
      count(tally)
      if (missing !== undefined) leftOut.push(missing)
      const went = missing === undefined ? 'ok' : 'left out'
      console.log(`── ${name}: ${went}, ${[time(), note].filter(Boolean).join(', ')}`)
    } catch (error) {
      count(error instanceof StepFailed ? error.tally : { passed: 0, failed: 1 })
      console.log(error instanceof Error ? error.message : error)
      console.log(`── ${name}: failed, ${time()}`)
      return name
    }
  }
  return undefined
}

function everythingHolds(): string {
  if (leftOut.length === 0) return 'Everything holds.'
  return ['Everything that was checked holds. Left out:', ...leftOut].join('\n  ')
}

function count({ passed, failed }: Tally = { passed: 0, failed: 0 }): void {
  total.passed += passed
  total.failed += failed
}
