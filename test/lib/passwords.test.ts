import { argon2i, argon2id } from '@noble/hashes/argon2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { loadArgon2 } from '../../src/lib/argon2.ts'
import { type Argon2Hash, formatArgon2Phc, parseArgon2Phc } from '../../src/lib/argon2-phc.ts'
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import type { VersionedSecret } from '../../src/lib/key-ring.ts'
import { createPasswords } from '../../src/lib/passwords.ts'

const newPepper = (version: number): VersionedSecret => ({
  version,
  secret: crypto.getRandomValues(new Uint8Array(32)),
})
const PEPPER_1 = newPepper(1)
const PEPPER_2 = newPepper(2)

/** Passwords under these peppers, and how many hashes they have computed. */
function setUp(...[first = PEPPER_1, ...older]: VersionedSecret[]) {
  const counted = { hashes: 0 }
  const onHash = () => {
    counted.hashes++
  }
  return {
    counted,
    passwords: createPasswords({ argon2: loadArgon2, peppers: [first, ...older], onHash }),
  }
}

function parse(text: string): Argon2Hash {
  const parsed = parseArgon2Phc(text)
  if (!parsed) throw new Error(`not readable: ${text}`)
  return parsed
}

const CURRENT = { type: 'argon2id', version: 19, memoryKib: 19_456, passes: 2, lanes: 1 } as const

/** The stored string of a password, made by noble: ours where nothing is changed, peppered where a pepper is given. */
function storedHash(password: string, changes: Partial<Argon2Hash>, pepper?: VersionedSecret) {
  const parts: Argon2Hash = {
    ...CURRENT,
    pepperVersion: pepper?.version ?? 0,
    salt: crypto.getRandomValues(new Uint8Array(16)),
    hash: new Uint8Array(32),
    ...changes,
  }
  const { memoryKib: m, passes: t, lanes: p, version, hash } = parts
  const input = pepper ? toBase64Url(hmac(sha256, pepper.secret, utf8(password))) : password
  const compute = parts.type === 'argon2id' ? argon2id : argon2i
  const digest = compute(utf8(input), parts.salt, { m, t, p, version, dkLen: hash.length })
  return formatArgon2Phc({ ...parts, hash: digest })
}

/** What another system would have stored: no pepper, and cheap, as only its form matters here. */
const importedHash = (password: string, changes: Partial<Argon2Hash> = {}) =>
  storedHash(password, { memoryKib: 64, ...changes })

/** What somebody would import to wear the isolate out. */
const HOSTILE = '$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw'

const randomText = (alphabet: string, length: number) =>
  Array.from({ length }, () => {
    const characters = Array.from(alphabet)
    return characters[Math.floor(Math.random() * characters.length)]
  }).join('')

