/**
 * Stands where Sentry stands. The address chooses how it behaves:
 *
 *   /sentry/<plan in hex>/<box>/api/<project>/envelope/   what Sentry listens on for a DSN with a path   (POST)
 *   /sentry/<plan in hex>/<box>/taken                     what arrived in this box                       (GET)
 *
 * Plans: ok · 500 (any status) · 429@30 (Retry-After) · limits=60:error:key (X-Sentry-Rate-Limits, with a 200) ·
 * hang · reset · redirect
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Taken {
  path: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

const boxes = new Map<string, Taken[]>()

export function answerSentry(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): void {
  const { url: path = '', headers } = request
  const [, , written = '', name = '', ...rest] = path.split('/')
  const key = `${written}/${name}`
  const box = boxes.get(key) ?? []
  boxes.set(key, box)
  if (rest[0] === 'taken') json(response, 200, box)
  else if (rest[0] !== 'api' || rest[2] !== 'envelope') json(response, 404, {})
  else {
    box.push({ path, headers, body })
    act(Buffer.from(written, 'hex').toString(), response)
  }
}

function act(plan: string, response: ServerResponse): void {
  if (plan === 'hang') return
  if (plan === 'reset') {
    response.destroy()
    return
  }
  if (plan === 'redirect') response.setHeader('Location', '/sentry/ok/x')
  const [, limits] = /^limits=(.*)$/.exec(plan) ?? []
  if (limits !== undefined) response.setHeader('X-Sentry-Rate-Limits', limits)
  const statuses: Record<string, number> = { ok: 200, redirect: 307 }
  const [written = '', retryAfter] = plan.split('@')
  const status = limits === undefined ? (statuses[written] ?? Number(written)) : 200
  if (retryAfter) response.setHeader('Retry-After', retryAfter)
  json(response, status, {})
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
