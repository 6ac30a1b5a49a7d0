/** Runs checks one after the other, says how each went, and counts. One that fails does not stop the rest. */

export interface Tally {
  passed: number
  failed: number
}

export interface Checks {
  readonly tally: Tally
  /** Runs one check; what it gives, or undefined where it failed. */
  check<T>(name: string, run: () => T | Promise<T>): Promise<T | undefined>
}

export function createChecks(): Checks {
  const tally: Tally = { passed: 0, failed: 0 }
  return {
    tally,
    async check(name, run) {
      try {
        const result = await run()
        tally.passed++
        console.log(`  ✓ ${name}`)
        return result
      } catch (error) {
        tally.failed++
        console.log(`  ✗ ${name}\n      ${error instanceof Error ? error.message : error}`)
        return undefined
      }
    },
  }
}

/** What an earlier check gave. Throws where that one failed. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a check that this one builds on has failed')
  return value
}

/** Throws with both values where they differ; compared as JSON. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what} is ${is}, expected ${should}`)
}
