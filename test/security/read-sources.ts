/// <reference types="vite/types/importMeta.d.ts" />
/** The sources, pages and settings of the project as text, for tests that hold one to the other. */

const SOURCE_FILES = import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const DOC_FILES = import.meta.glob<string>('../../docs/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const ROOT_FILES = import.meta.glob<string>(
  ['../../wrangler.toml', '../../package.json', '../../package-lock.json', '../../.gitignore'],
  { query: '?raw', import: 'default', eager: true },
)

const beneath = (files: Record<string, string>, folder: string) =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path.replace(`../../${folder}`, ''), text]),
  )

const { 'worker-env.d.ts': _generated, ...written } = beneath(SOURCE_FILES, 'src/')

/** Text by path beneath src; without what is generated. */
export const SOURCES: Readonly<Record<string, string>> = written
export const DOCS: Readonly<Record<string, string>> = beneath(DOC_FILES, 'docs/')
const ROOT: Readonly<Record<string, string>> = beneath(ROOT_FILES, '')

export function rootFile(name: string): string {
  const text = ROOT[name]
  if (text === undefined) throw new Error(`${name} is not there`)
  return text
}

export const WRANGLER = rootFile('wrangler.toml')

/** A source without its comments: what is talked about is not done. */
export function codeOf(path: string): string {
  const text = SOURCES[path] ?? ''
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}

/** What stands under a heading of a page, up to the next heading. */
export function section(page: string, heading: string): string {
  const [, text = ''] =
    new RegExp(`^#+ ${heading}\\n([\\s\\S]*?)(?=^#+ |$(?![\\s\\S]))`, 'm').exec(page) ?? []
  if (text === '') throw new Error(`no section "${heading}"`)
  return text
}

/** The cells of each row of the tables in a text, without their heads. */
export function tableRows(text: string): string[][] {
  return [...text.matchAll(/^\|(.*)\|$/gm)]
    .map(([, row = '']) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells, at, rows) => !isRule(cells) && !isRule(rows[at + 1] ?? []))
}

const isRule = (cells: string[]) => cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell))

/** One column of the tables in a text. */
export function column(text: string, at: number): string[] {
  return tableRows(text).map((cells) => cells[at] ?? '')
}
