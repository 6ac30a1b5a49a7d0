import { describe, expect, it } from 'vitest'
import { randomPassword } from '../../scripts/random-password.ts'
import { checkPassword } from '../../src/lib/password-policy.ts'

describe('a random password works', () => {
  it('as an admin has to have one, each time, and is never the same', () => {
    const passwords = Array.from({ length: 500 }, randomPassword)
    const context = ['admin@example.com', 'Gatehouse', 'Platform']
    for (const password of passwords) {
      expect(password).toMatch(/^([a-km-np-z2-9]{5}-){4}[a-km-np-z2-9]{5}$/)
      expect(checkPassword(password, { context, minLength: 15 })).toEqual({ ok: true })
    }
    expect(new Set(passwords).size).toBe(passwords.length)
  })

  it('with every character of its alphabet as likely as the next', () => {
    const counts = new Map<string, number>()
    const text = Array.from({ length: 2_000 }, randomPassword).join('').replaceAll('-', '')
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(32)
    // 50 000 draws: 1562 each on average, and eight standard deviations are 312.
    for (const count of counts.values()) expect(Math.abs(count - 1562)).toBeLessThan(312)
  })
})
