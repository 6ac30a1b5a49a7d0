import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, users } from '../../../src/db/schema/index.ts'
import { admin, db, ownerIn, signedUp, unique, verified } from '../../factories.ts'
import { mailedToken, openSession, outboxOf, userRow } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { traced } from '../../support/faults.ts'
import {
  at,
  auditRowsOf,
  costOf,
  HOUR,
  inboxOf,
  isLinkAlive,
  later,
  lock,
  MINUTE,
  mailsOf,
  postForgot,
  resetLinksOf,
  unknownAddress,
} from './password-client.ts'

/** One address of each kind that must not be told apart. */
async function everyKindOfAddress(): Promise<Record<string, string>> {
  const locked = await ownerIn('active')
  await lock(locked.email)
  const disabled = await ownerIn('active')
  await db.update(users).set({ disabledAt: Date.now() }).where(eq(users.email, disabled.email))
  return {
    known: (await ownerIn('active')).email,
    unknown: `nobody@${unique()}.example`,
    unverified: (await signedUp()).email,
    pending: (await verified()).email,
    suspended: (await ownerIn('suspended')).email,
    locked: locked.email,
    disabled: disabled.email,
    admin: (await admin()).email,
  }
}

/** What a stranger sees of one request, and what it did. */
async function observe(email: string) {
  const trace = traced()
  const { status, text, headers } = await postForgot(email, { env: trace.env })
  const shown = [...headers].filter(([name]) => name !== 'x-request-id')
  return { status, text, headers: shown, steps: trace.steps }
}

