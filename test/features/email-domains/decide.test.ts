import { beforeAll, describe, expect, it } from 'vitest'
import { accessTokenOf, admin, ownerIn, PASSWORD } from '../../factories.ts'
import { openSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  changesAuditedOf,
  changesLoggedBy,
  entryOf,
  type Item,
  newDomain,
  put,
} from './domain-client.ts'

let one: Awaited<ReturnType<typeof admin>>
let other: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  one = await admin()
  other = await admin()
})

describe('PUT /api/v1/admin/email-domains/:domain', () => {
  describe('works', () => {
    it.each(['deny', 'allow'] as const)('%s for a new domain', async (verdict) => {
      const domain = newDomain()
      const before = Date.now()
      const answer = await put(domain, verdict, { token: one.token })
      expectStatus(answer, 200)
      const item = answer.data.domain as Item
      expect(item).toMatchObject({ domain, verdict, decidedBy: one.id })
      const row = await entryOf(domain)
      expect(row).toMatchObject({ domain, verdict, decidedBy: one.id })
      expect(row?.decidedAt).toBe(Date.parse(item.decidedAt ?? ''))
      expect(row?.decidedAt).toBeGreaterThanOrEqual(before)
    })

    it('allow for a domain of the list, and deny again', async () => {
      const domain = 'mailinator.com'
      expect(await entryOf(domain)).toMatchObject({ verdict: 'deny', decidedBy: null })
      expectStatus(await put(domain, 'allow', { token: one.token }), 200)
      expect(await entryOf(domain)).toMatchObject({ verdict: 'allow', decidedBy: one.id })
      expectStatus(await put(domain, 'deny', { token: other.token }), 200)
      expect(await entryOf(domain)).toMatchObject({ verdict: 'deny', decidedBy: other.id })
    })

    it('makes the verdict of the list an admin’s own', async () => {
      const domain = 'yopmail.com'
      expect(await entryOf(domain)).toMatchObject({ verdict: 'deny', decidedBy: null })
      expectStatus(await put(domain, 'deny', { token: one.token }), 200)
      expect(await entryOf(domain)).toMatchObject({ verdict: 'deny', decidedBy: one.id })
    })

    it('may be repeated: who decided it first, and when, stays', async () => {
      const domain = newDomain()
      const first = await put(domain, 'deny', { token: one.token })
      for (const { token } of [one, other]) {
        const again = await put(domain, 'deny', { token })
        expectStatus(again, 200)
        expect(again.data).toEqual(first.data)
      }
    })

    it.each([
      ['MAILER-ONE.Example', 'mailer-one.example'],
      [encodeURIComponent('Bücher.example'), 'xn--bcher-kva.example'],
      ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
      ['%20mailer-two.example%20', 'mailer-two.example'],
      ['a.b.c.d.e.f.g.h.i.j.k.example', 'a.b.c.d.e.f.g.h.i.j.k.example'],
    ])('takes %s as %s', async (typed, domain) => {
      const answer = await put(typed, 'allow', { token: one.token })
      expectStatus(answer, 200)
      expect(answer.data.domain).toMatchObject({ domain })
      expect(await entryOf(domain)).toMatchObject({ verdict: 'allow' })
    })

    it.each(['github.io', 'dns.army'])(
      'denies %s, which is one provider with names for many',
      async (domain) => {
        expectStatus(await put(domain, 'deny', { token: one.token }), 200)
      },
    )

    it('allows what may not be denied', async () => {
      expectStatus(await put('co.uk', 'allow', { token: one.token }), 200)
    })

    it('says in the log who changed what, and nothing where nothing has changed', async () => {
      const domain = newDomain()
      const lines = await changesLoggedBy(async () => {
        await put(domain, 'deny', { token: one.token })
        await put(domain, 'deny', { token: other.token })
        await put(domain, 'allow', { token: other.token })
        await put(domain, 'odd', { token: one.token })
      })
      expect(lines).toEqual([
        { level: 'info', actorId: one.id, domain, verdict: 'deny' },
        { level: 'info', actorId: other.id, domain, verdict: 'allow' },
      ])
    })

    it('is on record with the verdict before and after, and only where something has changed', async () => {
      const domain = newDomain()
      await put(domain, 'deny', { token: one.token })
      await put(domain, 'deny', { token: other.token })
      await put(domain, 'allow', { token: other.token })
      expect(await changesAuditedOf(domain)).toEqual([
        [one.id, null, 'deny'],
        [other.id, 'deny', 'allow'],
      ])
      await put('guerrillamail.com', 'deny', { token: one.token })
      await put('guerrillamail.com', 'deny', { token: one.token })
      expect(await changesAuditedOf('guerrillamail.com')).toEqual([[one.id, 'deny', 'deny']])
    })
  })

  describe('refuses', () => {
    it.each([
      'com',
      'localhost',
      '127.0.0.1',
      '%5B::1%5D',
      'mailer..example',
      'mailer.example.',
      '-mailer.example',
      'mailer_.example',
      'mailer.example:25',
      'mailer.example%2Fpath',
      'mailer.example%00',
      'mailer%20two.example',
      'a@mailer.example',
      '*.mailer.example',
      '%25',
      '%',
      encodeURIComponent('mａiler.example'),
      encodeURIComponent('maıler.example'),
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(130)}example`,
    ])('%s, which is no domain', async (domain) => {
      for (const verdict of ['allow', 'deny']) {
        const answer = await put(domain, verdict, { token: one.token })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({
          domain:
            'Name a whole domain, as it stands behind the @ of an address: mailer.example. A top-level domain is none.',
        })
      }
    })

    it.each(['co.uk', 'COM.au', 'gov.in', 'kobe.jp', 'city-x.kobe.jp', 'xn--55qx5d.cn'])(
      'to deny %s, beneath which everybody registers domains',
      async (domain) => {
        const answer = await put(domain, 'deny', { token: one.token })
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors as object)).toEqual(['domain'])
        expect(String((answer.json.errors as Record<string, string>).domain)).toContain(
          `Anybody can register domains beneath ${domain.toLowerCase()}`,
        )
        expect((await entryOf(domain.toLowerCase()))?.verdict).not.toBe('deny')
      },
    )

    it.each([undefined, null, '', 'DENY', 'block', 1, ['deny']])(
      'the verdict %j',
      async (verdict) => {
        const domain = newDomain()
        const answer = await put(domain, verdict, { token: one.token })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ verdict: 'Choose one of: allow, deny.' })
        expect(await entryOf(domain)).toBeUndefined()
      },
    )

    it('whoever is no admin, before it looks at domain or body', async () => {
      const owner = await accessTokenOf(await ownerIn('active'))
      expectStatus(await put('com', 'odd'), 401, 'unauthenticated')
      expectStatus(await put('com', 'odd', { token: owner }), 403, 'forbidden')
      const domain = newDomain()
      expectStatus(await put(domain, 'deny', { token: owner }), 403, 'forbidden')
      expect(await entryOf(domain)).toBeUndefined()
    })

    it('a cookie without its CSRF token, and a foreign page', async () => {
      const admin = { email: one.email, password: PASSWORD }
      const { cookie, csrfToken } = await openSession(admin, { transport: 'cookie' })
      const domain = newDomain()
      const attempt = (headers: Record<string, string>) =>
        put(domain, 'deny', { headers: { Cookie: cookie, ...headers } })
      expectStatus(await attempt({}), 403, 'csrf_failed')
      const mine = { 'X-CSRF-Token': csrfToken }
      expectStatus(await attempt({ ...mine, Origin: 'https://evil.example' }), 403, 'csrf_failed')
      expect(await entryOf(domain)).toBeUndefined()
      expectStatus(await attempt(mine), 200)
    })
  })

  describe('is safe', () => {
    it('of twenty at once who say the same one decides: one entry, one line in the log', async () => {
      const domain = newDomain()
      const lines = await changesLoggedBy(async () => {
        const answers = await race(20, (n) =>
          put(domain, 'deny', { token: (n % 2 ? one : other).token }),
        )
        expect(tally(answers)).toEqual({ '200': 20 })
        const told = new Set(answers.map(({ data }) => JSON.stringify(data)))
        expect(told.size).toBe(1)
      })
      expect(lines).toHaveLength(1)
      expect(await entryOf(domain)).toMatchObject({ decidedBy: lines[0]?.actorId })
      expect(await changesAuditedOf(domain)).toEqual([[lines[0]?.actorId, null, 'deny']])
    })

    it('of twenty at once who disagree each is told what it has decided', async () => {
      const domain = newDomain()
      const verdictOf = (n: number) => (n % 2 ? 'allow' : 'deny')
      const answers = await race(20, (n) => put(domain, verdictOf(n), { token: one.token }))
      const told = answers.map(({ data }) => (data.domain as Item).verdict)
      expect(told).toEqual(answers.map((_, n) => verdictOf(n)))
    })

    it('a database that fails changes nothing, and nothing is logged', async () => {
      const domain = newDomain()
      const { token } = one
      const lines = await changesLoggedBy(async () => {
        for (const k of [0, 1, 2]) {
          const { env } = failingBatch(0, k)
          expectStatus(await put(domain, 'deny', { token, env }), 503, 'unavailable')
        }
        const env = failingDatabase()
        expectStatus(await put(domain, 'deny', { token, env }), 503, 'unavailable')
      })
      expect(lines).toEqual([])
      expect(await entryOf(domain)).toBeUndefined()
      expect(await changesAuditedOf(domain)).toEqual([])
    })
  })
})
