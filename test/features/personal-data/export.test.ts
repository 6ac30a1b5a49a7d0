import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { PAGE_ROWS } from '../../../src/features/personal-data/repository.ts'
import { type PersonalData, personalData } from '../../../src/features/personal-data/schemas.ts'
import worker from '../../../src/index.ts'
import { db, PASSWORD, postLogin, unique } from '../../factories.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { sessionRow, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { failingObject } from '../../support/faults.ts'
import { memberIn, patchRole } from '../members/member-client.ts'
import { auditRowsOf, WRONG } from '../passwords/password-client.ts'
import { exported, memberHere } from './personal-data-client.ts'

const dataOf = (answer: { data: Record<string, unknown> }) => personalData.parse(answer.data)

let seeded = 0

/** That many rows of the audit log, each a millisecond older than the one before. */
async function seedEvents(userId: string, count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     INSERT INTO audit_logs (id, action, actor_id, user_id, created_at)
     SELECT printf('01800000-%04d-7000-8000-%012d', ?3, i), 'login_success', ?1, ?1, i FROM n`,
  )
    .bind(userId, count, ++seeded)
    .run()
}

describe('GET /api/v1/account/export', () => {
  describe('works', () => {
    it('gives an owner all that is stored of them and of their community', async () => {
      const owner = await ownerHere()
      await postLogin({ email: owner.email, password: WRONG })
      const answer = await exported(owner)
      expectStatus(answer, 200)
      const data = dataOf(answer)
      expect(data.account).toMatchObject({
        id: owner.userId,
        email: owner.email,
        hasPassword: true,
      })
      expect(data.account.profile).toMatchObject({ location: expect.any(String) })
      expect(data.memberships).toMatchObject([{ role: 'CommunityOwner' }])
      expect(data.communities).toMatchObject([
        {
          id: owner.communityId,
          officialEmail: expect.any(String),
          contactPhone: expect.any(String),
        },
      ])
      expect(data.sessions).toMatchObject([{ id: owner.id }])
      expect(data.devices.map(({ id }) => id)).toContain(data.sessions[0]?.deviceId)
      expect(data.links).toMatchObject([{ purpose: 'verify_email', email: owner.email }])
      expect(data.mails.map(({ template }) => template)).toContain('signup_confirmation')
      const actions = data.events.map(({ action }) => action)
      expect(actions).toEqual(
        expect.arrayContaining(['account_exported', 'login_success', 'login_failed']),
      )
    })

    it('and what counts against them: the block of their account, the signals of their signup', async () => {
      const owner = await ownerHere({ officialEmail: `circle.${unique()}@gmail.com` })
      const lockUntil = Date.now() + 60_000
      await db.update(users).set({ lockUntil }).where(eq(users.id, owner.userId))
      const { account, communities } = dataOf(await exported(owner))
      expect(account.lockUntil).toBe(new Date(lockUntil).toISOString())
      const points = expect.any(Number)
      expect(communities).toMatchObject([
        { riskSignals: [{ signal: 'free_mail_official', points }] },
      ])
    })

    it('however much there is: every row once, newest first', async () => {
      const person = await memberHere()
      const count = PAGE_ROWS * 2 + 1
      await seedEvents(person.userId, count)
      const { events } = dataOf(await exported(person))
      expect(events.filter(({ id }) => id.startsWith('01800000'))).toHaveLength(count)
      const ids = events.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toEqual([...ids].sort().reverse())
    })

    it('and says so in the audit log', async () => {
      const person = await memberHere()
      expectStatus(await exported(person), 200)
      expect(await auditRowsOf(person.userId, 'account_exported')).toMatchObject([
        { actorId: person.userId, communityId: person.communityId },
      ])
    })
  })

  describe('refuses', () => {
    it('whoever is not signed in', async () => {
      expectStatus(await call(`${API}/account/export`), 401, 'unauthenticated')
    })

    it('the eleventh in an hour from one client', async () => {
      const person = await memberHere()
      const ip = '198.51.100.44'
      for (let n = 0; n < 10; n++) expectStatus(await exported(person, { ip }), 200)
      const answer = await exported(person, { ip })
      expectStatus(answer, 429, 'rate_limited')
      expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
    })

    it('where the guard does not answer, rather than leaving the devices out', async () => {
      const person = await memberHere()
      const workerEnv = failingObject('ACCOUNT_GUARD', 'knownDevices', 'throws')
      expectStatus(await exported(person, { env: workerEnv }), 503, 'unavailable')
    })
  })

  describe('is safe', () => {
    it('tells no hash, and nothing of others', async () => {
      const owner = await ownerHere()
      const person = await memberIn(owner)
      expectStatus(await patchRole(owner, person.userId, 'Moderator'), 200)
      const answer = await exported(person)
      const { passwordHash } = await userRow(person.email)
      const { tokenHash } = await sessionRow(person.id)
      for (const secret of [passwordHash, tokenHash, owner.email, PASSWORD]) {
        expect(answer.text).not.toContain(secret)
      }
      const change = eventOf(dataOf(answer), 'member_role_changed')
      expect(change).toMatchObject({ isOwnAct: false, ip: null, userAgent: null, details: null })
      expect(dataOf(answer).communities).toEqual([])
    })

    it('a database that fails on the way breaks the transfer off', async () => {
      const person = await memberHere()
      await seedEvents(person.userId, PAGE_ROWS + 1)
      const request = new Request(`https://gatehouse.example${API}/account/export`, {
        headers: { Authorization: `Bearer ${person.accessToken}`, 'CF-Connecting-IP': '10.9.8.7' },
      })
      const response = await worker.fetch(
        request as Request<unknown, IncomingRequestCfProperties>,
        failingAtEvents(2),
        createExecutionContext(),
      )
      expect(response.status).toBe(200)
      await expect(response.text()).rejects.toThrow()
    })
  })
})

const eventOf = (data: PersonalData, action: string) =>
  data.events.find((event) => event.action === action)

/** The database is lost at the `nth` page of events. */
function failingAtEvents(nth: number): Env {
  let seen = 0
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'prepare') return typeof value === 'function' ? value.bind(target) : value
      return (query: string) => {
        if (/from "audit_logs"/.test(query) && /^select/i.test(query)) seen += 1
        return target.prepare(seen === nth ? 'select * from a_table_that_is_not_there' : query)
      }
    },
  })
  return { ...env, DB }
}
