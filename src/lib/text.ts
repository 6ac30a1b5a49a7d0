/**
 * Names and free text as they are stored: NFC, no outer white space, and nothing that makes a reader or a program see
 * other text than there is: controls, line breaks in a line, bidi overrides and isolates (Trojan Source), zero-width
 * and filler characters, half surrogates. Refused, not repaired, because whoever types a name does not type them. Only
 * layout hints without content are dropped: soft hyphen and the three bidi marks that editors leave behind.
 */
const LAYOUT_HINTS = /[\u00ad\u061c\u200e\u200f]+/g
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffb]/u

/** Letters and marks from Arabic to Sinhala, Burmese, Khmer, Mongolian: the scripts that write with joiners. */
const JOINED = '[[\u0600-\u0dff\u1000-\u109f\u1780-\u18af]&&[\\p{L}\\p{M}]]'
const VIRAMA = '[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2]'
const EMOJI = '\\p{Extended_Pictographic}'

/** Invisible characters where they are needed: joiners in their place, one variation selector, an emoji flag's tags. */
const NEEDED = new RegExp(
  [
    `(?<=${JOINED})[\u200c\u200d](?=${JOINED})`,
    `(?<=${VIRAMA})[\u200c\u200d](?![\u200c\u200d])`,
    `(?<=${EMOJI}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=${EMOJI})`,
    `(?<=[^\\s\\p{Default_Ignorable_Code_Point}])\\p{Variation_Selector}`,
    `\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{2,6}\u{e007f}`,
  ].join('|'),
  'gv',
)

/** One line: trimmed, inner white space made one space each. Undefined where it holds what the file header refuses. */
export function cleanLine(text: string): string | undefined {
  const line = shownText(text)?.trim()
  if (line === undefined || /\p{Cc}/u.test(line)) return undefined
  return line.replace(/\s+/g, ' ')
}

/** Text of several lines: line breaks become \n, tabs and inner spacing stay. Undefined as for a line. */
export function cleanText(text: string): string | undefined {
  const lines = shownText(text)?.replace(/\r\n?/g, '\n').trim()
  return lines === undefined || /[\p{Cc}--[\n\t]]/v.test(lines) ? undefined : lines
}

/** Length as people count it: code points, so that an emoji or a rare character is one. */
export function codePoints(text: string): number {
  return Array.from(text).length
}

/** Before any trim(): that would take a byte order mark for white space. */
function shownText(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined
  const shown = text.replace(LAYOUT_HINTS, '').normalize('NFC')
  return HIDDEN.test(shown.replace(NEEDED, '')) ? undefined : shown
}
