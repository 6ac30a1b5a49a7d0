/** Beyond a limit of the client's IP every address gets the same 429, and nothing is done for it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { at, unknownAddress } from './features/passwords/password-client.ts'
import { addressOf, KINDS } from './support/addresses.ts'
import { freshIp } from './support/call.ts'
import { expectAlike } from './support/differ.ts'
import { answerOf, PUBLIC_ROUTES, type PublicRoute, send } from './support/public-routes.ts'

/** How many requests one IP may send in the window of the route. */
const ALLOWED_BY_IP: Record<string, number> = {
  '/api/v1/auth/signup-community': 5,
  '/api/v1/auth/login': 10,
  '/api/v1/auth/forgot-password': 5,
  '/api/v1/auth/resend-verification': 5,
  '/api/v1/auth/send-otp': 30,
  '/api/v1/auth/send-signup-otp': 30,
  '/api/v1/auth/verify-otp': 10,
}

const ROUTES = PUBLIC_ROUTES.filter(({ before }) => before === undefined)

/** What is refused leaves no trace, so that the routes may share them. */
const addresses = new Map<string, string>()

beforeAll(async () => {
  for (const kind of KINDS) addresses.set(kind, await addressOf(kind))
})

describe.each(ROUTES)('POST $name, beyond the limit of an IP', (route) => {
  it('answers every kind of address alike', async () => {
    // Two clients in step, so that what is left to each of them is the same.
    const [ip, otherIp] = [freshIp(), freshIp()]
    const start = Date.now()
    await at(start, async () => {
      await useUp(route, ip)
      await useUp(route, otherIp)
    })
    for (const [kind, email] of addresses) {
      const [known, unknown] = await at(start, async () => [
        await send(route, email, undefined, ip),
        await send(route, unknownAddress(), undefined, otherIp),
      ])
      expect(answerOf(known), kind).toBe('429 rate_limited')
      expect(known.answer.headers.get('Retry-After')).toMatch(/^\d+$/)
      expectAlike([known], [unknown])
    }
  })

  it('counts no attempt, mails nobody and writes nothing', async () => {
    const ip = freshIp()
    await useUp(route, ip)
    const { did } = await send(route, String(addresses.get('an account')), undefined, ip)
    expect(did).toContain('object RATE_LIMITER.hit')
    // A login reads beside the limiter; what it read is thrown away.
    const harmless = /^(d1 round trip 1: select |object RATE_LIMITER\.hit$)/
    expect(did.filter((line) => !harmless.test(line))).toEqual([])
  })
})

/** Sends as many requests from this IP as are let in, each for another address. */
async function useUp(route: PublicRoute, ip: string): Promise<void> {
  for (let n = 0; n < Number(ALLOWED_BY_IP[route.path]); n++) {
    expect(answerOf(await send(route, unknownAddress(), undefined, ip))).toBe(route.script[0]?.[1])
  }
}
