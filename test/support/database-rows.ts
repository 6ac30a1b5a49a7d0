/** Every row of every table, to say what a request has changed and what it has left alone. */
import { env } from 'cloudflare:workers'
import { UNIQUE } from '../factories.ts'

export type Rows = Record<string, string[]>

/** Rows as JSON, by table. Of the domains of addresses only those that an admin has decided on. */
export async function allRows(): Promise<Rows> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
      AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name <> 'd1_migrations'`,
  ).all<{ name: string }>()
  const answers = await env.DB.batch<unknown>(
    tables.map(({ name }) => {
      const which = name === 'email_domains' ? 'WHERE decided_by IS NOT NULL' : ''
      return env.DB.prepare(`SELECT * FROM "${name}" ${which} ORDER BY 1`)
    }),
  )
  return Object.fromEntries(
    tables.map(({ name }, at) => [
      name,
      (answers[at]?.results ?? []).map((row) => JSON.stringify(row)),
    ]),
  )
}

/**
 * A line for each row that is new, changed or gone, without what is another one each time: ids, moments, secrets, names.
 * `told`: what is said of itself all the same, by what it is called.
 */
export function changesBetween(
  before: Rows,
  after: Rows,
  told: Readonly<Record<string, string>> = {},
): string[] {
  const show = (row: string) =>
    impersonal(
      Object.entries(told).reduce((text, [name, value]) => text.replaceAll(value, name), row),
    )
  const lines = Object.entries(after).flatMap(([table, rows]) => {
    const [old, now] = [new Set(before[table]), new Set(rows)]
    const [come, gone] = [
      rows.filter((row) => !old.has(row)),
      [...old].filter((row) => !now.has(row)),
    ]
    if (table === 'hourly_counters') return come.map((row) => `${table} counts ${eventOf(row)}`)
    return [
      ...come.map((row) => `${table} has ${show(row)}`),
      ...gone.map((row) => `${table} had ${show(row)}`),
    ]
  })
  return lines.sort()
}

const eventOf = (row: string) => (JSON.parse(row) as { event: unknown }).event

const IMPERSONAL: [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/\$argon2id\$[^"]+/g, '<hash>'],
  [/[A-Za-z0-9_-]{40,}/g, '<secret>'],
  [/logos\/\d{4}-\d\d-\d\d\/[0-9a-f]{32}/g, '<logo>'],
  [/\b1[0-9]{12}\b/g, '<moment>'],
  [/\b10\.\d+\.\d+\.\d+(\/24)?/g, '<ip>'],
  // Everything comes from few networks here: which signup is the tenth of one is chance.
  [/,?\{\\"signal\\":\\"many_signups_network\\",\\"points\\":\d+\}/g, ''],
  // What unique() gives.
  [UNIQUE, '<name>'],
]

function impersonal(row: string): string {
  return IMPERSONAL.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), row)
}
