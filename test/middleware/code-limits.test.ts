/**
 * The limits of codes, per address and lane: three are mailed in fifteen minutes and ten wrong ones judged, whether or not
 * the address has an account. Beyond them it is 429, which tells of the asking and not of the address.
 */
import { describe, expect, it } from 'vitest'
import { ownerIn } from '../factories.ts'
import { at, costOf, MINUTE, mailsOf, SECOND } from '../features/passwords/password-client.ts'
import { codeFor } from '../http/working-mail-calls.ts'
import {
  addressHere,
  askForCode,
  mailedCode,
  otherCode,
  ownerHere,
  useCode,
} from '../mailbox-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../support/call.ts'

const WINDOW = 15 * MINUTE

const PURPOSES = ['login', 'signup'] as const
type Purpose = (typeof PURPOSES)[number]

const ask = (purpose: Purpose, body: object, options: CallOptions = {}) =>
  call(`${API}/auth/send-${purpose === 'login' ? '' : 'signup-'}otp`, { ...options, body })

const knownAddress = async () => (await ownerIn('active')).email

/** What of an answer does not differ by itself each time. */
function shown({ status, headers, json }: Answer) {
  const { requestId: _, data, ...rest } = json
  const kept = [...headers].filter(
    ([name]) => !/^(x-request-id|server-timing|set-cookie)$/.test(name),
  )
  return { status, kept, rest, fields: Object.keys((data ?? {}) as object) }
}

function expectLimited(answer: Answer, code: string, retryAfterSeconds: number): void {
  expectStatus(answer, 429, code)
  expect(answer.headers.get('Retry-After')).toBe(String(retryAfterSeconds))
  expect(answer.headers.getSetCookie()).toEqual([])
}

describe.each(PURPOSES)('codes to %s with', (purpose) => {
  it('are mailed three times in fifteen minutes, known or not: the answers are the same', async () => {
    const outcomes = await at(Date.now(), async () => {
      const of = async (email: string) => {
        const answers: Answer[] = []
        for (let n = 0; n < 4; n++) answers.push(await ask(purpose, { email }))
        return answers
      }
      return [await of(await knownAddress()), await of(addressHere())]
    })
    const [known = [], unknown = []] = outcomes
    expect(known.map(({ status }) => status)).toEqual([202, 202, 202, 429])
    expect(known.map(shown)).toEqual(unknown.map(shown))
    expect(known.map(costOf)).toEqual(unknown.map(costOf))
    for (const [, , , beyond] of outcomes) {
      if (beyond) expectLimited(beyond, 'rate_limited', 900)
      expect(beyond?.headers.get('RateLimit')).toMatch(/^"code";r=\d+;t=3600$/)
    }
  })

  it('beyond that are not mailed, and the last one works on', async () => {
    const email = purpose === 'login' ? await knownAddress() : addressHere()
    for (let n = 0; n < 2; n++) await askForCode(email, purpose)
    const body = await codeFor(email, purpose)
    expectStatus(await ask(purpose, { email }), 429, 'rate_limited')
    expect(await mailsOf(email, 'otp_code')).toHaveLength(3)
    expect(await mailedCode(email)).toBe(body.code)
    expectStatus(await useCode(body), 200)
  })

  it('slide exactly: the next goes out when the first is fifteen minutes old', async () => {
    const email = purpose === 'login' ? await knownAddress() : addressHere()
    const start = Date.now()
    const askAfter = (moment: number) => at(start + moment, () => ask(purpose, { email }))
    for (const minutes of [0, 5, 10]) expectStatus(await askAfter(minutes * MINUTE), 202)
    expectLimited(await askAfter(WINDOW - SECOND), 'rate_limited', 1)
    expectStatus(await askAfter(WINDOW), 202)
    expectLimited(await askAfter(WINDOW), 'rate_limited', 300)
    expectStatus(await askAfter(WINDOW + 5 * MINUTE), 202)
    expect(await mailsOf(email, 'otp_code')).toHaveLength(5)
  })

  it('count each address apart, and each device that the account knows', async () => {
    const [one, other] = [await ownerHere(), await ownerHere()]
    const statuses = async (email: string, deviceToken?: string) => {
      const answers: number[] = []
      for (let n = 0; n < 4; n++) answers.push((await ask(purpose, { email, deviceToken })).status)
      return answers
    }
    const three = [202, 202, 202, 429]
    expect(await statuses(one.email)).toEqual(three)
    expect(await statuses(other.email)).toEqual(three)
    expect(await statuses(one.email, one.deviceToken)).toEqual(three)
    // The device of another account is a stranger here.
    expect(await statuses(one.email, other.deviceToken)).toEqual([429, 429, 429, 429])
    const headers = { Cookie: `__Host-device=${one.deviceToken}` }
    expectStatus(await ask(purpose, { email: one.email }, { headers }), 429, 'rate_limited')
  })
})

