/** Reads Istanbul's report of the tests and judges it. */
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import * as z from 'zod'
import { type CoverageVerdict, judgeCoverage, type LineCoverage } from './coverage-rules.ts'
import { ROOT } from './tools.ts'

const reportSchema = z.record(
  z.string(),
  z.object({
    path: z.string(),
    statementMap: z.record(z.string(), z.object({ start: z.object({ line: z.number() }) })),
    s: z.record(z.string(), z.number()),
  }),
)

type FileReport = z.infer<typeof reportSchema>[string]

export function readCoverage(folder = join(ROOT, 'coverage')): CoverageVerdict {
  const text = readFileSync(join(folder, 'coverage-final.json'), 'utf8')
  return judgeCoverage(Object.values(reportSchema.parse(JSON.parse(text))).map(toLines))
}

/** A line counts as run if a statement that begins on it was: Istanbul's own rule. */
function toLines({ path, statementMap, s }: FileReport): LineCoverage {
  const runs = new Map<number, number>()
  for (const [id, { start }] of Object.entries(statementMap)) {
    runs.set(start.line, Math.max(runs.get(start.line) ?? 0, s[id] ?? 0))
  }
  const missed = [...runs].filter(([, count]) => count === 0).map(([line]) => line)
  return {
    path: relative(ROOT, path).split(sep).join('/'),
    total: runs.size,
    covered: runs.size - missed.length,
    missed: missed.toSorted((left, right) => left - right),
  }
}
