import listed from 'disposable-email-domains-js/dist/dict/disposable_email_blocklist.json'
import { beforeAll, describe, expect, it } from 'vitest'
import { accessTokenOf, admin, ownerIn, unique } from '../../factories.ts'
import { call, expectStatus } from '../../support/call.ts'
import { DOMAINS, type Item, list, newDomain, put } from './domain-client.ts'

const INSTALLED: readonly string[] = listed

let token = ''
let adminId = ''
beforeAll(async () => {
  ;({ token, id: adminId } = await admin())
})

async function itemsOf(query: Record<string, string>): Promise<Item[]> {
  const answer = await list({ limit: '100', ...query }, { token })
  expectStatus(answer, 200)
  return answer.data.items as Item[]
}

const domainsOf = async (query: Record<string, string>) =>
  (await itemsOf(query)).map(({ domain }) => domain)

/** Every page, one after the other. */
async function walk(query: Record<string, string>): Promise<Item[][]> {
  const pages: Item[][] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    if (pages.length === 50) throw new Error('this list has no end')
    const answer = await list({ ...query, ...(cursor && { cursor }) }, { token })
    expectStatus(answer, 200)
    pages.push(answer.data.items as Item[])
    cursor = answer.data.nextCursor as string | null
  }
  return pages
}

describe('GET /api/v1/admin/email-domains', () => {
  describe('works', () => {
    it('with the list of disposable addresses from the first day', async () => {
      expect(await itemsOf({ q: 'mailinator.com' })).toEqual([
        { domain: 'mailinator.com', verdict: 'deny', decidedBy: null, decidedAt: null },
      ])
    })

    it('with every domain of the installed list, in order, each once', async () => {
      const pages = await walk({ limit: '100', q: 'm' })
      const wanted = INSTALLED.filter((domain) => domain.startsWith('m')).sort()
      expect(wanted.length).toBeGreaterThan(400)
      expect(pages.flat().map(({ domain }) => domain)).toEqual(wanted)
      expect(pages.slice(0, -1).every((page) => page.length === 100)).toBe(true)
    })

    it('tells who has decided and when', async () => {
      const domain = newDomain()
      const before = Date.now()
      expectStatus(await put(domain, 'allow', { token }), 200)
      const [item] = await itemsOf({ q: domain })
      expect(item).toMatchObject({ domain, verdict: 'allow', decidedBy: adminId })
      expect(item?.decidedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect(Date.parse(item?.decidedAt ?? '')).toBeGreaterThanOrEqual(before)
    })

    it('has twenty to a page, begins with the first, and goes on behind the last one', async () => {
      const first = await list({}, { token })
      expectStatus(first, 200)
      const domains = (first.data.items as Item[]).map(({ domain }) => domain)
      expect(domains).toEqual([...INSTALLED].sort().slice(0, 20))
      const next = await list({ cursor: String(first.data.nextCursor), limit: '1' }, { token })
      expect((next.data.items as Item[])[0]?.domain).toBe([...INSTALLED].sort()[20])
    })

    it('finds a domain by how it begins, and nothing that only has it further on', async () => {
      const name = unique()
      const domains = ['.example', '-b.example', '.example.net', '0.example', 'z.example'].map(
        (rest) => name + rest,
      )
      for (const domain of [...domains, `x${name}.example`, `${name.slice(0, -1)}.example`]) {
        expectStatus(await put(domain, 'deny', { token }), 200)
      }
      expect(await domainsOf({ q: name })).toEqual([...domains].sort())
      expect(await domainsOf({ q: `${name}.example` })).toEqual([
        `${name}.example`,
        `${name}.example.net`,
      ])
      expect(await domainsOf({ q: ` ${name.toUpperCase()}-B ` })).toEqual([`${name}-b.example`])
      expect(await domainsOf({ q: `${name}.example.net.` })).toEqual([])
    })

    it('finds an international domain by its own spelling and by its A-labels', async () => {
      const name = `bücher-${unique()}.example`
      expectStatus(await put(encodeURIComponent(name), 'deny', { token }), 200)
      const [found, ...others] = await domainsOf({ q: name })
      expect(found).toMatch(/^xn--bcher-.*\.example$/)
      expect(others).toEqual([])
      expect(await domainsOf({ q: String(found).slice(0, -3) })).toEqual([found])
    })

    it('shows those of one verdict, page by page, among those of the other', async () => {
      const name = unique()
      const numbered = Array.from({ length: 9 }, (_, n) => `${name}${n}.example`)
      for (const [n, domain] of numbered.entries()) {
        expectStatus(await put(domain, n % 3 === 1 ? 'allow' : 'deny', { token }), 200)
      }
      const isAllowed = (_: string, n: number) => n % 3 === 1
      const shown = async (verdict: string) =>
        (await walk({ q: name, verdict, limit: '2' })).map((page) => page.map((one) => one.domain))
      const denied = numbered.filter((_, n) => n % 3 !== 1)
      expect((await shown('allow')).flat()).toEqual(numbered.filter(isAllowed))
      expect(await shown('deny')).toEqual([denied.slice(0, 2), denied.slice(2, 4), denied.slice(4)])
      expect((await itemsOf({ verdict: 'allow' })).every((one) => one.verdict === 'allow')).toBe(
        true,
      )
    })

    it('takes an empty q as none', async () => {
      expect(await domainsOf({ q: '' })).toEqual(await domainsOf({}))
    })

    it('has nothing where nothing begins so', async () => {
      const answer = await list({ q: 'nobody-has-ever-heard-of-it' }, { token })
      expect(answer.data).toEqual({ items: [], nextCursor: null })
    })

    it('begins at the front of what is asked for where the cursor is of another list', async () => {
      const { data } = await list({ limit: '1' }, { token })
      const cursor = String(data.nextCursor)
      expect(await domainsOf({ q: 'mailinator', cursor })).toEqual(
        await domainsOf({ q: 'mailinator' }),
      )
    })
  })

  describe('refuses', () => {
    it.each([
      [{ q: '%' }, 'q'],
      [{ q: 'mail_' }, 'q'],
      [{ q: "' or 1=1--" }, 'q'],
      [{ q: '\0' }, 'q'],
      [{ q: 'büch' }, 'q'],
      [{ q: 'a'.repeat(254) }, 'q'],
      [{ verdict: 'maybe' }, 'verdict'],
      [{ verdict: '' }, 'verdict'],
      [{ limit: '101' }, 'limit'],
      [{ cursor: 'x' }, 'cursor'],
      [{ cursor: btoa('not a domain') }, 'cursor'],
      [{ cursor: btoa('MAILER.EXAMPLE') }, 'cursor'],
      [{ cursor: btoa('x'.repeat(300)) }, 'cursor'],
    ])('%j', async (query, field) => {
      const answer = await list(query as Record<string, string>, { token })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([field])
    })

    it('but not the longest q that a domain can have', async () => {
      expect(await domainsOf({ q: 'a'.repeat(253) })).toEqual([])
    })

    it('two of what there is one of', async () => {
      for (const query of ['q=a&q=b', 'verdict=allow&verdict=deny']) {
        expectStatus(await call(`${DOMAINS}?${query}`, { token }), 422, 'validation_failed')
      }
    })

    it('whoever is no admin', async () => {
      expectStatus(await list({ limit: 'x' }), 401, 'unauthenticated')
      const owner = await accessTokenOf(await ownerIn('active'))
      expectStatus(await list({ limit: 'x' }, { token: owner }), 403, 'forbidden')
    })
  })
})
