/**
 * `npm run archive:read -- --out FOLDER [--from DAY] [--to DAY]`: fetches the archives of the audit log that hold rows of
 * that time, compares each with its record, and writes its rows as NDJSON. With `--remote --env staging|production`, those
 * of a deployment. Changes nothing but the folder; ends with exit code 1 where an archive is missing or does not fit.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { unpackArchive } from '../src/lib/audit-archive.ts'
import { firstIdAt } from '../src/lib/ids.ts'
import { Refusal, readConfig, readTarget, type Target, withTarget } from './local-platform.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { runTool } from './tools.ts'

const USAGE = `Usage: npm run archive:read -- --out FOLDER [--from YYYY-MM-DD] [--to YYYY-MM-DD]
       [--remote --env staging|production | --persist-to FOLDER]`

interface Recorded {
  lastId: string
  objectKey: string
  rowCount: number
  sha256: string
}

try {
  const { target, out, from, to } = readWish()
  const archives = await withTarget(target, (binding) => findArchives(binding, from, to))
  const bucket = await bucketOf(target)
  mkdirSync(out, { recursive: true })
  let faults = 0
  for (const archive of archives) {
    const fault = await fetchArchive(target, bucket, archive, out)
    if (fault !== undefined) faults += 1
    console.log(
      `${fault === undefined ? 'ok' : 'FAULT'}  ${archive.objectKey}  ${fault ?? `${archive.rowCount} rows`}`,
    )
  }
  console.log(`${archives.length - faults} of ${archives.length} archives are in ${out}`)
  if (faults > 0) process.exitCode = 1
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function readWish() {
  const { values } = parse()
  if (values.out === undefined) throw new Refusal(`Say where the rows shall go.\n${USAGE}`)
  const target = readTarget(values, USAGE)
  return { target, out: values.out, from: dayOf(values.from, 0), to: dayOf(values.to, undefined) }
}

function parse() {
  const text = { type: 'string' } as const
  const options = {
    out: text,
    from: text,
    to: text,
    env: text,
    'persist-to': text,
    remote: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ options })
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}

function dayOf<T>(text: string | undefined, missing: T): number | T {
  if (text === undefined) return missing
  const day = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? text : Number.NaN)
  // The engine takes the thirtieth of February for one in March.
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return day.getTime()
  throw new Refusal(`"${text}" is no day.\n${USAGE}`)
}

/** Those with rows from `from` until before `to`; an archive's name tells its first id. */
async function findArchives(binding: D1Database, from: number, to: number | undefined) {
  const { results } = await binding
    .prepare(
      `SELECT last_id AS lastId, object_key AS objectKey, row_count AS rowCount, sha256
       FROM audit_archives WHERE last_id >= ? ORDER BY last_id`,
    )
    .bind(firstIdAt(from))
    .all<Recorded>()
  const end = to === undefined ? 'g' : firstIdAt(to)
  return results.filter(({ objectKey }) => (objectKey.split('/')[2] ?? '') < end)
}

async function bucketOf(target: Target): Promise<string> {
  const { r2_buckets }: { r2_buckets: { binding: string; bucket_name?: string }[] } =
    await readConfig('environment' in target ? target.environment : undefined)
  const name = r2_buckets.find(({ binding }) => binding === 'ARCHIVE')?.bucket_name
  if (name === undefined) throw new Refusal('wrangler.toml has no bucket ARCHIVE.')
  return name
}

/** Writes the rows of one archive; gives what is wrong with it, if anything is. */
function fetchArchive(
  target: Target,
  bucket: string,
  archive: Recorded,
  out: string,
): Promise<string | undefined> {
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'archive')
    const where = 'environment' in target ? ['--remote'] : ['--local', ...persistTo(target)]
    const path = `${bucket}/${archive.objectKey}`
    const { code, output } = await runTool(
      'wrangler',
      ['r2', 'object', 'get', path, '--file', file, ...where],
      { capture: true },
    )
    if (code !== 0) return `was not fetched: ${output.trim()}`
    try {
      const rows = await unpackArchive(new Uint8Array(readFileSync(file)), archive)
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      writeFileSync(join(out, `${archive.lastId}.ndjson`), lines)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  })
}

function persistTo(target: Target): string[] {
  return target.persistTo === undefined ? [] : ['--persist-to', target.persistTo]
}
