import { describe, expect, it } from 'vitest'
import { COMPLETE, judgeCoverage, type LineCoverage } from '../../scripts/coverage-rules.ts'

/** One fully covered file for each rule. */
const COVERED: LineCoverage[] = [
  'src/features/signup/service.ts',
  'src/features/login/judge.ts',
  'src/features/email-verification/service.ts',
  'src/durable-objects/lane.ts',
  'src/mail/consumer.ts',
  'src/mail/consumer-delivery.ts',
  'src/lib/passwords.ts',
  'src/lib/tokens.ts',
  'src/lib/jwt.ts',
  'src/lib/client-ip.ts',
].map((path) => ({ path, total: 10, covered: 10, missed: [] }))

const replacing = (...changed: LineCoverage[]) => [
  ...COVERED.filter(({ path }) => changed.every((file) => file.path !== path)),
  ...changed,
]

describe('the coverage rules work', () => {
  it('when all that must be covered is, and nine tenths of everything', () => {
    const other = { path: 'src/log.ts', total: 100, covered: 89, missed: [4] }
    const { percent, faults } = judgeCoverage(replacing(other))
    expect(faults).toEqual([])
    expect(percent).toBeCloseTo(94.5)
  })

  it('with files of types alone, which have no lines', () => {
    const types = {
      path: 'src/durable-objects/guard-contract.ts',
      total: 0,
      covered: 0,
      missed: [],
    }
    expect(judgeCoverage(replacing(types)).faults).toEqual([])
  })
})

describe('the coverage rules refuse', () => {
  it.each(COVERED.map(({ path }) => path))('one line of %s that no test runs', (path) => {
    const { faults } = judgeCoverage(replacing({ path, total: 10, covered: 9, missed: [7] }))
    expect(faults).toEqual([`${path}: 9 of 10 lines, all needed; not run: 7`])
  })

  it('less than nine tenths of everything', () => {
    const other = { path: 'src/log.ts', total: 100, covered: 79, missed: [] }
    expect(judgeCoverage(replacing(other)).faults).toEqual([expect.stringContaining('89.50 %')])
  })

  it('an empty report, and a rule whose files are gone', () => {
    expect(judgeCoverage([]).faults).toHaveLength(COMPLETE.length + 1)
    const renamed = COVERED.filter(({ path }) => path !== 'src/lib/jwt.ts')
    expect(judgeCoverage(renamed).faults).toEqual(['lib/jwt: no such file in the report'])
  })

  it('to count neighbours of a file as that file', () => {
    const neighbour = { path: 'src/lib/passwords-list.ts', total: 2, covered: 1, missed: [1] }
    expect(judgeCoverage(replacing(neighbour)).faults).toEqual([])
  })
})