describe('password hashes work', () => {
  it('are argon2id with m=19456, t=2, p=1, the pepper version and a salt of their own', async () => {
    const { passwords } = setUp(newPepper(37))
    const [first, second] = [await passwords.hash('Kj7#qmpl'), await passwords.hash('Kj7#qmpl')]
    expect(first).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=00000037\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    )
    expect(parse(first).salt).not.toEqual(parse(second).salt)
    expect(await passwords.verify(first, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: false })
  })

  it('equal what noble computes, on fifty random passwords', { timeout: 120_000 }, async () => {
    const { passwords } = setUp()
    for (let run = 0; run < 50; run++) {
      const password = randomText('abcXYZ019 !#$éßÅ漢字🦀', 8 + (run % 40)).normalize('NFC')
      const { salt, hash } = parse(await passwords.hash(password))
      const peppered = toBase64Url(hmac(sha256, PEPPER_1.secret, utf8(password)))
      const expected = argon2id(utf8(peppered), salt, { m: 19_456, t: 2, p: 1, dkLen: 32 })
      expect(bytesToHex(hash), password).toBe(bytesToHex(expected))
    }
  })

  it('rest on an argon2id that gives the tag of RFC 9106 §5.3', async () => {
    const password = new Uint8Array(32).fill(1)
    const salt = new Uint8Array(16).fill(2)
    const cost = { m: 32, t: 3, p: 4, dkLen: 32 }
    const key = new Uint8Array(8).fill(3)
    const personalization = new Uint8Array(12).fill(4)
    expect(bytesToHex(argon2id(password, salt, { ...cost, key, personalization }))).toBe(
      '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
    )
    const { hash } = (await loadArgon2()).hash(new TextDecoder().decode(password), {
      salt,
      memoryCost: cost.m,
      timeCost: cost.t,
      parallelism: cost.p,
      hashLength: cost.dkLen,
    })
    expect(bytesToHex(hash)).toBe(bytesToHex(argon2id(password, salt, cost)))
  })

  it('match however the accents were typed', async () => {
    const { passwords } = setUp()
    const stored = await passwords.hash('Caf\u00e9-Cr\u00e8me-\u1ec7')
    const typed = 'Cafe\u0301-Cre\u0300me-e\u0323\u0302'
    expect(await passwords.verify(stored, typed)).toEqual({ ok: true, needsRehash: false })
  })

  it('match at the full length of 128 characters, however they are encoded', async () => {
    const { passwords } = setUp()
    for (const password of ['🦀'.repeat(128), 'e\u0323\u0302'.repeat(128)]) {
      const stored = await passwords.hash(password)
      expect(await passwords.verify(stored, password)).toMatchObject({ ok: true })
    }
  })

  it('ask for a new hash after the pepper changed, as long as the old pepper is there', async () => {
    const stored = await setUp(PEPPER_1).passwords.hash('Kj7#qmpl')
    const { passwords } = setUp(PEPPER_2, PEPPER_1)
    expect(await passwords.verify(stored, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: true })
    expect(await passwords.verify(stored, 'Kj7#qmpX')).toEqual({ ok: false, needsRehash: false })
    const renewed = await passwords.hash('Kj7#qmpl')
    expect(await passwords.verify(renewed, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: false })
  })

  it.each<[string, Partial<Argon2Hash>]>([
    ['less memory', { memoryKib: 19_455 }],
    ['one pass', { passes: 1 }],
    ['two lanes', { lanes: 2 }],
    ['argon2i', { type: 'argon2i' }],
    ['version 1.0', { version: 16 }],
    ['a short salt', { salt: new Uint8Array(8).fill(7) }],
    ['a long hash', { hash: new Uint8Array(64) }],
  ])('ask for a new one where the stored one has %s', async (_name, changes) => {
    const { passwords } = setUp()
    const stored = storedHash('Kj7#qmpl', changes, PEPPER_1)
    expect(await passwords.verify(stored, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: true })
    const current = storedHash('Kj7#qmpl', {}, PEPPER_1)
    expect(await passwords.verify(current, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: false })
  })

  it.each<[string, Partial<Argon2Hash>]>([
    ['our own parameters', CURRENT],
    ['three passes and four lanes', { passes: 3, lanes: 4 }],
    ['argon2i', { type: 'argon2i' }],
    ['argon2i of version 1.0', { type: 'argon2i', version: 16 }],
  ])('verify an imported one of %s and ask for a new one', async (_name, changes) => {
    const { passwords, counted } = setUp()
    const stored = importedHash('Kj7#qmpl', changes)
    expect(await passwords.verify(stored, 'Kj7#qmpl')).toEqual({ ok: true, needsRehash: true })
    expect(await passwords.verify(stored, 'Kj7#qmpL')).toEqual({ ok: false, needsRehash: false })
    expect(counted.hashes).toBe(2)
  })

  it('verify an imported password as it was typed, since the other system knew no NFC', async () => {
    const { passwords } = setUp()
    const stored = importedHash('Cafe\u0301-77x')
    expect(await passwords.verify(stored, 'Cafe\u0301-77x')).toMatchObject({ ok: true })
    expect(await passwords.verify(stored, 'Caf\u00e9-77x')).toMatchObject({ ok: false })
  })

  it('verify an imported one without a version, as old as version 1.0', async () => {
    const stored = importedHash('Kj7#qmpl', { version: 16 }).replace('$v=16', '')
    expect(await setUp().passwords.verify(stored, 'Kj7#qmpl')).toMatchObject({ ok: true })
  })

  it('verify an imported password beyond ASCII whole, down to its last character', async () => {
    const { passwords } = setUp()
    for (const password of ['pässwörd-ñandú', '密码密码密码密码', '🦀🐙🐢🐍Aa1']) {
      const stored = importedHash(password)
      expect(await passwords.verify(stored, password), password).toMatchObject({ ok: true })
      const argon2iHash = importedHash(password, { type: 'argon2i', version: 16, lanes: 2 })
      expect(await passwords.verify(argon2iHash, password)).toEqual({ ok: true, needsRehash: true })
      const cut = Array.from(password).slice(0, -1).join('')
      for (const other of [cut, `${cut}x`, `${password}\0`, `${password}x`]) {
        expect(await passwords.verify(stored, other), other).toMatchObject({ ok: false })
      }
    }
  })

  it('are computed right when twenty are asked for at once', async () => {
    const { passwords, counted } = setUp()
    const all = Array.from({ length: 10 }, (_, index) => `Kj7#qmpl-${index}`)
    const stored = await Promise.all(all.map((password) => passwords.hash(password)))
    const verdicts = await Promise.all(
      stored.map((text, index) => passwords.verify(text, all[index % 2 ? 0 : index] ?? '')),
    )
    expect(verdicts.map(({ ok }) => ok)).toEqual(all.map((_, index) => index % 2 === 0))
    expect(counted.hashes).toBe(20)
  })
})

