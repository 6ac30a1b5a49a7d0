/** Letters and digits that nobody mistakes for one another: 32 of them, so that a random byte gives each alike. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const GROUPS = 5
const GROUP_LENGTH = 5

/** A random password of 125 bits in groups that one can read aloud: `k3m9x-…`. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_LENGTH))
  const text = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return (text.match(/.{5}/g) ?? []).join('-')
}
