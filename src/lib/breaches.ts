/**
 * Is a password known from a data breach? Asks the range API of Pwned Passwords by k-anonymity: five hexadecimal
 * characters of the password's SHA-1 leave, which some thousand known passwords share, and the answer is padded so that
 * its length tells nothing either. SHA-1 is what that API is indexed by; it protects nothing here.
 * The lookup never stands in the way: where no good answer is there in time, the password counts as unknown and the
 * caller hears why. Neither the password nor its hash is part of any reason.
 */
import { readBoundedText } from './bounded-text.ts'
import { utf8 } from './encoding.ts'
import { normalizePassword } from './password-text.ts'

const RANGE_API_URL = 'https://api.pwnedpasswords.com'
const PREFIX_LENGTH = 5
const TIMEOUT_MS = 1500
/** Four times what a padded answer takes. Counted after decompression. */
const MAX_ANSWER_BYTES = 256 * 1024
const ROW = /^([0-9A-F]{35}):(\d+)$/i

/** Why a lookup gave no answer; `http_<status>` covers redirects, which are never followed. Safe to log. */
export type BreachSkip = 'timeout' | 'network' | 'too_large' | 'unreadable' | `http_${number}`

export interface BreachesOptions {
  /** Another address than the API's own, without a slash at the end; only in dev and tests. */
  baseUrl: string
  /** For the whole of it, the body included. */
  timeoutMs?: number
  /** Called once for a lookup without an answer. */
  onSkip(reason: BreachSkip): void
}

export interface Breaches {
  /** True only if the API lists the password; false if it does not or gives no answer in time. Never rejects. */
  isBreached(password: string): Promise<boolean>
}

/** Asks nobody: for where the lookup is off. */
export const noBreaches: Breaches = { isBreached: async () => false }

/** Promises what `Breaches` says. One request per call, no retry. */
export function createBreaches({ baseUrl, timeoutMs, onSkip }: BreachesOptions): Breaches {
  return {
    async isBreached(password) {
      const text = normalizePassword(password)
      // Beyond the cap no password is accepted anywhere.
      if (text === undefined) return false
      const hash = await sha1(text)
      const url = `${baseUrl || RANGE_API_URL}/range/${hash.slice(0, PREFIX_LENGTH)}`
      const answer = await fetchRange(url, timeoutMs ?? TIMEOUT_MS)
      const count =
        'text' in answer ? countIn(answer.text, hash.slice(PREFIX_LENGTH)) : answer.skipped
      if (typeof count === 'number') return count > 0
      onSkip(count)
      return false
    },
  }
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}

async function fetchRange(
  url: string,
  timeoutMs: number,
): Promise<{ text: string } | { skipped: BreachSkip }> {
  try {
    const response = await fetch(url, {
      // The API asks for a User-Agent; Workers send none by themselves.
      headers: { 'Add-Padding': 'true', Accept: 'text/plain', 'User-Agent': 'gatehouse' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return { skipped: `http_${response.status}` }
    }
    const text = await readBoundedText(response, MAX_ANSWER_BYTES)
    return text === undefined ? { skipped: 'too_large' } : { text }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { skipped: timedOut ? 'timeout' : 'network' }
  }
}

/** How often breaches held the password; 0 where it is not listed or its row is padding. An answer without rows is none. */
function countIn(answer: string, suffix: string): number | 'unreadable' {
  let count = 0
  for (const line of answer.trimEnd().split(/\r?\n/)) {
    const [, listed, times] = ROW.exec(line) ?? []
    if (listed === undefined) return 'unreadable'
    if (listed.toUpperCase() === suffix) count = Number(times)
  }
  return count
}
