/** docs/stored-data.md beside the database: every column has a class, and what a class promises is kept. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../src/log.ts'
import { postLogin } from '../factories.ts'
import { guardOf } from '../features/passwords/password-client.ts'
import { openApiDocument, walk } from '../http/open-api-document.ts'
import { addressHere, askForCode, mailedCode } from '../mailbox-client.ts'
import { column, DOCS, section, tableRows } from './read-sources.ts'

const PAGE = section(DOCS['stored-data.md'] ?? '', 'How it is classed')
const CLASSES = ['secret', 'personal', 'internal', 'public'] as const
const ROWS = tableRows(PAGE).filter(([name = '']) => name.startsWith('`'))

const columnsIn = (cell = '') => cell.split(/, */).filter(Boolean)

/** `table.column` by class. */
const classed = Object.fromEntries(
  CLASSES.map((name, at) => [
    name,
    ROWS.flatMap(([table = '', ...cells]) =>
      columnsIn(cells[at]).map((one) => `${table.replaceAll('`', '')}.${one}`),
    ),
  ]),
) as Record<(typeof CLASSES)[number], string[]>

const toCamel = (name: string) =>
  name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** Names of the columns of a class as the code writes them. */
const namesOf = (name: (typeof CLASSES)[number]) =>
  new Set(classed[name].map((full) => toCamel(full.split('.')[1] ?? '')))

afterEach(() => {
  vi.restoreAllMocks()
})

describe('docs/stored-data.md', () => {
  it('gives each column of each table one class', async () => {
    const { results } = await env.DB.prepare(
      `select t.name as "table", c.name as "column" from sqlite_master t, pragma_table_xinfo(t.name) c
       where t.type = 'table' and t.name not like 'sqlite_%' and t.name not like '_cf_%' and t.name not like 'd1_%'`,
    ).all<{ table: string; column: string }>()
    const there = results.map((row) => `${row.table}.${row.column}`)
    expect(there.length).toBeGreaterThan(100)
    expect(Object.values(classed).flat().sort()).toEqual(there.sort())
  })

  it('says of each class how it is answered, logged and kept', () => {
    expect(column(PAGE, 0)).toEqual(expect.arrayContaining([...CLASSES]))
  })

  it('names each table in the list of what is stored for how long', () => {
    const [above = ''] = (DOCS['stored-data.md'] ?? '').split('## How it is classed')
    const unlisted = ROWS.map(([table = '']) => table.replaceAll('`', '')).filter(
      (table) => !above.includes(`\`${table}\``),
    )
    // Always empty.
    expect(unlisted.sort()).toEqual(['_assert'])
  })
})

describe('an account guard', () => {
  it('keeps the columns that the page tells of: no address, no code and no password', async () => {
    const email = addressHere()
    await askForCode(email, 'signup')
    const code = await mailedCode(email)
    await postLogin({ email, password: 'Wrong-Harbour-99' })
    const { columns, rows } = await runInDurableObject(guardOf(email), (_, { storage }) => {
      const all = (query: string) => storage.sql.exec<Record<string, string>>(query).toArray()
      const tables = all(`SELECT name FROM sqlite_master WHERE type = 'table'
        AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`)
      const names = tables.map(({ name = '' }) => name)
      return {
        columns: names.flatMap((table) =>
          all(`SELECT name FROM pragma_table_info('${table}')`).map(
            ({ name }) => `${table}.${name}`,
          ),
        ),
        rows: JSON.stringify(names.flatMap((table) => all(`SELECT * FROM "${table}"`))),
      }
    })
    expect(columns.filter((name) => name.startsWith('challenges.'))).toEqual([
      'challenges.flow',
      'challenges.id',
      'challenges.digest',
      'challenges.issued_at',
      'challenges.ttl_ms',
      'challenges.tries',
    ])
    expect(
      columns.filter((name) => /mail|address|password|secret|\.code$|\.ip$/.test(name)),
    ).toEqual([])
    for (const secret of [email, `"${code}"`, 'Wrong-Harbour']) expect(rows).not.toContain(secret)
    const told = (DOCS['stored-data.md'] ?? '')
      .split('\n')
      .find((line) => line.includes('Durable Object `AccountGuard`'))
    for (const what of ['Attempts', 'known devices', 'codes', 'counted mails', 'flow']) {
      expect(told).toContain(what)
    }
  })
})

describe('what is classed secret', () => {
  it('is redacted in every log line, by the name of its column', () => {
    const written: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => void written.push(String(line)))
    for (const name of namesOf('secret')) createLog('debug').info('event', { [name]: 'canary' })
    expect(written.length).toBeGreaterThan(5)
    for (const line of written) expect(line).not.toContain('canary')
  })

  it('stands in no answer that the document describes', async () => {
    const { paths } = await openApiDocument()
    const secrets = new Set(['passwordHash', 'tokenHash', 'previousTokenHash', 'fingerprint'])
    for (const name of secrets) expect(namesOf('secret')).toContain(name)
    const found: string[] = []
    for (const [path, methods] of Object.entries(paths)) {
      for (const { responses } of Object.values(methods)) {
        const schemas = Object.values(responses).flatMap(({ content }) =>
          Object.values(content ?? {}).flatMap(({ schema }) => schema ?? []),
        )
        const names = schemas.flatMap((schema) =>
          walk(schema).flatMap(([, { properties }]) => Object.keys(properties ?? {})),
        )
        found.push(...names.filter((name) => secrets.has(name)).map((name) => `${path} ${name}`))
      }
    }
    expect(Object.keys(paths).length).toBeGreaterThan(20)
    expect(found).toEqual([])
  })
})

describe('an address, a name and a phone number', () => {
  it.each(['email', 'officialEmail', 'to', 'subject'])('under %s reaches no log line', (name) => {
    const written: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => void written.push(String(line)))
    createLog('debug').info('event', { [name]: 'ada@apex.example' })
    expect(written).toHaveLength(1)
    expect(written[0]).not.toContain('ada@')
  })
})
