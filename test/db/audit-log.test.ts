import { env } from 'cloudflare:workers'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client.ts'
import { auditArchives, auditLogs } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'

const NOW = Date.UTC(2026, 10, 22)
const db = createDatabase(env.DB, { roundTrips: 0 })

const row = (overrides: Partial<typeof auditLogs.$inferInsert> = {}) => ({
  id: newId(NOW),
  action: 'login_success' as const,
  actorId: 'actor',
  userId: 'user',
  communityId: 'community',
  ip: '192.0.2.123',
  userAgent: 'Browser 1.0',
  requestId: 'request',
  details: { reason: 'none' },
  createdAt: NOW,
  ...overrides,
})

async function written(overrides: Partial<typeof auditLogs.$inferInsert> = {}) {
  const one = row(overrides)
  await db.insert(auditLogs).values(one)
  return one
}

const find = async (id: string) =>
  (await db.select().from(auditLogs).where(eq(auditLogs.id, id)))[0]
const raw = (query: string, ...params: unknown[]) =>
  env.DB.prepare(query)
    .bind(...params)
    .run()

describe('the audit log works', () => {
  it('takes rows, also with nothing but id, action and time', async () => {
    const full = await written()
    expect(await find(full.id)).toEqual(full)
    const bare = { id: newId(NOW), action: 'email_failed' as const, createdAt: NOW }
    await db.insert(auditLogs).values(bare)
    expect(await find(bare.id)).toMatchObject({ ...bare, userId: null, details: null })
  })

  it.each([
    ['ip', '192.0.2.0/24', '192.0.2'],
    ['ip', '192.0.2.123', ''],
    ['user_agent', 'Browser 1.0', 'Browser'],
  ])('lets %s become shorter, for privacy: %s → %s', async (column, from, to) => {
    const { id } = await written(column === 'ip' ? { ip: from } : { userAgent: from })
    await raw(`UPDATE audit_logs SET ${column} = ? WHERE id = ?`, to, id)
    expect(await find(id)).toMatchObject(column === 'ip' ? { ip: to } : { userAgent: to })
  })

  it('lets both become NULL, and stay as they are', async () => {
    const { id } = await written()
    await raw('UPDATE audit_logs SET ip = ip, user_agent = user_agent WHERE id = ?', id)
    await raw('UPDATE audit_logs SET ip = NULL, user_agent = NULL WHERE id = ?', id)
    expect(await find(id)).toMatchObject({ ip: null, userAgent: null })
  })

  it('lets rows go once an archive that holds them is on record, and no later ones', async () => {
    const old = await written({ id: newId(NOW - 2000) })
    const last = await written({ id: newId(NOW - 1000) })
    const young = await written({ id: newId(NOW + 1000) })
    const remove = (id: string) => raw('DELETE FROM audit_logs WHERE id = ?', id)
    await expect(remove(old.id)).rejects.toThrow('not archived yet')
    await db.insert(auditArchives).values({
      lastId: last.id,
      objectKey: 'audit/1.ndjson',
      rowCount: 2,
      sha256: 'x',
      createdAt: NOW,
    })
    await remove(old.id)
    await remove(last.id)
    expect([await find(old.id), await find(last.id)]).toEqual([undefined, undefined])
    await expect(remove(young.id)).rejects.toThrow('not archived yet')
    await expect(raw('DELETE FROM audit_logs')).rejects.toThrow('append-only')
    expect(await find(young.id)).toEqual(young)
  })
})

describe('the audit log refuses', () => {
  it.each([
    'INSERT',
    'INSERT OR REPLACE',
    'INSERT OR ABORT',
    'INSERT OR FAIL',
    'INSERT OR ROLLBACK',
    'REPLACE',
  ])('%s with an id that exists: the row stays as it was', async (verb) => {
    const one = await written()
    const attempt = raw(
      `${verb} INTO audit_logs (id, action, created_at) VALUES (?, 'login_failed', 1)`,
      one.id,
    )
    await expect(attempt).rejects.toThrow()
    expect(await find(one.id)).toEqual(one)
  })

  it.each(['INSERT OR IGNORE', 'upsert'])('%s to change a row', async (verb) => {
    const one = await written()
    const attempt =
      verb === 'upsert'
        ? raw(
            `INSERT INTO audit_logs (id, action, created_at) VALUES (?, 'login_failed', 1)
             ON CONFLICT (id) DO UPDATE SET action = excluded.action`,
            one.id,
          )
        : raw(
            `INSERT OR IGNORE INTO audit_logs (id, action, created_at) VALUES (?, 'login_failed', 1)`,
            one.id,
          )
    await attempt.catch(() => undefined)
    expect(await find(one.id)).toEqual(one)
  })

  const FIXED = Object.values(getTableColumns(auditLogs))
    .map(({ name }) => name)
    .filter((name) => name !== 'ip' && name !== 'user_agent')

  it.each(FIXED)('a change of %s, to another value or to NULL', async (column) => {
    const one = await written()
    for (const value of ['another', 'x', '', 7, null]) {
      const attempt = raw(`UPDATE audit_logs SET ${column} = ? WHERE id = ?`, value, one.id)
      await expect(attempt).rejects.toThrow()
    }
    expect(await find(one.id)).toEqual(one)
  })

  it.each([
    ['ip', '192.0.2.124'],
    ['ip', '192.0.2.1234'],
    ['ip', 'somebody else altogether'],
    ['user_agent', 'Browser 2.0'],
    ['user_agent', 'Browser 1.0 and more'],
  ])('%s to become %s, which is no shorter', async (column, value) => {
    const one = await written()
    const attempt = raw(`UPDATE audit_logs SET ${column} = ? WHERE id = ?`, value, one.id)
    await expect(attempt).rejects.toThrow('append-only')
    expect(await find(one.id)).toEqual(one)
  })

  it('to bring back what was removed', async () => {
    const { id } = await written({ ip: null, userAgent: null })
    for (const column of ['ip', 'user_agent']) {
      const attempt = raw(`UPDATE audit_logs SET ${column} = 'x' WHERE id = ?`, id)
      await expect(attempt).rejects.toThrow('append-only')
    }
  })

  it('a change of several rows, or of several columns, as a whole', async () => {
    const [one, two] = [await written(), await written()]
    const attempt = raw(
      `UPDATE audit_logs SET ip = NULL, action = 'x' WHERE id IN (?, ?)`,
      one.id,
      two.id,
    )
    await expect(attempt).rejects.toThrow('append-only')
    expect([await find(one.id), await find(two.id)]).toEqual([one, two])
  })

  it('and takes the rest of the batch back with it', async () => {
    const [one, two] = [await written(), row()]
    const batch = db.batch([
      db.insert(auditLogs).values(two),
      db.delete(auditLogs).where(sql`${auditLogs.id} = ${one.id}`),
    ])
    await expect(batch).rejects.toThrow('append-only')
    expect([await find(one.id), await find(two.id)]).toEqual([one, undefined])
  })
})
