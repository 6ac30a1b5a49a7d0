/** Where a canary search looks: the log, every row, every queue message, what guards keep, and what answers show. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { guardOf } from './features/passwords/password-client.ts'

type Message = { body: unknown }

/** Every row of every table, as text. The local inbox is left out: it stands where the mailbox stands. */
export async function wholeDatabase(): Promise<string> {
  const { results } = await env.DB.prepare(
    "select name from sqlite_master where type = 'table'",
  ).all<{ name: string }>()
  const names = results.map(({ name }) => name)
  const tables = names.filter((name) => !/^(_cf|sqlite|d1|dev_mails)/.test(name))
  const rows = tables.map((name) => env.DB.prepare(`select * from "${name}"`).all())
  return JSON.stringify((await Promise.all(rows)).map((table) => table.results))
}

/** Everything that the guard of an address keeps. */
export async function wholeGuard(email: string): Promise<string> {
  return runInDurableObject(guardOf(email), (_, state) => {
    const { sql } = state.storage
    const tables = sql.exec<{ name: string }>("select name from sqlite_master where type = 'table'")
    const names = tables.toArray().map(({ name }) => name)
    const own = names.filter((name) => !name.startsWith('_cf'))
    return JSON.stringify(own.map((name) => sql.exec(`select * from "${name}"`).toArray()))
  })
}

/** Log at its most talkative, and each message that is sent to the queue kept. */
export function listening() {
  const lines: string[] = []
  for (const level of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      lines.push(words.map(String).join(' '))
    })
  }
  const messages: Message[] = []
  const OUTBOX_QUEUE = {
    send: (message: unknown) => env.OUTBOX_QUEUE.send(message),
    sendBatch: (batch: Iterable<Message>) => {
      messages.push(...batch)
      return env.OUTBOX_QUEUE.sendBatch(batch as Parameters<typeof env.OUTBOX_QUEUE.sendBatch>[0])
    },
  } as typeof env.OUTBOX_QUEUE
  const own = { LOG_LEVEL: 'debug', OUTBOX_QUEUE }
  /** The environment, or one with a fault, with both. */
  const heard = (fault: Env = env): Env => ({ ...fault, ...own })
  return { lines, messages, heard }
}

/** The tokens that a browser holds, by the names of their cookies. */
export function cookiesIn(cookie = ''): Record<string, string> {
  const pairs = cookie.split('; ').filter(Boolean)
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]))
}

/** What others may see of an answer's headers: a cookie is its owner's. */
export function shown(headers: Headers): string {
  return JSON.stringify([...headers].filter(([name]) => name !== 'set-cookie'))
}

/** Six digits on their own: a longer number or an id may hold them by chance. */
export function alone(code: string): RegExp {
  return new RegExp(`(?<![\\w-])${code}(?![\\w-])`)
}
