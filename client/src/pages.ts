import type { Failure } from './result.ts'

interface Page {
  data: { items: unknown[]; nextCursor: string | null }
}

/** Of a route that also gives files, only what is a page. */
type PageOf<R> = R extends Page | Failure ? R : never

/**
 * Every page of a list, one request each, asked for as it is needed. An answer that is no page is the last.
 * `for await (const page of pages((cursor) => api.sessions.$get({ query: { cursor } })))`
 */
export async function* pages<R extends { ok: boolean }>(
  get: (cursor: string | undefined) => Promise<R>,
): AsyncGenerator<PageOf<R>, void> {
  for (let cursor: string | undefined; ; ) {
    const result = await get(cursor)
    yield result as PageOf<R>
    const next = result.ok ? (result as unknown as Page).data.nextCursor : null
    // A file has none.
    if (typeof next !== 'string') return
    cursor = next
  }
}
