import { env } from 'cloudflare:workers'
import { and, eq, isNotNull } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { hourlyCounters, memberships, users } from '../../../src/db/schema/index.ts'
import { deriveCode } from '../../../src/lib/tokens.ts'
import { admin, db, ownerIn } from '../../factories.ts'
import { mailedCode } from '../../mailbox-client.ts'
import { livingSessionsOf, mailedToken, userRow } from '../../session-client.ts'
import { ADDRESSES, addressOf } from '../../support/addresses.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import {
  auditRowsOf,
  costOf,
  inboxOf,
  keys,
  later,
  MINUTE,
  unknownAddress,
} from '../passwords/password-client.ts'
import {
  challengeIdsOf,
  codeMailsTo,
  expectNothingMailed,
  FOREIGN,
  type Mailed,
  magicLinksTo,
  mailed,
  postSend,
  shapeOf,
  signIn,
  WAYS,
} from './sign-in-client.ts'

/** Whether an account has this address, and is none of an admin's. */
async function isMeant(email: string): Promise<boolean> {
  const rows = await db
    .select({ role: memberships.role })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .where(and(eq(users.email, email), isNotNull(users.emailVerifiedAt)))
  return rows.length > 0 && rows.every(({ role }) => role !== 'Admin')
}

describe('POST /api/v1/auth/send-otp', () => {
  describe('works', () => {
    it('says which flow the code belongs to and how long it lives, in the answer and in a cookie', async () => {
      const { email } = await ownerIn('active')
      const answer = await postSend({ email })
      expectStatus(answer, 202)
      expect(answer.json).toEqual({
        success: true,
        message: 'If this address has an account, a code is on its way.',
        data: { flowId: expect.stringMatching(/^[\w-]{43}$/), expiresIn: 300 },
      })
      expect(answer.headers.getSetCookie()).toEqual([
        `__Host-flow=${answer.data.flowId}; Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Strict`,
      ])
    })

    it('mails code and link together, and either signs in', async () => {
      for (const way of WAYS) {
        const { email } = await ownerIn('active')
        const { data } = await postSend({ email })
        const [mail, ...others] = await inboxOf(email, 'otp_code')
        expect(others).toEqual([])
        expect(mail).toMatchObject({ to: email, code: expect.stringMatching(/^\d{6}$/) })
        const link = new URL(String(mail?.link))
        expect(link.pathname).toBe('/magic-link')
        for (const secret of [mail?.code, mail?.link]) {
          expect(mail?.text).toContain(String(secret))
          expect(mail?.subject).not.toContain(String(secret))
        }
        const token = String(link.searchParams.get('token'))
        const read: Mailed = {
          email,
          code: String(mail?.code),
          token,
          flowId: String(data.flowId),
          cookie: '',
        }
        expectStatus(await signIn(way, read), 200)
      }
    })

    it('takes the address however it is spelled', async () => {
      const { email } = await ownerIn('active')
      expectStatus(await postSend({ email: ` ${email.toUpperCase()} ` }), 202)
      expect(await codeMailsTo(email)).toHaveLength(1)
    })

    it('keeps a browser in its flow, whose older code and link end', async () => {
      const { email } = await ownerIn('active')
      const older = await mailed(email)
      const newer = await later(1000, () => mailed(email, { headers: { Cookie: older.cookie } }))
      expect(newer.flowId).toBe(older.flowId)
      expectStatus(await signIn('link', older), 400, 'token_invalid')
      if (older.code !== newer.code) {
        expectStatus(await signIn('code', older), 400, 'code_invalid')
      }
      expectStatus(await signIn('code', newer), 200)
    })

    it('gives a client without cookies a new flow each time, and each code lives', async () => {
      const { email } = await ownerIn('active')
      const first = await mailed(email)
      const second = await later(1000, () => mailed(email))
      expect(second.flowId).not.toBe(first.flowId)
      expectStatus(await signIn('link', first), 200)
      expectStatus(await signIn('code', second), 200)
    })

    it('mails in the language of the account, and answers in that of the request', async () => {
      const { email } = await ownerIn('active')
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, email))
      const answer = await postSend({ email }, { headers: { 'Accept-Language': 'en' } })
      expect(answer.headers.get('Content-Language')).toBe('en')
      expect(await codeMailsTo(email)).toMatchObject([{ locale: 'zh' }])
      const other = (await ownerIn('active')).email
      const inChinese = await postSend({ email: other }, { headers: { 'Accept-Language': 'zh' } })
      expect(inChinese.headers.get('Content-Language')).toBe('zh')
      expect(inChinese.json.message).toMatch(/\p{Script=Han}/u)
      expect(await codeMailsTo(other)).toMatchObject([{ locale: 'en' }])
    })

    it('puts on record that a code was sent, and counts every request by the hour', async () => {
      const { email } = await ownerIn('active')
      const requested = async () => {
        const where = eq(hourlyCounters.event, 'code_requested')
        const rows = await db.select().from(hourlyCounters).where(where)
        return rows.reduce((sum, { count }) => sum + count, 0)
      }
      const before = await requested()
      await postSend({ email })
      await postSend({ email: unknownAddress() })
      expect(await requested()).toBe(before + 2)
      const { id } = await userRow(email)
      expect(await auditRowsOf(id, 'otp_sent')).toMatchObject([
        { actorId: null, details: { purpose: 'login' } },
      ])
    })

    it('costs two round trips and two calls, for an unknown address too', async () => {
      const { email } = await ownerIn('active')
      for (const address of [email, unknownAddress()])
        expect(costOf(await postSend({ email: address }))).toBe('d1 2, do 2')
    })

    it('OTP_SECONDS says how long code, link and cookie live', async () => {
      const short = { ...env, OTP_SECONDS: '60' }
      for (const way of WAYS) {
        const { email } = await ownerIn('active')
        const asked = await postSend({ email }, { env: short })
        expect(asked.data).toMatchObject({ expiresIn: 60 })
        expect(asked.headers.getSetCookie()[0]).toContain('; Max-Age=60;')
        const token = await mailedToken(email, 'magic_link')
        const read = { email, flowId: String(asked.data.flowId), cookie: '', token }
        const code = await mailedCode(email)
        const expected = way === 'code' ? 'code_expired' : 'token_expired'
        await later(MINUTE, async () =>
          expectStatus(await signIn(way, { ...read, code }), 400, expected),
        )
      }
    })
  })

  describe('tells nobody', () => {
    it.each(Object.keys(ADDRESSES))('%s, but its owner by mail', async (kind) => {
      const email = await addressOf(kind)
      const told = await postSend({ email })
      expect(shapeOf(told)).toEqual(shapeOf(await postSend({ email: unknownAddress() })))
      const mails = (await isMeant(email)) ? 1 : 0
      expect(await codeMailsTo(email)).toHaveLength(mails)
      expect(await magicLinksTo(email)).toHaveLength(mails)
      // The guard keeps a challenge either way: what is tried costs the same.
      expect(await challengeIdsOf(email)).toHaveLength(1)
    })

    it('admins, who are mailed nothing, and whose code would not be taken', async () => {
      const { email, id } = await admin()
      const { data } = await postSend({ email })
      await expectNothingMailed(email)
      const [challengeId = ''] = await challengeIdsOf(email)
      const code = String(deriveCode(keys, challengeId, keys.signingVersion))
      const read = { email, code, token: '', cookie: '', flowId: String(data.flowId) }
      expectStatus(await signIn('code', read), 400, 'code_invalid')
      const [mine, others] = [await livingSessionsOf(id), await auditRowsOf(id, 'login_failed')]
      expect(mine).toHaveLength(1)
      expect(others).toMatchObject([{ details: { method: 'code', reason: 'admin' } }])
    })

    it('which addresses nobody has', async () => {
      const email = unknownAddress()
      expectStatus(await postSend({ email }), 202)
      await expectNothingMailed(email)
      expect(await challengeIdsOf(email)).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    it.each([
      ['no address', {}],
      ['an empty one', { email: '' }],
      ['what is none', { email: 'mira' }],
      ['null', { email: null }],
      ['two in a list', (email: string) => ({ email: [email, 'eve@evil.example'] })],
      ['two in a text', (email: string) => ({ email: `${email},eve@evil.example` })],
      ['a name around it', (email: string) => ({ email: `"eve@evil.example x" <${email}>` })],
      ['a line break', (email: string) => ({ email: `${email}\r\nBcc: eve@evil.example` })],
      ['a full-width sign', (email: string) => ({ email: email.replace('@', '＠') })],
      ['a device token that is no text', (email: string) => ({ email, deviceToken: 7 })],
    ])('%s', async (_, body) => {
      const { email } = await ownerIn('active')
      const answer = await postSend(typeof body === 'function' ? body(email) : body)
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.headers.getSetCookie()).toEqual([])
      await expectNothingMailed(email)
      expect(await codeMailsTo('eve@evil.example')).toEqual([])
    })

    it('a foreign page', async () => {
      const { email } = await ownerIn('active')
      for (const headers of FOREIGN) {
        const answer = await postSend({ email }, { headers })
        expectStatus(answer, 403, 'csrf_failed')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      await expectNothingMailed(email)
    })

    it('too many from one client, whatever the address, before anything is looked up', async () => {
      const ip = '198.51.100.61'
      const few = { env: { ...env, CODE_LIMIT_PER_HOUR: '2' }, ip }
      for (let n = 0; n < 2; n++) await postSend({ email: unknownAddress() }, few)
      const { email } = await ownerIn('active')
      const refused = await postSend({ email }, few)
      expectStatus(refused, 429, 'rate_limited')
      expect(costOf(refused)).toBe('d1 0, do 1')
      await expectNothingMailed(email)
    })

    it('any method but POST', async () => {
      const answer = await call(`${API}/auth/send-otp?email=a@b.example`)
      expectStatus(answer, 405, 'method_not_allowed')
      expect(answer.headers.get('Allow')).toBe('POST')
    })
  })
})
