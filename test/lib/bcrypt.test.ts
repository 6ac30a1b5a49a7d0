import { genSaltSync, hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { loadArgon2 } from '../../src/lib/argon2.ts'
import { matchesBcrypt, parseBcrypt } from '../../src/lib/bcrypt.ts'
import { createPasswords } from '../../src/lib/passwords.ts'

/** Made by libxcrypt, the crypt(3) of Linux. */
const MADE_ELSEWHERE: [stored: string, password: string, wrong: string][] = [
  ['$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.', '', 'x'],
  ['$2b$05$DCq7YPn5Rq63x1Lad4cll.gnrZcxwtcpeDhni2Neeb40WFO20GFqO', 'Velvet-Harbour-27', ''],
  ['$2y$05$DCq7YPn5Rq63x1Lad4cll.yDnwgTQRh.O0wNGBqT7.LVhcNcXKp/O', 'pässwörd-ñandú', 'pässwörd'],
  ['$2b$05$DCq7YPn5Rq63x1Lad4cll.9hCyIEOtP8rcJ0OfXIDOCCrVogoVK4i', '密码🦀', '密码'],
  [
    '$2b$05$DCq7YPn5Rq63x1Lad4cll.lxPm1zW5zhmB1zEgAWzaqs8gjun/eWO',
    `${'k'.repeat(71)}AB`,
    'k'.repeat(71),
  ],
  [
    '$2y$05$DCq7YPn5Rq63x1Lad4cll.tN3sI3LnmfFO8qlY0VWb3fJwYChEX8O',
    `${'é'.repeat(36)}tail`,
    'é'.repeat(35),
  ],
]

/** Cheap, as only its form matters here. */
const bcrypt = (password: string, revision = 'b', cost = 4) =>
  hashSync(password, genSaltSync(cost)).replace('$2b$', `$2${revision}$`)

function setUp() {
  const counted = { hashes: 0 }
  const peppers = [{ version: 1, secret: crypto.getRandomValues(new Uint8Array(32)) }] as const
  const onHash = () => {
    counted.hashes++
  }
  return { counted, passwords: createPasswords({ argon2: loadArgon2, peppers, onHash }) }
}

const RIGHT = { ok: true, needsRehash: true }
const WRONG = { ok: false, needsRehash: false }

describe('imported bcrypt hashes work', () => {
  it.each(MADE_ELSEWHERE)('that another system made: %s', async (stored, password, wrong) => {
    const { passwords } = setUp()
    expect(await passwords.verify(stored, password)).toEqual(RIGHT)
    expect(await passwords.verify(stored, wrong)).toEqual(WRONG)
  })

  it.each(['a', 'b', 'y'])(
    'of revision 2%s: the right password matches and asks for a new hash',
    async (revision) => {
      const { passwords, counted } = setUp()
      const stored = bcrypt('Velvet-Harbour-27', revision)
      expect(stored.slice(0, 4)).toBe(`$2${revision}$`)
      expect(await passwords.verify(stored, 'Velvet-Harbour-27')).toEqual(RIGHT)
      expect(await passwords.verify(stored, 'velvet-Harbour-27')).toEqual(WRONG)
      expect(counted.hashes).toBe(2)
    },
  )

  it('for a password beyond ASCII, whole and as it was typed', async () => {
    const { passwords } = setUp()
    for (const password of [
      'pässwörd-ñandú',
      '密码密码密码密码',
      '🦀🐙🐢🐍Aa1',
      'Cafe\u0301-77x',
    ]) {
      const stored = bcrypt(password)
      expect(await passwords.verify(stored, password), password).toEqual(RIGHT)
      expect(await passwords.verify(stored, password.slice(0, -1)), password).toEqual(WRONG)
    }
    expect(await passwords.verify(bcrypt('Cafe\u0301-77x'), 'Caf\u00e9-77x')).toEqual(WRONG)
  })

  it('for a long password, cut at byte 72 as it was, and its new hash counts every character', async () => {
    const { passwords } = setUp()
    for (const head of ['k'.repeat(72), `${'é'.repeat(35)}kk`, 'k'.repeat(71)]) {
      const password = `${head}éABC`
      const stored = bcrypt(password)
      expect(await passwords.verify(stored, password), password).toEqual(RIGHT)
      expect(await passwords.verify(stored, `${head}éXYZ`), password).toEqual(RIGHT)
      expect(await passwords.verify(stored, `x${password}`), password).toEqual(WRONG)
      const renewed = await passwords.hash(password)
      expect(await passwords.verify(renewed, password)).toEqual({ ok: true, needsRehash: false })
      expect(await passwords.verify(renewed, `${head}éXYZ`)).toEqual(WRONG)
    }
  })

  it('where the last byte that counts is the 72nd: it does, the 73rd does not', async () => {
    const { passwords } = setUp()
    const stored = bcrypt(`${'k'.repeat(71)}AB`)
    expect(await passwords.verify(stored, `${'k'.repeat(71)}A`)).toEqual(RIGHT)
    expect(await passwords.verify(stored, `${'k'.repeat(71)}B`)).toEqual(WRONG)
    expect(await passwords.verify(stored, 'k'.repeat(71))).toEqual(WRONG)
  })

  it('whatever the unused bits of the salt are', () => {
    const stored = bcrypt('Velvet-Harbour-27')
    const last = stored.charAt(28)
    const next = { '.': '/', O: 'P', e: 'f', u: 'v' }[last] ?? ''
    const parsed = parseBcrypt(`${stored.slice(0, 28)}${next}${stored.slice(29)}`)
    expect(parsed && matchesBcrypt(parsed, 'Velvet-Harbour-27')).toBe(true)
  })
})

describe('imported bcrypt hashes are refused', () => {
  const good = bcrypt('Velvet-Harbour-27')

  it.each([
    ['cost 3', good.replace('$04$', '$03$')],
    ['cost 15', good.replace('$04$', '$15$')],
    ['cost 31', good.replace('$04$', '$31$')],
    ['cost 40', good.replace('$04$', '$40$')],
    ['a cost of one digit', good.replace('$04$', '$4$')],
    ['the first revision', good.replace('$2b$', '$2$')],
    ['the broken revision of crypt_blowfish', good.replace('$2b$', '$2x$')],
    ['a letter that bcrypt has not', good.replace(/.$/, '+')],
    ['a digest that is not canonical', good.replace(/.$/, '/')],
    ['a character too few', good.slice(0, -1)],
    ['a character too many', `${good}.`],
    ['a line break at the end', `${good}\n`],
    ['something before it', ` ${good}`],
    ['a hundred thousand characters', good.padEnd(100_000, '.')],
  ])('for %s, at the cost of one hash', async (_name, stored) => {
    const { passwords, counted } = setUp()
    expect(parseBcrypt(stored)).toBeUndefined()
    const verdict = await passwords.verify(stored, 'Velvet-Harbour-27')
    expect(verdict).toEqual({ ...WRONG, fault: 'unreadable_hash' })
    expect(counted.hashes).toBe(1)
  })

  it('up to cost 14 they are readable', () => {
    for (const cost of ['04', '09', '10', '14']) {
      expect(parseBcrypt(good.replace('$04$', `$${cost}$`))?.setting.slice(4, 6)).toBe(cost)
    }
  })
})

describe('imported bcrypt hashes are safe', () => {
  it('from a NUL: neither a repeated password nor one cut short is the password', async () => {
    const { passwords, counted } = setUp()
    const stored = bcrypt('Velvet')
    for (const password of ['Velvet\0Velvet', 'Velvet\0', 'Velvet\0x', '\0Velvet']) {
      expect(await passwords.verify(stored, password)).toEqual(WRONG)
    }
    expect(await passwords.verify(bcrypt('Velvet\0x'), 'Velvet\0x')).toEqual(WRONG)
    expect(counted.hashes).toBe(5)
  })

  it('from a password beyond the cap: it costs one hash, of ours, and never opens', async () => {
    const { passwords, counted } = setUp()
    const stored = bcrypt('k'.repeat(129))
    for (const length of [129, 5000, 1_000_000]) {
      const verdict = await passwords.verify(stored, 'k'.repeat(length))
      expect(verdict).toEqual({ ...WRONG, fault: 'password_too_long' })
    }
    expect(counted.hashes).toBe(3)
  })

  it('from damage: the parser never throws, and reads nothing that it cannot compute', () => {
    const good = bcrypt('Velvet-Harbour-27')
    const letters = Array.from('$./+=aZ09by\0\n é🦀')
    let accepted = 0
    for (let run = 0; run < 5000; run++) {
      const at = Math.floor(Math.random() * good.length)
      const letter = letters[Math.floor(Math.random() * letters.length)] ?? ''
      const parsed = parseBcrypt(
        good.slice(0, at) + letter + good.slice(at + Math.floor(Math.random() * 3)),
      )
      if (!parsed) continue
      accepted++
      if (accepted < 20) expect(matchesBcrypt(parsed, 'another one')).toBe(false)
    }
    expect(accepted).toBeGreaterThan(0)
  })
})
