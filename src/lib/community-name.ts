/**
 * What makes two community names the same: they are compared without case, spacing and accents, so that nobody signs
 * up as a twin of another community that only a careful eye tells apart. Punctuation and digits count. Letters of
 * different scripts are never folded onto each other (Cyrillic а is not Latin a): a review by people looks at those.
 *
 * An accent is a mark after a Latin, Greek or Cyrillic letter, a stroke through a Latin one (ł, ø), and the optional
 * vowel points of Arabic and Hebrew. In other scripts a mark makes another letter (か and が, कि and की), so it stays.
 */
const BLANK = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]+/gu
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu
const VOWEL_POINTS = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0640\u064b-\u0652\u0670]+/g
const LETTER_VARIANTS: Record<string, string> = { ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ς: 'σ' }

/**
 * The key that is unique among communities: same key, same name. Applying it to a key changes nothing. Never empty for
 * a name with anything in it. It is for comparing only, never shown.
 */
export function communityNameKey(name: string): string {
  // Down, up and down again folds case fully and without a locale: ẞ, ß and SS all become ss; ı becomes i.
  const folded = withoutAccents(withoutAccents(name).toLowerCase().toUpperCase().toLowerCase())
  const key = folded.replace(/[łøđħς]/g, (letter) => LETTER_VARIANTS[letter] ?? letter)
  // A name of nothing but marks that are dropped above still is a name of its own.
  return key.normalize('NFC') || name.normalize('NFKC').toLowerCase()
}

/** Blanks go first: a blank between letter and mark must not save the mark. */
function withoutAccents(text: string): string {
  return text.normalize('NFKD').replace(BLANK, '').replace(ACCENTED, '$1').replace(VOWEL_POINTS, '')
}
