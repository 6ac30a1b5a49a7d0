/** Which addresses a signup may have, by the entries that hold for their domains. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../../src/db/client.ts'
import { emailDomains, users } from '../../../src/db/schema/index.ts'
import {
  domainsAbove,
  isOpenToAll,
  type Verdict,
} from '../../../src/features/email-domains/domain-rules.ts'
import { isDenied, selectVerdicts } from '../../../src/features/email-domains/service.ts'
import { canonicalEmail } from '../../../src/lib/email-address.ts'
import { recorder } from '../../db/recorder.ts'
import { db, signedUp } from '../../factories.ts'
import { expectQuick } from '../../lib/hostile.ts'

const deny = (domain: string): Verdict => ({ domain, verdict: 'deny' })
const allow = (domain: string): Verdict => ({ domain, verdict: 'allow' })

/** A domain of 126 labels, one letter each, and another at the end: as long as one can be. */
const MANY_LABELS = `${'a.'.repeat(126)}z`

describe('the domains above an address', () => {
  it.each([
    ['a@mailer.example', ['mailer.example']],
    ['a@x.mailer.co.uk', ['x.mailer.co.uk', 'mailer.co.uk', 'co.uk']],
    ['"@"a@b.c.example', ['b.c.example', 'c.example']],
  ])('of %s are %j, without the top-level domain', (email, domains) => {
    expect(domainsAbove(email)).toEqual(domains)
  })

  it('are nine at most, however many labels there are: the whole, and those nearest to the top', () => {
    const domains = domainsAbove(`a@${MANY_LABELS}`)
    expect(domains).toHaveLength(9)
    expect(domains[0]).toBe(MANY_LABELS)
    expect(domains.slice(1).map((domain) => domain.split('.').length)).toEqual([
      9, 8, 7, 6, 5, 4, 3, 2,
    ])
    expect(domainsAbove('u@10.9.8.7.6.5.4.3.2.example')).toHaveLength(9)
    expect(new Set(domainsAbove('u@10.9.8.7.6.5.4.3.2.example')).size).toBe(9)
  })
})

describe('an address', () => {
  it.each<[string, string, Verdict[]]>([
    ['its domain is denied', 'a@mailer.example', [deny('mailer.example')]],
    ['a domain above is denied', 'a@x.y.mailer.example', [deny('mailer.example')]],
    [
      'the nearest denies, though one above allows',
      'a@x.mailer.example',
      [deny('x.mailer.example'), allow('mailer.example')],
    ],
    [
      'the nearest denies, in whatever order they come',
      'a@x.mailer.example',
      [allow('mailer.example'), deny('x.mailer.example')],
    ],
    [
      'only a domain of another address is allowed',
      'a@mailer.example',
      [deny('mailer.example'), allow('longer.mailer.example'), allow('x.example')],
    ],
  ])('is denied where %s', (_, email, entries) => {
    expect(isDenied(email, entries)).toBe(true)
  })

  it.each<[string, string, Verdict[]]>([
    ['there is no entry', 'a@mailer.example', []],
    ['its domain is allowed', 'a@mailer.example', [allow('mailer.example')]],
    [
      'the nearest allows, though those above deny',
      'a@x.mailer.example',
      [deny('mailer.example'), allow('x.mailer.example')],
    ],
    ['only a domain beneath is denied', 'a@mailer.example', [deny('x.mailer.example')]],
    ['a domain only ends alike', 'a@notmailer.example', [deny('mailer.example')]],
    ['a domain only begins alike', 'a@mailer.example.net', [deny('mailer.example')]],
    ['the local part looks like it', 'mailer.example@apex.net', [deny('mailer.example')]],
    ['only the other address is denied', 'a@apex.net', [deny('mailer.example')]],
  ])('may pass where %s', (_, email, entries) => {
    expect(isDenied(email, entries)).toBe(false)
  })

  it('does not change the list that it is judged by', () => {
    const entries = [allow('mailer.example'), deny('x.mailer.example')]
    isDenied('a@x.mailer.example', entries)
    expect(entries[0]).toEqual(allow('mailer.example'))
  })
})

describe('what everybody registers domains beneath', () => {
  it.each(['co.uk', 'com.au', 'kobe.jp', 'ward.kobe.jp'])('is %s', (domain) => {
    expect(isOpenToAll(domain)).toBe(true)
  })

  it.each(['mailer.co.uk', 'city.kobe.jp', 'github.io', 'dns.army', 'mailinator.com', 'www.ck'])(
    'is not %s',
    (domain) => {
      expect(isOpenToAll(domain)).toBe(false)
    },
  )

  it('is told at once of the longest name too', () => {
    expectQuick(() => isOpenToAll(MANY_LABELS))
    expectQuick(() => domainsAbove(`a@${MANY_LABELS}`))
  })
})

describe('the entries for a signup', () => {
  const asked = async (...emails: string[]) => {
    const [entries] = await db.batch([selectVerdicts(db, emails)])
    return entries
  }

  it('come with a batch, right beside what else it reads', async () => {
    const { email } = await signedUp()
    const [before, entries, after] = await db.batch([
      db.select({ email: users.email }).from(users).where(sql`${users.email} = ${email}`),
      selectVerdicts(db, ['a@x.mailinator.com', 'hello@yopmail.com']),
      db.select({ email: users.email }).from(users).where(sql`${users.email} = ${email}`),
    ])
    expect(entries.map(({ domain }) => domain).sort()).toEqual(['mailinator.com', 'yopmail.com'])
    expect(entries.every(({ verdict }) => verdict === 'deny')).toBe(true)
    expect([before, after]).toEqual([[{ email }], [{ email }]])
  })

  it.each([
    ['a@mailinator.com', true],
    ['a@deep.inside.mailinator.com', true],
    ['A@MAILINATOR.com', true],
    ['a@0-mailer.dynv6.net', true],
    ['a@1-mailer.dynv6.net', false],
    ['a@apexmailinator.com', false],
    ['a@mailinator.com.apex.net', false],
    ['a@gmail.com', false],
    ['a@apex.co.uk', false],
  ])('of the list say of %s: denied is %s', async (typed, denied) => {
    const email = canonicalEmail(typed) ?? ''
    expect(isDenied(email, await asked(email))).toBe(denied)
  })

  it('let one customer of a denied host through', async () => {
    await db.insert(emailDomains).values([deny('host.example'), allow('good.host.example')])
    const entries = await asked('a@good.host.example', 'b@bad.host.example')
    expect(isDenied('a@good.host.example', entries)).toBe(false)
    expect(isDenied('b@bad.host.example', entries)).toBe(true)
  })

  it('are none for no address', async () => {
    expect(await asked()).toEqual([])
  })

  it('are read by key, one parameter however long the names are, thousands of others untouched', async () => {
    const record = recorder()
    const counted = createDatabase(record.env.DB, { roundTrips: 0 })
    const emails = [`a@${MANY_LABELS}`, 'b@x.mailinator.com', ...Array(60).fill('c@yopmail.com')]
    const [entries] = await counted.batch([selectVerdicts(counted, emails)])
    expect(entries).toHaveLength(2)
    const [statement] = record.statements
    expect(statement?.params).toHaveLength(1)
    expect(record.rowsRead()).toBeLessThan(30)
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement?.sql}`)
      .bind(...(statement?.params ?? []))
      .all<{ detail: string }>()
    expect(results.map(({ detail }) => detail)).toContain(
      'SEARCH email_domains USING INDEX sqlite_autoindex_email_domains_1 (domain=?)',
    )
  })
})
