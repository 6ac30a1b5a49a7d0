/**
 * Keyed names under LOOKUP_SECRET, which is never rotated: names of guards and limiters, address keys in the outbox,
 * addresses in log lines. A copy of any of them tells no address to one who lacks the secret.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url, utf8 } from './encoding.ts'

export interface Lookup {
  /** Stable name for an address that is already in canonical form. */
  address(email: string): string
  /** Stable name for a client IP that is already in canonical form. */
  ip(ip: string): string
}

export function createLookup(secret: Uint8Array): Lookup {
  const name = (kind: string, value: string) =>
    toBase64Url(hmac(sha256, secret, utf8(`${kind}:${value}`)))
  return { address: (email) => name('address', email), ip: (ip) => name('ip', ip) }
}
