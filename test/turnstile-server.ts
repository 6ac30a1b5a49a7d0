/**
 * Stands where the siteverify API of Cloudflare Turnstile stands, beneath `/turnstile` of the server of
 * provider-server.ts. The address chooses how it behaves, and each box remembers what it was asked:
 *
 *   /turnstile/<plan>/<box>/siteverify   what the API listens on
 *   /turnstile/<plan>/<box>/asked        the requests that this box has got
 *
 * Plans: ok (below) · 503 (any status) · redirect · hang (never answers) · stall (half an answer, then nothing) · drip
 * (spaces without end, slowly) · huge (a yes beyond any cap) · garbage (a page) · half (JSON that breaks off) · empty ·
 * cut (drops the connection within the body) · reset (drops it before) · says=<JSON> and says400=<JSON> (just that).
 *
 * `ok` judges as the API does: a secret that does not begin with `secret-` is unknown, a token is genuine if it begins
 * with `human-`, and one that was verified is spent but for the idempotency key, a UUID, that it was verified with.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request that a box has got. */
export interface AskedVerification {
  method: string
  /** Beneath the base address. */
  path: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

interface Box {
  asked: AskedVerification[]
  /** Idempotency key of each token that was verified. */
  spent: Map<string, string>
}

const boxes = new Map<string, Box>()

const DRIP_MS = 50
const YES = '{"success":true,"error-codes":[]}'
const PAGES: Record<string, string> = {
  garbage: '<!doctype html><title>Log in first</title>',
  half: YES.slice(0, -1),
  empty: '',
  huge: `${' '.repeat(100_000)}${YES}`,
}
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Answers a request beneath `/turnstile`. */
export function answerTurnstile(request: IncomingMessage, response: ServerResponse, body: string) {
  const { method = '', url = '', headers } = request
  const [, , plan = '', name = '', ...rest] = url.split('/')
  const key = `${plan}/${name}`
  const box: Box = boxes.get(key) ?? { asked: [], spent: new Map() }
  boxes.set(key, box)
  if (rest[0] === 'asked') return void response.end(JSON.stringify(box.asked))
  box.asked.push({ method, path: `/${rest.join('/')}`, headers, body })
  if (plan !== 'ok') return void behave(decodeURIComponent(plan), response)
  const [status, code] = refusalOf(box, JSON.parse(body) as Record<string, string>)
  json(response, status, code === undefined ? YES : refusal(code))
}

/** Status and code of what is wrong with a question; it is spent where nothing is. */
function refusalOf(box: Box, asked: Record<string, string>): [number, string?] {
  const { secret, response: token, idempotency_key: key } = asked
  if (!secret) return [400, 'missing-input-secret']
  if (!secret.startsWith('secret-')) return [400, 'invalid-input-secret']
  if (!token) return [400, 'missing-input-response']
  if (key !== undefined && !UUID.test(key)) return [400, 'bad-request']
  if (!token.startsWith('human-')) return [200, 'invalid-input-response']
  if (box.spent.has(token) && (key === undefined || box.spent.get(token) !== key)) {
    return [200, 'timeout-or-duplicate']
  }
  box.spent.set(token, key ?? '')
  return [200]
}

function refusal(code: string): string {
  return JSON.stringify({ success: false, 'error-codes': [code], messages: [] })
}

function behave(plan: string, response: ServerResponse): void {
  if (plan === 'hang') return
  if (plan === 'reset') return void response.destroy()
  const [, status, said] = /^says(\d*)=(.*)$/s.exec(plan) ?? []
  if (said !== undefined) return void json(response, Number(status || 200), said)
  if (/^\d{3}$/.test(plan)) return void json(response, Number(plan), YES)
  if (plan === 'redirect') {
    const Location = '/turnstile/says=%7B%22success%22:true%7D/followed/siteverify'
    return void response.writeHead(307, { Location }).end()
  }
  const page = PAGES[plan]
  if (page !== undefined) return void json(response, 200, page)
  const length = plan === 'cut' ? { 'Content-Length': '1000' } : {}
  response.writeHead(200, { 'Content-Type': 'application/json', ...length })
  response.write('{"success":true')
  if (plan === 'cut') return void setTimeout(() => response.destroy(), 20)
  if (plan !== 'drip') return
  const drip = setInterval(() => response.write(' '), DRIP_MS)
  response.on('close', () => clearInterval(drip))
}

function json(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
}
