/**
 * Reads the pages that say which test shows what, and finds their faults: a row that is missing, doubled or empty, a
 * test file that is not there, a title that no test of it has, an excuse where none is declared. No I/O.
 */

/** How a row may be met beside a test; each is followed by words that say what is meant. */
export const EXCUSES = ['Deviation', 'Deployment'] as const
export type Excuse = (typeof EXCUSES)[number]

export interface Row {
  id: string
  /** All cells, the id first and how it is met last. */
  cells: string[]
  /** The last cell, piece by piece. */
  met: string[]
}

export interface Expectation {
  /** Each id once. */
  ids: readonly string[]
  /** Which ids may be met by an excuse. */
  mayExcuse: (excuse: Excuse, id: string) => boolean
  /** What the second cell must be; anything where it is undefined. */
  secondCell?: (id: string) => string | undefined
}

const REFERENCE = /^\[(test\/[^\]]+)\]\(\.\.\/([^)]+)\) “([^”]+)”$/
const LEAST_WORDS = 4

/** Rows of every table of a page, without heads and rules. */
export function rowsOf(page: string): Row[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|?$/.test(line))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter(([id = '']) => id !== 'Requirement' && id !== '#')
    .map((cells) => ({
      id: cells[0] ?? '',
      cells,
      met: (cells.at(-1) ?? '').split('<br>').map((piece) => piece.trim()),
    }))
}

/** Titles of its tests and groups as they stand in the source; none of a line that is commented out. */
export function titlesOf(source: string): Set<string> {
  const code = source.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  const title = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/
  const call = new RegExp(
    String.raw`(?:\b(?:it|test|describe)|\))\(\s*(?:${title.source}),\s*(?:async\b|\(|\{|function\b|\w+\s*=>|[A-Z_]+,)`,
    'g',
  )
  return new Set([...code.matchAll(call)].map(([, one, two, three]) => one ?? two ?? three ?? ''))
}

/** Every fault of the rows, as `id: what`. `sources`: text of each test file by its path from the root. */
export function faultsOf(
  rows: readonly Row[],
  sources: Readonly<Record<string, string>>,
  expectation: Expectation,
): string[] {
  const count = (id: string) => rows.filter((row) => row.id === id).length
  return [
    ...expectation.ids.filter((id) => count(id) === 0).map((id) => `${id}: has no row`),
    ...expectation.ids.filter((id) => count(id) > 1).map((id) => `${id}: has more than one row`),
    ...rows.flatMap((row) =>
      faultsOfRow(row, sources, expectation).map((what) => `${row.id}: ${what}`),
    ),
  ]
}

function faultsOfRow(
  row: Row,
  sources: Readonly<Record<string, string>>,
  { ids, mayExcuse, secondCell }: Expectation,
): string[] {
  if (!ids.includes(row.id)) return ['is none of ours']
  const second = secondCell?.(row.id)
  return [
    ...(second !== undefined && row.cells[1] !== second ? [`is not ${row.cells[1]}`] : []),
    ...(row.cells.includes('') ? ['has an empty cell'] : []),
    ...(row.met.length > 1 && row.met.includes('') ? ['has an empty piece'] : []),
    ...(new Set(row.met).size < row.met.length ? ['says one thing twice'] : []),
    ...row.met.filter(Boolean).flatMap((piece) => {
      const excuse = EXCUSES.find((name) => piece.startsWith(`${name}: `))
      if (excuse === undefined) return faultsOfReference(piece, sources)
      const words = piece.split(/\s+/).length - 1
      return [
        ...(words < LEAST_WORDS ? [`does not say what is meant by ${excuse}`] : []),
        ...(mayExcuse(excuse, row.id) ? [] : [`may not be met by ${excuse}`]),
      ]
    }),
  ]
}

function faultsOfReference(piece: string, sources: Readonly<Record<string, string>>): string[] {
  const [, shown = '', target = '', title = ''] = REFERENCE.exec(piece) ?? []
  if (shown === '') return [`cannot be read: ${piece}`]
  if (shown !== target) return [`shows ${shown} and leads to ${target}`]
  const source = sources[shown]
  if (source === undefined) return [`there is no ${shown}`]
  if (/\b(it|test|describe)\.(skip|todo|only|fails)\b/.test(source)) return [`${shown} skips tests`]
  return titlesOf(source).has(title) ? [] : [`${shown} has no “${title}”`]
}
