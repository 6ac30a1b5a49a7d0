/** A success envelope that is written while its lists are still being read. */

import type { Context, TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'
import type { Said } from '../messages/message.ts'
import { render } from '../messages/message.ts'
import type { AppEnv } from './factory.ts'
import { writeLocale } from './language.ts'

/**
 * `{ success: true, message, data: { …facts, …lists } }` with status 200; a list is given as pages of entries. Pages are
 * read as the client takes them, one at a time. Where reading fails, the transfer is broken off. `T`: what that is to a
 * caller by type.
 */
export function streamOk<T extends object>(
  c: Context<AppEnv>,
  message: Said,
  facts: object,
  lists: Record<string, AsyncIterable<object[]>>,
): Response & TypedResponse<{ success: true; message: string; data: JSONParsed<T> }, 200, 'json'> {
  const head = { success: true, message: render(message, writeLocale(c)), data: facts }
  const parts = partsOf(JSON.stringify(head).slice(0, -'}}'.length), lists)
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
  const answer: Response = c.body(body, 200, { 'Content-Type': 'application/json' })
  // Hono keeps a type beside each answer; nothing of it is there at run time.
  return answer as ReturnType<typeof streamOk<T>>
}

async function* partsOf(
  head: string,
  lists: Record<string, AsyncIterable<object[]>>,
): AsyncGenerator<string> {
  yield head
  for (const [name, pages] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`
    let separator = ''
    for await (const page of pages) {
      if (page.length === 0) continue
      yield separator + page.map((entry) => JSON.stringify(entry)).join(',')
      separator = ','
    }
    yield ']'
  }
  yield '}}'
}
