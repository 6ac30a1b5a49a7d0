/** An import from its lines to its counts, batch by batch: it holds one batch at a time. */
import type { Database } from '../../src/db/client.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { Outcome } from './judge.ts'
import { LINE_MAX_BYTES, type Line } from './lines.ts'
import { type ParsedLine, parseLine } from './parse-line.ts'
import { emptyPlan, planBatch } from './plan-batch.ts'
import { writeBatch } from './write-batch.ts'

export interface Counts {
  lines: number
  communities: number
  accounts: number
  memberships: number
  alreadyThere: number
  refused: number
}

export interface Refused {
  line: number
  /** In words, without any value of the line. */
  reason: string
}

export interface ImportOptions {
  db: Database
  clock: Clock
  /** Lines that are written together. */
  batchSize: number
  /** Judges only: nothing is written. */
  dryRun: boolean
  onRefused(refused: Refused): void
  /** After each batch; `end` is the number of bytes that are done. */
  onProgress(counts: Readonly<Counts>, end: number): void
}

interface Waiting {
  line: number
  parsed: ParsedLine
}

/** Imports every line. Throws where the database fails; the batches before that stay written. */
export async function importLines(
  lines: AsyncIterable<Line>,
  options: ImportOptions,
): Promise<Counts> {
  const counts: Counts = {
    lines: 0,
    communities: 0,
    accounts: 0,
    memberships: 0,
    alreadyThere: 0,
    refused: 0,
  }
  const judge = createJudge(options)
  let waiting: Waiting[] = []
  const flush = async (end: number) => {
    for (const { line, outcome } of await judge(waiting)) {
      count(counts, outcome)
      if (outcome.result === 'refused') options.onRefused({ line, reason: outcome.reason })
    }
    waiting = []
    options.onProgress(counts, end)
  }
  let end = 0
  for await (const line of lines) {
    waiting.push({ line: line.number, parsed: parse(line, options.clock()) })
    end = line.end
    if (waiting.length >= options.batchSize) await flush(end)
  }
  if (waiting.length > 0) await flush(end)
  return counts
}

/** The outcome of each waiting line, in order; refused ones among them cost the database nothing. */
function createJudge({ db, clock, dryRun }: ImportOptions) {
  const plan = emptyPlan()
  return async (waiting: readonly Waiting[]): Promise<{ line: number; outcome: Outcome }[]> => {
    const records = waiting.flatMap(({ parsed }) => (parsed.ok ? [parsed.record] : []))
    const now = clock()
    const outcomes = dryRun
      ? await planBatch(db, records, now, plan)
      : await writeBatch(db, records, now)
    const left = outcomes.values()
    return waiting.map(({ line, parsed }) => {
      if (!parsed.ok) return { line, outcome: { result: 'refused', reason: parsed.reason } }
      const { value } = left.next()
      if (!value) throw new Error('a record without an outcome')
      return { line, outcome: value }
    })
  }
}

function parse({ text, fault }: Line, now: number): ParsedLine {
  if (text !== undefined) return parseLine(text, now)
  const reason =
    fault === 'too_long'
      ? `This line is longer than ${LINE_MAX_BYTES / 1024} KiB.`
      : 'This line is not UTF-8.'
  return { ok: false, reason }
}

function count(counts: Counts, outcome: Outcome): void {
  counts.lines += 1
  switch (outcome.result) {
    case 'already_there':
      counts.alreadyThere += 1
      break
    case 'refused':
      counts.refused += 1
      break
    case 'made':
      counts[COUNTED[outcome.what]] += 1
      break
    default:
      outcome satisfies never
  }
}

const COUNTED = {
  community: 'communities',
  account: 'accounts',
  membership: 'memberships',
} as const
