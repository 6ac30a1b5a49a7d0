/** What Drizzle does on D1 that nobody would expect. The code keeps away from each of these; here is why. */
import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { beforeAll, describe, expect, it } from 'vitest'
import * as schema from '../../src/db/schema/index.ts'
import { communities, memberships, users } from '../../src/db/schema/index.ts'
import { type SignedUp, signedUp } from '../factories.ts'

const db = drizzle(env.DB, { schema })

let person: SignedUp
beforeAll(async () => {
  person = await signedUp()
})

describe('a joined select in a batch', () => {
  const plain = () =>
    db
      .select({ userId: users.id, communityId: communities.id, name: communities.name })
      .from(users)
      .innerJoin(communities, eq(communities.id, users.communityId))
      .where(eq(users.email, person.email))

  it('is right on its own', async () => {
    const [row] = await plain()
    expect(row).toMatchObject({
      communityId: person.communityId,
      name: person.form.communityName,
    })
    expect(row?.userId).not.toBe(person.communityId)
  })

  it('gives the values of other columns: two columns of one name become one', async () => {
    const [[alone], [[inBatch]]] = await Promise.all([plain(), db.batch([plain()])])
    expect(inBatch).not.toEqual(alone)
    expect(inBatch?.userId).toBe(person.communityId)
  })

  it('even fails to read whole rows of two tables', async () => {
    const whole = db
      .select()
      .from(users)
      .innerJoin(communities, eq(communities.id, users.communityId))
      .where(eq(users.email, person.email))
    await expect(db.batch([whole])).rejects.toThrow()
  })

  it('is right again where each column has an alias of its own', async () => {
    const aliased = () =>
      db
        .select({
          userId: sql<string>`${users.id}`.as('trap_user_id'),
          communityId: sql<string>`${communities.id}`.as('trap_community_id'),
          role: sql<string>`${memberships.role}`.as('trap_role'),
        })
        .from(users)
        .innerJoin(communities, eq(communities.id, users.communityId))
        .innerJoin(memberships, eq(memberships.userId, users.id))
        .where(eq(users.email, person.email))
    const [alone] = await aliased()
    const [[inBatch]] = await db.batch([aliased()])
    expect(inBatch).toEqual(alone)
    expect(inBatch).toMatchObject({ communityId: person.communityId, role: 'CommunityOwner' })
  })
})

describe('raw SQL with a parameter', () => {
  it('works on its own and throws in a batch', async () => {
    const statement = () => db.run(sql`update users set full_name = ${'X'} where id = ${'nobody'}`)
    await expect(statement()).resolves.toMatchObject({ success: true })
    await expect(db.batch([statement()])).rejects.toThrow(TypeError)
  })

  it('works in a batch without a parameter, which hides the trap', async () => {
    const statement = db.run(sql`update users set full_name = 'X' where id = 'nobody'`)
    await expect(db.batch([statement])).resolves.toHaveLength(1)
  })
})

describe('a relational query that finds nothing', () => {
  it('gives undefined on its own and throws in a batch', async () => {
    const nobody = () => db.query.users.findFirst({ where: eq(users.id, 'nobody') })
    await expect(nobody()).resolves.toBeUndefined()
    await expect(db.batch([nobody()])).rejects.toThrow(TypeError)
  })

  it('is an empty list where a select is used', async () => {
    const nobody = db.select().from(users).where(eq(users.id, 'nobody'))
    await expect(db.batch([nobody])).resolves.toEqual([[]])
  })
})

describe('an interactive transaction', () => {
  it('does not exist on D1', async () => {
    await expect(db.transaction(async () => undefined)).rejects.toThrow()
  })
})

describe('D1 itself', () => {
  it('refuses LIKE patterns over 50 bytes: search is a range over an index', async () => {
    const like = (pattern: string) =>
      env.DB.prepare('select 1 as x where ? like ?').bind('x', pattern).all()
    await expect(like('x'.repeat(50))).resolves.toMatchObject({ success: true })
    await expect(like('x'.repeat(51))).rejects.toThrow('too complex')
  })

  it('ignores the switch that would turn foreign keys off', async () => {
    await env.DB.exec('PRAGMA foreign_keys=OFF')
    const row = await env.DB.prepare('PRAGMA foreign_keys').first<{ foreign_keys: number }>()
    expect(row?.foreign_keys).toBe(1)
  })

  it('rolls a whole batch back when its last statement fails', async () => {
    const id = person.communityId
    const rename = db.update(communities).set({ city: 'Elsewhere' }).where(eq(communities.id, id))
    const broken = db.update(communities).set({ status: 'odd' as 'active' })
    await expect(db.batch([rename, broken])).rejects.toThrow()
    const [row] = await db.select().from(communities).where(eq(communities.id, id))
    expect(row?.city).toBe(person.form.city)
  })
})
