/**
 * A real HTTP server that stands where a mail provider's API stands. The address chooses how it behaves:
 *
 *   /<plan>/<box…>/emails   what Resend's API listens on      (POST)
 *   /<plan>/<box…>/email    what Postmark's API listens on    (POST)
 *   /<plan>/<box…>/hook     a webhook                         (POST)
 *   /<plan>/<box…>/mails    what was accepted in this box     (GET)
 *   /<plan>/<box…>/plan     the box's plan from now on        (PUT, text)
 *
 * A plan is one step or several with commas; the n-th request meets the n-th step, the last one stays:
 *   ok · 503 (any status) · 409=name (Resend's error name) · 422=406 (Postmark's error code) · 429@120 (Retry-After)
 *   hang (never answers) · reset (drops the connection) · late=500 (accepts at once, answers after 500 ms)
 *   cut (accepts, breaks off within the body) · redirect
 *
 * A request with an Idempotency-Key is deduplicated as Resend does it: the same key and body give the first answer and
 * no second mail; another body is refused; a twin of a request that is still in work is told to wait.
 *
 * What lies beneath /breaches, /turnstile and /sentry are other APIs: breach-server.ts, turnstile-server.ts and
 * sentry-server.ts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { answerBreaches } from './breach-server.ts'
import { answerSentry } from './sentry-server.ts'
import { answerTurnstile } from './turnstile-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    providerUrl: string
  }
}

/** One accepted mail, as the GET tells it. */
export interface AcceptedMail {
  id: string
  path: string
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
  /** The body as it came. */
  text: string
}

interface Box {
  plan: string[]
  requests: number
  accepted: AcceptedMail[]
  /** First request of each key: its body, its mail, and whether its answer is out. */
  keys: Map<string, { body: string; id: string; answered: boolean }>
}

const MAX_LATE_MS = 10_000

/** Starts the server on loopback and gives its address to the tests. */
export default async function startProviderServer(project: TestProject) {
  const boxes = new Map<string, Box>()
  const server = createServer((request, response) => {
    answer(boxes, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  project.provide('providerUrl', `http://127.0.0.1:${port}`)
  return () => {
    server.closeAllConnections()
    server.close()
  }
}

async function answer(boxes: Map<string, Box>, request: IncomingMessage, response: ServerResponse) {
  const path = request.url ?? '/'
  const prefix = path.slice(0, path.lastIndexOf('/'))
  const action = path.slice(prefix.length + 1)
  const body = await readText(request)
  if (path.startsWith('/breaches/')) return answerBreaches(request, response, body)
  if (path.startsWith('/sentry/')) return answerSentry(request, response, body)
  if (path.startsWith('/turnstile/')) return answerTurnstile(request, response, body)
  const box = boxes.get(prefix) ?? newBox(decodeURIComponent(prefix.split('/')[1] ?? ''))
  boxes.set(prefix, box)
  if (action === 'mails') return json(response, 200, box.accepted)
  if (action === 'plan') {
    Object.assign(box, { plan: body.split(','), requests: 0 })
    return json(response, 200, {})
  }
  if (!['emails', 'email', 'hook'].includes(action)) return json(response, 404, {})
  const step = box.plan[Math.min(box.requests, box.plan.length - 1)] ?? 'ok'
  box.requests += 1
  await take(box, step, request, response, body)
}

async function take(
  box: Box,
  step: string,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
) {
  if (step === 'hang') return
  if (step === 'reset') return void response.destroy()
  if (step === 'redirect') return void response.writeHead(302, { Location: '/ok/emails' }).end()
  const failure = /^(\d{3})(?:=([^@]+))?(?:@(.+))?$/.exec(step)
  if (failure) return refuse(response, failure)
  const key = request.headers['idempotency-key']
  const known = typeof key === 'string' ? box.keys.get(key) : undefined
  if (known && known.body !== body)
    return refuse(response, ['', '409', 'invalid_idempotent_request'])
  if (known && !known.answered)
    return refuse(response, ['', '409', 'concurrent_idempotent_requests'])
  const id = known?.id ?? accept(box, request, body)
  const entry = known ?? { body, id, answered: false }
  if (typeof key === 'string') box.keys.set(key, entry)
  if (step.startsWith('late=')) {
    const ms = Math.min(Number(step.slice('late='.length)), MAX_LATE_MS)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  entry.answered = true
  if (step === 'cut') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
    response.write('{"id":"')
    return void setTimeout(() => response.destroy(), 20)
  }
  json(response, 200, { id, MessageID: id, ErrorCode: 0, Message: 'OK' })
}

function accept(box: Box, request: IncomingMessage, body: string): string {
  const id = `mail-${box.accepted.length + 1}`
  const { url = '', headers } = request
  const parsed = JSON.parse(body) as Record<string, unknown>
  box.accepted.push({ id, path: url, headers, body: parsed, text: body })
  return id
}

function refuse(
  response: ServerResponse,
  [, status, name, retryAfter]: readonly (string | undefined)[],
) {
  const code = Number(name)
  const body = Number.isNaN(code)
    ? { statusCode: Number(status), name, message: 'refused' }
    : { ErrorCode: code, Message: 'refused' }
  if (retryAfter) response.setHeader('Retry-After', retryAfter)
  json(response, Number(status), body)
}

function newBox(plan: string): Box {
  return { plan: plan.split(','), requests: 0, accepted: [], keys: new Map() }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
