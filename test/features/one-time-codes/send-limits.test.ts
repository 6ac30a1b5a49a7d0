/** How many codes an address is mailed: per lane in fifteen minutes and in a day, whoever asks, known or not. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { mailLane, outbox } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { db, ownerIn } from '../../factories.ts'
import { openSession, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { race, tally } from '../../support/race.ts'
import {
  at,
  auditRowsOf,
  later,
  MINUTE,
  SECOND,
  unknownAddress,
} from '../passwords/password-client.ts'
import {
  challengeIdsOf,
  codeMailsTo,
  type Mailed,
  mailed,
  postSend,
  shapeOf,
  signIn,
} from './sign-in-client.ts'

const WINDOW = 15 * MINUTE

const addressKeyOf = (email: string) => createLookup(configOf(env).lookupSecret).address(email)

/** An owner with a device that the account knows. */
async function withDevice() {
  const owner = await ownerIn('active')
  const { deviceToken } = await openSession(owner)
  return { email: owner.email, deviceToken }
}

/** One wrong code after the other; gives what each is refused as. */
const tryWrong = async (asked: Mailed, times: number, body: object = {}) => {
  const codes = []
  for (let n = 0; n < times; n++) {
    const other = String((Number(asked.code) + n + 1) % 1_000_000).padStart(6, '0')
    const answer = await signIn('code', { ...asked, code: other }, body)
    codes.push(answer.json.code)
  }
  return codes
}

/** Asks five times, three now and two when their window is over; gives the last mail and the moment after it. */
async function useUpDay(email: string, options: { deviceToken?: string } = {}) {
  const start = Date.now()
  let last: Mailed | undefined
  for (const minute of [0, 1, 2, 16, 17]) {
    const cookie = last?.cookie ?? ''
    last = await at(start + minute * MINUTE, () =>
      mailed(email, { ...options, headers: { Cookie: cookie } }),
    )
  }
  if (!last) throw new Error('five were asked for')
  return { last, next: start + 18 * MINUTE }
}

