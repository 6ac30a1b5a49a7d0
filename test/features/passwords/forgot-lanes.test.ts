/** Who asked for a reset link decides what it is counted with: a browser that the account knows, or a stranger. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { STRANGERS_LANE, users } from '../../../src/db/schema/index.ts'
import { formatDeviceToken } from '../../../src/lib/tokens.ts'
import { db, ownerIn, PASSWORD, signedUp, unique } from '../../factories.ts'
import { mailedToken, type OpenSession, openSession } from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import { failingObject, traced } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  at,
  costOf,
  guardOf,
  HOUR,
  isLinkAlive,
  keys,
  lock,
  MINUTE,
  mailsOf,
  NEW,
  postForgot,
  postReset,
} from './password-client.ts'

interface Person {
  email: string
  password: string
  /** Of the browser that the account knows, as it sends it. */
  headers: { Cookie: string }
  /** The lane of that browser. */
  lane: string
  session: OpenSession
}

const cookie = (deviceToken: string) => ({ Cookie: `__Host-device=${deviceToken}` })

async function personWithBrowser(): Promise<Person> {
  const { email, password } = await ownerIn('active')
  const session = await openSession({ email, password })
  const lane = `known:${session.deviceToken.split('.')[0]}`
  return { email, password, headers: cookie(session.deviceToken), lane, session }
}

const lanesOf = async (email: string) =>
  (await mailsOf(email, 'password_reset')).map(({ lane }) => lane)

const times = (count: number, lane: string): string[] => Array(count).fill(lane)

async function ask(email: string, count: number, headers: Record<string, string> = {}) {
  for (let n = 0; n < count; n++) expectStatus(await postForgot(email, { headers }), 202)
}

/** Five mails of one lane within a day, three of them in the first hour; each time one more is asked for in vain. */
async function useUpTheDay(email: string, start: number, headers: Record<string, string> = {}) {
  await at(start, () => ask(email, 4, headers))
  await at(start + HOUR, () => ask(email, 3, headers))
}

