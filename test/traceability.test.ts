/// <reference types="vite/types/importMeta.d.ts" />
/** Each requirement and each past failure has its row, and each test that a row names is there under that title. */
import { describe, expect, it } from 'vitest'
import { APPLICABLE, type Level } from './traceability-ids.ts'
import { type Excuse, type Expectation, faultsOf, rowsOf, titlesOf } from './traceability-pages.ts'

const PAGES = import.meta.glob<string>('../docs/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})

// Files of tests, and the one that makes tests for several of them.
const TESTS = import.meta.glob<string>(['./**/*.test.{ts,tsx}', './support/alike.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

const SOURCES = Object.fromEntries(
  Object.entries(TESTS).map(([name, text]) => [name.replace('./', 'test/'), text]),
)

const LEVELS: readonly Level[] = [1, 2]
const idsOf = (level: Level) => Object.values(APPLICABLE).flatMap((chapter) => chapter[level])
const LEVEL_OF = new Map(LEVELS.flatMap((level) => idsOf(level).map((id) => [id, level] as const)))

/** How many requirements of each chapter apply at levels 1 and 2. */
const COUNTS: Record<string, [number, number]> = {
  V1: [5, 12],
  V2: [4, 7],
  V3: [7, 9],
  V4: [1, 2],
  V5: [4, 4],
  V6: [11, 16],
  V7: [6, 9],
  V8: [4, 3],
  V9: [4, 3],
  V10: [1, 7],
  V11: [3, 10],
  V12: [3, 3],
  V13: [1, 12],
  V14: [2, 6],
  V15: [3, 10],
  V16: [0, 16],
}

/** Where we do something else than what is asked, on purpose. */
const DEVIATIONS = ['V14.2.1', 'V5.4.3', 'V6.2.5', 'V6.3.3', 'V6.5.2']

/** What only a deployment can show: names, certificates, where its logs go, who may do what to it. */
const AT_A_DEPLOYMENT = [
  'V3.5.4',
  'V4.1.2',
  'V5.3.1',
  'V12.1.1',
  'V12.1.2',
  'V12.2.1',
  'V12.2.2',
  'V12.3.2',
  'V13.2.2',
  'V13.3.1',
  'V13.3.2',
  'V13.4.1',
  'V16.4.3',
]

const REQUIREMENTS: Expectation = {
  ids: [...LEVEL_OF.keys()],
  secondCell: (id) => String(LEVEL_OF.get(id)),
  mayExcuse: (excuse, id) => {
    switch (excuse) {
      case 'Deviation':
        return DEVIATIONS.includes(id)
      case 'Deployment':
        return AT_A_DEPLOYMENT.includes(id)
      default:
        return excuse satisfies never
    }
  },
}

const FAILURES: Expectation = {
  ids: Array.from({ length: 68 }, (_, index) => String(index + 1)),
  mayExcuse: (excuse) => excuse !== 'Deviation',
}

const page = (name: string) => {
  const text = PAGES[`../docs/${name}`]
  if (text === undefined) throw new Error(`docs/${name} is not there`)
  return text
}
const requirementRows = () => [page('asvs.md'), page('asvs-v9-v16.md')].flatMap(rowsOf)

describe('the requirements that apply', () => {
  it.each(Object.entries(COUNTS))('are as many as were counted in %s', (chapter, [one, two]) => {
    expect(LEVELS.map((level) => APPLICABLE[chapter]?.[level].length)).toEqual([one, two])
  })

  it('are 59 of level 1 and 129 of level 2, each once and in its chapter', () => {
    expect(Object.keys(APPLICABLE)).toEqual(Object.keys(COUNTS))
    expect(LEVELS.map((level) => idsOf(level).length)).toEqual([59, 129])
    expect(LEVEL_OF.size).toBe(188)
    for (const [chapter, ids] of Object.entries(APPLICABLE)) {
      for (const id of [...ids[1], ...ids[2]]) expect(id.split('.')[0]).toBe(chapter)
    }
  })

  it('have one row each, of the right level, met by tests that exist or by what is declared', () => {
    expect(faultsOf(requirementRows(), SOURCES, REQUIREMENTS)).toEqual([])
  })

  it('have their declared deviations, all of them and no other', () => {
    const deviating = requirementRows().filter(({ met }) =>
      met.some((piece) => piece.startsWith('Deviation: ')),
    )
    expect(deviating.map(({ id }) => id).sort()).toEqual(DEVIATIONS)
  })

  it('stand on two pages, whose first says how many there are', () => {
    const first = page('asvs.md')
    expect(first).toContain('](asvs-v9-v16.md)')
    const chapters = (name: string) => [
      ...new Set(rowsOf(page(name)).map(({ id }) => id.split('.')[0])),
    ]
    expect(chapters('asvs.md')).toEqual(Object.keys(COUNTS).slice(0, 8))
    expect(chapters('asvs-v9-v16.md')).toEqual(Object.keys(COUNTS).slice(8))
    const told = [...first.matchAll(/level ([12]): (\d+) requirements/g)]
    expect(told.map(([, level, count]) => [Number(level), Number(count)])).toEqual([
      [1, 59],
      [2, 129],
    ])
  })
})

describe('the past failures of others', () => {
  it('have one row each, met by tests that exist or by what is declared', () => {
    expect(faultsOf(rowsOf(page('past-failures.md')), SOURCES, FAILURES)).toEqual([])
  })
})

describe('the checker', () => {
  const sources = {
    'test/a.test.ts': [
      `describe('a group', () => {`,
      `  it('works once', async () => {})`,
      `  // it('is commented out', () => {})`,
      `  it.each<[string, RegExp]>([['(', /[(']/]])("it's done for %s", (name) => name)`,
      `  it.each(NAMES)(`,
      `    'spans lines: %s',`,
      `    (name) => name)`,
      `  expect(call('works twice', 1)).toBe('works thrice')`,
    ].join('\n'),
    'test/b.test.ts': `it.skip('is not run', () => {})\nit('is run', () => {})`,
  }
  const good = '[test/a.test.ts](../test/a.test.ts) “works once”'
  const expectation: Expectation = {
    ids: ['X1', 'X2'],
    secondCell: (id) => (id === 'X1' ? '1' : '2'),
    mayExcuse: (excuse: Excuse, id) => excuse === 'Deployment' || id === 'X2',
  }
  const head = '| Requirement | Level | What it asks | How it is met |\n| --- | --- | --- | --- |'
  const x1 = (met: string, level = '1') => `| X1 | ${level} | Once | ${met} |`
  const x2 = (met: string) => `| X2 | 2 | Twice | ${met} |`
  const faults = (...lines: string[]) =>
    faultsOf(rowsOf(['# A page', head, ...lines].join('\n')), sources, expectation)

  it('reads titles of tests and groups, and nothing else', () => {
    expect([...titlesOf(sources['test/a.test.ts'])]).toEqual([
      'a group',
      'works once',
      "it's done for %s",
      'spans lines: %s',
    ])
  })

  it('takes tests that exist, and excuses where they are allowed', () => {
    const each = "[test/a.test.ts](../test/a.test.ts) “it's done for %s”"
    expect(faults(x1(`${good}<br>${each}`), x2(good))).toEqual([])
    expect(faults(x1(`${good}<br>Deployment: look at what it answers there`), x2(good))).toEqual([])
    expect(faults(x1(good), x2('Deviation: it costs more than it is worth'))).toEqual([])
  })

  it.each<[string, string[], string]>([
    ['a missing row', [x1(good)], 'X2: has no row'],
    ['a second row', [x1(good), x1(good), x2(good)], 'X1: has more than one row'],
    ['another id', [x1(good), x2(good), '| X3 | 1 | Why | Deployment |'], 'X3: is none of ours'],
    ['another level', [x1(good, '2'), x2(good)], 'X1: is not 2'],
    ['an empty cell', [x1(''), x2(good)], 'X1: has an empty cell'],
    ['nothing behind a break', [x1(`${good}<br>`), x2(good)], 'X1: has an empty piece'],
    ['the same test twice', [x1(`${good}<br>${good}`), x2(good)], 'X1: says one thing twice'],
    [
      'a file that is not there',
      [x1('[test/c.test.ts](../test/c.test.ts) “works once”'), x2(good)],
      'X1: there is no test/c.test.ts',
    ],
    [
      'a title that is not there',
      [x1('[test/a.test.ts](../test/a.test.ts) “works”'), x2(good)],
      'X1: test/a.test.ts has no “works”',
    ],
    [
      'a title that is commented out',
      [x1('[test/a.test.ts](../test/a.test.ts) “is commented out”'), x2(good)],
      'X1: test/a.test.ts has no “is commented out”',
    ],
    [
      'a text that is no title',
      [x1('[test/a.test.ts](../test/a.test.ts) “works twice”'), x2(good)],
      'X1: test/a.test.ts has no “works twice”',
    ],
    [
      'a file that skips tests',
      [x1('[test/b.test.ts](../test/b.test.ts) “is run”'), x2(good)],
      'X1: test/b.test.ts skips tests',
    ],
    [
      'a link that leads elsewhere',
      [x1('[test/a.test.ts](../test/b.test.ts) “works once”'), x2(good)],
      'X1: shows test/a.test.ts and leads to test/b.test.ts',
    ],
    ['words alone', [x1('It is met.'), x2(good)], 'X1: cannot be read: It is met.'],
    [
      'an excuse without words',
      [x1('Deployment: look'), x2(good)],
      'X1: does not say what is meant by Deployment',
    ],
    [
      'an excuse that is not declared',
      [x1('Deviation: we do it in another way'), x2(good)],
      'X1: may not be met by Deviation',
    ],
  ])('sees %s', (_, lines, fault) => {
    expect(faults(...lines)).toEqual([fault])
  })
})
