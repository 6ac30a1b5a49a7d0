import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { pageFields, toPage } from '../../src/http/paging.ts'
import { newId } from '../../src/lib/ids.ts'

const query = z.object(pageFields)
const rows = Array.from({ length: 7 }, (_, index) => ({ id: newId(1_700_000_000_000 - index) }))
const idOf = ({ id }: { id: string }) => id

describe('a list', () => {
  it('is read to its end page by page, each row once', () => {
    const seen: string[] = []
    let cursor: string | undefined
    for (let pages = 1; ; pages++) {
      const page = query.parse({ limit: '3', ...(cursor && { cursor }) })
      const from =
        page.cursor === undefined ? 0 : rows.findIndex(({ id }) => id === page.cursor) + 1
      const { items, nextCursor } = toPage(rows.slice(from, from + page.limit + 1), page, idOf)
      seen.push(...items)
      if (nextCursor === null) {
        expect(pages).toBe(3)
        break
      }
      cursor = nextCursor
    }
    expect(seen).toEqual(rows.map(idOf))
  })

  it('has no next page where the last one is exactly full, nor where there is nothing', () => {
    expect(toPage(rows.slice(0, 3), { limit: 3 }, idOf).nextCursor).toBeNull()
    expect(toPage([], { limit: 3 }, idOf)).toEqual({ items: [], nextCursor: null })
  })

  it('has 20 rows a page unless asked otherwise, 100 at most', () => {
    expect(query.parse({})).toEqual({ limit: 20 })
    expect(query.parse({ limit: '100' })).toEqual({ limit: 100 })
  })

  it.each(['0', '-1', '01', '1.5', '1e2', '101', '999', '9007199254740993', 'NaN', '', ' 5', '٥'])(
    'refuses the limit %j',
    (limit) => {
      expect(query.safeParse({ limit }).success).toBe(false)
    },
  )

  it.each(['', 'x', '%', '~', 'AAAA', btoa('not-an-id'), 'x'.repeat(200), "' or 1=1--"])(
    'refuses the cursor %j',
    (cursor) => {
      expect(query.safeParse({ cursor }).success).toBe(false)
    },
  )
})
