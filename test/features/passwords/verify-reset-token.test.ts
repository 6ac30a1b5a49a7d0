import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { db, linkTokenOf, ownerIn, signedUp, unique } from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'
import { failingDatabase, failingObject } from '../../support/faults.ts'
import { race } from '../../support/race.ts'
import {
  at,
  costOf,
  HOUR,
  isLinkAlive,
  NEW,
  newSecret,
  postCheck,
  postReset,
  resetLinkOf,
} from './password-client.ts'

const linksOf = (email: string) =>
  db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))

describe('POST /api/v1/auth/verify-reset-token', () => {
  describe('works', () => {
    it('says that a living link works, as often as one asks, and uses nothing up', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const before = await linksOf(email)
      const answers = await race(20, () => postCheck(token))
      for (const answer of answers) {
        expectStatus(answer, 200)
        expect(answer.json).toEqual({
          success: true,
          message: expect.any(String),
          data: { valid: true },
        })
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(await linksOf(email)).toEqual(before)
      expectStatus(await postReset({ token, password: NEW }), 200)
    })

    it('says so until the hour is over, to the millisecond', async () => {
      const start = Date.now()
      const { email } = await ownerIn('active')
      const token = await at(start, () => resetLinkOf(email))
      expect(await at(start + HOUR - 1, () => isLinkAlive(token))).toBe(true)
      expect(await at(start + HOUR, () => isLinkAlive(token))).toBe(false)
    })
  })

  describe('says that a link does not work', () => {
    it('once it has been used', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      await postReset({ token, password: NEW })
      expect(await isLinkAlive(token)).toBe(false)
    })

    it('once the address of the account is another one', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const moved = `moved@${unique()}.example`
      await db.update(users).set({ email: moved }).where(eq(users.email, email))
      expect(await isLinkAlive(token)).toBe(false)
    })

    it('once its secret is out of AUTH_SECRETS, and a reset by it is refused; until then both work', async () => {
      const { email } = await ownerIn('active')
      const token = await resetLinkOf(email)
      const retired = { env: { ...env, AUTH_SECRETS: `2:${newSecret()}` } }
      const rotated = { env: { ...env, AUTH_SECRETS: `2:${newSecret()},${env.AUTH_SECRETS}` } }
      const body = { token, password: NEW }
      expect((await postCheck(token, retired)).data).toEqual({ valid: false })
      expectStatus(await postReset(body, retired), 400, 'token_invalid')
      expect((await postCheck(token, rotated)).data).toEqual({ valid: true })
      expectStatus(await postReset(body, rotated), 200)
    })

    it('when it was mailed for something else, was never mailed, or is not a token at all', async () => {
      const { communityId } = await signedUp()
      const verification = await linkTokenOf(communityId)
      const genuine = await resetLinkOf((await ownerIn('active')).email)
      const others = [
        verification,
        'A'.repeat(43),
        genuine.slice(1),
        genuine.toLowerCase(),
        `${genuine}A`,
        `${genuine}=`,
        "' or 1=1 --",
        '%',
        '_'.repeat(43),
      ]
      for (const token of others) expect(await isLinkAlive(token), token).toBe(false)
      expect(await isLinkAlive(genuine)).toBe(true)
    })
  })

  describe('refuses', () => {
    it.each([undefined, null, '', ' ', 0, [], {}, ['x'], 'x'.repeat(513)])(
      '%j as a token',
      async (token) => {
        const answer = await postCheck(token)
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ token: expect.any(String) })
      },
    )

    it('the three hundred and first question of a minute from one address', async () => {
      const ip = '198.51.100.44'
      const allowed = await Promise.all(Array.from({ length: 300 }, () => postCheck('x', { ip })))
      for (const answer of allowed) expectStatus(answer, 200)
      expectStatus(await postCheck('x', { ip }), 429, 'rate_limited')
    })
  })

  describe('is safe', () => {
    it('tells of a dead link no more than that', async () => {
      const { email } = await ownerIn('active')
      const used = await resetLinkOf(email)
      await postReset({ token: used, password: NEW })
      const [a, b] = [await postCheck(used), await postCheck('A'.repeat(43))]
      expect(a.text).toBe(b.text)
      expect(costOf(a)).toBe(costOf(b))
      expect(a.text).not.toContain(email)
    })

    it('costs one round trip and one call', async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      expect(costOf(await postCheck(token))).toBe('d1 1, do 1')
    })

    it('says neither yes nor no while the database or the limiter is down', async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      for (const down of [failingDatabase(), failingObject('RATE_LIMITER', 'hit', 'throws')]) {
        expectStatus(await postCheck(token, { env: down }), 503, 'unavailable')
      }
    })
  })
})
