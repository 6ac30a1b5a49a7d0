/**
 * Argon2 hashes as PHC strings: `$argon2id$v=19$m=19456,t=2,p=1,keyid=00000003$<salt>$<hash>`. Ours carry the version of
 * the pepper as `keyid`, eight decimal digits, which is valid there and which a person can search for. A string without
 * `keyid` was made without a pepper: it came with an imported user.
 * The parser takes what we would be willing to compute and nothing else, and it never throws.
 */
import { fromBase64 } from './encoding.ts'

export interface Argon2Hash {
  type: 'argon2id' | 'argon2i'
  /** 19 (0x13), or 16 (0x10) in old imported hashes. */
  version: 16 | 19
  memoryKib: number
  passes: number
  lanes: number
  /** 0: no pepper. */
  pepperVersion: number
  salt: Uint8Array
  hash: Uint8Array
}

/** What a stored string may ask of us. An isolate has 128 MB; 64 MiB is the memory of the usual library defaults. */
const MAX_MEMORY_KIB = 65_536
const MIN_MEMORY_KIB = 32
const MAX_PASSES = 10
const MAX_LANES = 16
const MAX_LENGTH = 300

const NUMBER = '([1-9]\\d{0,5})'
const BASE64 = '([A-Za-z0-9+/]+)'
const PATTERN = new RegExp(
  `^\\$(argon2id|argon2i)(?:\\$v=(16|19))?\\$m=${NUMBER},t=${NUMBER},p=${NUMBER}(?:,keyid=(\\d{8}))?\\$${BASE64}\\$${BASE64}$`,
)

/** The parts of a stored hash, or undefined for what is malformed or asks for more than the bounds above. */
export function parseArgon2Phc(text: string): Argon2Hash | undefined {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null
  if (!match) return undefined
  const [, type, version = '16', memory, passes, lanes, keyId, saltText = '', hashText = ''] = match
  const salt = bytesWithin(saltText, 8, 64)
  const hash = bytesWithin(hashText, 16, 64)
  if (!salt || !hash || keyId === '00000000') return undefined
  const parsed: Argon2Hash = {
    type: type === 'argon2id' ? 'argon2id' : 'argon2i',
    version: version === '19' ? 19 : 16,
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    pepperVersion: Number(keyId ?? 0),
    salt,
    hash,
  }
  return isAffordable(parsed) ? parsed : undefined
}

/** The PHC string of a hash. */
export function formatArgon2Phc(parts: Argon2Hash): string {
  const { type, version, memoryKib, passes, lanes, pepperVersion, salt, hash } = parts
  const keyId = pepperVersion === 0 ? '' : `,keyid=${String(pepperVersion).padStart(8, '0')}`
  const parameters = `m=${memoryKib},t=${passes},p=${lanes}${keyId}`
  return `$${type}$v=${version}$${parameters}$${toBase64(salt)}$${toBase64(hash)}`
}

function isAffordable({ memoryKib, passes, lanes }: Argon2Hash): boolean {
  const isMemoryFit =
    memoryKib >= Math.max(MIN_MEMORY_KIB, 8 * lanes) && memoryKib <= MAX_MEMORY_KIB
  return isMemoryFit && passes <= MAX_PASSES && lanes <= MAX_LANES
}

/** Base64 in its one canonical spelling, or undefined: two strings never stand for the same hash. */
function bytesWithin(text: string, least: number, most: number): Uint8Array | undefined {
  const bytes = fromBase64(text)
  const isFit = bytes && bytes.length >= least && bytes.length <= most && toBase64(bytes) === text
  return isFit ? bytes : undefined
}

/** Base64 without padding (RFC 4648 §4), as PHC strings have it. */
function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, '')
}
