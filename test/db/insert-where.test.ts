import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client.ts'
import { insertWhere } from '../../src/db/insert-where.ts'
import { auditLogs, communities, outbox, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'

const NOW = Date.UTC(2026, 0, 1)
const db = createDatabase(env.DB, { roundTrips: 0 })

const outboxRow = () => ({
  id: newId(NOW),
  kind: 'mail' as const,
  email: 'a@b.example',
  addressKey: 'k',
  createdAt: NOW,
  notBefore: NOW,
})
const communityRow = () => {
  const id = newId(NOW)
  return {
    id,
    name: 'Ünïcode 名前 "quoted"; --',
    nameKey: id,
    slugBase: `base-${id}`,
    slugNumber: 3,
    status: 'pending' as const,
    bio: 'b',
    country: 'Nepal',
    city: 'Pokhara',
    socialLinks: { github: 'https://github.com/x' },
    createdAt: NOW,
    updatedAt: NOW,
  }
}

describe('insertWhere', () => {
  describe('works', () => {
    it('writes the row where the condition holds, and nothing where it does not', async () => {
      const [yes, no] = [outboxRow(), outboxRow()]
      await db.batch([
        insertWhere(db, outbox, yes, sql`1 = ${1}`),
        insertWhere(db, outbox, no, sql`1 = ${2}`),
      ])
      expect(await db.select().from(outbox).where(eq(outbox.id, yes.id))).toHaveLength(1)
      expect(await db.select().from(outbox).where(eq(outbox.id, no.id))).toHaveLength(0)
    })

    it('writes what a plain insert writes: defaults, NULL, JSON, booleans, without generated columns', async () => {
      const [one, two] = [communityRow(), communityRow()]
      await db.insert(communities).values(one)
      await insertWhere(db, communities, two)
      const [plain] = await db.select().from(communities).where(eq(communities.id, one.id))
      const [selected] = await db.select().from(communities).where(eq(communities.id, two.id))
      expect(selected).toEqual({
        ...plain,
        id: two.id,
        nameKey: two.nameKey,
        slugBase: two.slugBase,
        slug: `${two.slugBase}-3`,
      })
      expect(selected).toMatchObject({ version: 1, isDeleted: false, socialLinks: one.socialLinks })
    })

    it('takes explicit NULL and undefined as a plain insert does', async () => {
      const row = { ...outboxRow(), payload: null, lane: undefined, tokenId: undefined }
      await insertWhere(db, outbox, row)
      const [stored] = await db.select().from(outbox).where(eq(outbox.id, row.id))
      expect(stored).toMatchObject({ payload: null, lane: 'strangers', tokenId: null, attempts: 0 })
    })

    it('takes SQL values from the rows of `from`, one row for each', async () => {
      const community = communityRow()
      await insertWhere(db, communities, community)
      const action = 'community_expired' as const
      await insertWhere(
        db,
        auditLogs,
        {
          id: sql`lower(hex(randomblob(16)))`,
          action,
          communityId: sql`${communities.id}`,
          details: sql`json_object('slug', ${communities.slug})`,
          createdAt: NOW,
        },
        eq(communities.id, community.id),
        sql`${communities}`,
      )
      const rows = await db.select().from(auditLogs).where(eq(auditLogs.communityId, community.id))
      expect(rows).toMatchObject([
        { action, details: { slug: `base-${community.id}-3` }, userId: null },
      ])
    })

    it('sees in a batch what the statement before it changed', async () => {
      const [first, second] = [outboxRow(), outboxRow()]
      await db.batch([
        insertWhere(db, outbox, first),
        insertWhere(db, outbox, second, sql`changes() = 1`),
        insertWhere(db, outbox, outboxRow(), sql`changes() = 0`),
      ])
      expect(await db.select().from(outbox).where(eq(outbox.id, second.id))).toHaveLength(1)
    })

    it('can be followed by ON CONFLICT and RETURNING', async () => {
      const row = outboxRow()
      const first = await insertWhere(db, outbox, row)
        .onConflictDoNothing()
        .returning({ id: outbox.id })
      const again = await insertWhere(db, outbox, row)
        .onConflictDoNothing()
        .returning({ id: outbox.id })
      expect([first, again]).toEqual([[{ id: row.id }], []])
    })
  })

  describe('is safe', () => {
    it('lets only one of twenty at once through a condition that one may pass', async () => {
      const addressKey = newId(NOW)
      const none = sql`not exists (select 1 from outbox o where o.address_key = ${addressKey})`
      await Promise.all(
        Array.from({ length: 20 }, () =>
          insertWhere(db, outbox, { ...outboxRow(), addressKey }, none),
        ),
      )
      expect(await db.select().from(outbox).where(eq(outbox.addressKey, addressKey))).toHaveLength(
        1,
      )
    })

    it('keeps foreign keys: a row without its community is refused', async () => {
      const user = { id: newId(NOW), email: 'x@y.example', fullName: 'X', createdAt: NOW }
      await expect(
        insertWhere(db, users, { ...user, communityId: newId(NOW) }).run(),
      ).rejects.toThrow()
    })
  })
})
