/**
 * Keys for what we sign or derive ourselves. AUTH_SECRETS is a versioned list: the first secret signs, all verify.
 * Each purpose has its own key (HKDF-SHA-256, RFC 5869), so that a value made for one purpose never passes for another.
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, utf8 } from './encoding.ts'

export type KeyPurpose =
  | 'link.verify_email'
  | 'link.revert_email'
  | 'link.reset_password'
  | 'link.not_me'
  | 'link.magic_link'
  | 'link.invitation'
  | 'link.signup'
  | 'code'
  | 'code.digest'
  | 'refresh'
  | 'refresh.successor'
  | 'device'
  | 'csrf'
  | 'idempotency'

export interface VersionedSecret {
  version: number
  secret: Uint8Array
}

export interface KeyRing {
  /** Version whose key signs new values. */
  readonly signingVersion: number
  /** Versions that are active: what another one has made counts for nothing. */
  readonly versions: readonly number[]
  /** HMAC-SHA-256 under the key of a purpose; undefined where that version is no longer in AUTH_SECRETS. */
  mac(purpose: KeyPurpose, message: string, version: number): Uint8Array | undefined
  /** The same under the signing version. */
  sign(purpose: KeyPurpose, message: string): Uint8Array
  /** The same under every active version, the signing one first. */
  macs(purpose: KeyPurpose, message: string): [Uint8Array, ...Uint8Array[]]
  /** Is it the MAC of this message under any active version? Constant time per version. */
  verifies(purpose: KeyPurpose, message: string, mac: Uint8Array): boolean
}

/** Promises what `KeyRing` says. `secrets` holds at least one entry; versions are distinct. */
export function createKeyRing(secrets: readonly [VersionedSecret, ...VersionedSecret[]]): KeyRing {
  const derived = new Map<string, Uint8Array>()
  const keyOf = ({ version, secret }: VersionedSecret, purpose: KeyPurpose): Uint8Array => {
    const name = `${version}:${purpose}`
    const key = derived.get(name) ?? hkdf(sha256, secret, utf8('gatehouse'), utf8(purpose), 32)
    derived.set(name, key)
    return key
  }
  const macWith = (entry: VersionedSecret, purpose: KeyPurpose, message: string) =>
    hmac(sha256, keyOf(entry, purpose), utf8(message))
  const [signing, ...others] = secrets
  return {
    signingVersion: signing.version,
    versions: secrets.map(({ version }) => version),
    mac(purpose, message, version) {
      const entry = secrets.find((candidate) => candidate.version === version)
      return entry && macWith(entry, purpose, message)
    },
    sign: (purpose, message) => macWith(signing, purpose, message),
    macs: (purpose, message) => [
      macWith(signing, purpose, message),
      ...others.map((entry) => macWith(entry, purpose, message)),
    ],
    verifies: (purpose, message, mac) =>
      secrets.some((entry) => equalBytes(macWith(entry, purpose, message), mac)),
  }
}
