import { describe, expect, it } from 'vitest'
import { fromBase64, toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import { newId } from '../../src/lib/ids.ts'
import { createKeyRing } from '../../src/lib/key-ring.ts'
import {
  csrfTokenOf,
  deriveLinkToken,
  formatDeviceToken,
  formatRefreshToken,
  hashSecret,
  isCsrfTokenOf,
  newRandomSecret,
  parseDeviceToken,
  parseRefreshToken,
} from '../../src/lib/tokens.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

const NOW = Date.UTC(2026, 10, 22)
const ONE = { version: 1, secret: utf8('the first secret of AUTH_SECRETS') }
const TWO = { version: 2, secret: utf8('the second secret of AUTH_SECRET') }
const keys = createKeyRing([ONE])
const announced = createKeyRing([ONE, TWO])
const rotated = createKeyRing([TWO, ONE])
const retired = createKeyRing([TWO])

const refresh = { sessionId: newId(NOW), generation: 1, secret: newRandomSecret() }
const deviceId = newId(NOW)

/** Every text that differs from `text` in one place, by each of a few characters. */
function spoiled(text: string): string[] {
  const others = ['A', 'B', 'z', '0', '9', '-', '_', '.', '+', '/', '=', ' ', '\0', 'ä']
  return Array.from(text).flatMap((char, at) => [
    ...others
      .filter((other) => other !== char)
      .map((other) => `${text.slice(0, at)}${other}${text.slice(at + 1)}`),
    `${text.slice(0, at)}${text.slice(at + 1)}`,
  ])
}

/** The four texts whose last base64 character decodes to the same bytes. */
function twins(text: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return Array.from(alphabet, (last) => text.slice(0, -1) + last).filter(
    (twin) => twin !== text && sameBytes(twin.slice(-43), text.slice(-43)),
  )
}

function sameBytes(a: string, b: string): boolean {
  return String(fromBase64(a)) === String(fromBase64(b))
}

describe('link tokens', () => {
  const derive = deriveLinkToken
  const id = newId(NOW)

  it('are derived: the same row gives the same token, and nobody needs to store it', () => {
    expect(derive(keys, 'link.verify_email', id, 1)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(derive(rotated, 'link.verify_email', id, 1)).toBe(
      derive(keys, 'link.verify_email', id, 1),
    )
  })

  it('differ by purpose, by row and by key version', () => {
    const tokens = [
      derive(rotated, 'link.verify_email', id, 1),
      derive(rotated, 'link.verify_email', id, 2),
      derive(rotated, 'link.revert_email', id, 1),
      derive(rotated, 'link.verify_email', newId(NOW), 1),
    ]
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  it('cannot be derived any more once their key is retired', () => {
    expect(derive(retired, 'link.verify_email', id, 1)).toBeUndefined()
  })
})

describe('hashSecret', () => {
  it('is SHA-256 in base64url', async () => {
    const digest = await crypto.subtle.digest('SHA-256', utf8('secret'))
    expect(hashSecret('secret')).toBe(toBase64Url(new Uint8Array(digest)))
  })
})

describe('refresh tokens work', () => {
  it('carry session, generation and secret', () => {
    const text = formatRefreshToken(keys, refresh)
    expect(text).toMatch(/^rt\.[0-9a-f-]{36}\.1\.[\w-]{43}\.[\w-]{43}$/)
    expect(parseRefreshToken(keys, text)).toEqual(refresh)
  })

  it('carry any generation up to a billion', () => {
    const late = { ...refresh, generation: 999_999_999 }
    expect(parseRefreshToken(keys, formatRefreshToken(keys, late))).toEqual(late)
  })

  it('begin with 256 random bits, never the same', () => {
    const secrets = new Set(Array.from({ length: 1000 }, newRandomSecret))
    expect(secrets.size).toBe(1000)
    for (const secret of secrets) expect(fromBase64(secret)).toHaveLength(32)
  })

  it('survive a rotation as long as their secret is in the list', () => {
    const old = formatRefreshToken(keys, refresh)
    const fresh = formatRefreshToken(rotated, refresh)
    expect(parseRefreshToken(announced, old)).toEqual(refresh)
    expect(parseRefreshToken(rotated, old)).toEqual(refresh)
    // Another machine may still run with the configuration before the rotation.
    expect(parseRefreshToken(announced, fresh)).toEqual(refresh)
    expect(fresh).not.toBe(old)
    expect(parseRefreshToken(retired, old)).toBeUndefined()
    expect(parseRefreshToken(keys, fresh)).toBeUndefined()
  })
})

describe('refresh tokens refuse', () => {
  const genuine = formatRefreshToken(keys, refresh)
  const body = genuine.slice(0, genuine.lastIndexOf('.'))
  const signed = (text: string) => `${text}.${toBase64Url(keys.sign('refresh', text))}`

  it('any flipped, added or missing character', () => {
    const accepted = spoiled(genuine).filter((text) => parseRefreshToken(keys, text))
    expect(accepted).toEqual([])
    for (const text of [`${genuine}A`, `${genuine}=`, ` ${genuine}`, `${genuine}\n`, `.${genuine}`])
      expect(parseRefreshToken(keys, text)).toBeUndefined()
  })

  it('another spelling of the same MAC', () => {
    expect(twins(genuine)).toHaveLength(3)
    expect(twins(genuine).filter((text) => parseRefreshToken(keys, text))).toEqual([])
  })

  it('parts of two genuine ones put together', () => {
    const other = formatRefreshToken(keys, { ...refresh, generation: 2 })
    const mixed = `${body}${other.slice(other.lastIndexOf('.'))}`
    expect(parseRefreshToken(keys, mixed)).toBeUndefined()
  })

  it.each([
    ['a MAC under the key of devices', `${body}.${toBase64Url(keys.sign('device', body))}`],
    ['an empty MAC', `${body}.`],
    ['no MAC', body],
    ['a zero MAC', `${body}.${toBase64Url(new Uint8Array(32))}`],
    ['a short MAC', `${body}.AAAA`],
    ['a device token', formatDeviceToken(keys, deviceId)],
    ['a CSRF token', csrfTokenOf(keys, refresh.sessionId)],
  ])('%s', (_, text) => {
    expect(parseRefreshToken(keys, text)).toBeUndefined()
  })

  it.each([
    ['another prefix', `RT.${refresh.sessionId}.1.${refresh.secret}`],
    ['no generation', `rt.${refresh.sessionId}..${refresh.secret}`],
    ['a negative generation', `rt.${refresh.sessionId}.-1.${refresh.secret}`],
    ['a generation of ten digits', `rt.${refresh.sessionId}.1000000000.${refresh.secret}`],
    ['a short secret', `rt.${refresh.sessionId}.1.${refresh.secret.slice(1)}`],
    ['a session id of other letters', `rt.${'Z'.repeat(36)}.1.${refresh.secret}`],
    ['one part more', `rt.${refresh.sessionId}.1.${refresh.secret}.x`],
  ])('%s, even rightly signed', (_, text) => {
    expect(parseRefreshToken(keys, signed(text))).toBeUndefined()
  })
})

describe('device tokens', () => {
  const token = formatDeviceToken(keys, deviceId)

  it('give back the device, before and after a rotation', () => {
    expect(parseDeviceToken(keys, token)).toBe(deviceId)
    expect(parseDeviceToken(rotated, token)).toBe(deviceId)
    expect(parseDeviceToken(announced, formatDeviceToken(rotated, deviceId))).toBe(deviceId)
    expect(parseDeviceToken(retired, token)).toBeUndefined()
  })

  it('refuse any flipped character and another spelling of the MAC', () => {
    const forged = [...spoiled(token), ...twins(token), `${token}A`, `${token}=`, ` ${token}`]
    expect(forged.filter((text) => parseDeviceToken(keys, text))).toEqual([])
  })

  it('refuse what is no device, even rightly signed', () => {
    for (const body of ['', 'x', deviceId.toUpperCase(), `${deviceId}.x`, `rt.${deviceId}`]) {
      const text = `${body}.${toBase64Url(keys.sign('device', body))}`
      expect(parseDeviceToken(keys, text)).toBeUndefined()
    }
  })

  it('refuse a device id under the key of another purpose', () => {
    const mac = toBase64Url(keys.sign('csrf', deviceId))
    expect(parseDeviceToken(keys, `${deviceId}.${mac}`)).toBeUndefined()
  })
})

describe('CSRF tokens', () => {
  const { sessionId } = refresh
  const token = csrfTokenOf(keys, sessionId)

  it('are the same for the whole session and belong to no other', () => {
    expect(csrfTokenOf(keys, sessionId)).toBe(token)
    expect(isCsrfTokenOf(keys, sessionId, token)).toBe(true)
    expect(isCsrfTokenOf(keys, newId(NOW), token)).toBe(false)
  })

  it('hold across a rotation until the old secret goes', () => {
    expect(isCsrfTokenOf(rotated, sessionId, token)).toBe(true)
    expect(isCsrfTokenOf(announced, sessionId, csrfTokenOf(rotated, sessionId))).toBe(true)
    expect(isCsrfTokenOf(retired, sessionId, token)).toBe(false)
  })

  it('refuse any flipped character, another spelling, and nothing', () => {
    const forged = [...spoiled(token), ...twins(token), '', ' ', 'null', `${token}=`, `${token} `]
    expect(forged.filter((text) => isCsrfTokenOf(keys, sessionId, text))).toEqual([])
  })
})

describe('tokens are safe', () => {
  it.each<[string, string]>([
    ...HOSTILE_TEXTS,
    ['padding', `${'='.repeat(100_000)}x`],
    ['100 000 letters with a dot', `${'A'.repeat(100_000)}.${'A'.repeat(43)}`],
    ['100 000 letters after a dot', `rt.${'A'.repeat(100_000)}`],
  ])('refuse %s at once', (_, text) => {
    const readers = [
      () => parseRefreshToken(keys, text),
      () => parseDeviceToken(keys, text),
      () => isCsrfTokenOf(keys, refresh.sessionId, text) || undefined,
    ]
    for (const read of readers) {
      expect(read()).toBeUndefined()
      expectQuick(read)
    }
  })
})