describe('password hashes refuse', () => {
  it('a wrong password, also one that differs in case or in a space', async () => {
    const { passwords } = setUp()
    const stored = await passwords.hash(' Kj7#qmpl')
    for (const wrong of ['Kj7#qmpl', ' kj7#qmpl', ' Kj7#qmpl ', '']) {
      expect(await passwords.verify(stored, wrong)).toEqual({ ok: false, needsRehash: false })
    }
  })

  it('another pepper of the same version', async () => {
    const stored = await setUp(PEPPER_1).passwords.hash('Kj7#qmpl')
    const verdict = await setUp(newPepper(1)).passwords.verify(stored, 'Kj7#qmpl')
    expect(verdict).toEqual({ ok: false, needsRehash: false })
  })

  it('a password that differs after byte 72, or after the 127th character', async () => {
    const { passwords } = setUp()
    for (const length of [72, 100, 127]) {
      const stored = await passwords.hash(`${'k'.repeat(length)}A`)
      expect(await passwords.verify(stored, `${'k'.repeat(length)}A`)).toMatchObject({ ok: true })
      expect(await passwords.verify(stored, `${'k'.repeat(length)}B`)).toMatchObject({ ok: false })
      expect(await passwords.verify(stored, 'k'.repeat(length))).toMatchObject({ ok: false })
    }
  })

  it('to hash a password beyond the cap, before any work', async () => {
    const { passwords, counted } = setUp()
    for (const password of ['k'.repeat(129), 'k'.repeat(1_000_000)]) {
      await expect(passwords.hash(password)).rejects.toThrow(RangeError)
    }
    expect(counted.hashes).toBe(0)
  })
})

