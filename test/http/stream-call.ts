/** Calls with bodies that no JSON.stringify makes: bytes, pieces, streams that stay open. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import worker from '../../src/index.ts'
import { type Answer, freshIp } from '../support/call.ts'

export interface RawCall {
  method?: string
  body?: BodyInit | null
  headers?: Record<string, string>
  env?: Env
}

/** One POST with this very body, as JSON unless the headers say otherwise. */
export async function callRaw(path: string, options: RawCall = {}): Promise<Answer> {
  const headers = new Headers({ 'CF-Connecting-IP': freshIp(), ...options.headers })
  if (options.headers?.['Content-Type'] === undefined) {
    headers.set('Content-Type', 'application/json')
  }
  if (options.headers?.['Content-Type'] === 'none') headers.delete('Content-Type')
  const request = new Request(`https://gatehouse.example${path}`, {
    method: options.method ?? 'POST',
    headers,
    body: options.body ?? null,
  }) as Request<unknown, IncomingRequestCfProperties>
  const context = createExecutionContext()
  const response = await worker.fetch(request, options.env ?? env, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  const data = (json.data ?? {}) as Record<string, unknown>
  return { status: response.status, headers: response.headers, text, json, data }
}

/** A stream of these pieces, without a length known beforehand. */
export function streamOf(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      }
      controller.close()
    },
  })
}

export interface OpenStream {
  stream: ReadableStream<Uint8Array>
  write(piece: string): void
  close(): void
  /** Resolves when the reader has given up on it. */
  cancelled: Promise<void>
}

/** A stream that stays open until it is told to end. */
export function openStream(): OpenStream {
  const encoder = new TextEncoder()
  const held: { controller?: ReadableStreamDefaultController<Uint8Array> } = {}
  let tellCancelled = () => {}
  const cancelled = new Promise<void>((resolve) => {
    tellCancelled = resolve
  })
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      held.controller = controller
    },
    cancel: () => tellCancelled(),
  })
  return {
    stream,
    write: (piece) => held.controller?.enqueue(encoder.encode(piece)),
    close: () => held.controller?.close(),
    cancelled,
  }
}
