import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { auditLogs, communities, signupTraces } from '../../../src/db/schema/index.ts'
import { RISK_POINTS, type RiskName, SUSPICIOUS_SCORE } from '../../../src/features/signup/risk.ts'
import { db, ownerIn, postSignup, signupForm, unique } from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'
import { race } from '../../support/race.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A form that raises no signal by itself. */
function plainForm(overrides: Record<string, unknown> = {}) {
  const word = unique()
  return signupForm({
    communityName: `Circle ${word}`,
    communityWebsite: `https://${word}.example`,
    officialEmail: `hello@${word}.example`,
    email: `mira@${word}.example`,
    ...overrides,
  })
}

/** Another IPv4 network for each call. */
let lastNetwork = 0
const newIp = () => {
  lastNetwork += 1
  return `10.${lastNetwork >> 8}.${lastNetwork & 255}.7`
}

async function signUp(overrides: Record<string, unknown> = {}, ip = newIp()) {
  const answer = await postSignup(plainForm(overrides), { ip })
  expectStatus(answer, 201)
  return { answer, id: String(answer.data.communityId) }
}

async function signalsOf(communityId: string) {
  const [row] = await db
    .select({ signals: communities.riskSignals })
    .from(communities)
    .where(eq(communities.id, communityId))
  return row?.signals ?? undefined
}

const namesOf = async (communityId: string) =>
  (await signalsOf(communityId))?.map(({ signal }) => signal)

