/**
 * Password hashes: argon2id (RFC 9106; OWASP's m=19456 KiB, t=2, p=1) over an HMAC of the password under a pepper that
 * is no part of the database. The HMAC's fixed length also means that every character counts, however long the password.
 * Each `verify` computes exactly one hash: for a right password, a wrong one, one beyond the cap, an account without a
 * password, no account at all, and a stored string nobody can read. So its time tells none of these apart; only an
 * imported hash takes the time of its own parameters, until the first login replaces it.
 * A password is never kept, logged or part of an error.
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type Argon2 from '@phi-ag/argon2'
import { Argon2Type, Argon2Version } from '@phi-ag/argon2'
import { type Argon2Hash, formatArgon2Phc, parseArgon2Phc } from './argon2-phc.ts'
import { type BcryptHash, matchesBcrypt, parseBcrypt } from './bcrypt.ts'
import { equalBytes, toBase64Url, utf8 } from './encoding.ts'
import type { VersionedSecret } from './key-ring.ts'
import { normalizePassword } from './password-text.ts'

const SALT_BYTES = 16
const HASH_BYTES = 32

export interface PasswordsOptions {
  /** Gives the instance that computes; asked for once per hash. Scripts in Node and the Worker load it in their own way. */
  argon2: () => Promise<Argon2>
  /** The first one is used for new hashes. A version stays here while a stored hash carries it. */
  peppers: readonly [VersionedSecret, ...VersionedSecret[]]
  /** Called after each computed hash. */
  onHash?: () => void
}

/** Why a verification could not be a real one. For the log: the client sees a wrong password. */
export type PasswordFault = 'unreadable_hash' | 'unknown_pepper' | 'password_too_long'

export interface PasswordVerdict {
  ok: boolean
  /** True only after a right password whose hash has other parameters, or another pepper, than a new one would get. */
  needsRehash: boolean
  fault?: PasswordFault
}

export interface Passwords {
  /** The string to store. Throws RangeError beyond the cap of `normalizePassword`, which the policy refuses first. */
  hash(password: string): Promise<string>
  /** Is it the password? `stored` is null where there is no account or it has no password: one hash, never ok. */
  verify(stored: string | null | undefined, password: string): Promise<PasswordVerdict>
}

/** Promises what `Passwords` says. */
export function createPasswords({ argon2, peppers, onHash }: PasswordsOptions): Passwords {
  const [current] = peppers
  const compute = async (target: Argon2Hash, input: string): Promise<Uint8Array> => {
    const digest = digestWith(await argon2(), target, input)
    onHash?.()
    return digest
  }
  const matches = async (target: StoredHash, input: string): Promise<boolean> => {
    if (target.type !== 'bcrypt') return equalBytes(await compute(target, input), target.hash)
    const isEqual = matchesBcrypt(target, input)
    onHash?.()
    return isEqual
  }
  return {
    async hash(password) {
      const text = normalizePassword(password)
      if (text === undefined) throw new RangeError('The password is longer than the cap')
      const target = newHash(current.version, crypto.getRandomValues(new Uint8Array(SALT_BYTES)))
      const hash = await compute(target, pepperedWith(current, text))
      return formatArgon2Phc({ ...target, hash })
    },
    async verify(stored, password) {
      const { target, input, isDummy, fault } = taskFor(peppers, stored, password)
      const ok = (await matches(target, input)) && !isDummy
      const needsRehash = ok && !isCurrent(target, current.version)
      return { ok, needsRehash, fault }
    },
  }
}

type StoredHash = Argon2Hash | BcryptHash

/** What to compute and what to compare it with. A dummy compares with bytes that stand for no password. */
interface Task {
  target: StoredHash
  /** For argon2 it is ASCII, or padded: see `asByteCounted`. */
  input: string
  isDummy: boolean
  fault?: PasswordFault
}

function taskFor(
  peppers: PasswordsOptions['peppers'],
  stored: string | null | undefined,
  password: string,
): Task {
  const dummy = (fault?: PasswordFault): Task => {
    const target = newHash(peppers[0].version, new Uint8Array(SALT_BYTES))
    return { target, input: pepperedWith(peppers[0], ''), isDummy: true, fault }
  }
  const text = normalizePassword(password)
  if (text === undefined) return dummy('password_too_long')
  if (stored === null || stored === undefined) return dummy()
  const target = readStored(stored)
  if (!target) return dummy('unreadable_hash')
  if (target.type === 'bcrypt') return { target, input: password, isDummy: false }
  if (target.pepperVersion === 0) return { target, input: asByteCounted(password), isDummy: false }
  const pepper = peppers.find(({ version }) => version === target.pepperVersion)
  if (!pepper) return dummy('unknown_pepper')
  return { target, input: pepperedWith(pepper, text), isDummy: false }
}

/** The parameters of every new hash, its bytes still to be computed. */
function newHash(pepperVersion: number, salt: Uint8Array): Argon2Hash {
  const hash = new Uint8Array(HASH_BYTES)
  const cost = { memoryKib: 19_456, passes: 2, lanes: 1 }
  return { type: 'argon2id', version: 19, ...cost, pepperVersion, salt, hash }
}

/** The scheme is told by the prefix; a scheme that is not listed is as unreadable as a broken string. */
function readStored(stored: string): StoredHash | undefined {
  switch (stored.split('$', 2)[1]) {
    case 'argon2id':
    case 'argon2i':
      return parseArgon2Phc(stored)
    case '2a':
    case '2b':
    case '2y':
      return parseBcrypt(stored)
    default:
      return undefined
  }
}

function digestWith(argon2: Argon2, target: Argon2Hash, input: string): Uint8Array {
  const { hash } = argon2.hash(input, {
    type: target.type === 'argon2id' ? Argon2Type.Argon2id : Argon2Type.Argon2i,
    version: target.version === 19 ? Argon2Version.Version13 : Argon2Version.Version10,
    memoryCost: target.memoryKib,
    timeCost: target.passes,
    parallelism: target.lanes,
    salt: target.salt,
    hashLength: target.hash.length,
  })
  return hash
}

function pepperedWith(pepper: VersionedSecret, text: string): string {
  return toBase64Url(hmac(sha256, pepper.secret, utf8(text)))
}

/**
 * The library hands over UTF-8 but gives the number of UTF-16 units as its length, which cuts a text that is not ASCII.
 * NULs at the end make that number the right one: within it lie exactly the bytes of the text.
 */
function asByteCounted(text: string): string {
  return text + '\0'.repeat(utf8(text).length - text.length)
}

/** Has it the parameters of a new hash, under this version of the pepper? */
function isCurrent(stored: StoredHash, pepperVersion: number): boolean {
  const wanted = newHash(pepperVersion, new Uint8Array(SALT_BYTES))
  return (
    stored.type === wanted.type &&
    stored.version === wanted.version &&
    stored.memoryKib === wanted.memoryKib &&
    stored.passes === wanted.passes &&
    stored.lanes === wanted.lanes &&
    stored.pepperVersion === wanted.pepperVersion &&
    stored.salt.length === wanted.salt.length &&
    stored.hash.length === wanted.hash.length
  )
}
