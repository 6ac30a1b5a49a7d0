import { describe, expect, it } from 'vitest'
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import { createKeyRing, type KeyPurpose, type VersionedSecret } from '../../src/lib/key-ring.ts'

const secret = (
  version: number,
  text = `secret number ${version}, long enough`,
): VersionedSecret => ({
  version,
  secret: utf8(text),
})
const ONE = secret(1)
const TWO = secret(2)
const PURPOSES: KeyPurpose[] = [
  'link.verify_email',
  'link.revert_email',
  'refresh',
  'device',
  'csrf',
  'idempotency',
]

describe('the key ring works', () => {
  it('derives the published key: HKDF-SHA-256, then HMAC-SHA-256', async () => {
    const material = await crypto.subtle.importKey('raw', ONE.secret, 'HKDF', false, ['deriveBits'])
    const derivation = {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: utf8('gatehouse'),
      info: utf8('csrf'),
    }
    const bits = await crypto.subtle.deriveBits(derivation, material, 256)
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', bits, algorithm, false, ['sign'])
    const mac = await crypto.subtle.sign('HMAC', key, utf8('message'))
    expect(createKeyRing([ONE]).sign('csrf', 'message')).toEqual(new Uint8Array(mac))
  })

  it('verifies what it signed, again and again, and nothing else', () => {
    const keys = createKeyRing([ONE])
    const mac = keys.sign('refresh', 'message')
    expect(keys.verifies('refresh', 'message', mac)).toBe(true)
    expect(keys.verifies('refresh', 'message', mac)).toBe(true)
    expect(keys.verifies('refresh', 'messagf', mac)).toBe(false)
    expect(keys.verifies('refresh', 'message', mac.slice(0, 31))).toBe(false)
    expect(keys.verifies('refresh', 'message', new Uint8Array(32))).toBe(false)
    expect(keys.verifies('refresh', 'message', new Uint8Array())).toBe(false)
  })

  it('takes a new secret at the end of the list for verifying, at its head for signing', () => {
    const before = createKeyRing([ONE])
    const announced = createKeyRing([ONE, TWO])
    const after = createKeyRing([TWO, ONE])
    const byTwo = createKeyRing([TWO]).sign('device', 'm')
    expect(announced.signingVersion).toBe(1)
    expect(announced.sign('device', 'm')).toEqual(before.sign('device', 'm'))
    expect(announced.verifies('device', 'm', byTwo)).toBe(true)
    expect(after.signingVersion).toBe(2)
    expect(after.sign('device', 'm')).toEqual(byTwo)
    expect(after.verifies('device', 'm', before.sign('device', 'm'))).toBe(true)
  })

  it('derives under a version that is asked for, wherever it stands in the list', () => {
    const ring = createKeyRing([TWO, ONE])
    expect(ring.mac('csrf', 'm', 1)).toEqual(createKeyRing([ONE]).sign('csrf', 'm'))
    expect(ring.mac('csrf', 'm', 2)).toEqual(ring.sign('csrf', 'm'))
  })
})

describe('the key ring refuses', () => {
  it('what a removed secret signed, and says that its version is gone', () => {
    const old = createKeyRing([ONE]).sign('refresh', 'm')
    const after = createKeyRing([TWO])
    expect(after.verifies('refresh', 'm', old)).toBe(false)
    expect(after.mac('refresh', 'm', 1)).toBeUndefined()
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a version %d', (version) => {
    expect(createKeyRing([ONE]).mac('refresh', 'm', version)).toBeUndefined()
  })

  it('a value made for another purpose', () => {
    const keys = createKeyRing([ONE])
    const macs = PURPOSES.map((purpose) => keys.sign(purpose, 'same message'))
    expect(new Set(macs.map(toBase64Url)).size).toBe(PURPOSES.length)
    for (const [at, purpose] of PURPOSES.entries()) {
      const accepted = macs.map((mac) => keys.verifies(purpose, 'same message', mac))
      expect(accepted).toEqual(PURPOSES.map((_, other) => other === at))
    }
  })

  it('the same version number with another secret', () => {
    const mine = createKeyRing([ONE])
    const theirs = createKeyRing([secret(1, 'somebody else has this one, sorry')])
    expect(theirs.verifies('refresh', 'm', mine.sign('refresh', 'm'))).toBe(false)
  })
})