describe('POST /api/v1/auth/forgot-password', () => {
  describe('works', () => {
    it('mails the account a link that works for an hour', async () => {
      const { email } = await ownerIn('active')
      const answer = await postForgot(email)
      expectStatus(answer, 202)
      expect(answer.json).toEqual({ success: true, message: expect.any(String), data: null })
      const [mail, ...others] = await inboxOf(email, 'password_reset')
      expect(others).toEqual([])
      const link = new URL(mail?.link ?? '')
      expect(`${link.origin}${link.pathname}`).toBe(`${env.FRONTEND_URL}/reset-password`)
      expect(mail?.text).toContain(link.href)
      expect(await isLinkAlive(link.searchParams.get('token') ?? '')).toBe(true)
      const [row] = await resetLinksOf(email)
      expect(Number(row?.expiresAt) - Number(row?.createdAt)).toBe(HOUR)
    })

    it('writes down that somebody asked, and from where', async () => {
      const { email } = await ownerIn('active')
      const answer = await postForgot(email, { ip: '198.51.100.7' })
      expect(
        await auditRowsOf((await userRow(email)).id, 'password_reset_requested'),
      ).toMatchObject([
        {
          actorId: null,
          ip: '198.51.100.7',
          requestId: answer.headers.get('X-Request-Id'),
          details: { reason: 'forgot' },
        },
      ])
    })

    it('finds the account however its address is written, and writes to the address that is stored', async () => {
      const { email } = await ownerIn('active')
      expectStatus(await postForgot(`  ${email.toUpperCase()} `), 202)
      expect(await mailsOf(email, 'password_reset')).toMatchObject([{ email }])
      expect(await inboxOf(email, 'password_reset')).toMatchObject([{ to: email }])
    })

    it('lets the newest link work and no older one', async () => {
      const { email } = await ownerIn('active')
      await postForgot(email)
      const first = await mailedToken(email, 'reset_password')
      await postForgot(email)
      const second = await mailedToken(email, 'reset_password')
      expect(second).not.toBe(first)
      expect([await isLinkAlive(first), await isLinkAlive(second)]).toEqual([false, true])
    })

    it('lets a person whose account is locked, suspended or who administers ask for a link', async () => {
      const { locked, suspended, admin: reviewer } = await everyKindOfAddress()
      for (const email of [locked, suspended, reviewer].map(String)) {
        await postForgot(email)
        expect(await inboxOf(email, 'password_reset'), email).toHaveLength(1)
      }
    })

    it('mails the account, not a signup of the same address that nobody has verified', async () => {
      const owner = await ownerIn('active')
      await signedUp({ email: owner.email })
      await postForgot(owner.email)
      const accounts = await db.select().from(users).where(eq(users.email, owner.email))
      const account = accounts.find(({ emailVerifiedAt }) => emailVerifiedAt !== null)
      expect(await mailsOf(owner.email, 'password_reset')).toMatchObject([{ userId: account?.id }])
    })

    it('leaves the password, the sessions and the guard as they are', async () => {
      const person = await ownerIn('active')
      await openSession(person)
      for (let n = 0; n < 3; n++) await postForgot(person.email)
      await openSession(person)
    })
  })

  describe('refuses', () => {
    it('the sixth request of an hour from one IP, whatever the address', async () => {
      const ip = '198.51.100.33'
      const addresses = [
        (await ownerIn('active')).email,
        ...Array.from({ length: 4 }, unknownAddress),
      ]
      for (const email of addresses) expectStatus(await postForgot(email, { ip }), 202)
      const { email } = await ownerIn('active')
      const refused = await postForgot(email, { ip })
      expectStatus(refused, 429, 'rate_limited')
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(3500)
      expect(await mailsOf(email, 'password_reset')).toEqual([])
      await later(HOUR + 1, async () => expectStatus(await postForgot(email, { ip }), 202))
    })

    it('a fourth mail within an hour: 202 all the same, and the last link lives', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 3; n++) await postForgot(email)
      const last = await mailedToken(email, 'reset_password')
      expectStatus(await postForgot(email), 202)
      expect(await mailsOf(email, 'password_reset')).toHaveLength(3)
      expect(await isLinkAlive(last)).toBe(true)
      await later(HOUR + 1, async () => {
        await postForgot(email)
        expect(await mailsOf(email, 'password_reset')).toHaveLength(4)
      })
    })

    it('a sixth mail within a day: 202 all the same, and the last link lives', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      for (const minute of [0, 1, 2, 63, 64])
        await at(start + minute * MINUTE, () => postForgot(email))
      await at(start + 65 * MINUTE, async () => {
        const last = await mailedToken(email, 'reset_password')
        expectStatus(await postForgot(email), 202)
        expect(await mailsOf(email, 'password_reset')).toHaveLength(5)
        expect(await isLinkAlive(last)).toBe(true)
        expect(await resetLinksOf(email)).toHaveLength(1)
      })
      await at(start + 24 * HOUR + 1, async () => {
        await postForgot(email)
        expect(await mailsOf(email, 'password_reset')).toHaveLength(6)
      })
    })

    it.each([
      ['nothing', () => undefined],
      ['null', () => null],
      ['a number', () => 7],
      ['an empty text', () => ''],
      ['a list of two', (email: string) => [email, 'thief@evil.example']],
      ['a list of one', (email: string) => [email]],
      ['an object', (email: string) => ({ email })],
      ['two with a comma', (email: string) => `${email},thief@evil.example`],
      ['two with a semicolon', (email: string) => `${email};thief@evil.example`],
      ['two with a space', (email: string) => `${email} thief@evil.example`],
      ['a second header line', (email: string) => `${email}\r\nBcc: thief@evil.example`],
      ['a display name', (email: string) => `Mira <${email}>`],
      ['a quoted local part', (email: string) => `"thief@evil.example x"@${email.split('@')[1]}`],
    ])('%s in place of one address, and mails nobody', async (_, write) => {
      const { email } = await ownerIn('active')
      const answer = await postForgot(write(email))
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ email: expect.any(String) })
      expect(await mailsOf(email, 'password_reset')).toEqual([])
      expect(await outboxOf('thief@evil.example')).toEqual([])
    })

    it('fields that only look like the one it asks for', async () => {
      const { email } = await ownerIn('active')
      const body = `{"email[]":"${email}","email[0]":"${email}"}`
      expectStatus(await call(`${API}/auth/forgot-password`, { body }), 422, 'validation_failed')
      expect(await mailsOf(email, 'password_reset')).toEqual([])
    })

    it('a foreign page that sends our cookies along', async () => {
      const { email } = await ownerIn('active')
      const headers = { Cookie: '__Host-device=x', Origin: 'https://evil.example' }
      expectStatus(await postForgot(email, { headers }), 403, 'csrf_failed')
      expect(await mailsOf(email, 'password_reset')).toEqual([])
    })
  })

  describe('is safe', () => {
    it('answers and does the same for every kind of address', async () => {
      const kinds = await everyKindOfAddress()
      const known = await observe(String(kinds.known))
      expect(known.steps.filter((step) => step.startsWith('d1 batch'))).not.toEqual([])
      expect(known.steps).toContain('queue sendBatch')
      for (const [kind, email] of Object.entries(kinds)) {
        if (kind === 'known') continue
        expect(await observe(email), kind).toEqual(known)
      }
    })

    it('and also beyond the limit of an address', async () => {
      const kinds = await everyKindOfAddress()
      const seen = new Map<string, unknown>()
      for (const [kind, email] of Object.entries(kinds)) {
        for (let n = 0; n < 3; n++) await postForgot(email)
        seen.set(kind, await observe(email))
      }
      for (const [kind, one] of seen) expect(one, kind).toEqual(seen.get('known'))
    })

    it('leaves nothing behind for an address that has no account', async () => {
      const pending = await signedUp()
      for (const email of [unknownAddress(), pending.email]) {
        const answer = await postForgot(email)
        const requestId = String(answer.headers.get('X-Request-Id'))
        expect(await mailsOf(email, 'password_reset')).toEqual([])
        expect(await resetLinksOf(email)).toEqual([])
        const rows = await db.select().from(auditLogs).where(eq(auditLogs.requestId, requestId))
        expect(rows).toEqual([])
      }
    })

    it.each([
      ['a dotless i', 'mira', 'm\u0131ra'],
      ['a dotted capital I', 'mira', 'M\u0130RA'],
      ['a long s', 'samir', '\u017famir'],
      ['a Kelvin sign', 'kiran', '\u212airan'],
      ['full-width letters', 'mira', '\uff4d\uff49\uff52\uff41'],
      ['an accent', 'mira', 'm\u00edra'],
      ['a Cyrillic letter', 'mira', 'mir\u0430'],
      ['an invisible letter', 'mira', 'mi\u200bra'],
    ])(
      '%s is another name: no mail goes to the account that it looks like',
      async (_, name, twin) => {
        const domain = `${unique()}.example`
        const { email } = await ownerIn('active', { email: `${name}@${domain}` })
        expectStatus(await postForgot(`${twin}@${domain}`), 422, 'validation_failed')
        expect(await mailsOf(email, 'password_reset')).toEqual([])
        expect(await resetLinksOf(email)).toEqual([])
      },
    )

    it('and so is an address whose sign in the middle, or whose domain, looks like ours', async () => {
      const { email } = await ownerIn('active', { email: `mira@kiss-${unique()}.example` })
      const twins = [
        email.replace('@', '\uff20'),
        email.replace('@', '\ufe6b'),
        email.replace('@k', '@\u212a'),
        email.replace('ss', '\u017fs'),
        email.replace('@ki', '@k\u0131'),
        email.replace('.example', '\uff0eexample'),
        email.replace('.example', '\u3002example'),
        email.replace('@k', '@\uff4b'),
      ]
      for (const twin of twins) {
        expect(twin).not.toBe(email)
        expectStatus(await postForgot(twin), 422, 'validation_failed')
      }
      // A Cyrillic letter makes a domain that exists apart from ours: an address nobody has signed up with.
      expectStatus(await postForgot(email.replace('@k', '@\u043a')), 202)
      expect(await mailsOf(email, 'password_reset')).toEqual([])
    })

    it('costs one round trip and two calls', async () => {
      const { email } = await ownerIn('active')
      expect(costOf(await postForgot(email))).toBe('d1 1, do 2')
      expect(costOf(await postForgot(unknownAddress()))).toBe('d1 1, do 2')
    })
  })
})