describe('password hashes are safe', () => {
  it.each<[string, string | null | undefined, string, string | undefined]>([
    ['no account', undefined, 'Kj7#qmpl', undefined],
    ['an account without a password', null, 'Kj7#qmpl', undefined],
    ['no account and no password', null, '', undefined],
    ['a megabyte for a password', null, 'k'.repeat(1_000_000), 'password_too_long'],
    ['an empty stored string', '', 'Kj7#qmpl', 'unreadable_hash'],
    ['a scheme we do not know', '$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA', '', 'unreadable_hash'],
    ['plain text', 'Kj7#qmpl', 'Kj7#qmpl', 'unreadable_hash'],
    ['a broken string', '$argon2id$v=19$m=19456,t=2,p=1$$', '', 'unreadable_hash'],
    ['4 GiB of memory', HOSTILE.replace('m=64', 'm=4194304'), '', 'unreadable_hash'],
    ['65 MiB of memory', HOSTILE.replace('m=64', 'm=66560'), '', 'unreadable_hash'],
    ['a thousand passes', HOSTILE.replace('t=1', 't=1000'), '', 'unreadable_hash'],
    ['a hundred lanes', HOSTILE.replace('m=64,t=1,p=1', 'm=800,t=1,p=100'), '', 'unreadable_hash'],
    ['bcrypt of cost 31', `$2b$31$${'a'.repeat(52)}e`, '', 'unreadable_hash'],
  ])('take exactly one hash for %s, and never let in', async (_name, stored, password, fault) => {
    const { passwords, counted } = setUp()
    expect(await passwords.verify(stored, password)).toEqual({
      ok: false,
      needsRehash: false,
      fault,
    })
    expect(counted.hashes).toBe(1)
  })

  it('take exactly one hash for a right and for a wrong password', async () => {
    const stored = await setUp().passwords.hash('Kj7#qmpl')
    const { passwords, counted } = setUp()
    await passwords.verify(stored, 'Kj7#qmpl')
    expect(counted.hashes).toBe(1)
    await passwords.verify(stored, 'wrong')
    expect(counted.hashes).toBe(2)
  })

  it('do not open for a password whose cut form is the right one', async () => {
    const { passwords, counted } = setUp()
    const stored = await passwords.hash('k'.repeat(128))
    const verdict = await passwords.verify(stored, 'k'.repeat(1_000_000))
    expect(verdict).toEqual({ ok: false, needsRehash: false, fault: 'password_too_long' })
    expect(counted.hashes).toBe(2)
  })

  it('say so when the pepper of a hash is gone, at the cost of one hash', async () => {
    const stored = await setUp(PEPPER_1).passwords.hash('Kj7#qmpl')
    const { passwords, counted } = setUp(PEPPER_2)
    const verdict = await passwords.verify(stored, 'Kj7#qmpl')
    expect(verdict).toEqual({ ok: false, needsRehash: false, fault: 'unknown_pepper' })
    expect(counted.hashes).toBe(1)
  })

  it('spend on nobody what they spend on somebody: same parameters, and ASCII of one length', async () => {
    const real = await loadArgon2()
    const calls: { input: string; options: object }[] = []
    const recording = {
      hash(input: string, options: Parameters<typeof real.hash>[1]) {
        calls.push({ input, options: { ...options, salt: options?.salt?.length } })
        return real.hash(input, options)
      },
    }
    const argon2 = async () => recording as unknown as typeof real
    const passwords = createPasswords({ argon2, peppers: [PEPPER_1] })
    const stored = await passwords.hash('pässwörd-密码-🦀')
    await passwords.verify(stored, 'pässwörd-密码-🦀')
    await passwords.verify(null, 'pässwörd-密码-🦀')
    await passwords.verify('broken', 'x')
    await passwords.verify(stored, 'k'.repeat(5000))
    expect(calls).toHaveLength(5)
    for (const { input, options } of calls) {
      expect(input).toMatch(/^[A-Za-z0-9_-]{43}$/)
      expect(options).toEqual(calls[0]?.options)
    }
  })

  it('never let in without a stored hash, even if the computed bytes were those of the dummy', async () => {
    const zeros = { hash: () => ({ encoded: '', hash: new Uint8Array(32) }) }
    const argon2 = async () => zeros as unknown as Awaited<ReturnType<typeof loadArgon2>>
    const passwords = createPasswords({ argon2, peppers: [PEPPER_1] })
    expect(await passwords.verify(null, 'Kj7#qmpl')).toEqual({ ok: false, needsRehash: false })
    expect(await passwords.verify('broken', 'Kj7#qmpl')).toMatchObject({ ok: false })
  })

  it('give the memory back after an imported hash that needed much of it', async () => {
    const stored = importedHash('Kj7#qmpl', { memoryKib: 65_536, passes: 1 })
    const before = await loadArgon2()
    const { passwords } = setUp()
    expect(await passwords.verify(stored, 'Kj7#qmpl')).toMatchObject({ ok: true })
    const after = await loadArgon2()
    expect(after).not.toBe(before)
    await passwords.hash('Kj7#qmpl')
    expect(await loadArgon2()).toBe(after)
  })
})

