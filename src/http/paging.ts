/** Lists are read page by page: `?limit=` 1..100 (20) and the opaque `?cursor=` that the page before gave. */
import * as z from 'zod'
import { fromBase64, toBase64Url, utf8 } from '../lib/encoding.ts'
import { isUuid } from '../lib/ids.ts'

const MAX_PAGE = 100
const DEFAULT_PAGE = 20
const LIMIT = `Use a whole number from 1 to ${MAX_PAGE}.`
const CURSOR = 'Use the nextCursor of the page before, or leave it out.'

export const pageFields = {
  limit: z
    .string({ error: LIMIT })
    .refine((text) => /^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_PAGE, LIMIT)
    .transform(Number)
    .default(DEFAULT_PAGE)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_PAGE }),
  /** Comes out as the id that the page before ended with. */
  cursor: z
    .string({ error: CURSOR })
    .max(100, CURSOR)
    .transform((text, context) => {
      const id = new TextDecoder().decode(fromBase64(text))
      if (isUuid(id)) return id
      context.addIssue(CURSOR)
      return z.NEVER
    })
    .optional(),
}

export interface Page {
  limit: number
  cursor?: string | undefined
}

/** One page of rows that were read with `limit + 1`. */
export function toPage<R extends { id: string }, T>(
  rows: readonly R[],
  { limit }: Page,
  toItem: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last ? toBase64Url(utf8(last.id)) : null
  return { items: shown.map(toItem), nextCursor }
}

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
