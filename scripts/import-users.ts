/**
 * `npm run import:users -- FILE`: communities and their people, with the password hashes of another system, from NDJSON.
 * docs/import.md tells the format. Lines go by in batches; what is there already is left as it is, so that a run may be
 * repeated after whatever ended it.
 */
import { closeSync, createReadStream, openSync, realpathSync, statSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createDatabase } from '../src/db/client.ts'
import { systemClock } from '../src/lib/clock.ts'
import { readLines } from './import/lines.ts'
import { createProgress, describeCounts } from './import/progress.ts'
import { type Counts, importLines, type Refused } from './import/run.ts'
import { Refusal, readTarget, type Target, withTarget } from './local-platform.ts'

const USAGE = `Usage: npm run import:users -- FILE [--dry-run] [--batch N] [--report FILE]
       FILE is NDJSON, - for standard input; docs/import.md tells the format.
Where: the local data (--persist-to FOLDER and --env-file FILE as wrangler dev takes them),
       or --remote --env staging|production`
const DEFAULT_BATCH = 100
/** Each line is four statements, and one call of D1 may run a thousand. */
const MAX_BATCH = 200
/** Reasons shown where no report was asked for. */
const SHOWN_REFUSALS = 20

interface Wish {
  file: string
  dryRun: boolean
  batchSize: number
  report: string | undefined
  target: Target
}

try {
  const wish = readWish()
  const input = openInput(wish)
  const counts = await withTarget(wish.target, (binding) => run(wish, binding, input))
  console.error(describeCounts(counts, wish.dryRun))
  process.exitCode = counts.refused > 0 ? 1 : 0
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function run(wish: Wish, binding: D1Database, input: Input): Promise<Counts> {
  const refusals = openReport(wish.report)
  const progress = createProgress({
    now: () => performance.now(),
    size: input.size,
    write: (text) => console.error(text),
  })
  try {
    return await importLines(readLines(input.chunks()), {
      db: createDatabase(binding, { roundTrips: 0 }),
      clock: systemClock,
      batchSize: wish.batchSize,
      dryRun: wish.dryRun,
      onRefused: refusals.add,
      onProgress: progress,
    })
  } catch (error) {
    console.error(
      'Broken off. Run the same command again: what is written stays, and nothing is made twice.',
    )
    throw error
  } finally {
    refusals.close()
  }
}

interface Input {
  /** Bytes; undefined where nobody knows. */
  size: number | undefined
  chunks(): AsyncIterable<Uint8Array>
}

function openInput({ file }: Wish): Input {
  if (file === '-') return { size: undefined, chunks: () => process.stdin }
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found || found.isDirectory()) throw new Refusal(`There is no file ${file}.`)
  const size = found.isFile() ? found.size : undefined
  return { size, chunks: () => createReadStream(file, { highWaterMark: 256 * 1024 }) }
}

/** Where refused lines go: the report, readable by its owner alone, else the first few to the terminal. */
function openReport(path: string | undefined) {
  let shown = 0
  if (path === undefined) {
    const add = ({ line, reason }: Refused) => {
      shown += 1
      if (shown <= SHOWN_REFUSALS) console.error(`Line ${line} refused. ${reason}`)
      if (shown === SHOWN_REFUSALS)
        console.error('Further ones are counted; --report FILE has all.')
    }
    return { add, close: () => {} }
  }
  const file = openSync(path, 'w', 0o600)
  return {
    add: (refused: Refused) => {
      writeSync(file, `${JSON.stringify(refused)}\n`)
    },
    close: () => closeSync(file),
  }
}

function readWish(): Wish {
  const { values, positionals } = parse()
  const [file] = positionals
  if (file === undefined || positionals.length !== 1) throw new Refusal(USAGE)
  const { report, batch = String(DEFAULT_BATCH), 'dry-run': dryRun = false } = values
  const batchSize = Number(batch)
  if (!/^\d{1,3}$/.test(batch) || batchSize < 1 || batchSize > MAX_BATCH) {
    throw new Refusal(`--batch is a number from 1 to ${MAX_BATCH}.\n${USAGE}`)
  }
  if (report !== undefined && isSameFile(report, file)) {
    throw new Refusal('The report would overwrite the file that is imported.')
  }
  return { file, dryRun, batchSize, report, target: readTarget(values, USAGE) }
}

function isSameFile(one: string, other: string): boolean {
  const pathOf = (path: string) =>
    statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : undefined
  return pathOf(one) !== undefined && pathOf(one) === pathOf(other)
}

function parse() {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    'dry-run': flag,
    batch: text,
    report: text,
    env: text,
    'persist-to': text,
    'env-file': text,
    remote: flag,
  } as const
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}
