import { describe, expect, it } from 'vitest'
import list from '#lists/common-passwords.bin'
import { sayWhy } from '../../src/features/passwords/new-password.ts'
import { decodeStems, isCommonPassword } from '../../src/lib/common-passwords.ts'
import { inflateText } from '../../src/lib/deflated-text.ts'
import { LOCALES } from '../../src/lib/locale.ts'
import { checkPassword, findFormReason } from '../../src/lib/password-policy.ts'
import { render } from '../../src/messages/message.ts'
import { PASSWORD_VECTORS, VECTOR_ACCOUNT } from '../password-vectors.ts'
import { PUBLISHED_PASSWORDS } from '../published-passwords.ts'
import { expectQuick } from './hostile.ts'

const context = Object.values(VECTOR_ACCOUNT)
const verdictOf = (password: string, options: { context?: string[]; minLength?: number } = {}) => {
  const judgement = checkPassword(password, { context, ...options })
  return judgement.ok ? 'accepted' : judgement.reason
}

/** The same numbers on every run: a failure can be looked at again. */
function* pseudoRandom(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield (state >>> 8) / 2 ** 24
  }
}

function randomPasswords(count: number): string[] {
  const numbers = pseudoRandom(20260101)
  const below = (limit: number) => Math.floor(numbers.next().value * limit)
  const draw = () =>
    String.fromCharCode(...Array.from({ length: 10 + below(12) }, () => 33 + below(94)))
  const passwords: string[] = []
  while (passwords.length < count) {
    const password = draw()
    if (findFormReason(password) === undefined) passwords.push(password)
  }
  return passwords
}

describe('the password policy works', () => {
  it.each(PASSWORD_VECTORS.filter(({ verdict }) => verdict === 'accepted'))(
    'accepts $why',
    ({ password }) => expect(verdictOf(password)).toBe('accepted'),
  )

  it('accepts ten thousand random passwords', () => {
    const passwords = randomPasswords(10_000)
    expect(passwords.filter((password) => verdictOf(password) !== 'accepted')).toEqual([])
  })

  it('accepts a phrase of common words, as the phrase is not common', () => {
    for (const phrase of [
      'sunshine dragon monkey football',
      'MichaelLikesGreenTea',
      'dragon8soup!x',
    ]) {
      expect(verdictOf(phrase), phrase).toBe('accepted')
    }
  })

  it('tells what is wrong, and by which number', () => {
    const judgement = checkPassword('short', { context })
    expect(judgement).toEqual({ ok: false, reason: 'password_too_short', bound: 8 })
  })

  it('does not take words of three letters, or the end of a domain, for a context word', () => {
    const options = { context: ['Ada Li', 'ada@li.community'] }
    expect(verdictOf('Ada#7x9qLi', options)).toBe('accepted')
    expect(verdictOf('a community of owls', options)).toBe('accepted')
    expect(verdictOf('xx AdaLi 7788', options)).toBe('password_context_word')
  })

  it('does not see a context word where two other words meet', () => {
    expect(verdictOf('the art is tea time', { context: ['Artist'] })).toBe('accepted')
  })
})

describe('the password policy refuses', () => {
  it.each(PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted'))(
    '$why: $verdict',
    ({ password, verdict }) => expect(verdictOf(password)).toBe(verdict),
  )

  it('fewer than fifteen characters for an admin', () => {
    expect(verdictOf('Kj7#qmplVt2&hw', { minLength: 15 })).toBe('password_too_short')
    expect(verdictOf('Kj7#qmplVt2&hwz', { minLength: 15 })).toBe('accepted')
    const judgement = checkPassword('Kj7#qmpl', { context, minLength: 15 })
    expect(judgement).toMatchObject({ bound: 15 })
  })

  it('a context word whatever the script, the case and the accents', () => {
    const pairs: [string, string][] = [
      ['İstanbul Frontend', 'xISTANBUL77!a'],
      ['Straße 12', '9x!STRASSE-qq'],
      ['Łódź Makers', 'qq7!lodz-XYZw'],
      ['Ομάδα Χάος', 'zz9!ΧΑΟΣxabcd'],
      ['上海前端社区', '上海前端社区aB1'],
      ['서울개발자모임', 'x9!서울개발자모임'],
      ['Ｇａｔｅｗａｙ', 'xx gateway 12Q'],
    ]
    for (const [name, password] of pairs) {
      expect(verdictOf(password, { context: [name] }), name).toBe('password_context_word')
    }
  })
})

describe('the list of common passwords', () => {
  const published = PUBLISHED_PASSWORDS.split(/\s+/)

  it('has more than three thousand published passwords that pass every other rule', () => {
    expect(new Set(published).size).toBeGreaterThanOrEqual(3000)
    expect(published.filter((password) => findFormReason(password) !== undefined)).toEqual([])
  })

  it('refuses each of them, in any case', () => {
    expect(published.filter((password) => verdictOf(password) !== 'password_common')).toEqual([])
    const shouted = published.map((password) => password.toUpperCase())
    expect(shouted.filter((password) => !isCommonPassword(password))).toEqual([])
  })

  it.each([
    'Passw0rd!',
    'P@$$w0rd1',
    'Pa55word123',
    'Qwerty123!',
    'Admin@123',
    'Adm1n2024!',
    '1Password!',
    '!QAZ2wsx',
    'Q1w2e3r4!',
    'Abc123!@#',
    'Abcd1234!',
    'Aa123456!',
    'Test1234!',
    'W3lc0me1!',
    'Letmein123!',
    'Iloveyou1!',
    'Trustno1!',
    'Changeme1!',
    'January2026!',
    'Monday123!',
    'Company2025',
    'Tr0ub4dor&3',
    'Password1Password1',
    'correct-horse-battery-staple',
    'Ｐａｓｓｗｏｒｄ１２３',
    'qwertyuiopasdfghjklzxcvbnm',
    'M1chael1985!',
    '2024Summer!',
  ])('refuses %s', (password) => {
    expect(verdictOf(password, { context: [] })).toBe('password_common')
  })

  it('is sorted without doubles, and small enough for the bundle', () => {
    const stems = decodeStems(inflateText(list))
    expect(stems).toEqual([...new Set(stems)].sort())
    expect(list.byteLength).toBeLessThanOrEqual(12 * 1024)
  })
})

describe('the password policy is safe', () => {
  it('never repeats the password', () => {
    for (const { password } of PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted')) {
      const judgement = checkPassword(password, { context })
      if (judgement.ok) throw new Error('not refused')
      for (const locale of LOCALES) {
        const words = render(sayWhy(judgement), locale)
        expect(words.length).toBeGreaterThan(15)
        expect(password.trim() !== '' && words.includes(password)).toBe(false)
      }
    }
  })

  it('judges hostile texts quickly and without throwing', () => {
    const hostile = [
      'a'.repeat(2_000_000),
      `${'!'.repeat(127)}a`,
      `${'a1'.repeat(63)}!`,
      '\ufdfa'.repeat(128),
      `Aa1!b${'\u0300'.repeat(900)}`,
      '\ud800'.repeat(100),
    ]
    expectQuick(() => {
      for (const text of hostile) checkPassword(text, { context: [...context, text] })
    }, 1000)
  })
})