describe('POST /api/v1/auth/send-otp, asked again and again', () => {
  describe('in fifteen minutes', () => {
    it('a fourth code: 429 with the time to wait, known or not alike, and the third lives', async () => {
      const { email } = await ownerIn('active')
      const start = Date.now()
      const refusals = []
      for (const address of [email, unknownAddress()]) {
        for (let n = 0; n < 2; n++) {
          const asked = await at(start + n * SECOND, () => postSend({ email: address }))
          expectStatus(asked, 202)
        }
        const third = await at(start + 2 * SECOND, () => postSend({ email: address }))
        expectStatus(third, 202)
        const refused = await at(start + 3 * SECOND, () => postSend({ email: address }))
        expectStatus(refused, 429, 'rate_limited')
        expect(refused.headers.get('Retry-After')).toBe('897')
        expect(refused.headers.getSetCookie()).toEqual([])
        refusals.push(shapeOf(refused))
        const again = await at(start + WINDOW, () => postSend({ email: address }))
        expectStatus(again, 202)
      }
      expect(refusals[1]).toEqual(refusals[0])
      expect(await codeMailsTo(email)).toHaveLength(4)
    })

    it('leaves the code before it alive', async () => {
      const { email } = await ownerIn('active')
      await mailed(email)
      await later(SECOND, () => mailed(email))
      const third = await later(2 * SECOND, () => mailed(email))
      const again = await postSend({ email }, { headers: { Cookie: third.cookie } })
      expectStatus(again, 429, 'rate_limited')
      expectStatus(await signIn('code', third), 200)
    })

    it('twenty at once: three are mailed', async () => {
      const { email } = await ownerIn('active')
      const answers = await race(20, () => postSend({ email }))
      expect(tally(answers)).toEqual({ '202': 3, '429 rate_limited': 17 })
      expect(await codeMailsTo(email)).toHaveLength(3)
      expect(await challengeIdsOf(email)).toHaveLength(3)
    })

    it('a known device has its own three, which strangers cannot use up', async () => {
      const { email, deviceToken } = await withDevice()
      await race(10, () => postSend({ email }))
      for (let n = 0; n < 3; n++) expectStatus(await postSend({ email, deviceToken }), 202)
      expectStatus(await postSend({ email, deviceToken }), 429, 'rate_limited')
      expect(await codeMailsTo(email)).toHaveLength(6)
      const other = await withDevice()
      for (let n = 0; n < 3; n++) await postSend(other)
      expectStatus(await postSend(other), 429, 'rate_limited')
      expectStatus(await postSend({ email: other.email }), 202)
    })

    it('by its cookie as by its token, and no device of another account or made up', async () => {
      const { email, deviceToken } = await withDevice()
      const stranger = await withDevice()
      for (let n = 0; n < 3; n++) await postSend({ email })
      const headers = { Cookie: `__Host-device=${deviceToken}` }
      expectStatus(await postSend({ email }, { headers }), 202)
      const forged = deviceToken.slice(0, -1) + (deviceToken.endsWith('A') ? 'B' : 'A')
      for (const token of [stranger.deviceToken, forged, 'x'])
        expectStatus(await postSend({ email, deviceToken: token }), 429, 'rate_limited')
    })
  })

  describe('in a day', () => {
    it('a sixth: 202 all the same, nobody is mailed, and code and link before it live', async () => {
      const { email } = await ownerIn('active')
      const { last, next } = await useUpDay(email)
      await at(next, async () => {
        const headers = { Cookie: last.cookie }
        const capped = await postSend({ email }, { headers })
        const unknown = await postSend({ email: unknownAddress() }, { headers })
        expectStatus(capped, 202)
        expect(shapeOf(capped)).toEqual(shapeOf(unknown))
        expect(await codeMailsTo(email)).toHaveLength(5)
        expect(await auditRowsOf((await userRow(email)).id, 'otp_sent')).toHaveLength(5)
        expectStatus(await signIn('code', last), 200)
      })
    })

    it('the same of an address that nobody has: what is kept for it is capped as well', async () => {
      const email = unknownAddress()
      const start = Date.now()
      const ids = []
      for (const minute of [0, 1, 2, 16, 17, 18]) {
        await at(start + minute * MINUTE, () => postSend({ email }))
        ids.push(...(await challengeIdsOf(email)))
      }
      expect(new Set(ids).size).toBe(5)
    })

    it('a known device has a day of its own', async () => {
      const { email, deviceToken } = await withDevice()
      const { next } = await useUpDay(email)
      const own = await at(next, () => useUpDay(email, { deviceToken }))
      expect(await codeMailsTo(email)).toHaveLength(10)
      await at(own.next, async () => {
        expectStatus(await postSend({ email, deviceToken }), 202)
        expect(await codeMailsTo(email)).toHaveLength(10)
        expectStatus(await signIn('link', own.last, { deviceToken }), 200)
      })
    })

    it('where a known device has had ten mails of all kinds, the code before it lives on', async () => {
      const { email, deviceToken } = await withDevice()
      const lane = mailLane(deviceToken.split('.')[0])
      const row = { email, addressKey: addressKeyOf(email), lane, createdAt: Date.now() }
      const reset = { ...row, template: 'password_reset' as const, kind: 'mail' as const }
      const ids = Array.from({ length: 9 }, () => newId(Date.now()))
      for (const id of ids) await db.insert(outbox).values({ ...reset, id, notBefore: Date.now() })
      const asked = await mailed(email, { deviceToken })
      const headers = { Cookie: asked.cookie }
      expectStatus(await postSend({ email, deviceToken }, { headers }), 202)
      expect(await codeMailsTo(email)).toHaveLength(1)
      expectStatus(await signIn('code', asked, { deviceToken }), 200)
    })
  })

  describe('by a stranger', () => {
    it('neither burns nor replaces what the owner holds, nor mutes the owner’s device', async () => {
      const { email, deviceToken } = await withDevice()
      const mine = await mailed(email, { deviceToken })
      const theirs = await later(SECOND, () => mailed(email))
      await race(10, () => postSend({ email }))
      expect(await tryWrong(theirs, 12)).toEqual([
        ...Array(10).fill('code_invalid'),
        ...Array(2).fill('too_many_attempts'),
      ])
      expectStatus(await signIn('code', mine, { deviceToken }), 200)
      const again = await later(2 * SECOND, () => mailed(email, { deviceToken }))
      expectStatus(await signIn('link', again, { deviceToken }), 200)
    })

    it('with the owner’s code read over the shoulder, and no flow of the owner’s, gets nothing', async () => {
      const { email } = await ownerIn('active')
      const mine = await mailed(email)
      const theirs = await later(SECOND, () => mailed(email))
      if (mine.code !== theirs.code) {
        const tried = await signIn('code', { ...mine, flowId: theirs.flowId })
        expectStatus(tried, 400, 'code_invalid')
      }
      const followed = await signIn('link', { ...mine, flowId: theirs.flowId })
      expectStatus(followed, 403, 'wrong_browser')
      expectStatus(await signIn('code', mine), 200)
    })
  })
})
