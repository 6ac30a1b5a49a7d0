/** What an import says of itself while it runs and at its end. No I/O, no clock of its own. */
import type { Counts } from './run.ts'

const EVERY_MS = 1000

interface ProgressOptions {
  /** Milliseconds of a clock that only goes forward. */
  now(): number
  /** Bytes of the whole file; undefined where nobody knows. */
  size: number | undefined
  write(text: string): void
}

/** Takes the counts after each batch and writes a line of them once a second at most. */
export function createProgress({ now, size, write }: ProgressOptions) {
  const started = now()
  let told = started
  return (counts: Readonly<Counts>, end: number): void => {
    if (now() - told < EVERY_MS) return
    told = now()
    const perSecond = Math.round((counts.lines * 1000) / (told - started))
    const done = size ? ` (${Math.floor((end * 100) / size)} %)` : ''
    write(`${counts.lines} lines${done}, ${perSecond} a second: ${list(counts)}`)
  }
}

/** The last line of a run. */
export function describeCounts(counts: Readonly<Counts>, isDryRun: boolean): string {
  const head = isDryRun ? 'Dry run, nothing was written. ' : ''
  return `${head}${counts.lines} lines: ${list(counts)}.`
}

function list(counts: Readonly<Counts>): string {
  return [
    `${counts.communities} communities`,
    `${counts.accounts} accounts`,
    `${counts.memberships} further memberships`,
    `${counts.alreadyThere} already there`,
    `${counts.refused} refused`,
  ].join(', ')
}
