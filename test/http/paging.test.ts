import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { memberships, users } from '../../src/db/schema/index.ts'
import { pageFields, pageFieldsBy, toPage, toPageBy } from '../../src/http/paging.ts'
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import { newId } from '../../src/lib/ids.ts'
import { db } from '../factories.ts'
import { addressHere, invited, type OwnerHere, ownerHere } from '../mailbox-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'

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

describe('the members of a community', () => {
  const list = (owner: OwnerHere, query: string) =>
    call(`${API}/communities/${owner.slug}/members${query}`, { token: owner.accessToken })
  const idsOf = ({ data }: Answer) =>
    (data.items as { userId: string }[]).map(({ userId }) => userId)

  /** An owner and six more, of whom some joined at the same moment. */
  async function seven() {
    const owner = await ownerHere()
    const { communityId } = owner
    const moments = [5, 5, 5, 7, 7, 6]
    const people = moments.map((createdAt) => ({ id: newId(Date.now()), createdAt }))
    await db.batch([
      db.insert(users).values(
        people.map(({ id, createdAt }) => ({
          id,
          email: addressHere(),
          fullName: 'Joy Mensah',
          communityId,
          emailVerifiedAt: 1,
          createdAt,
        })),
      ),
      db.insert(memberships).values(
        people.map(({ id: userId, createdAt }) => ({
          userId,
          communityId,
          role: 'Member' as const,
          createdAt,
        })),
      ),
    ])
    const order = people.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    return { owner, ids: [...order.map(({ id }) => id), owner.userId] }
  }

  it.each([1, 2, 3, 6, 7])(
    'are read to the end %i at a time, each once, as they joined',
    async (limit) => {
      const { owner, ids } = await seven()
      const read: string[] = []
      let cursor = ''
      for (let pages = 1; ; pages++) {
        const answer = await list(owner, `?limit=${limit}${cursor && `&cursor=${cursor}`}`)
        expectStatus(answer, 200)
        read.push(...idsOf(answer))
        if (answer.data.nextCursor === null) {
          expect(pages).toBe(Math.ceil(ids.length / limit))
          break
        }
        expect(idsOf(answer)).toHaveLength(limit)
        cursor = String(answer.data.nextCursor)
        expect(cursor).toMatch(/^[\w-]+$/)
      }
      expect(read).toEqual(ids)
    },
  )

  it('go on behind somebody who has left since', async () => {
    const { owner, ids } = await seven()
    const first = await list(owner, '?limit=3')
    const last = ids[2] ?? ''
    await db.delete(memberships).where(eq(memberships.userId, last))
    const rest = await list(owner, `?cursor=${first.data.nextCursor}`)
    expect(idsOf(rest)).toEqual(ids.slice(3))
  })

  it('of another community are not shown by its cursor', async () => {
    const [{ owner, ids }, other] = [await seven(), await seven()]
    const { nextCursor } = (await list(other.owner, '?limit=1')).data
    const shown = idsOf(await list(owner, `?limit=100&cursor=${nextCursor}`))
    for (const id of shown) expect(ids).toContain(id)
  })

  it.each([
    'x',
    '~',
    'AAAA',
    toBase64Url(utf8(newId(1_700_000_000_000))),
    toBase64Url(utf8('5 x')),
    toBase64Url(utf8(`-5 ${newId(1)}`)),
    toBase64Url(utf8(`5e3 ${newId(1)}`)),
    toBase64Url(utf8(`9999999999999999 ${newId(1)}`)),
    toBase64Url(utf8(`5 ${newId(1)} or 1=1`)),
  ])('refuse the cursor %j', async (cursor) => {
    const answer = await list(await shared(), `?cursor=${cursor}`)
    expectStatus(answer, 422, 'validation_failed')
    expect(Object.keys(answer.json.errors as object)).toEqual(['cursor'])
  })

  const known: { owner?: Promise<OwnerHere> } = {}
  const shared = () => {
    known.owner ??= ownerHere()
    return known.owner
  }
})

describe('the invitations of a community', () => {
  it('are read to the end page by page, newest first', async () => {
    const owner = await ownerHere()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.unshift((await invited(owner, addressHere())).id)
    const list = (query: string) =>
      call(`${API}/communities/${owner.slug}/invitations${query}`, { token: owner.accessToken })
    const read: string[] = []
    let query: string | undefined = '?limit=2'
    while (query !== undefined) {
      const { data } = await list(query)
      read.push(...(data.items as { id: string }[]).map(({ id }) => id))
      query = data.nextCursor === null ? undefined : `?limit=2&cursor=${data.nextCursor}`
    }
    expect(read).toEqual(ids)
  })
})
