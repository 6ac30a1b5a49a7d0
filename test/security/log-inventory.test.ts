/** docs/logging.md beside the code: every event and every audit action is on the page, and nothing else writes. */
import { describe, expect, it } from 'vitest'
import { AUDIT_ACTIONS } from '../../src/db/schema/index.ts'
import { codeOf, column, DOCS, SOURCES, section } from './read-sources.ts'

const PAGE = DOCS['logging.md'] ?? ''
const NAMES = /`([a-z_]+)`/g

const namesIn = (cells: string[]) =>
  cells.flatMap((cell) => [...cell.matchAll(NAMES)].map(([, name = '']) => name))

/** `log.warn('name'`, `log?.error(x ? 'one' : 'other'`, `log[level]('name'` */
const WRITES =
  /(?:\.(?:debug|info|warn|error)|\blog\[\w+\])\(\s*(?:\w+\s*\?\s*'(\w+)'\s*:\s*)?'(\w+)'/g

const emitted = Object.keys(SOURCES).flatMap((path) =>
  [...codeOf(path).matchAll(WRITES)].flatMap(([, one, other]) => [one, other].filter(Boolean)),
)

describe('docs/logging.md', () => {
  it('lists each event that the code logs, and no other', () => {
    expect(emitted).toEqual(expect.arrayContaining(['request', 'database_failed', 'login_failed']))
    const listed = namesIn(column(section(PAGE, 'Events'), 0))
    expect(listed.sort()).toEqual([...new Set(emitted)].sort())
  })

  it('lists each audit action that the code writes, and no other', () => {
    const listed = namesIn(column(section(PAGE, 'Audit rows'), 0))
    expect(listed.sort()).toEqual([...AUDIT_ACTIONS].sort())
  })

  it('says of each record where it is, how long and who reads it', () => {
    const [heads = ''] = PAGE.split('## A line')
    for (const at of [1, 2, 3]) {
      const cells = column(heads, at)
      expect(cells).toHaveLength(3)
      for (const cell of cells) expect(cell.length).toBeGreaterThan(3)
    }
  })
})

describe('what writes', () => {
  it('names each event by a constant: no line is called what a client says', () => {
    const calls = Object.keys(SOURCES).flatMap((path) =>
      path === 'log.ts'
        ? []
        : [...codeOf(path).matchAll(/\blog\??(?:\.(?:debug|info|warn|error)|\[\w+\])\(/g)].map(
            () => path,
          ),
    )
    // One call writes one of two names.
    expect(emitted.length).toBeGreaterThanOrEqual(calls.length)
    expect(calls.length).toBeGreaterThan(20)
  })
})
