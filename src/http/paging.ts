/**
 * Lists are read page by page: `?limit=` 1..100 (20) and the opaque `?cursor=` that the page before gave. It holds what
 * the rows are ordered by: an id, or whatever else the list says.
 */
import * as z from 'zod'
import { fromBase64, toBase64Url, utf8 } from '../lib/encoding.ts'
import { isUuid } from '../lib/ids.ts'
import { say } from '../messages/message.ts'

const MAX_PAGE = 100
const DEFAULT_PAGE = 20
/** A domain of 253 characters in base64url. */
const CURSOR_MAX_LENGTH = 338
const LIMIT = say('page_limit', MAX_PAGE)
const CURSOR = say('page_cursor')

/** The query of a list; its cursor comes out as what the page before ended with. `isKey` knows what that may be. */
export const pageFieldsBy = (isKey: (text: string) => boolean) => ({
  limit: z
    .string({ error: LIMIT })
    .refine((text) => /^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_PAGE, LIMIT)
    .transform(Number)
    .default(DEFAULT_PAGE)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_PAGE }),
  cursor: z
    .string({ error: CURSOR })
    .max(CURSOR_MAX_LENGTH, CURSOR)
    .transform((text, context) => {
      const key = new TextDecoder().decode(fromBase64(text))
      if (isKey(key)) return key
      context.addIssue(CURSOR)
      return z.NEVER
    })
    .optional(),
})

/** Of a list in the order of its ids. */
export const pageFields = pageFieldsBy(isUuid)

export interface Page {
  limit: number
  cursor?: string | undefined
}

/** One page of rows that were read with `limit + 1`, in the order of `keyOf`. */
export function toPageBy<R, T>(
  rows: readonly R[],
  { limit }: Page,
  keyOf: (row: R) => string,
  toItem: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last ? toBase64Url(utf8(keyOf(last))) : null
  return { items: shown.map(toItem), nextCursor }
}

/** The same in the order of ids. */
export function toPage<R extends { id: string }, T>(
  rows: readonly R[],
  page: Page,
  toItem: (row: R) => T,
) {
  return toPageBy(rows, page, ({ id }) => id, toItem)
}

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
