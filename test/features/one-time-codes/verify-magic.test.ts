import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens } from '../../../src/db/schema/index.ts'
import { newLinkToken } from '../../../src/lib/tokens.ts'
import { db, ownerIn } from '../../factories.ts'
import { addressHere, invited, ownerHere, useLink } from '../../mailbox-client.ts'
import { userRow } from '../../session-client.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingBatch, failingDatabase } from '../../support/faults.ts'
import {
  at,
  auditRowsOf,
  costOf,
  keys,
  later,
  MINUTE,
  resetLinkOf,
  SECOND,
} from '../passwords/password-client.ts'
import { keptCodes } from './code-client.ts'
import { challengeIdsOf, livingOf, mailed, signIn } from './sign-in-client.ts'

const mailedHere = async () => mailed((await ownerIn('active')).email)

const linkRow = async (id: string) =>
  (await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, id)))[0]

describe('POST /api/v1/auth/verify-magic', () => {
  describe('works', () => {
    it('in the browser that asked, by its cookie', async () => {
      const { email, token, cookie } = await mailedHere()
      const answer = await useLink({ token }, { headers: { Cookie: cookie } })
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ user: { email }, tokenType: 'Bearer' })
      const [ended = ''] = answer.headers.getSetCookie()
      expect(ended).toMatch(/^__Host-flow=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    })

    it('with the flowId in the body, for a client without cookies', async () => {
      const { token, flowId } = await mailedHere()
      expectStatus(await useLink({ token: ` ${token}\n`, flowId }), 200)
    })

    it('says on record which link it was, and marks it used', async () => {
      const asked = await mailedHere()
      const [id = ''] = await challengeIdsOf(asked.email)
      const answer = await signIn('link', asked)
      const requestId = answer.headers.get('X-Request-Id')
      expect(await linkRow(id)).toMatchObject({ usedBy: requestId, purpose: 'magic_link' })
      const { id: userId } = await userRow(asked.email)
      expect(await auditRowsOf(userId, 'login_success')).toMatchObject([
        { details: { method: 'magic_link' } },
      ])
    })

    it('costs two round trips and three calls, and two without an account', async () => {
      expect(costOf(await signIn('link', await mailedHere()))).toBe('d1 2, do 3')
      const asked = await mailed(addressHere(), { path: 'send-signup-otp' })
      expect(costOf(await signIn('link', asked))).toBe('d1 2, do 2')
    })
  })

  describe('changes nothing by being opened', () => {
    it('GET and HEAD of the page, and GET of the route, however often', async () => {
      const asked = await mailedHere()
      const [id = ''] = await challengeIdsOf(asked.email)
      const query = `?token=${asked.token}`
      for (let n = 0; n < 3; n++) {
        expectStatus(await call(`/magic-link${query}`), 200)
        await call(`/magic-link${query}`, { method: 'HEAD' })
        const headers = { Cookie: asked.cookie }
        const route = await call(`${API}/auth/verify-magic${query}`, { headers })
        expectStatus(route, 405, 'method_not_allowed')
        expect(route.headers.getSetCookie()).toEqual([])
      }
      expect(await linkRow(id)).toMatchObject({ usedAt: null })
      expect(await livingOf(asked.email)).toEqual([])
      expectStatus(await signIn('link', asked), 200)
    })

    it('a scanner that presses the button too gets no session, and the person does afterwards', async () => {
      const asked = await mailedHere()
      for (let n = 0; n < 15; n++) {
        const scanned = await useLink({ token: asked.token })
        expectStatus(scanned, 403, 'wrong_browser')
        expect(scanned.headers.getSetCookie()).toEqual([])
        expect(scanned.json).not.toHaveProperty('data')
      }
      expect(await livingOf(asked.email)).toEqual([])
      expectStatus(await signIn('link', asked), 200)
    })
  })

  describe('refuses', () => {
    it.each([[''], [' '], ['\t\n'], [null], [undefined], [0], [[]], [['x']], [{}], [true]])(
      '%j as a token',
      async (token) => {
        const asked = await mailedHere()
        const link = newLinkToken(keys, 'magic_link', { now: Date.now(), ttlSeconds: 300 })
        const blank = { ...link, email: asked.email, tokenHash: '' }
        await db.insert(oneTimeTokens).values(blank).onConflictDoNothing()
        const answer = await useLink({ token, flowId: asked.flowId })
        expectStatus(answer, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors as object)).toEqual(['token'])
        expect(await livingOf(asked.email)).toEqual([])
      },
    )

    it('one that was never given out, or is too long to be one', async () => {
      const { flowId } = await mailedHere()
      for (const token of ['x', 'A'.repeat(43), `${'A'.repeat(43)}.`, 'undefined', 'null']) {
        expectStatus(await useLink({ token, flowId }), 400, 'token_invalid')
      }
      expectStatus(await useLink({ token: 'x'.repeat(513), flowId }), 422)
    })

    it('a link that was mailed for something else', async () => {
      const owner = await ownerHere()
      const { flowId } = await mailed(owner.email)
      const invitation = await invited(owner, addressHere())
      for (const token of [await resetLinkOf(owner.email), invitation.token]) {
        expectStatus(await useLink({ token, flowId }), 400, 'token_invalid')
      }
    })

    it('in another browser: 403, and it lives on in the one that asked', async () => {
      const asked = await mailedHere()
      const other = await mailedHere()
      const elsewhere: CallOptions[] = [
        {},
        { headers: { Cookie: other.cookie } },
        { headers: { Cookie: asked.cookie, Authorization: 'Bearer a.b.c' } },
        { headers: { Cookie: '__Host-flow=x' } },
      ]
      for (const options of elsewhere) {
        const answer = await useLink({ token: asked.token }, options)
        expectStatus(answer, 403, 'wrong_browser')
      }
      const flowId = other.flowId
      expectStatus(await signIn('link', asked, { flowId }), 403, 'wrong_browser')
      const { id } = await userRow(asked.email)
      expect(await auditRowsOf(id, 'otp_failed')).toMatchObject(
        Array(2).fill({ details: { purpose: 'sign_in', reason: 'wrong_browser' } }),
      )
      expectStatus(await signIn('link', asked), 200)
    })

    it('a second time: it says that the link was used', async () => {
      const asked = await mailedHere()
      expectStatus(await signIn('link', asked), 200)
      expectStatus(await signIn('link', asked), 400, 'token_used')
      expect(await livingOf(asked.email)).toHaveLength(1)
    })

    it('after its code was used, and the code after the link', async () => {
      const byCode = await mailedHere()
      expectStatus(await signIn('code', byCode), 200)
      expectStatus(await signIn('link', byCode), 400, 'token_used')
      const byLink = await mailedHere()
      expectStatus(await signIn('link', byLink), 200)
      expectStatus(await signIn('code', byLink), 400, 'code_invalid')
      expect(await keptCodes(byLink.email)).toEqual([])
    })

    it('from the end of its five minutes on, in whichever browser, also where the guard kept nothing', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      const asked = await at(start, () => mailed(email))
      await at(start + 5 * MINUTE - SECOND, async () => {
        expectStatus(await useLink({ token: asked.token }), 403, 'wrong_browser')
      })
      for (const wait of [5 * MINUTE, 5 * MINUTE + SECOND, 24 * 60 * MINUTE]) {
        await at(start + wait, async () => {
          expectStatus(await signIn('link', asked), 400, 'token_expired')
          expectStatus(await useLink({ token: asked.token }), 400, 'token_expired')
        })
      }
      expect(await livingOf(asked.email)).toEqual([])
    })

    it('a link is followed after ten wrong codes: it is no guess', async () => {
      const asked = await mailedHere()
      for (let n = 1; n <= 10; n++) {
        const code = String((Number(asked.code) + n) % 1_000_000).padStart(6, '0')
        await signIn('code', { ...asked, code })
      }
      expectStatus(await signIn('code', asked), 429, 'too_many_attempts')
      expectStatus(await signIn('link', asked), 200)
    })

    it('a foreign page', async () => {
      const asked = await mailedHere()
      const headers = { Cookie: asked.cookie, Origin: 'https://evil.example' }
      expectStatus(await useLink({ token: asked.token }, { headers }), 403, 'csrf_failed')
      expectStatus(await signIn('link', asked), 200)
    })

    it('the eleventh request of a minute from one client', async () => {
      const ip = '198.51.100.81'
      const asked = await mailedHere()
      for (let n = 0; n < 10; n++) expectStatus(await useLink({ token: 'x' }, { ip }), 400)
      expectStatus(await signIn('link', asked, {}, { ip }), 429, 'rate_limited')
      expectStatus(await signIn('link', asked), 200)
    })
  })

  describe('is safe', () => {
    it('a database that is down uses nothing up: it cannot even say whose link it is', async () => {
      const asked = await mailedHere()
      const down = await signIn('link', asked, {}, { env: failingDatabase() })
      expectStatus(down, 503, 'unavailable')
      expectStatus(await signIn('link', asked), 200)
    })

    it('a database that fails as the session is written costs the link and its code', async () => {
      const asked = await mailedHere()
      const down = await signIn('link', asked, {}, { env: failingBatch(1, 0).env })
      expectStatus(down, 503, 'unavailable')
      expect(await livingOf(asked.email)).toEqual([])
      expectStatus(await signIn('link', asked), 400, 'token_invalid')
      expectStatus(await signIn('code', asked), 400, 'code_invalid')
    })

    it('a row whose moment was put off does not bring a link back: the guard knows when it ends', async () => {
      const asked = await mailedHere()
      const [id = ''] = await challengeIdsOf(asked.email)
      const expiresAt = Date.now() + 60 * MINUTE
      await db.update(oneTimeTokens).set({ expiresAt }).where(eq(oneTimeTokens.id, id))
      await later(5 * MINUTE + SECOND, async () => {
        expectStatus(await signIn('link', asked), 400, 'token_expired')
      })
    })

    it('a row that was marked unused again does not bring a link back', async () => {
      const asked = await mailedHere()
      const [id = ''] = await challengeIdsOf(asked.email)
      expectStatus(await signIn('link', asked), 200)
      await db.update(oneTimeTokens).set({ usedAt: null }).where(eq(oneTimeTokens.id, id))
      expectStatus(await signIn('link', asked), 400, 'token_invalid')
    })

    it('tells the link of a known address from that of an unknown one by nothing but the end', async () => {
      const known = await mailedHere()
      const unknown = await mailed(addressHere(), { path: 'send-signup-otp' })
      const [a, b] = [
        await useLink({ token: known.token }),
        await useLink({ token: unknown.token }),
      ]
      expect([a.status, a.json.code, a.json.message]).toEqual([
        b.status,
        b.json.code,
        b.json.message,
      ])
      expect(costOf(a)).toBe(costOf(b))
    })
  })
})