describe('POST /api/v1/auth/forgot-password, counted per lane', () => {
  describe('works', () => {
    it('mails a known browser its link when strangers have used up their three of the hour', async () => {
      const { email, headers, lane } = await personWithBrowser()
      await ask(email, 4)
      expect(await lanesOf(email)).toEqual(times(3, STRANGERS_LANE))
      await ask(email, 4, headers)
      expect(await lanesOf(email)).toEqual([...times(3, STRANGERS_LANE), ...times(3, lane)])
      expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
    })

    it('and when they have used up their five of the day', async () => {
      const { email, headers, lane } = await personWithBrowser()
      const start = Date.now()
      await useUpTheDay(email, start)
      await at(start + 3 * HOUR, async () => {
        await ask(email, 1)
        expect(await lanesOf(email)).toEqual(times(5, STRANGERS_LANE))
        await ask(email, 1, headers)
      })
      expect(await lanesOf(email)).toEqual([...times(5, STRANGERS_LANE), lane])
    })

    it('and when they have locked the account: the link sets a new password', async () => {
      const { email, headers } = await personWithBrowser()
      await lock(email)
      await ask(email, 3)
      await ask(email, 1, headers)
      const token = await mailedToken(email, 'reset_password')
      expectStatus(await postReset({ token, password: NEW }), 200)
      await openSession({ email, password: NEW })
    })

    it('mails strangers theirs when a known browser has used up its own of the hour and of the day', async () => {
      const { email, headers, lane } = await personWithBrowser()
      const start = Date.now()
      await useUpTheDay(email, start, headers)
      expect(await lanesOf(email)).toEqual(times(5, lane))
      await at(start + 3 * HOUR, () => ask(email, 4))
      expect(await lanesOf(email)).toEqual([...times(5, lane), ...times(3, STRANGERS_LANE)])
    })

    it('counts each known browser apart', async () => {
      const { email, password, headers, lane } = await personWithBrowser()
      const phone = await openSession({ email, password })
      await ask(email, 4, headers)
      await ask(email, 4, cookie(phone.deviceToken))
      const phoneLane = `known:${phone.deviceToken.split('.')[0]}`
      expect(await lanesOf(email)).toEqual([...times(3, lane), ...times(3, phoneLane)])
    })

    it('knows the browser that has just set a new password by a link, and no other', async () => {
      const { email, headers } = await personWithBrowser()
      await ask(email, 1)
      const token = await mailedToken(email, 'reset_password')
      const answer = await postReset({ token, password: NEW })
      const device = cookiesOf(answer)['__Host-device'] ?? ''
      await ask(email, 1, cookie(device))
      await ask(email, 1, headers)
      expect(await lanesOf(email)).toEqual([
        STRANGERS_LANE,
        `known:${device.split('.')[0]}`,
        STRANGERS_LANE,
      ])
    })

    it('lets the window of each lane slide: the fourth goes out when the first is an hour old', async () => {
      const { email, headers, lane } = await personWithBrowser()
      const start = Date.now()
      for (const minute of [0, 10, 20]) {
        await at(start + minute * MINUTE, () => ask(email, 1, headers))
        await at(start + (minute + 5) * MINUTE, () => ask(email, 1))
      }
      const six = await lanesOf(email)
      expect(six).toHaveLength(6)
      await at(start + HOUR - 1, () => ask(email, 1, headers))
      expect(await lanesOf(email)).toEqual(six)
      await at(start + HOUR, async () => {
        await ask(email, 2)
        await ask(email, 2, headers)
      })
      expect(await lanesOf(email)).toEqual([...six, lane])
      await at(start + HOUR + 5 * MINUTE, () => ask(email, 2))
      expect(await lanesOf(email)).toEqual([...six, lane, STRANGERS_LANE])
    })
  })

  describe('refuses', () => {
    it('to take a forged or broken device token for a known browser', async () => {
      const { email, session } = await personWithBrowser()
      const [id = '', mac = ''] = session.deviceToken.split('.')
      const turned = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`
      await ask(email, 3)
      for (const token of [`${id}.${turned}`, `${id}.`, id, `.${mac}`, 'x', `known:${id}.${mac}`])
        await ask(email, 1, cookie(token))
      expect(await lanesOf(email)).toEqual(times(3, STRANGERS_LANE))
    })

    it('to take a browser that another account knows, or none, for one of this account', async () => {
      const [mine, other] = [await personWithBrowser(), await personWithBrowser()]
      await ask(mine.email, 1, other.headers)
      await ask(mine.email, 1, cookie(formatDeviceToken(keys, crypto.randomUUID())))
      await ask(mine.email, 2)
      expect(await lanesOf(mine.email)).toEqual(times(3, STRANGERS_LANE))
    })

    it('to take a browser that was forgotten for a known one: it has what strangers have left', async () => {
      const { email, headers, session } = await personWithBrowser()
      const deviceId = session.deviceToken.split('.')[0] ?? ''
      await ask(email, 3)
      await guardOf(email).change({ kind: 'forget', before: Date.now(), deviceId })
      await ask(email, 1, headers)
      expect(await lanesOf(email)).toEqual(times(3, STRANGERS_LANE))
    })

    it('to count by a device that the body names, or by a cookie beside Authorization', async () => {
      const { email, headers, session } = await personWithBrowser()
      const body = { email, deviceToken: session.deviceToken, deviceId: session.deviceToken }
      expectStatus(await call(`${API}/auth/forgot-password`, { body }), 202)
      const token = session.accessToken
      expectStatus(await postForgot(email, { headers, token }), 202)
      expect(await lanesOf(email)).toEqual(times(2, STRANGERS_LANE))
    })

    it("to spend a known browser's mails for a foreign page", async () => {
      const { email, headers, lane } = await personWithBrowser()
      const foreign = { ...headers, Origin: 'https://evil.example' }
      for (let n = 0; n < 4; n++)
        expectStatus(await postForgot(email, { headers: foreign }), 403, 'csrf_failed')
      await ask(email, 3, headers)
      expect(await lanesOf(email)).toEqual(times(3, lane))
    })
  })

  describe('is safe', () => {
    it('answers and does the same for a known or unknown address, from a known or unknown browser', async () => {
      const mine = await personWithBrowser()
      const disabled = await personWithBrowser()
      await db.update(users).set({ disabledAt: Date.now() }).where(eq(users.email, disabled.email))
      const unverified = (await signedUp()).email
      const nobody = `nobody@${unique()}.example`
      const cases: [string, Record<string, string>][] = [
        [mine.email, mine.headers],
        [mine.email, {}],
        [mine.email, disabled.headers],
        [mine.email, cookie('forged')],
        [disabled.email, disabled.headers],
        [nobody, mine.headers],
        [nobody, {}],
        [unverified, mine.headers],
        [unverified, {}],
      ]
      const [first, ...others] = await observeAll(cases)
      expect(first?.steps.filter((step) => step.startsWith('object'))).toEqual([
        'object RATE_LIMITER.hit',
        'object ACCOUNT_GUARD.countMail',
      ])
      for (const [n, one] of others.entries()) expect(one, `case ${n + 1}`).toEqual(first)
    })

    it('and also beyond the limits of the lane', async () => {
      const { email, headers } = await personWithBrowser()
      const nobody = `nobody@${unique()}.example`
      for (const address of [email, nobody]) {
        await ask(address, 3)
        await ask(address, 3, headers)
      }
      const [first, ...others] = await observeAll([
        [email, headers],
        [email, {}],
        [nobody, headers],
        [nobody, {}],
      ])
      for (const [n, one] of others.entries()) expect(one, `case ${n + 1}`).toEqual(first)
    })

    it('twenty requests at once mail three links in each lane, of which one lives', async () => {
      const { email, headers, lane } = await personWithBrowser()
      const answers = await race(40, (n) =>
        postForgot(email, { headers: n % 2 === 0 ? headers : {} }),
      )
      expect(tally(answers)).toEqual({ '202': 40 })
      expect((await lanesOf(email)).toSorted()).toEqual([
        ...times(3, lane),
        ...times(3, STRANGERS_LANE),
      ])
      expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
    })

    it.each(['throws', 'hangs'] as const)(
      '503 and no mail when the guard %s, known address or not, known browser or not',
      async (how) => {
        const { email, headers } = await personWithBrowser()
        const down = failingObject('ACCOUNT_GUARD', 'countMail', how)
        const answers = await Promise.all([
          postForgot(email, { env: down, headers }),
          postForgot(email, { env: down }),
          postForgot(`nobody@${unique()}.example`, { env: down }),
        ])
        expect(tally(answers)).toEqual({ '503 unavailable': 3 })
        for (const answer of answers) expect(answer.headers.get('Retry-After')).toBe('1')
        expect(await lanesOf(email)).toEqual([])
      },
    )

    it('leaves passwords and the known browser as they are, however often anyone asks', async () => {
      const { email, headers, session } = await personWithBrowser()
      await ask(email, 5)
      await ask(email, 5, headers)
      await openSession({ email, password: PASSWORD }, { deviceToken: session.deviceToken })
    })

    it('costs one round trip and two calls in either lane, and beyond the limit two calls', async () => {
      const { email, headers } = await personWithBrowser()
      for (const lane of [headers, {}]) {
        expect(costOf(await postForgot(email, { headers: lane }))).toBe('d1 1, do 2')
        await ask(email, 2, lane)
        expect(costOf(await postForgot(email, { headers: lane }))).toBe('d1 0, do 2')
      }
    })
  })
})

/** What a stranger sees of each request, and what it did. */
async function observeAll(cases: [email: string, headers: Record<string, string>][]) {
  const seen = []
  for (const [email, headers] of cases) {
    const trace = traced()
    const answer = await postForgot(email, { env: trace.env, headers })
    const shown = [...answer.headers].filter(([name]) => name !== 'x-request-id')
    seen.push({ status: answer.status, text: answer.text, headers: shown, steps: trace.steps })
  }
  return seen
}
