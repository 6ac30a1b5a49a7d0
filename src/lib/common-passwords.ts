/**
 * Is this a password that many people use? The list keeps stems, lower case: whole passwords (`1qaz2wsx3edc`) and words
 * (`sunshine`). A password is common when it is a stem, or when a stem is left after undoing what people do to a word
 * to get past a rule: capitals, digits and signs in place of letters, a well-worn number or sign before or after it,
 * the same thing twice, the shift key on the digits. It is an exact look-up: a
 * password without such a stem is never refused.
 */
import list from '#lists/common-passwords.bin'
import { inflateText } from './deflated-text.ts'

const SIGN = '[!@#$%&*?.,_+~^=-]'

/** What people add: nothing, up to two digits, a year, one digit repeated, a count, a few favourites; signs around it. */
const NUMBER = [
  '\\d{0,2}',
  '19\\d\\d',
  '20[0-3]\\d',
  '(\\d)\\1{2,5}',
  '123(?:123|321)?',
  '1234(?:5(?:6(?:7(?:89?)?)?)?)?',
  '(?:(?:(?:6?5)?4)?3)?21',
  '\\d00',
  '00[1-9]',
  '101',
  '911',
].join('|')
const WELL_WORN = new RegExp(`^${SIGN}?(?:${NUMBER})${SIGN}{0,3}$`)

const TRAILING_SIGNS = new RegExp(`${SIGN}+$`)

const LETTER_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Decoded at the first question and kept for the life of the isolate: the same constant data for everyone. */
let known: ReadonlySet<string> | undefined

/** Looks a password up, whatever its case. Pure but for the cache of the decoded list. */
export function isCommonPassword(password: string): boolean {
  known ??= new Set(decodeStems(inflateText(list)))
  return hasStemIn(known, password)
}

/** The look-up against any set of stems: the generator asks it too, so that both agree on what is covered. */
export function hasStemIn(stems: ReadonlySet<string>, password: string): boolean {
  const folded = password.normalize('NFKC').toLowerCase()
  const joined = folded.replace(/[\s_-]+/g, '')
  const forms = [folded, joined, repeatedPart(joined), unshifted(folded)]
  return forms.some((form) => stemsOf(form).some((stem) => stems.has(stem)))
}

/** The stems that would make this lower-case password a common one, the plainest last. */
export function stemsOf(folded: string): string[] {
  const whole = [folded, folded.replace(TRAILING_SIGNS, '')]
  const lastLetter = folded.search(/[a-z][^a-z]*$/)
  if (lastLetter < 0 || !WELL_WORN.test(folded.slice(lastLetter + 1))) return whole
  const head = folded.slice(0, lastLetter + 1)
  const firstLetter = head.search(/[a-z]/)
  const isLeadWorn = WELL_WORN.test(head.slice(0, firstLetter))
  const heads = isLeadWorn ? [head, head.slice(firstLetter)] : [head]
  return [...whole, ...heads.flatMap(spelledOut), ...heads]
}

/** Front coding undone: each entry is how many characters it shares with the one before (base 36), then its own. */
export function decodeStems(coded: string): string[] {
  let previous = ''
  return coded.split(/\s+/).map((entry) => {
    previous = previous.slice(0, Number.parseInt(entry.charAt(0), 36)) + entry.slice(1)
    return previous
  })
}

/** `p@ssw0rd` → `password`. `1` and `!` stand for i as well as for l. */
function spelledOut(word: string): string[] {
  const withI = word.replace(/[01345789@$!]/g, (char) => LETTER_FOR[char] ?? char)
  const withL = word
    .replace(/[1!]/g, 'l')
    .replace(/[0345789@$]/g, (char) => LETTER_FOR[char] ?? char)
  return [withI, withL]
}

/** `abcabc` → `abc`; a text that repeats nothing is its own part. */
function repeatedPart(text: string): string {
  return /^(.+?)\1+$/su.exec(text)?.[1] ?? text
}

/** `1qaz@wsx` → `1qaz2wsx`: the digits that the signs share their keys with (US layout). */
function unshifted(text: string): string {
  return text.replace(/[!@#$%^&*()]/g, (sign) => String(')!@#$%^&*('.indexOf(sign)))
}
