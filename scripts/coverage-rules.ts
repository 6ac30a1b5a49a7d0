/** What must be covered by tests, judged from Istanbul's summary. No I/O. */

/** Lines of the whole of src that tests must run, in percent. */
export const OVERALL_PERCENT = 90

/** Every line of these must be run. */
export const COMPLETE: readonly { name: string; pattern: RegExp }[] = [
  { name: 'features/signup', pattern: /^src\/features\/signup\// },
  { name: 'features/login', pattern: /^src\/features\/login\// },
  { name: 'features/email-verification', pattern: /^src\/features\/email-verification\// },
  { name: 'durable-objects', pattern: /^src\/durable-objects\// },
  { name: 'mail/consumer', pattern: /^src\/mail\/consumer[^/]*$/ },
  { name: 'lib/passwords', pattern: /^src\/lib\/passwords\.ts$/ },
  { name: 'lib/tokens', pattern: /^src\/lib\/tokens\.ts$/ },
  { name: 'lib/jwt', pattern: /^src\/lib\/jwt\.ts$/ },
  { name: 'lib/client-ip', pattern: /^src\/lib\/client-ip\.ts$/ },
]

export interface LineCoverage {
  /** From the root of the project, with slashes: `src/app.ts`. */
  path: string
  total: number
  covered: number
  /** Numbers of the lines that no test ran. */
  missed: readonly number[]
}

export interface CoverageVerdict {
  percent: number
  /** One sentence for each rule that is broken; none is broken where it is empty. */
  faults: string[]
}

export function judgeCoverage(files: readonly LineCoverage[]): CoverageVerdict {
  const total = sum(files.map((file) => file.total))
  const covered = sum(files.map((file) => file.covered))
  const percent = total === 0 ? 0 : (100 * covered) / total
  const faults = COMPLETE.flatMap(({ name, pattern }) => {
    const matching = files.filter(({ path }) => pattern.test(path))
    // A renamed folder must not make its rule disappear.
    if (matching.length === 0) return [`${name}: no such file in the report`]
    return matching.filter((file) => file.covered < file.total).map(describe)
  })
  if (percent < OVERALL_PERCENT) {
    faults.push(
      `all of src: ${percent.toFixed(2)} % of lines, at least ${OVERALL_PERCENT} % needed`,
    )
  }
  return { percent, faults }
}

function describe({ path, covered, total, missed }: LineCoverage): string {
  return `${path}: ${covered} of ${total} lines, all needed; not run: ${missed.join(', ')}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0)
}
