/// <reference types="vite/types/importMeta.d.ts" />
/** Nobody is in the database from the start: the first admin is made by whoever runs the service. */
import { describe, expect, it } from 'vitest'
import {
  communities,
  memberships,
  PLATFORM_COMMUNITY_ID,
  sessions,
  users,
} from '../../src/db/schema/index.ts'
import { db, postLogin } from '../factories.ts'
import { expectStatus } from '../support/call.ts'

const MIGRATIONS = import.meta.glob<string>('../../migrations/*.sql', {
  query: '?raw',
  import: 'default',
  eager: true,
})

describe('a new database', () => {
  it('has no account, no member and no session, and one community, the reserved one', async () => {
    expect(await db.select().from(users)).toEqual([])
    expect(await db.select().from(memberships)).toEqual([])
    expect(await db.select().from(sessions)).toEqual([])
    const found = await db.select({ id: communities.id }).from(communities)
    expect(found).toEqual([{ id: PLATFORM_COMMUNITY_ID }])
  })

  it('lets nobody in by a name and password that people try', async () => {
    for (const name of ['admin', 'root', 'test', 'gatehouse']) {
      for (const password of ['admin', 'password', 'changeme', name]) {
        const answer = await postLogin({ email: `${name}@example.com`, password })
        if (answer.status !== 423) expect(answer.status).toBeOneOf([401, 429])
        expect(answer.data).toEqual({})
      }
    }
    expectStatus(await postLogin({ email: 'nobody@example.com', password: 'x' }), 401)
  })

  it('is made by migrations that write no account', () => {
    expect(Object.keys(MIGRATIONS).length).toBeGreaterThan(2)
    for (const [name, sql] of Object.entries(MIGRATIONS)) {
      const writes = /insert\s+(or\s+\w+\s+)?into\s+[`"]?(users|memberships|sessions)\b/i.test(sql)
      const isCopy = /insert into [`"]?__new_\w+/i.test(sql)
      expect({ name, writes: writes && !isCopy }).toEqual({ name, writes: false })
    }
  })
})
