/** Calls the worker as a client would, each call from an address of its own unless it names one. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import worker from '../../src/index.ts'

export interface CallOptions {
  method?: string
  /** Sent as JSON; text, bytes and forms as they are. */
  body?: unknown
  /** Bytes in place of a body, of no type that they tell. */
  raw?: Uint8Array
  headers?: Record<string, string>
  /** CF-Connecting-IP; a fresh one where left out, none where null. */
  ip?: string | null
  token?: string
  env?: Env
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  json: Record<string, unknown>
  data: Record<string, unknown>
}

let lastIp = 0

/** An IPv4 address that no other call of this file has used. */
export function freshIp(): string {
  lastIp += 1
  return `10.${(lastIp >> 16) & 255}.${(lastIp >> 8) & 255}.${lastIp & 255}`
}

export const API = '/api/v1'

/** One request; everything it left to waitUntil is done when this returns. */
export async function call(path: string, options: CallOptions = {}): Promise<Answer> {
  const request = toRequest(path, options)
  const context = createExecutionContext()
  const response = await worker.fetch(request, options.env ?? env, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  const { status, headers } = response
  const isJson = /^application\/json\b/.test(headers.get('Content-Type') ?? '') && text !== ''
  const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status, headers, text, json, data: (json.data ?? {}) as Record<string, unknown> }
}

function toRequest(
  path: string,
  options: CallOptions,
): Request<unknown, IncomingRequestCfProperties> {
  const headers = new Headers(options.headers)
  if (options.ip !== null) headers.set('CF-Connecting-IP', options.ip ?? freshIp())
  if (options.token) headers.set('Authorization', `Bearer ${options.token}`)
  const body = options.raw ?? options.body
  const type = typeOf(body)
  if (type !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', type)
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  return new Request(`https://gatehouse.example${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: isSentAsItIs(body) ? body : JSON.stringify(body) }),
  }) as Request<unknown, IncomingRequestCfProperties>
}

/** A form brings its own type, with its boundary. */
function typeOf(body: unknown): string | undefined {
  if (body === undefined || body instanceof FormData) return undefined
  return body instanceof Uint8Array ? 'application/octet-stream' : 'application/json'
}

const isSentAsItIs = (body: unknown): body is string | Uint8Array<ArrayBuffer> | FormData =>
  typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData

/** Fails with the whole answer when the status is another one. */
export function expectStatus(answer: Answer, status: number, code?: string): void {
  expect({ status: answer.status, code: answer.json.code, body: answer.text }).toEqual({
    status,
    code: code ?? answer.json.code,
    body: answer.text,
  })
}

/** Name and value of each cookie that an answer sets. */
export function cookiesOf(answer: Answer): Record<string, string> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((line) => {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
