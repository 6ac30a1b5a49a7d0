/**
 * The one form in which a password is judged and hashed: Unicode NFC, nothing else. No trim, no change of case: what
 * was received is what counts. The cap stands before any hashing, so that a huge password costs nothing.
 */

/** Longest password in code points of its NFC form (at most 512 bytes of UTF-8). */
export const MAX_PASSWORD_CODE_POINTS = 128

/** Longest input we normalise, in UTF-16 units: decomposed letters take up to four units where NFC takes one. */
const MAX_RECEIVED_UNITS = 1024

/** The NFC form, or undefined for a password beyond the cap. Costs no more than the cap allows. */
export function normalizePassword(received: string): string | undefined {
  if (received.length > MAX_RECEIVED_UNITS) return undefined
  const text = received.normalize('NFC')
  return Array.from(text).length <= MAX_PASSWORD_CODE_POINTS ? text : undefined
}
