/**
 * Names that a reviewer should look at twice: letters of look-alike alphabets mixed within a word, a web or mail address
 * in place of a name, letters that make no word. It refuses nothing: people and communities have many kinds of names.
 * Takes a name as it is stored (NFC, one line); its time is linear in the length. No I/O.
 */

/** Alphabets whose letters pass for each other. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
]
/** Endings that stand in no name of a project, as .io, .net and .js do. */
const ADDRESS =
  /\S@\S|\bhttps?:|\bwww\.|[\p{L}\p{N}]\.(?:com|info|biz|ru|cn|xyz|top|link|site|shop|click|online)\b/iu
/** Letters that are drawn otherwise and mean the same: mathematical, full-width, small capitals. */
const DRAWN_OTHERWISE = /[\u1d00-\u1d7f]/u
const ONE_SIGN_AGAIN = /(\S)\1{3}/u
const VOWEL = /[aeiouy]/
const SHORTEST_WORD_WITH_A_VOWEL = 6

export function isOddName(name: string): boolean {
  const isDisguised = DRAWN_OTHERWISE.test(name) || words(name).some(isDrawnOtherwise)
  const isOdd = ADDRESS.test(name) || ONE_SIGN_AGAIN.test(name) || words(name).some(isOddWord)
  return isDisguised || isOdd
}

/** The same of a person's name, which also has letters in it, and hardly ever several digits. */
export function isOddPersonName(name: string): boolean {
  return isOddName(name) || !/\p{L}/u.test(name) || (name.match(/\p{N}/gu)?.length ?? 0) > 1
}

function words(name: string): string[] {
  return name.match(/[\p{L}\p{M}]+/gu) ?? []
}

function isDrawnOtherwise(word: string): boolean {
  return word.normalize('NFKC') !== word
}

function isOddWord(word: string): boolean {
  const alphabets = ALPHABETS.filter((alphabet) => alphabet.test(word))
  if (alphabets.length > 1) return true
  // An abbreviation.
  if (word === word.toUpperCase()) return false
  // Accents off: ø and æ have no decomposition, but stand beside vowels.
  const plain = word
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  const isLatin = /^[a-z]+$/.test(plain)
  return isLatin && plain.length >= SHORTEST_WORD_WITH_A_VOWEL && !VOWEL.test(plain)
}
