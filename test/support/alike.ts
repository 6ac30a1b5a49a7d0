/** Plays each route to each kind of address and compares it with what an address gets that nobody has. */
import { beforeAll, describe, expect, it } from 'vitest'
import { POLICIES } from '../../src/middleware/rate-limit-policies.ts'
import { unknownAddress } from '../features/passwords/password-client.ts'
import { addressOf } from './addresses.ts'
import { expectAlike, type Observation } from './differ.ts'
import { answerOf, type PublicRoute, play } from './public-routes.ts'

export function describeAlike(routes: readonly PublicRoute[]): void {
  describe.each(routes)('POST $name', (route) => {
    let unknown: Observation[]

    beforeAll(async () => {
      unknown = await play(route, unknownAddress())
    })

    it('answers an unknown address as the contract says, and works for it', () => {
      expect(unknown.map(answerOf)).toEqual(route.script.map(([, answer]) => answer))
      expect(unknown[0]?.did.filter((line) => line.startsWith('d1'))).not.toEqual([])
    })

    it('tells of limits by IP only, never of one by address', () => {
      const byIp = Object.entries(POLICIES).filter(([, { by }]) => by === 'ip')
      const told = unknown.flatMap(({ answer }) =>
        ['RateLimit', 'RateLimit-Policy'].flatMap((field) => answer.headers.get(field) ?? []),
      )
      const named = told.flatMap((value) => Array.from(value.matchAll(/"([^"]+)"/g), ([, n]) => n))
      expect(told).toHaveLength(2 * unknown.length)
      expect(byIp.map(([name]) => name)).toEqual(expect.arrayContaining(named))
    })

    it.each(route.kinds)('treats %s as it treats an address that nobody has', async (kind) => {
      const email = await addressOf(kind)
      expectAlike(await play(route, email), unknown)
    })
  })
}
