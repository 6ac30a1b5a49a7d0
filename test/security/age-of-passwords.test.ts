/** A password is changed when somebody wants to or when it is known to be lost, never because time went by. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ownerIn, PASSWORD, postLogin } from '../factories.ts'
import { expectStatus } from '../support/call.ts'

const YEAR_MS = 365 * 24 * 3600 * 1000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a password', () => {
  it('is as good after two and after ten years, and nobody is asked for another', async () => {
    const { email } = await ownerIn('active')
    const start = Date.now()
    const answers = []
    for (const years of [0, 2, 10]) {
      vi.setSystemTime(start + years * YEAR_MS)
      answers.push(await postLogin({ email, password: PASSWORD }))
    }
    for (const answer of answers) expectStatus(answer, 200)
    const [first, ...others] = answers.map(({ data }) => Object.keys(data).sort())
    for (const keys of others) expect(keys).toEqual(first)
  })
})
