/**
 * Secrets that people hold. A link token is derived from its row's id and never stored: the row keeps the SHA-256 of
 * it. A refresh token carries its session, its generation and a MAC, so that a forged one is refused without a look
 * into the database. A device token names a browser, belongs to no user and authenticates nothing.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64, toBase64Url, utf8 } from './encoding.ts'
import { isUuid, newId } from './ids.ts'
import type { KeyPurpose, KeyRing } from './key-ring.ts'

/** 32 bytes as base64url. */
const MAC_LENGTH = 43

/** SHA-256 of a high-entropy secret, base64url: what rows keep of it. */
export function hashSecret(secret: string): string {
  return toBase64Url(sha256(utf8(secret)))
}

/** The token of a one-time link, or undefined where its key version has been retired. */
export function deriveLinkToken(
  keys: KeyRing,
  purpose: Extract<KeyPurpose, `link.${string}`>,
  tokenId: string,
  version: number,
): string | undefined {
  const mac = keys.mac(purpose, tokenId, version)
  return mac && toBase64Url(mac)
}

type LinkPurpose = KeyPurpose extends infer P
  ? P extends `link.${infer Name}`
    ? Name
    : never
  : never

/** The row of a new one-time link that lives `ttlSeconds` from `now` (ms UTC): what it keeps of its token is a hash. */
export function newLinkToken<P extends LinkPurpose>(
  keys: KeyRing,
  purpose: P,
  { now, ttlSeconds, id = newId(now) }: { now: number; ttlSeconds: number; id?: string },
) {
  const token = toBase64Url(keys.sign(`link.${purpose}` as KeyPurpose, id))
  return {
    id,
    purpose,
    keyVersion: keys.signingVersion,
    tokenHash: hashSecret(token),
    createdAt: now,
    expiresAt: now + ttlSeconds * 1000,
  }
}

export interface RefreshToken {
  sessionId: string
  generation: number
  secret: string
}

/** 32 random bytes, base64url: for what nobody may guess and nothing derives, such as a session's first secret. */
export function newRandomSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}

/** `rt.<sessionId>.<generation>.<secret>.<mac>` */
export function formatRefreshToken(keys: KeyRing, token: RefreshToken): string {
  const body = `rt.${token.sessionId}.${token.generation}.${token.secret}`
  return `${body}.${toBase64Url(keys.sign('refresh', body))}`
}

/** The parts of a genuine refresh token, or undefined for anything we did not make. No I/O. */
export function parseRefreshToken(keys: KeyRing, text: string): RefreshToken | undefined {
  const signed = splitSigned(text)
  const match = signed && /^rt\.([0-9a-f-]{36})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/.exec(signed.body)
  if (!match || !keys.verifies('refresh', signed.body, signed.mac)) return undefined
  const [, sessionId = '', generation = '', secret = ''] = match
  return { sessionId, generation: Number(generation), secret }
}

/**
 * What follows a refresh token's secret, under every key of AUTH_SECRETS, the signing one first. Derived, so that the
 * parent presented again gives the same successor although nothing secret is stored.
 */
export function successorSecrets(keys: KeyRing, token: RefreshToken): [string, ...string[]] {
  const parent = `${token.sessionId}.${token.generation}.${token.secret}`
  const [first, ...others] = keys.macs('refresh.successor', parent)
  return [toBase64Url(first), ...others.map(toBase64Url)]
}

/** The six digits of a challenge, or undefined where its key version has been retired. */
export function deriveCode(
  keys: KeyRing,
  challengeId: string,
  version: number,
): string | undefined {
  const mac = keys.mac('code', challengeId, version)
  if (!mac) return undefined
  // 128 bits over a million: no digit is likelier than another by more than one in 10^32.
  const number = mac
    .subarray(0, 16)
    .reduce((sum, byte) => (sum * 256n + BigInt(byte)) % 1_000_000n, 0n)
  return String(number).padStart(6, '0')
}

/** What an account guard keeps of a code, or compares with it: one digest per key of AUTH_SECRETS, the signing one first. */
export function codeDigests(keys: KeyRing, flow: string, code: string): [string, ...string[]] {
  const [first, ...others] = keys.macs('code.digest', `${flow}:${code}`)
  return [toBase64Url(first), ...others.map(toBase64Url)]
}

/** `<deviceId>.<mac>` */
export function formatDeviceToken(keys: KeyRing, deviceId: string): string {
  return `${deviceId}.${toBase64Url(keys.sign('device', deviceId))}`
}

/** The device id of a token we made, or undefined. */
export function parseDeviceToken(keys: KeyRing, text: string): string | undefined {
  const signed = splitSigned(text)
  if (!signed || !isUuid(signed.body)) return undefined
  return keys.verifies('device', signed.body, signed.mac) ? signed.body : undefined
}

/** A code to be mailed: what names it, what derives it as the mail is made, and what the guard keeps of it. */
export function newChallenge(keys: KeyRing, flow: string, now: number) {
  const challengeId = newId(now)
  const keyVersion = keys.signingVersion
  const code = deriveCode(keys, challengeId, keyVersion)
  if (code === undefined) throw new Error('the signing version has a key by definition')
  const [digest] = codeDigests(keys, flow, code)
  return { challengeId, keyVersion, digest }
}

/** The CSRF token of a session: the same for the session's life, so that any tab can ask for it again. */
export function csrfTokenOf(keys: KeyRing, sessionId: string): string {
  return toBase64Url(keys.sign('csrf', sessionId))
}

export function isCsrfTokenOf(keys: KeyRing, sessionId: string, token: string): boolean {
  const mac = readMac(token)
  return mac !== undefined && keys.verifies('csrf', sessionId, mac)
}

function splitSigned(text: string): { body: string; mac: Uint8Array } | undefined {
  const at = text.lastIndexOf('.')
  const mac = at > 0 && text.length <= 512 ? readMac(text.slice(at + 1)) : undefined
  return mac && { body: text.slice(0, at), mac }
}

/** A MAC in the one spelling we give out: the last character of base64 has bits that decoding ignores. */
function readMac(text: string): Uint8Array | undefined {
  const mac = text.length === MAC_LENGTH ? fromBase64(text) : undefined
  return mac && toBase64Url(mac) === text ? mac : undefined
}
