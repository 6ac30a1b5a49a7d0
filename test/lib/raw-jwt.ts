/** Signs whatever header and claims a test wants, also what no honest signer would write. */
import { toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import type { SigningKey } from '../../src/lib/jwt.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** A fresh ES256 key pair as one private JWK. */
export async function newSigningKey(kid: string): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as CryptoKeyPair
  const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
  const { kty = '', crv = '', x = '', y = '', d = '' } = jwk
  return { kty, crv, x, y, d, kid }
}

/** Header and claims as objects, or as the very text that shall be signed. */
export async function signRaw(
  key: SigningKey,
  header: object | string,
  claims: object | string,
): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`
  const { kty, crv, x, y, d } = key
  const jwk = { kty, crv, x, y, d } as JsonWebKey
  const privateKey = await crypto.subtle.importKey('jwk', jwk, EC, false, ['sign'])
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, privateKey, utf8(input))
  return `${input}.${toBase64Url(new Uint8Array(signature))}`
}

/** The same under HMAC-SHA-256 with any bytes as the key. */
export async function signWithHmac(secret: Uint8Array, header: object, claims: object) {
  const input = `${encode(header)}.${encode(claims)}`
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, utf8(input))
  return `${input}.${toBase64Url(new Uint8Array(signature))}`
}

/** One part of a token. */
export function encode(part: object | string): string {
  return toBase64Url(utf8(typeof part === 'string' ? part : JSON.stringify(part)))
}
