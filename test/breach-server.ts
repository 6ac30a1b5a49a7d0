/**
 * Stands where the range API of Pwned Passwords stands, beneath `/breaches` of the server of provider-server.ts. The
 * address chooses how it behaves, and each box remembers what it was asked:
 *
 *   /breaches/<plan>/<box>/range/<prefix>   what the API listens on
 *   /breaches/<plan>/<box>/asked            the requests that this box has got
 *
 * Plans: ok · 503 (any status) · redirect · hang (never answers) · stall (a row, then nothing) · drip (rows without end,
 * slowly) · huge (rows beyond any cap) · garbage (a page) · half (a row that breaks off) · empty · cut (drops the
 * connection within the body) · reset (drops it before).
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AskedRange, BREACHED_PASSWORDS } from './breached-passwords.ts'

const asked = new Map<string, AskedRange[]>()

const DRIP_MS = 50

/** Answers a request beneath `/breaches`. */
export function answerBreaches(request: IncomingMessage, response: ServerResponse, body: string) {
  const { method = '', url = '', headers } = request
  const [, , plan = '', box = '', ...rest] = url.split('/')
  const key = `${plan}/${box}`
  if (rest[0] === 'asked') return void response.end(JSON.stringify(asked.get(key) ?? []))
  asked.set(key, [...(asked.get(key) ?? []), { method, path: `/${rest.join('/')}`, headers, body }])
  behave(plan, rest[1] ?? '', response)
}

function behave(plan: string, prefix: string, response: ServerResponse): void {
  if (plan === 'hang') return
  if (plan === 'reset') return void response.destroy()
  if (/^\d{3}$/.test(plan)) return void response.writeHead(Number(plan)).end(range(prefix))
  if (plan === 'redirect') {
    const Location = `/breaches/ok/followed/range/${prefix}`
    return void response.writeHead(302, { Location }).end()
  }
  const length = plan === 'cut' ? { 'Content-Length': '100000' } : {}
  response.writeHead(200, { 'Content-Type': 'text/plain', ...length })
  if (plan === 'empty') return void response.end()
  if (plan === 'garbage') return void response.end('<!doctype html><title>Log in first</title>')
  if (plan === 'half') return void response.end(`${range(prefix)}\r\n0123456789`)
  if (plan === 'huge') return void response.end(`${filler(prefix, 6500)}\r\n${range(prefix)}`)
  if (plan === 'ok') return void response.end(range(prefix))
  response.write(`${filler(prefix, 1)}\r\n`)
  if (plan === 'cut') return void setTimeout(() => response.destroy(), 20)
  if (plan !== 'drip') return
  const drip = setInterval(() => response.write(`${filler(prefix, 1)}\r\n`), DRIP_MS)
  response.on('close', () => clearInterval(drip))
}

/** As the API writes it: what it knows under the prefix, some of it padding, lines parted by CRLF. */
function range(prefix: string): string {
  const known = Object.entries(BREACHED_PASSWORDS)
    .map(([password, count]) => ({ hash: sha1(password.normalize('NFC')), count }))
    .filter(({ hash }) => hash.startsWith(prefix))
    .map(({ hash, count }) => `${hash.slice(5)}:${count}`)
  return [...filler(prefix, 900).split('\r\n'), ...known].sort().join('\r\n')
}

function filler(prefix: string, rows: number): string {
  const row = (_: unknown, n: number) => `${sha1(`${prefix}${n}`).slice(5)}:${n % 4}`
  return Array.from({ length: rows }, row).join('\r\n')
}

function sha1(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex').toUpperCase()
}
