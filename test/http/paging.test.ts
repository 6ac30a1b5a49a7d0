import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { pageFields, pageFieldsBy, toPage, toPageBy } from '../../src/http/paging.ts'
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
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

describe('a list that is in the order of something else', () => {
  const isName = (text: string) => /^[a-z.]{1,253}$/.test(text)
  const byName = z.object(pageFieldsBy(isName))
  const longest = 'z'.repeat(253)
  const names = ['a', 'b.example', longest].map((name) => ({ name }))
  const nameOf = ({ name }: { name: string }) => name

  it('goes on behind the name that a page ended with, however long that is', () => {
    for (const [at, name] of names.map(nameOf).entries()) {
      const more = [...names.slice(0, at + 1), { name: 'next' }]
      const { items, nextCursor } = toPageBy(more, { limit: at + 1 }, nameOf, nameOf)
      expect(items.at(-1)).toBe(name)
      expect(nextCursor).toMatch(/^[\w-]+$/)
      expect(byName.parse({ cursor: nextCursor })).toEqual({ limit: 20, cursor: name })
    }
    expect(toPageBy(names, { limit: 3 }, nameOf, nameOf).nextCursor).toBeNull()
  })

  it.each([newId(1_700_000_000_000), 'B', '', '\0', 'ä', 'z'.repeat(254)])(
    'refuses a cursor that holds %j',
    (key) => {
      const cursor = toBase64Url(utf8(key))
      expect(byName.safeParse({ cursor }).success).toBe(false)
    },
  )

  it('takes no cursor of a list of ids, nor the other way round', () => {
    const { nextCursor } = toPageBy(names, { limit: 1 }, nameOf, nameOf)
    expect(query.safeParse({ cursor: nextCursor }).success).toBe(false)
  })
})
