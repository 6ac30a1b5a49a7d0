import { beforeAll, describe, expect, it } from 'vitest'
import { accessTokenOf, admin, ownerIn, PASSWORD } from '../../factories.ts'
import { openSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase } from '../../support/faults.ts'
import { expectExactlyOne, race } from '../../support/race.ts'
import {
  changesAuditedOf,
  changesLoggedBy,
  entryOf,
  newDomain,
  put,
  remove,
} from './domain-client.ts'

let adminId = ''
let token = ''
let email = ''
beforeAll(async () => {
  ;({ id: adminId, token, email } = await admin())
})

async function denied(): Promise<string> {
  const domain = newDomain()
  expectStatus(await put(domain, 'deny', { token }), 200)
  return domain
}

describe('DELETE /api/v1/admin/email-domains/:domain', () => {
  describe('works', () => {
    it('for what an admin has decided, and only for that', async () => {
      const [domain, neighbour] = [await denied(), await denied()]
      const answer = await remove(domain, { token })
      expectStatus(answer, 200)
      expect(answer.json.data).toBeNull()
      expect(await entryOf(domain)).toBeUndefined()
      expect(await entryOf(neighbour)).toBeDefined()
    })

    it('for a domain of the list', async () => {
      expect(await entryOf('mailinator.com')).toMatchObject({ decidedBy: null })
      expectStatus(await remove('mailinator.com', { token }), 200)
      expect(await entryOf('mailinator.com')).toBeUndefined()
    })

    it('in whatever spelling the domain comes', async () => {
      expectStatus(await put('xn--bcher-kva.example', 'deny', { token }), 200)
      expectStatus(await remove(encodeURIComponent('BÜCHER.example'), { token }), 200)
      expect(await entryOf('xn--bcher-kva.example')).toBeUndefined()
    })

    it('and says in the log who did it', async () => {
      const domain = await denied()
      const lines = await changesLoggedBy(async () => {
        await remove(domain, { token })
        await remove(domain, { token })
      })
      expect(lines).toEqual([{ level: 'info', actorId: adminId, domain, verdict: null }])
      expect(await changesAuditedOf(domain)).toEqual([
        [adminId, null, 'deny'],
        [adminId, 'deny', null],
      ])
    })
  })

  describe('refuses', () => {
    it('a domain that has no entry, also where one above or beneath it has', async () => {
      const domain = await denied()
      for (const none of [newDomain(), `x.${domain}`, domain.slice(1)]) {
        const answer = await remove(none, { token })
        expectStatus(answer, 404, 'not_found')
        expect(answer.json.message).toBe('There is no entry for this domain.')
      }
      expect(await entryOf(domain)).toBeDefined()
    })

    it.each(['com', '127.0.0.1', '%25', 'a@mailer.example'])(
      '%s, which is no domain',
      async (domain) => {
        expectStatus(await remove(domain, { token }), 422, 'validation_failed')
      },
    )

    it('whoever is no admin', async () => {
      const domain = await denied()
      const owner = await accessTokenOf(await ownerIn('active'))
      expectStatus(await remove(domain), 401, 'unauthenticated')
      expectStatus(await remove(domain, { token: owner }), 403, 'forbidden')
      expectStatus(await remove('com', { token: owner }), 403, 'forbidden')
      expect(await entryOf(domain)).toBeDefined()
    })

    it('a cookie without its CSRF token, and a foreign page', async () => {
      const domain = await denied()
      const session = await openSession({ email, password: PASSWORD }, { transport: 'cookie' })
      const attempt = (headers: Record<string, string>) =>
        remove(domain, { headers: { Cookie: session.cookie, ...headers } })
      expectStatus(await attempt({}), 403, 'csrf_failed')
      const mine = { 'X-CSRF-Token': session.csrfToken }
      expectStatus(await attempt({ ...mine, 'Sec-Fetch-Site': 'cross-site' }), 403, 'csrf_failed')
      expect(await entryOf(domain)).toBeDefined()
      expectStatus(await attempt(mine), 200)
    })
  })

  describe('is safe', () => {
    it('of ten at once one removes it, the others find nothing', async () => {
      const domain = await denied()
      const lines = await changesLoggedBy(async () => {
        const answers = await race(10, () => remove(domain, { token }))
        expectExactlyOne(answers, '200', '404 not_found')
      })
      expect(lines).toHaveLength(1)
      expect(await changesAuditedOf(domain)).toHaveLength(2)
    })

    it('a database that fails is no "not found"', async () => {
      const domain = await denied()
      for (const env of [failingDatabase(), failingBatch(0, 0).env, failingBatch(0, 1).env])
        expectStatus(await remove(domain, { token, env }), 503, 'unavailable')
      expect(await entryOf(domain)).toBeDefined()
      expect(await changesAuditedOf(domain)).toHaveLength(1)
    })
  })
})