describe('the parser of stored hashes', () => {
  const good = '$argon2id$v=19$m=19456,t=2,p=1,keyid=00000001$AAECAwQFBgcICQoLDA0ODw$'.concat(
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  )

  it('reads what the formatter writes', () => {
    expect(formatArgon2Phc(parse(good))).toBe(good)
    expect(parse(good)).toMatchObject({ memoryKib: 19_456, passes: 2, lanes: 1, pepperVersion: 1 })
    const bare = good.replace(',keyid=00000001', '')
    expect(formatArgon2Phc(parse(bare))).toBe(bare)
    expect(parse(bare).pepperVersion).toBe(0)
  })

  it.each([
    ['version 18', good.replace('v=19', 'v=18')],
    ['argon2d', good.replace('argon2id', 'argon2d')],
    ['another order', good.replace('m=19456,t=2', 't=2,m=19456')],
    ['a leading zero', good.replace('t=2', 't=02')],
    ['no passes', good.replace('t=2', 't=0')],
    ['too many passes', good.replace('t=2', 't=11')],
    ['too much memory', good.replace('m=19456', 'm=65537')],
    ['too little memory', good.replace('m=19456', 'm=31')],
    ['too little memory for its lanes', good.replace('m=19456', 'm=63').replace('p=1', 'p=8')],
    ['too many lanes', good.replace('p=1', 'p=17')],
    ['pepper version 0', good.replace('keyid=00000001', 'keyid=00000000')],
    ['a key id of another make', good.replace('keyid=00000001', 'keyid=MQ')],
    ['a salt of seven bytes', good.replace('AAECAwQFBgcICQoLDA0ODw', 'AAECAwQFBg')],
    ['a hash of eight bytes', good.replace(/[^$]+$/, 'AAECAwQFBgc')],
    ['a hash of 65 bytes', good.replace(/[^$]+$/, 'A'.repeat(87))],
    ['base64 with padding', `${good}=`],
    ['base64 that is not canonical', good.replace(/8$/, '9')],
    ['base64url', good.replace('AAEC', '-_EC')],
    ['a line break at the end', `${good}\n`],
    ['something before it', ` ${good}`],
    ['a part too many', `${good}$AAEC`],
    ['too long a text', good.replace(/[^$]+$/, 'A'.repeat(100_000))],
  ])('refuses %s', (_name, text) => {
    expect(parseArgon2Phc(text)).toBeUndefined()
  })

  it('never throws, and what it accepts it can write again, on 20 000 damaged strings', () => {
    let accepted = 0
    for (let run = 0; run < 20_000; run++) {
      const at = Math.floor(Math.random() * good.length)
      const until = at + Math.floor(Math.random() * 4)
      const damage = randomText('$,=+/azAZ09mtp\0\n é🦀', Math.floor(Math.random() * 3))
      const text = good.slice(0, at) + damage + good.slice(until)
      const parsed = parseArgon2Phc(text)
      if (!parsed) continue
      accepted++
      expect(formatArgon2Phc(parsed)).toBe(text)
    }
    expect(accepted).toBeGreaterThan(0)
  })
})
