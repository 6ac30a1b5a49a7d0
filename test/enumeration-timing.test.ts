/**
 * The stop-watch of an attacker, with a generous bound. The counts of hashes and round trips in enumeration.test.ts are
 * the sharper proof; this one sees work that nothing counts, if it takes as long as the two hashes of an attempt.
 */
import { describe, expect, it } from 'vitest'
import { ownerIn, postLogin } from './factories.ts'
import { guardOf, unknownAddress, WRONG } from './features/passwords/password-client.ts'
import { expectStatus } from './support/call.ts'

const RUNS = 20
const ROUNDS = 3
const MOST = 1.5

/** Milliseconds until the answer to a wrong password; the failure is forgotten, so that nothing blocks. */
async function timeOfWrongPassword(email: string): Promise<number> {
  const started = performance.now()
  const answer = await postLogin({ email, password: WRONG })
  const took = performance.now() - started
  expectStatus(answer, 401, 'invalid_credentials')
  await guardOf(email).change({ kind: 'clear', before: Date.now() })
  return took
}

const medianOf = (times: readonly number[]): number =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0

/** How many times as long the slower of the two takes; taken in turns, so that a busy machine slows both. */
async function ratioOf(known: string, unknown: string): Promise<number> {
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] }
  for (let run = 0; run < RUNS; run++) {
    times.known.push(await timeOfWrongPassword(known))
    times.unknown.push(await timeOfWrongPassword(unknown))
  }
  const [one, other] = [medianOf(times.known), medianOf(times.unknown)]
  return Math.max(one, other) / Math.min(one, other)
}

describe('the time of a wrong password', () => {
  it('is the same for an account and for an unknown address', { timeout: 120_000 }, async () => {
    const [known, unknown] = [(await ownerIn('active')).email, unknownAddress()]
    const ratios: number[] = []
    do ratios.push(await ratioOf(known, unknown))
    while (ratios.length < ROUNDS && Math.min(...ratios) >= MOST)
    expect(Math.min(...ratios), `ratios ${ratios.join(', ')}`).toBeLessThan(MOST)
  })
})