async function suspicionsOf(communityId: string) {
  return db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, 'suspicious_signup')))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('the risk signals of POST /api/v1/auth/signup-community', () => {
  describe('from the form', () => {
    it('are none for an ordinary signup, and nothing is told to the log', async () => {
      const { id } = await signUp()
      expect(await signalsOf(id)).toEqual([])
      expect(await suspicionsOf(id)).toEqual([])
    })

    it.each<[RiskName, Record<string, unknown>]>([
      ['domain_mismatch', { officialEmail: 'hello@somebody-else.example' }],
      ['free_mail_official', { officialEmail: 'circle.of.pune@gmail.com' }],
      ['odd_community_name', { communityName: 'Аpex Circle of Pune' }],
      ['odd_community_name', { communityName: 'Win at evil.com' }],
      ['odd_owner_name', { firstName: 'Mira', lastName: '12345' }],
    ])('%s: %j', async (name, overrides) => {
      const { id } = await signUp(overrides)
      expect(await signalsOf(id)).toEqual([{ signal: name, points: RISK_POINTS[name] }])
    })

    it.each<[string, Record<string, unknown>]>([
      [
        'a subdomain of the same organisation',
        {
          communityWebsite: 'https://meet.one-org.example',
          officialEmail: 'a@mail.one-org.example',
        },
      ],
      ['no website', { communityWebsite: '', officialEmail: 'a@two-org.example' }],
      [
        'a page on a big shared host',
        { communityWebsite: 'https://facebook.com/three', officialEmail: 'a@three-org.example' },
      ],
    ])('none for %s', async (_, overrides) => {
      const { id } = await signUp(overrides)
      expect(await signalsOf(id)).toEqual([])
    })

    it('a free address and a website of one’s own are one signal, not two', async () => {
      const { id } = await signUp({ officialEmail: 'four.org@gmail.com' })
      expect(await namesOf(id)).toEqual(['free_mail_official'])
    })
  })

  describe('from earlier signups', () => {
    it('another spelling of the owner’s mailbox, and not the same one', async () => {
      const word = unique()
      const first = await signUp({ email: `mira.rao@${word}.example` })
      const same = await signUp({ email: `mira.rao@${word}.example` })
      const tagged = await signUp({ email: `mira.rao+2@${word}.example` })
      const undotted = await signUp({ email: `mirarao@${word}.example` })
      expect(await namesOf(first.id)).toEqual([])
      expect(await namesOf(same.id)).toEqual([])
      expect(await namesOf(tagged.id)).toEqual(['address_variant', 'many_signups_mailbox'])
      expect(await namesOf(undotted.id)).toEqual(['address_variant', 'many_signups_mailbox'])
    })

    it('another spelling of the official address, which would be refused if it were the same', async () => {
      const word = unique()
      const official = { communityWebsite: '', officialEmail: `hello@${word}.example` }
      await signUp(official)
      expectStatus(await postSignup(plainForm(official), { ip: newIp() }), 409, 'community_exists')
      const variant = await signUp({ ...official, officialEmail: `hel.lo+b@${word}.example` })
      expect(await namesOf(variant.id)).toEqual(['official_address_variant'])
    })

    it('the third of one client in a day, IPv6 by /64', async () => {
      const ids: string[] = []
      for (const tail of ['1', 'b:c:d', 'ffff::']) {
        const ip = tail === 'ffff::' ? '2001:db8:77:1:ffff::' : `2001:db8:77:1::${tail}`
        ids.push((await signUp({}, ip)).id)
      }
      expect(await Promise.all(ids.map(namesOf))).toEqual([[], [], ['many_signups_ip']])
      const neighbour = await signUp({}, '2001:db8:77:2::1')
      expect(await namesOf(neighbour.id)).toEqual([])
    })

    it('the tenth of one network in a day', async () => {
      const ids: string[] = []
      for (let host = 1; host <= 10; host++) ids.push((await signUp({}, `192.0.2.${host}`)).id)
      const names = await Promise.all(ids.map(namesOf))
      expect(names.slice(0, 9)).toEqual(Array(9).fill([]))
      expect(names[9]).toEqual(['many_signups_network'])
    })

    it('a day later a client counts anew, a month later a mailbox', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const start = Date.now()
      const ip = '198.51.100.201'
      const word = unique()
      await signUp({}, ip)
      await signUp({ email: `mira@${word}.example` }, ip)
      vi.setSystemTime(start + DAY_MS + 1000)
      const nextDay = await signUp({ email: `mira+1@${word}.example` }, ip)
      expect(await namesOf(nextDay.id)).toEqual(['address_variant'])
      vi.setSystemTime(start + 32 * DAY_MS)
      const nextMonth = await signUp({ email: `mira+2@${word}.example` }, ip)
      expect(await namesOf(nextMonth.id)).toEqual([])
    })

    it('signups at the same moment count each other', async () => {
      const ip = '198.51.100.202'
      const answers = await race(5, () => postSignup(plainForm(), { ip }))
      const ids = answers.map((answer) => String(answer.data.communityId))
      const flagged = (await Promise.all(ids.map(namesOf))).filter((names) =>
        names?.includes('many_signups_ip'),
      )
      expect(flagged).toHaveLength(3)
    })

    it('a refused signup leaves no trace', async () => {
      const word = unique()
      const taken = await signUp({ communityName: `Taken ${word}` })
      const ip = newIp()
      const email = `mira@${word}.example`
      for (let n = 0; n < 3; n++) {
        const again = plainForm({ communityName: `Taken ${word}`, email })
        expectStatus(await postSignup(again, { ip }), 409)
      }
      const { id } = await signUp({ email }, ip)
      expect(await namesOf(id)).toEqual([])
      expect(taken.id).not.toBe(id)
    })
  })

  describe('the log', () => {
    it(`calls a signup suspicious from ${SUSPICIOUS_SCORE} points on, with score and signals, without any address`, async () => {
      const email = `mira@${unique()}.example`
      const { id } = await signUp({ email, communityName: 'Win at evil.com again' })
      const [row, ...more] = await suspicionsOf(id)
      expect(more).toEqual([])
      expect(row?.details).toEqual({
        score: 20,
        signals: [{ signal: 'odd_community_name', points: 20 }],
      })
      expect(row?.requestId).toBeTruthy()
      expect(JSON.stringify(row)).not.toContain(email)
    })

    it('does not for less', async () => {
      const { id } = await signUp({ officialEmail: 'five.org@yahoo.com' })
      expect(await namesOf(id)).toEqual(['free_mail_official'])
      expect(await suspicionsOf(id)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('the answer tells nothing of it', async () => {
      const plain = await signUp()
      const odd = await signUp({ communityName: 'Аpex Circle of Mumbai' })
      expect(Object.keys(odd.answer.data)).toEqual(Object.keys(plain.answer.data))
      expect([...odd.answer.headers.keys()]).toEqual([...plain.answer.headers.keys()])
    })

    it('whether the owner has an account changes no signal', async () => {
      const { email } = await ownerIn('active')
      const known = await signUp({ email })
      const unknown = await signUp({ email: `mira@${unique()}.example` })
      expect(await signalsOf(known.id)).toEqual(await signalsOf(unknown.id))
    })

    it('a trace holds keyed hashes, no address and no client', async () => {
      const email = `mira@${unique()}.example`
      const { id } = await signUp({ email }, '203.0.113.77')
      const [trace] = await db.select().from(signupTraces).where(eq(signupTraces.communityId, id))
      const text = JSON.stringify(trace)
      expect(text).not.toMatch(/mira|example|203\.0\.113|@/)
      expect(trace?.addressKey).toBe(trace?.mailboxKey)
    })

    it('a client whom the edge does not name is counted with nobody', async () => {
      for (let n = 0; n < 4; n++) {
        const answer = await postSignup(plainForm(), { ip: 'not an address' })
        expectStatus(answer, 201)
        expect(await namesOf(String(answer.data.communityId))).toEqual([])
      }
    })

    it('each count reads one range of one index', async () => {
      const keys = ['ip_key', 'network_key', 'mailbox_key', 'official_mailbox_key']
      for (const key of keys) {
        const plan = await env.DB.prepare(
          `EXPLAIN QUERY PLAN SELECT 1 FROM signup_traces WHERE ${key} = ? AND created_at > ? LIMIT 2`,
        )
          .bind('x', 1)
          .all<{ detail: string }>()
        expect(plan.results[0]?.detail).toMatch(/SEARCH signup_traces USING (COVERING )?INDEX/)
      }
    })
  })
})

describe('POST /api/v1/auth/signup-community and disposable addresses', () => {
  const deny = (domain: string, verdict: 'allow' | 'deny' = 'deny') =>
    env.DB.prepare(
      `INSERT INTO email_domains (domain, verdict) VALUES (?, ?)
       ON CONFLICT (domain) DO UPDATE SET verdict = excluded.verdict`,
    )
      .bind(domain, verdict)
      .run()

  it.each(['email', 'officialEmail'] as const)('refuses a listed provider as %s', async (field) => {
    const form = plainForm({ [field]: 'somebody@mailinator.com' })
    const answer = await postSignup(form, { ip: newIp() })
    expectStatus(answer, 400, 'email_rejected')
    expect(Object.keys(answer.json.errors as object)).toEqual([field])
  })

  it('names both where both are of one', async () => {
    const form = plainForm({ email: 'a@mailinator.com', officialEmail: 'b@sub.mailinator.com' })
    const answer = await postSignup(form, { ip: newIp() })
    expectStatus(answer, 400, 'email_rejected')
    expect(Object.keys(answer.json.errors as object).sort()).toEqual(['email', 'officialEmail'])
  })

  it('refuses what admins have denied, and what is beneath it, but for what they allow', async () => {
    const word = unique()
    await deny(`${word}.example`)
    await deny(`good.${word}.example`, 'allow')
    const at = (domain: string) =>
      postSignup(plainForm({ email: `mira@${domain}` }), { ip: newIp() })
    expectStatus(await at(`${word}.example`), 400, 'email_rejected')
    expectStatus(await at(`bad.${word}.example`), 400, 'email_rejected')
    expectStatus(await at(`good.${word}.example`), 201)
    expectStatus(await at(`x.good.${word}.example`), 201)
    expectStatus(await at(`other${word}.example`), 201)
  })

  it('stores nothing, mails nothing and computes no hash, and the attempt counts', async () => {
    const ip = newIp()
    const form = plainForm({ email: 'mira@mailinator.com' })
    const before = await db.select({ id: communities.id }).from(communities)
    const answer = await postSignup(form, { ip })
    expectStatus(answer, 400, 'email_rejected')
    expect(answer.headers.get('Server-Timing')).not.toMatch(/hash;dur=[1-9]/)
    expect(answer.headers.get('RateLimit')).toContain('"signup";r=4')
    expect(await db.select({ id: communities.id }).from(communities)).toHaveLength(before.length)
  })

  it('a repeated request gets its first answer, though the domain was denied since', async () => {
    const word = unique()
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    const form = plainForm({ email: `mira@${word}.example` })
    const first = await postSignup(form, { ip: newIp(), headers })
    expectStatus(first, 201)
    await deny(`${word}.example`)
    const again = await postSignup(form, { ip: newIp(), headers })
    expectStatus(again, 201)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(again.data).toEqual(first.data)
  })
})