describe('codes of every kind', () => {
  it('are counted together: to log in with and to sign up with', async () => {
    const email = await knownAddress()
    for (const purpose of ['login', 'signup', 'login'] as const) {
      expectStatus(await ask(purpose, { email }), 202)
    }
    for (const purpose of PURPOSES) expectStatus(await ask(purpose, { email }), 429, 'rate_limited')
  })

  it('are counted together on one device: those in place of a password too', async () => {
    const { email, accessToken: token, deviceToken } = await ownerHere()
    const path = `${API}/account/code`
    expectStatus(await call(path, { method: 'POST', token }), 202)
    for (let n = 0; n < 2; n++) expectStatus(await ask('login', { email, deviceToken }), 202)
    expectStatus(await ask('login', { email, deviceToken }), 429, 'rate_limited')
    expectStatus(await call(path, { method: 'POST', token }), 429, 'rate_limited')
    expectStatus(await ask('login', { email }), 202)
  })
})

/** Codes that are wrong, one after the other; each is judged. */
async function guess(body: { code: string }, times: number, extras: object = {}) {
  const answers: Answer[] = []
  for (let n = 0; n < times; n++) {
    answers.push(await useCode({ ...body, code: otherCode(body.code), ...extras }))
  }
  for (const answer of answers) expectStatus(answer, 400, 'code_invalid')
}

describe('wrong codes', () => {
  it.each(PURPOSES)(
    'are judged ten times in fifteen minutes, then the right one is refused too: %s',
    async (purpose) => {
      const email = purpose === 'login' ? await knownAddress() : addressHere()
      const start = Date.now()
      await at(start, async () => {
        await guess(await codeFor(email, purpose), 5)
        const second = await codeFor(email, purpose)
        await guess(second, 5)
        const third = await codeFor(email, purpose)
        for (const body of [third, { ...third, code: otherCode(third.code) }, second]) {
          expectLimited(await useCode(body), 'too_many_attempts', 900)
        }
      })
      const late = await at(start + WINDOW, async () => useCode(await codeFor(email, purpose)))
      expectStatus(late, 200)
    },
  )

  it('are told alike for an address with an account and for one without', async () => {
    const outcomes = await at(Date.now(), async () => {
      const of = async (email: string, purpose: Purpose) => {
        for (let n = 0; n < 2; n++) await guess(await codeFor(email, purpose), 5)
        const third = await codeFor(email, purpose)
        return shown(await useCode(third))
      }
      return [await of(await knownAddress(), 'login'), await of(addressHere(), 'signup')]
    })
    expect(outcomes[0]).toEqual(outcomes[1])
  })

  it('of strangers keep the device that the account knows out of nothing', async () => {
    const { email, deviceToken } = await ownerHere()
    const { flowId } = (await ask('login', { email, deviceToken })).data
    const mine = { email, code: await mailedCode(email), flowId, deviceToken }
    for (let n = 0; n < 2; n++) await guess(await codeFor(email), 5)
    expectLimited(await useCode(await codeFor(email)), 'too_many_attempts', 900)
    expectStatus(await useCode(mine), 200)
  })

  it('without a flow are no guesses: nobody is kept out by them', async () => {
    const email = await knownAddress()
    const body = await codeFor(email)
    const { flowId: _, ...without } = body
    await guess(without, 12)
    await guess(body, 12, { flowId: 'x'.repeat(43) })
    expectStatus(await useCode(body), 200)
  })
})
