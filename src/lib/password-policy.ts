/**
 * The one rule for a new password, wherever one is set: signup, reset, change, invitation, an admin's account.
 * 8 to 128 characters (code points of the NFC form, no trim). Fifteen and more may be of any mix; shorter ones need three
 * of the four kinds: small letters, capitals, digits, others. At least five different characters, not a common password,
 * no word that belongs to the account. Passwords known from breaches are looked up elsewhere, as that needs the network.
 * No I/O.
 */

import { isCommonPassword } from './common-passwords.ts'
import { MAX_PASSWORD_CODE_POINTS, normalizePassword } from './password-text.ts'

const MIN_CODE_POINTS = 8
/** From here on length replaces the mix of kinds. Also the least for admins. */
export const PASSPHRASE_CODE_POINTS = 15
const MIN_DISTINCT = 5
const MIN_KINDS = 3
const MIN_CONTEXT_WORD = 4

export type PasswordReason =
  | 'password_unusable_character'
  | 'password_too_short'
  | 'password_too_long'
  | 'password_few_kinds'
  | 'password_repetitive'
  | 'password_common'
  | 'password_context_word'

export type PasswordJudgement = { ok: true } | { ok: false; reason: PasswordReason; bound: number }

export interface PasswordCircumstances {
  /** What others know or guess of the account: address, names, community name and slug, the product's name. */
  context: readonly string[]
  /** Code points; 15 for admins. */
  minLength?: number
}

/** Judges a new password. The first rule it breaks is the reason; `bound` is the number that the rule is about. */
export function checkPassword(
  password: string,
  { context, minLength = MIN_CODE_POINTS }: PasswordCircumstances,
): PasswordJudgement {
  const reason = findFormReason(password, minLength) ?? findGuessableReason(password, context)
  return reason ? { ok: false, reason, bound: boundOf(reason, minLength) } : { ok: true }
}

/** The rules that need no list and no context. */
export function findFormReason(
  password: string,
  minLength = MIN_CODE_POINTS,
): PasswordReason | undefined {
  const text = normalizePassword(password)
  if (text === undefined) return 'password_too_long'
  // Half a surrogate pair becomes U+FFFD in UTF-8, so that many such passwords would be one. Controls get lost on the way.
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return 'password_unusable_character'
  const characters = Array.from(text)
  if (characters.length < minLength) return 'password_too_short'
  if (characters.length < PASSPHRASE_CODE_POINTS && countKinds(characters) < MIN_KINDS) {
    return 'password_few_kinds'
  }
  return new Set(characters).size < MIN_DISTINCT ? 'password_repetitive' : undefined
}

function findGuessableReason(
  password: string,
  context: readonly string[],
): PasswordReason | undefined {
  if (isCommonPassword(password)) return 'password_common'
  return holdsContextWord(password, context) ? 'password_context_word' : undefined
}

/** A letter without case, as in Chinese or Arabic, is of the fourth kind, like signs and spaces. */
function countKinds(characters: readonly string[]): number {
  const kinds = characters.map((character) => {
    if (/\p{Ll}/u.test(character)) return 'small'
    if (/\p{Lu}/u.test(character)) return 'capital'
    return /\p{Nd}/u.test(character) ? 'digit' : 'other'
  })
  return new Set(kinds).size
}

/**
 * Each text counts as its words and, where it has several, as all of them joined. The joined form is also looked for in
 * the password without its spaces and signs; single words are not, as two harmless words can meet to spell a third.
 */
function holdsContextWord(password: string, context: readonly string[]): boolean {
  const folded = fold(password)
  const squeezed = wordsOf(folded).join('')
  const isLong = (word: string) => Array.from(word).length >= MIN_CONTEXT_WORD
  return context.flatMap(partsOf).some((part) => {
    const words = wordsOf(fold(part))
    const joined = words.join('')
    if (words.length > 1 && isLong(joined) && squeezed.includes(joined)) return true
    return words.some((word) => isLong(word) && folded.includes(word))
  })
}

/** An address is its local part and its domain without the last label, which says nothing about a person. */
function partsOf(text: string): string[] {
  const at = text.lastIndexOf('@')
  if (at < 0) return [text]
  const domain = text.slice(at + 1)
  return [text.slice(0, at), domain.slice(0, Math.max(0, domain.lastIndexOf('.')))]
}

const wordsOf = (folded: string): string[] => folded.split(/[^\p{L}\p{N}]+/u).filter(Boolean)

/** Letters that Unicode does not take apart into a base letter and a mark. */
const BASE_LETTERS: Readonly<Record<string, string>> = {
  Ø: 'O',
  Ł: 'L',
  Đ: 'D',
  Ð: 'D',
  Þ: 'TH',
  Æ: 'AE',
  Œ: 'OE',
}

/**
 * Without case and accents, in every locale alike: `Straße` and `STRASSE`, `Łódź` and `lodz`. Upper case, because
 * lower case depends on the neighbours (the Greek final sigma).
 */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[ØŁĐÐÞÆŒ]/g, (letter) => BASE_LETTERS[letter] ?? letter)
    .normalize('NFC')
}

/** The number that a rule is about; 0 where it has none. */
function boundOf(reason: PasswordReason, minLength: number): number {
  switch (reason) {
    case 'password_too_short':
      return minLength
    case 'password_too_long':
      return MAX_PASSWORD_CODE_POINTS
    case 'password_few_kinds':
      return PASSPHRASE_CODE_POINTS
    case 'password_repetitive':
      return MIN_DISTINCT
    default:
      return 0
  }
}
