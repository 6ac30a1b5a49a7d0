/**
 * A network that fails on purpose: it stands between the client and the Worker, counts what passes, loses an answer or
 * gives one of its own, and can make each access token that passes one that has run out.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  path: string
  headers: Headers
  body: string
  /** 0: its answer was lost. */
  status: number
}

/** `lose`: the Worker answers, and nobody hears it. An object: this answer, and the Worker is not asked. */
export type Fault = 'lose' | { status: number; headers?: Record<string, string>; body?: string }
export type Rule = (request: Omit<Seen, 'status'>) => Fault | undefined

export interface FaultyProxy {
  origin: string
  seen: Seen[]
  /** The next requests to this path, one for each fault. */
  next(path: string, ...faults: Fault[]): void
  rule: Rule | undefined
  /** What becomes of the JSON of an answer. */
  change: ((data: Record<string, unknown>) => Promise<Record<string, unknown>>) | undefined
  /** How often this path was asked since the last `forget`. */
  count(path: string, status?: number): number
  forget(): void
}

/** Starts it in front of `target`, gives it to `work`, and ends it. */
export async function withProxy<T>(
  target: string,
  work: (proxy: FaultyProxy) => Promise<T>,
): Promise<T> {
  const planned = new Map<string, Fault[]>()
  const proxy: FaultyProxy = {
    origin: '',
    seen: [],
    next: (path, ...faults) => planned.set(path, faults),
    rule: undefined,
    change: undefined,
    count: (path, status) =>
      proxy.seen.filter((one) => one.path === path && (status ?? one.status) === one.status).length,
    forget() {
      proxy.seen.length = 0
      planned.clear()
      proxy.rule = undefined
      proxy.change = undefined
    },
  }
  const server = createServer((request, response) => {
    pass(proxy, planned, target, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // By name: a browser takes Secure cookies from localhost alone without TLS.
  proxy.origin = `http://localhost:${(server.address() as AddressInfo).port}`
  try {
    return await work(proxy)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function pass(
  proxy: FaultyProxy,
  planned: Map<string, Fault[]>,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  const body = await read(request)
  const headers = toHeaders(request)
  const seen = { method, path: url.replace(/\?.*/, ''), headers, body, status: 0 }
  // What a browser asks before is none of the client's requests.
  if (method !== 'OPTIONS') proxy.seen.push(seen)
  const isOwn = method !== 'OPTIONS'
  const fault = isOwn ? (planned.get(seen.path)?.shift() ?? proxy.rule?.(seen)) : undefined
  if (typeof fault === 'object') {
    seen.status = fault.status
    response.writeHead(fault.status, { ...crossOrigin(headers), ...fault.headers })
    response.end(fault.body)
    return
  }
  const answer = await ask(`${target}${url}`, method, headers, body)
  if (fault === 'lose') {
    response.destroy()
    return
  }
  seen.status = answer.status
  const text = await changed(proxy, answer)
  for (const [name, value] of answer.headers) {
    if (!/^(content-encoding|content-length|transfer-encoding|set-cookie|connection)$/.test(name)) {
      response.setHeader(name, value)
    }
  }
  response.setHeader('Set-Cookie', answer.headers.getSetCookie())
  response.writeHead(answer.status)
  response.end(text)
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (!/^(host|connection|content-length|transfer-encoding|expect)$/.test(name)) {
      headers.set(name, String(value))
    }
  }
  return headers
}

function ask(url: string, method: string, headers: Headers, body: string): Promise<Response> {
  const hasBody = method !== 'GET' && method !== 'HEAD' && body !== ''
  return fetch(url, { method, headers, redirect: 'manual', ...(hasBody && { body }) })
}

async function changed(proxy: FaultyProxy, answer: Response): Promise<string> {
  const text = await answer.text()
  if (!proxy.change || !text.startsWith('{')) return text
  const { data, ...envelope } = JSON.parse(text)
  return JSON.stringify(data ? { ...envelope, data: await proxy.change(data) } : envelope)
}

/** A gateway in front of the Worker that answers for it would let the page read that. */
function crossOrigin(headers: Headers): Record<string, string> {
  const origin = headers.get('Origin')
  if (origin === null) return {}
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Retry-After',
  }
}
