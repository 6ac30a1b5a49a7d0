import { env } from 'cloudflare:workers'
import { and, eq, isNotNull } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import {
  auditLogs,
  memberships,
  oneTimeTokens,
  outbox,
  users,
} from '../../../src/db/schema/index.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { parseDeviceToken } from '../../../src/lib/tokens.ts'
import {
  admin,
  communityRow,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
  verified,
} from '../../factories.ts'
import { call, cookiesOf, expectStatus } from '../../support/call.ts'
import { failingBatch, failingObject, lostAnswer } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'

const DAY_MS = 24 * 3600 * 1000
const userOf = async (email: string) => db.select().from(users).where(eq(users.email, email))
const accountOf = async (email: string) =>
  (
    await db
      .select()
      .from(users)
      .where(and(eq(users.email, email), isNotNull(users.emailVerifiedAt)))
  )[0]
const rolesIn = async (communityId: string) =>
  (await db.select().from(memberships).where(eq(memberships.communityId, communityId))).map(
    ({ userId, role }) => ({ userId, role }),
  )

async function atTime<T>(moment: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(moment)
  try {
    return await run()
  } finally {
    vi.useRealTimers()
  }
}

describe('POST /api/v1/auth/verify-email', () => {
  describe('works', () => {
    it('makes the owner an account and says how the community stands', async () => {
      const { communityId, slug, email } = await signedUp()
      const answer = await postVerification(await linkTokenOf(communityId))
      expectStatus(answer, 200)
      expect(answer.data).toEqual({ communityId, slug, status: 'pending' })
      expect((await accountOf(email))?.emailVerifiedAt).toBeGreaterThan(0)
      const rows = await db.select().from(auditLogs).where(eq(auditLogs.communityId, communityId))
      const event = rows.find(({ action }) => action === 'email_verified')
      expect(event).toMatchObject({
        actorId: (await accountOf(email))?.id,
        details: { handedOver: false },
      })
    })

    it('gives the community to the account that the address has; the password sent at signup goes', async () => {
      const first = await ownerIn('active')
      const second = await signedUp({
        email: first.email,
        password: 'Another-Harbour-28',
        confirmPassword: 'Another-Harbour-28',
      })
      expectStatus(await postVerification(await linkTokenOf(second.communityId)), 200)
      const account = await accountOf(first.email)
      expect(await userOf(first.email)).toHaveLength(1)
      expect(await rolesIn(second.communityId)).toEqual([
        { userId: account?.id, role: 'CommunityOwner' },
      ])
      expect(await communityRow(second.communityId)).toMatchObject({ createdBy: account?.id })
      expect(account?.communityId).toBe(first.communityId)
      expectStatus(await postLogin({ email: first.email, password: PASSWORD }), 200)
      expectStatus(await postLogin({ email: first.email, password: 'Another-Harbour-28' }), 401)
    })

    it('two signups of one address end as one account with two communities, whichever link comes first', async () => {
      const one = await signedUp()
      const two = await signedUp({ email: one.email })
      const tokens = [await linkTokenOf(two.communityId), await linkTokenOf(one.communityId)]
      expect(tally(await race(2, (n) => postVerification(tokens[n])))).toEqual({ '200': 2 })
      const account = await accountOf(one.email)
      expect(await userOf(one.email)).toHaveLength(1)
      for (const { communityId } of [one, two]) {
        expect(await rolesIn(communityId)).toEqual([
          { userId: account?.id, role: 'CommunityOwner' },
        ])
      }
    })

    it('makes the browser known to the account: strangers can no longer keep it out', async () => {
      const signup = await signedUp()
      const answer = await postVerification(await linkTokenOf(signup.communityId))
      const cookie = cookiesOf(answer)['__Host-device'] ?? ''
      const { authSecrets, lookupSecret } = configOf(env)
      const deviceId = parseDeviceToken(createKeyRing(authSecrets), cookie)
      expect(deviceId).toBeDefined()
      const guard = env.ACCOUNT_GUARD.getByName(createLookup(lookupSecret).address(signup.email))
      const begun = await guard.begin({ deviceId: deviceId ?? '', blockSeconds: 900 })
      expect(begun).toMatchObject({ kind: 'granted', knownDevice: true })
      const line = answer.headers.getSetCookie().find((text) => text.startsWith('__Host-device='))
      expect(line).toMatch(/; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    })

    it('keeps the device of a browser that has one', async () => {
      const first =
        cookiesOf(await postVerification(await linkTokenOf((await signedUp()).communityId)))[
          '__Host-device'
        ] ?? ''
      const answer = await postVerification(await linkTokenOf((await signedUp()).communityId), {
        headers: { Cookie: `__Host-device=${first}` },
      })
      expectStatus(answer, 200)
      expect(cookiesOf(answer)['__Host-device']).toBe(first)
    })

    it('costs one round trip to the database and two calls of objects', async () => {
      const answer = await postVerification(await linkTokenOf((await signedUp()).communityId))
      expect(answer.headers.get('Server-Timing')).toBe('d1;desc="1", do;desc="2"')
    })
  })

  describe('refuses', () => {
    it('a token that nobody made, and one of another length or kind', async () => {
      for (const token of ['x', 'A'.repeat(43), `${'A'.repeat(511)}`, "' OR 1=1--"]) {
        expectStatus(await postVerification(token), 400, 'token_invalid')
      }
    })

    it.each(['', ' ', null, undefined, 0, [], {}, 'x'.repeat(513)])(
      '%j as a token',
      async (token) => {
        expectStatus(await postVerification(token), 422, 'validation_failed')
      },
    )

    it('a token that was used, to everybody and for ever', async () => {
      const { communityId } = await signedUp()
      const token = await linkTokenOf(communityId)
      expectStatus(await postVerification(token), 200)
      expectStatus(await postVerification(token), 400, 'token_used')
      await atTime(Date.now() + 2 * DAY_MS, async () => {
        expectStatus(await postVerification(token), 400, 'token_used')
      })
    })

    it('a link after its 24 hours, and works a second before', async () => {
      const [early, late] = [await signedUp(), await signedUp()]
      const tokens = [await linkTokenOf(early.communityId), await linkTokenOf(late.communityId)]
      const [row] = await db
        .select()
        .from(oneTimeTokens)
        .where(eq(oneTimeTokens.communityId, late.communityId))
      const end = row?.expiresAt ?? 0
      expect(end - (row?.createdAt ?? 0)).toBe(DAY_MS)
      await atTime(end, async () =>
        expectStatus(await postVerification(tokens[1]), 400, 'token_expired'),
      )
      const [first] = await db
        .select()
        .from(oneTimeTokens)
        .where(eq(oneTimeTokens.communityId, early.communityId))
      await atTime((first?.expiresAt ?? 0) - 1000, async () =>
        expectStatus(await postVerification(tokens[0]), 200),
      )
    })

    it('a living link of a signup whose week is over', async () => {
      const { communityId, email } = await signedUp()
      const token = await linkTokenOf(communityId)
      await db
        .update(oneTimeTokens)
        .set({ expiresAt: Date.now() + 30 * DAY_MS })
        .where(eq(oneTimeTokens.communityId, communityId))
      await atTime(Date.now() + 8 * DAY_MS, async () =>
        expectStatus(await postVerification(token), 400, 'token_expired'),
      )
      expect(await accountOf(email)).toBeUndefined()
    })

    it('a living link whose owner has been verified in another way', async () => {
      const { communityId, email } = await signedUp()
      const token = await linkTokenOf(communityId)
      await db.update(users).set({ emailVerifiedAt: 1 }).where(eq(users.email, email))
      expectStatus(await postVerification(token), 400, 'token_invalid')
    })

    it('an address that belongs to an admin, and uses nothing up', async () => {
      const { email } = await admin()
      const { communityId } = await signedUp({ email })
      const token = await linkTokenOf(communityId)
      expectStatus(await postVerification(token), 409, 'account_exists')
      expect(
        (await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.communityId, communityId)))[0]
          ?.usedAt,
      ).toBeNull()
      expect(await userOf(email)).toHaveLength(2)
    })

    it('an address whose undo link lives, until that has ended', async () => {
      const { communityId, email } = await signedUp()
      const token = await linkTokenOf(communityId)
      const undo = {
        id: crypto.randomUUID(),
        purpose: 'revert_email' as const,
        keyVersion: 1,
        tokenHash: crypto.randomUUID(),
        email,
        createdAt: 0,
        expiresAt: Date.now() + 60_000,
      }
      await db.insert(oneTimeTokens).values(undo)
      expectStatus(await postVerification(token), 409, 'account_exists')
      await db.update(oneTimeTokens).set({ expiresAt: 1 }).where(eq(oneTimeTokens.id, undo.id))
      expectStatus(await postVerification(token), 200)
    })

    it('the 21st attempt of an hour from one address', async () => {
      const ip = '198.51.100.21'
      for (let n = 0; n < 20; n++) expectStatus(await postVerification('x', { ip }), 400)
      expectStatus(await postVerification('x', { ip }), 429, 'rate_limited')
    })
  })

  describe('is safe', () => {
    it('twenty requests at once use the link once', async () => {
      const { communityId, email } = await signedUp()
      const token = await linkTokenOf(communityId)
      expectExactlyOne(await race(20, () => postVerification(token)), '200', '400 token_used')
      expect(await userOf(email)).toHaveLength(1)
      const rows = await db
        .select()
        .from(auditLogs)
        .where(and(eq(auditLogs.communityId, communityId), eq(auditLogs.action, 'email_verified')))
      expect(rows).toHaveLength(1)
    })

    it('twenty hand-overs at once hand over once', async () => {
      const owner = await verified()
      const second = await signedUp({ email: owner.email })
      const token = await linkTokenOf(second.communityId)
      expectExactlyOne(await race(20, () => postVerification(token)), '200', '400 token_used')
      expect(await rolesIn(second.communityId)).toHaveLength(1)
      expect(await userOf(owner.email)).toHaveLength(1)
    })

    it('a batch that fails at any statement changes nothing, and the link still works', async () => {
      const probe = failingBatch(0)
      await postVerification(await linkTokenOf((await signedUp()).communityId), { env: probe.env })
      for (let k = 0; k < (probe.sizes[0] ?? 0); k++) {
        const owner = await verified()
        const second = await signedUp({ email: owner.email })
        const token = await linkTokenOf(second.communityId)
        expectStatus(
          await postVerification(token, { env: failingBatch(0, k).env }),
          503,
          'unavailable',
        )
        expect(await userOf(owner.email), `statement ${k}`).toHaveLength(2)
        expectStatus(await postVerification(token), 200)
        expect(await userOf(owner.email), `statement ${k}`).toHaveLength(1)
      }
    })

    it('verifies although the guard is down: the outbox tells it about the device', async () => {
      const { communityId, email } = await signedUp()
      const answer = await postVerification(await linkTokenOf(communityId), {
        env: failingObject('ACCOUNT_GUARD', 'change', 'throws'),
      })
      expectStatus(answer, 200)
      const rows = await db
        .select()
        .from(outbox)
        .where(and(eq(outbox.email, email), eq(outbox.kind, 'guard_device')))
      expect(rows).toHaveLength(1)
      expect(rows[0]).toMatchObject({ sentAt: null, payload: { deviceId: expect.any(String) } })
    })

    it('a committed verification whose answer was lost says 503, and then that the link is used', async () => {
      const { communityId, email } = await signedUp()
      const token = await linkTokenOf(communityId)
      expectStatus(await postVerification(token, { env: lostAnswer(0) }), 503, 'unavailable')
      expectStatus(await postVerification(token), 400, 'token_used')
      expect(await accountOf(email)).toBeDefined()
      const rows = await db
        .select()
        .from(outbox)
        .where(and(eq(outbox.email, email), eq(outbox.kind, 'guard_device')))
      expect(rows).toMatchObject([{ sentAt: null }])
    })

    it('marks the device row done when the guard has heard it', async () => {
      const { communityId, email } = await signedUp()
      await postVerification(await linkTokenOf(communityId))
      const [row] = await db
        .select()
        .from(outbox)
        .where(and(eq(outbox.email, email), eq(outbox.kind, 'guard_device')))
      expect(row?.sentAt).toBeGreaterThan(0)
    })

    it('opening the link uses nothing up: there is no GET', async () => {
      const { communityId } = await signedUp()
      const token = await linkTokenOf(communityId)
      expectStatus(
        await call(`/api/v1/auth/verify-email?token=${token}`),
        405,
        'method_not_allowed',
      )
      expectStatus(await postVerification(token), 200)
    })
  })
})
