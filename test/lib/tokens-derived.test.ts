/** What is derived and stored nowhere: links, the successors of refresh tokens, codes. */
import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import { isUuid, newId } from '../../src/lib/ids.ts'
import { createKeyRing } from '../../src/lib/key-ring.ts'
import {
  codeDigests,
  deriveCode,
  deriveLinkToken,
  hashSecret,
  newLinkToken,
  newRandomSecret,
  successorSecrets,
} from '../../src/lib/tokens.ts'

const NOW = Date.UTC(2026, 10, 22)
const ONE = { version: 1, secret: utf8('the first secret of AUTH_SECRETS') }
const TWO = { version: 2, secret: utf8('the second secret of AUTH_SECRET') }
const keys = createKeyRing([ONE])
const announced = createKeyRing([ONE, TWO])
const rotated = createKeyRing([TWO, ONE])
const retired = createKeyRing([TWO])

/** HMAC-SHA-256 under the key that HKDF gives a purpose, by the platform's own cryptography. */
async function referenceMac(secret: Uint8Array, purpose: string, message: string) {
  const { subtle } = crypto
  const material = await subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, [
    'deriveBits',
  ])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: utf8('gatehouse'), info: utf8(purpose) }
  const bits = await subtle.deriveBits(hkdf, material, 256)
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', bits, hmac, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', key, utf8(message)))
}

const asNumber = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)

/** Pearson's statistic against equal frequencies. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('newLinkToken', () => {
  const life = { now: NOW, ttlSeconds: 3600 }

  it('gives a row whose hash fits the token that the mail derives from its id', () => {
    const row = newLinkToken(keys, 'reset_password', life)
    const token = deriveLinkToken(keys, 'link.reset_password', row.id, row.keyVersion) ?? ''
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(row).toEqual({
      id: expect.toSatisfy(isUuid),
      purpose: 'reset_password',
      keyVersion: 1,
      tokenHash: hashSecret(token),
      createdAt: NOW,
      expiresAt: NOW + 3_600_000,
    })
    expect(JSON.stringify(row)).not.toContain(token)
  })

  it('never gives the same twice, and takes an id where one is given', () => {
    const rows = Array.from({ length: 100 }, () => newLinkToken(keys, 'not_me', life))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(100)
    expect(new Set(rows.map(({ tokenHash }) => tokenHash)).size).toBe(100)
    const id = newId(NOW)
    expect(newLinkToken(keys, 'not_me', { ...life, id })).toEqual(
      newLinkToken(keys, 'not_me', { ...life, id }),
    )
  })

  it('makes the token of one purpose useless for another', () => {
    const id = newId(NOW)
    const purposes = ['reset_password', 'not_me', 'verify_email', 'revert_email'] as const
    const hashes = purposes.map((purpose) => newLinkToken(keys, purpose, { ...life, id }).tokenHash)
    expect(new Set(hashes).size).toBe(purposes.length)
  })

  it('names the key version, so that a mail rendered after a rotation still fits the row', () => {
    const before = newLinkToken(announced, 'reset_password', life)
    expect(before.keyVersion).toBe(1)
    const derive = (ring: typeof keys) =>
      deriveLinkToken(ring, 'link.reset_password', before.id, before.keyVersion)
    expect(hashSecret(derive(rotated) ?? '')).toBe(before.tokenHash)
    expect(derive(retired)).toBeUndefined()
    expect(newLinkToken(rotated, 'reset_password', life).keyVersion).toBe(2)
  })
})

describe('successorSecrets', () => {
  const parent = { sessionId: newId(NOW), generation: 7, secret: newRandomSecret() }

  it('are the same for the same parent, however often it is presented', () => {
    const [secret, ...others] = successorSecrets(keys, parent)
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(others).toEqual([])
    expect(successorSecrets(keys, { ...parent })).toEqual([secret])
    expect(secret).not.toBe(parent.secret)
  })

  it('are another for another secret, generation or session', () => {
    const variants = [
      parent,
      { ...parent, secret: newRandomSecret() },
      { ...parent, generation: 8 },
      { ...parent, generation: 70 },
      { ...parent, sessionId: newId(NOW) },
    ].map((token) => successorSecrets(keys, token)[0])
    expect(new Set(variants).size).toBe(variants.length)
  })

  it('come under every active key, the signing one first: a rotation within the grace changes none', () => {
    const [ofOne] = successorSecrets(keys, parent)
    const [ofTwo] = successorSecrets(retired, parent)
    expect(ofOne).not.toBe(ofTwo)
    expect(successorSecrets(announced, parent)).toEqual([ofOne, ofTwo])
    expect(successorSecrets(rotated, parent)).toEqual([ofTwo, ofOne])
  })

  it('never come round again along a chain', () => {
    const seen = new Set([parent.secret])
    let token = parent
    for (let n = 0; n < 500; n++) {
      const [secret] = successorSecrets(keys, token)
      token = { ...token, generation: token.generation + 1, secret }
      seen.add(secret)
    }
    expect(seen.size).toBe(501)
  })

  it('cannot be told from what the database keeps: they hang on the secret, not on its hash', () => {
    const known = { ...parent, secret: hashSecret(parent.secret) }
    expect(successorSecrets(keys, known)).not.toEqual(successorSecrets(keys, parent))
  })
})

describe('deriveCode', () => {
  it('gives six digits, the same for the same challenge, and none under a retired key', () => {
    const id = newId(NOW)
    const code = deriveCode(keys, id, 1)
    expect(code).toMatch(/^\d{6}$/)
    expect(deriveCode(rotated, id, 1)).toBe(code)
    expect(deriveCode(retired, id, 1)).toBeUndefined()
  })

  it('is the number that 128 bits of the HMAC leave over a million, as the platform computes it', async () => {
    for (let n = 0; n < 50; n++) {
      const mac = await referenceMac(ONE.secret, 'code', `challenge ${n}`)
      const number = asNumber(mac.subarray(0, 16)) % 1_000_000n
      expect(deriveCode(keys, `challenge ${n}`, 1)).toBe(String(number).padStart(6, '0'))
    }
  })

  /** Fixed key and fixed challenges: the same hundred thousand codes in every run. */
  let codes: string[] = []
  beforeAll(() => {
    codes = Array.from({ length: 100_000 }, (_, n) => deriveCode(keys, `draw ${n}`, 1) ?? '')
  })

  it('keeps the zeros in front', () => {
    expect(codes.filter((code) => code.length !== 6)).toEqual([])
    const withZero = codes.filter((code) => code.startsWith('0')).length
    expect(withZero).toBeGreaterThan(9_500)
    expect(withZero).toBeLessThan(10_500)
  })

  // Bounds: the 99.99 % quantiles of chi-square with 9, 99 and 999 degrees of freedom.
  it.each([0, 1, 2, 3, 4, 5])('prefers no digit at place %i', (place) => {
    const counts = Array.from({ length: 10 }, () => 0)
    for (const code of codes) {
      const digit = Number(code[place])
      counts[digit] = (counts[digit] ?? 0) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(33.7)
  })

  it.each([
    [0, 2, 161.3],
    [4, 6, 161.3],
    [0, 3, 1176],
    [3, 6, 1176],
  ])('prefers no group of digits from %i to %i', (from, to, bound) => {
    const counts = Array.from({ length: 10 ** (to - from) }, () => 0)
    for (const code of codes) {
      const group = Number(code.slice(from, to))
      counts[group] = (counts[group] ?? 0) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(bound)
    // Nor is it too even to be random.
    expect(chiSquare(counts)).toBeGreaterThan(counts.length / 2)
  })

  it('hits the same code twice as often as chance would have it', () => {
    const pairs = codes.length - new Set(codes).size
    // Expected 4837 with a deviation of about 67.
    expect(pairs).toBeGreaterThan(4_550)
    expect(pairs).toBeLessThan(5_120)
  })
})

