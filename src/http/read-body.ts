/**
 * Reads a request body by counting the bytes that arrive; what Content-Length says is never believed. Large bodies
 * (a logo in a signup) are held in memory together with what is made of them, so only a few may be in work at once
 * in one isolate; the others are told to come back in a second.
 */

import { say } from '../messages/message.ts'
import { ApiError } from './errors.ts'

export const JSON_BODY_MAX_BYTES = 64 * 1024
const LARGE_BODY_BYTES = 256 * 1024
const LARGE_BODIES_AT_ONCE = 6

/** Large bodies in work in this isolate. Each is taken back when its request ends, however it ends. */
const large = { inWork: 0 }

/**
 * Calls `use` with the whole body. Throws payload_too_large beyond `maxBytes`, unavailable while too many large
 * bodies are in work.
 */
export async function withBody<T>(
  request: Request,
  maxBytes: number,
  use: (body: Uint8Array) => Promise<T>,
): Promise<T> {
  const slot = { held: false }
  try {
    return await use(await readBody(request, maxBytes, slot))
  } finally {
    if (slot.held) large.inWork -= 1
  }
}

async function readBody(
  request: Request,
  maxBytes: number,
  slot: { held: boolean },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const stream: ReadableStream<Uint8Array> = request.body ?? new Blob([]).stream()
  for await (const chunk of untilBroken(stream)) {
    length += chunk.byteLength
    if (length > maxBytes) throw new ApiError('payload_too_large')
    if (length > LARGE_BODY_BYTES && !slot.held) {
      if (large.inWork >= LARGE_BODIES_AT_ONCE) {
        throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'large_bodies' })
      }
      large.inWork += 1
      slot.held = true
    }
    chunks.push(chunk)
  }
  return joined(chunks, length)
}

/** A client that breaks off its upload is no fault of ours. */
async function* untilBroken(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (cause) {
    throw new ApiError('invalid_json', {
      message: say('body_cut'),
      reason: String(cause),
    })
  }
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.byteLength
  }
  return body
}
