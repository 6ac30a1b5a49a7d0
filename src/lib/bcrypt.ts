/**
 * Bcrypt hashes of imported users: `$2a$`, `$2b$` or `$2y$`, two digits of cost, 22 characters of salt, 31 of digest. They
 * are read and compared, never made. Bcrypt knows a password by its first 72 bytes of UTF-8, so a longer one matches here
 * exactly as it did where it comes from; the hash that replaces it counts every character.
 * The parser takes what we would be willing to compute and nothing else, and it never throws.
 */
import { hashSync } from 'bcryptjs'
import { equalBytes, utf8 } from './encoding.ts'

export interface BcryptHash {
  type: 'bcrypt'
  /** Revision, cost and salt. */
  setting: string
  digest: string
}

/** Each step doubles the time: 10 takes about 60 ms, 14 about a second of the two that a request may compute. */
const COST = '(?:0[4-9]|1[0-4])'
/** 31 characters hold 184 bits and two that must be zero: the last one is of those that end so. */
const PATTERN = new RegExp(
  `^(\\$2[aby]\\$${COST}\\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$`,
)

/** The parts of a stored hash, or undefined for what is malformed or costs more than 2^14 rounds. */
export function parseBcrypt(text: string): BcryptHash | undefined {
  const [, setting, digest] = PATTERN.exec(text) ?? []
  return setting && digest ? { type: 'bcrypt', setting, digest } : undefined
}

/**
 * Is it the password? One hash, whatever the answer. Never for one that holds a NUL: bcrypt repeats the password with a
 * NUL between, so that `a` and `a\0a` are one to it, and libraries in C cut there.
 */
export function matchesBcrypt(hash: BcryptHash, password: string): boolean {
  // Not the library's own comparison: it also compares the bits of the salt that no bcrypt uses.
  const digest = hashSync(password, hash.setting).slice(-hash.digest.length)
  return equalBytes(utf8(digest), utf8(hash.digest)) && !password.includes('\0')
}