describe('codeDigests', () => {
  const flow = `account:${newId(NOW)}`

  it('are keyed: one per active key, the signing one first', () => {
    const [ofOne] = codeDigests(keys, flow, '123456')
    const [ofTwo] = codeDigests(retired, flow, '123456')
    expect(ofOne).toMatch(/^[\w-]{43}$/)
    expect(ofOne).not.toBe(ofTwo)
    expect(codeDigests(announced, flow, '123456')).toEqual([ofOne, ofTwo])
    expect(codeDigests(rotated, flow, '123456')).toEqual([ofTwo, ofOne])
  })

  it('belong to one flow and one code', () => {
    const digests = [
      codeDigests(keys, flow, '123456'),
      codeDigests(keys, flow, '123457'),
      codeDigests(keys, flow, '012345'),
      codeDigests(keys, `account:${newId(NOW)}`, '123456'),
    ].map(([digest]) => digest)
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('cannot be made without the key: no plain hash of the code is one of them', async () => {
    const digests = new Set([...codeDigests(announced, flow, '123456')])
    const guesses = ['123456', `${flow}:123456`, `${flow}123456`].map(hashSecret)
    expect(guesses.filter((guess) => digests.has(guess))).toEqual([])
    const reference = await referenceMac(ONE.secret, 'code.digest', `${flow}:123456`)
    expect([...digests][0]).toBe(toBase64Url(reference))
  })

  it('are under another key than the codes are', () => {
    const message = newId(NOW)
    const macs = (['code', 'code.digest'] as const).map((purpose) => keys.sign(purpose, message))
    expect(new Set(macs.map(toBase64Url)).size).toBe(2)
  })
})
