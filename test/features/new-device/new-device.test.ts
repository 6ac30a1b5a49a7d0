import { env } from 'cloudflare:workers'
import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { communities, oneTimeTokens, outbox, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { formatDeviceToken, hashSecret } from '../../../src/lib/tokens.ts'
import {
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
} from '../../factories.ts'
import { mailedToken, openSession, outboxOf, sessionRow, userRow } from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { failingBatch } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { asBearer, later } from '../sessions/clients.ts'

const DAY = 24 * 3600 * 1000
const { authSecrets, lookupSecret } = configOf(env)
const keys = createKeyRing(authSecrets)
const guardOf = (email: string) =>
  env.ACCOUNT_GUARD.getByName(createLookup(lookupSecret).address(email))

/** A browser of which this account has never heard, with a device token that we made. */
const strangeDevice = () => formatDeviceToken(keys, newId(Date.now()))
const noticesTo = async (email: string) =>
  (await outboxOf(email)).filter(({ template }) => template === 'new_device')
const linksOf = (email: string) =>
  db
    .select()
    .from(oneTimeTokens)
    .where(and(eq(oneTimeTokens.email, email), eq(oneTimeTokens.purpose, 'not_me')))

/** An owner who has signed in once, on the device that is given back. */
async function atHome() {
  const owner = await ownerIn('active')
  const home = await openSession(owner)
  return { owner, home }
}

describe('a login on a device that the account does not know', () => {
  describe('is told by mail', () => {
    it('which names the session, and has a link of its own for a week', async () => {
      const { owner } = await atHome()
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, owner.email))
      const away = await openSession(owner)
      const [mail, ...more] = await noticesTo(owner.email)
      expect(more).toEqual([])
      expect(mail).toMatchObject({
        kind: 'mail',
        template: 'new_device',
        locale: 'zh',
        email: owner.email,
        userId: away.userId,
        communityId: owner.communityId,
        payload: { sessionId: away.id },
        failedAt: null,
      })
      const [link, ...others] = await linksOf(owner.email)
      expect(others).toEqual([])
      expect(link).toMatchObject({
        id: mail?.tokenId,
        userId: away.userId,
        payload: { sessionId: away.id, deviceId: (await sessionRow(away.id)).deviceId },
        usedAt: null,
      })
      expect((link?.expiresAt ?? 0) - (link?.createdAt ?? 0)).toBe(7 * DAY)
      const token = await mailedToken(owner.email, 'not_me')
      expect(link?.tokenHash).toBe(hashSecret(token))
      expect(JSON.stringify([mail, link])).not.toContain(token)
    })

    it('each new device once, and then never again', async () => {
      const { owner, home } = await atHome()
      const away = await openSession(owner)
      await openSession(owner, { deviceToken: away.deviceToken })
      await openSession(owner, { deviceToken: home.deviceToken })
      expect(await noticesTo(owner.email)).toHaveLength(1)
      const third = await openSession(owner, { transport: 'cookie' })
      const mails = await noticesTo(owner.email)
      expect(mails.map(({ payload }) => payload?.sessionId)).toEqual([away.id, third.id])
    })

    it('a device that another account knows is a new one here', async () => {
      const [{ owner }, other] = [await atHome(), await atHome()]
      await openSession(owner, { deviceToken: other.home.deviceToken })
      expect(await noticesTo(owner.email)).toHaveLength(1)
      expect(await noticesTo(other.owner.email)).toEqual([])
    })

    it('a forged device token is a new device', async () => {
      const { owner, home } = await atHome()
      await openSession(owner, { deviceToken: `${home.deviceToken.slice(0, -1)}.` })
      expect(await noticesTo(owner.email)).toHaveLength(1)
    })

    it('a device that was forgotten is a new one, once nobody is signed in there', async () => {
      const { owner, home } = await atHome()
      const { deviceId } = await sessionRow(home.id)
      await guardOf(owner.email).change({ kind: 'forget', deviceId, before: Date.now() })
      expectStatus(await call(`${API}/auth/logout`, { method: 'POST', ...asBearer(home) }), 200)
      await openSession(owner, { deviceToken: home.deviceToken })
      expect(await noticesTo(owner.email)).toHaveLength(1)
    })

    it('whoever guesses a password on an old device: it is unknown after ten tries, and the next one gets in', async () => {
      const { owner, home } = await atHome()
      const { email, password } = owner
      const { deviceToken } = home
      // The session of that device has run out a day ago: nobody is signed in there.
      for (const wait of [8 * DAY, 8 * DAY + 16 * 60_000]) {
        await later(wait, async () => {
          for (let n = 0; n < 5; n++) {
            const guess = { email, password: 'Wrong-Harbour-99', deviceToken }
            expectStatus(await postLogin(guess), 401)
          }
        })
      }
      await later(9 * DAY, async () => {
        expectStatus(await postLogin({ email, password, deviceToken }), 200)
        expect(await noticesTo(email)).toHaveLength(1)
      })
    })
  })

  describe('is not told', () => {
    it('at the very first login, where every device is new', async () => {
      const owner = await ownerIn('active')
      await openSession(owner)
      expect(await noticesTo(owner.email)).toEqual([])
      expect(await linksOf(owner.email)).toEqual([])
    })

    it('in the browser that POSTed the link of the signup', async () => {
      const { communityId, email } = await signedUp()
      const answer = await postVerification(await linkTokenOf(communityId))
      const Cookie = `__Host-device=${cookiesOf(answer)['__Host-device']}`
      const owner = { email, password: PASSWORD }
      await db.update(communities).set({ status: 'active' }).where(eq(communities.id, communityId))
      await openSession(owner)
      const page = await postLogin(owner, { headers: { Cookie } })
      expectStatus(page, 200)
      expect(await noticesTo(email)).toEqual([])
    })

    it('where nobody got in: a wrong password, a closed community', async () => {
      const { owner } = await atHome()
      const { email } = owner
      expectStatus(await postLogin({ email, password: 'Wrong-Harbour-99' }), 401)
      await db.update(users).set({ disabledAt: 1 }).where(eq(users.email, email))
      expectStatus(await postLogin({ email, password: PASSWORD }), 403, 'account_disabled')
      expect(await noticesTo(email)).toEqual([])
      expect(await linksOf(email)).toEqual([])
    })

    it('where the login could not be written: mail, link and session come together or not at all', async () => {
      const { owner } = await atHome()
      const { email, password } = owner
      const probe = failingBatch(1)
      await postLogin({ email: (await atHome()).owner.email, password }, { env: probe.env })
      const size = probe.sizes[1] ?? 0
      expect(size).toBeGreaterThan(2)
      for (let k = 0; k < size; k++) {
        const broken = failingBatch(1, k).env
        expectStatus(await postLogin({ email, password }, { env: broken }), 503, 'unavailable')
      }
      expect(await noticesTo(email)).toEqual([])
      expect(await linksOf(email)).toEqual([])
    })
  })

  describe('is safe', () => {
    it('eight logins at once on one new device are told once, of a session that was opened', async () => {
      const { owner } = await atHome()
      const { email, password } = owner
      const deviceToken = strangeDevice()
      const answers = await race(8, () => postLogin({ email, password, deviceToken }))
      expect(tally(answers)).toEqual({ '200': 8 })
      const mails = await noticesTo(email)
      expect(mails).toHaveLength(1)
      const ids = answers.map(({ data }) => (data.session as { id: string }).id)
      expect(ids).toContain(mails[0]?.payload?.sessionId)
      expect(await linksOf(email)).toHaveLength(1)
    })

    it('of eight very first logins at once all but one are told of, as far as the five of a day go', async () => {
      const { email, password } = await ownerIn('active')
      expect(tally(await race(8, () => postLogin({ email, password })))).toEqual({ '200': 8 })
      const mails = await noticesTo(email)
      expect(mails).toHaveLength(5)
    })

    it('five mails a day, also when eight new devices come at once; every login gets in', async () => {
      const { owner } = await atHome()
      const { email, password } = owner
      expect(tally(await race(8, () => postLogin({ email, password })))).toEqual({ '200': 8 })
      expect(await noticesTo(email)).toHaveLength(5)
      expect(await linksOf(email)).toHaveLength(5)
      expectStatus(await postLogin({ email, password }), 200)
      expect(await noticesTo(email)).toHaveLength(5)
      await later(DAY + 1000, async () => {
        expectStatus(await postLogin({ email, password }), 200)
        expect(await noticesTo(email)).toHaveLength(6)
      })
    })

    it('strangers who have had ten links mailed do not use up its five; its five do not use up a reset link', async () => {
      const { owner } = await atHome()
      const { email, password } = owner
      const row = (template: 'password_reset' | 'signup_existing_account', n: number) => ({
        id: newId(Date.now()),
        kind: 'mail' as const,
        template,
        email,
        addressKey: createLookup(lookupSecret).address(email),
        createdAt: Date.now(),
        notBefore: Date.now() + n,
      })
      const asked = Array.from({ length: 5 }, (_, n) => [
        row('password_reset', n),
        row('signup_existing_account', n),
      ])
      await db.insert(outbox).values(asked.flat())
      expectStatus(await postLogin({ email, password }), 200)
      expect(await noticesTo(email)).toHaveLength(1)
      const busy = (await atHome()).owner
      for (let n = 0; n < 6; n++) await openSession(busy)
      const body = { email: busy.email }
      expectStatus(await call(`${API}/auth/forgot-password`, { body }), 202)
      expect(await mailedToken(busy.email, 'reset_password')).not.toBe('')
    })

    it('costs a login nothing: two round trips and two objects, told or not', async () => {
      const { owner, home } = await atHome()
      const { email, password } = owner
      for (const [deviceToken, mails] of [
        [home.deviceToken, 0],
        [undefined, 1],
      ] as const) {
        const answer = await postLogin({ email, password, deviceToken })
        expect(answer.headers.get('Server-Timing')).toMatch(
          /^d1;desc="2", do;desc="2", hash;desc="1"/,
        )
        expect(await noticesTo(email)).toHaveLength(mails)
      }
    })

    it('no answer says whether the device was new', async () => {
      const { owner, home } = await atHome()
      const { email, password } = owner
      const known = await postLogin({ email, password, deviceToken: home.deviceToken })
      const strange = await postLogin({ email, password, deviceToken: strangeDevice() })
      expect(Object.keys(strange.data)).toEqual(Object.keys(known.data))
      expect(strange.json.message).toBe(known.json.message)
    })

    it('tells of the address as it is stored', async () => {
      const { owner } = await atHome()
      const { email, password } = owner
      expectStatus(await postLogin({ email: `  ${email.toUpperCase()}`, password }), 200)
      const { email: stored } = await userRow(email)
      expect((await noticesTo(stored)).map((mail) => mail.email)).toEqual([stored])
    })
  })
})
