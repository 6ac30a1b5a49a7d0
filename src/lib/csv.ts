/**
 * Lines of CSV (RFC 4180): cells in quotes unless they are plain, quotes doubled, CRLF at the end. No cell is a formula
 * (OWASP, CSV injection): one that a spreadsheet might reckon with gets an apostrophe in front, also where spaces, quotes
 * or marks that nobody sees come first, and where the sign is a full-width one. The same behind what another spreadsheet
 * takes for the end of a cell.
 * No I/O. No clock.
 */
const FORMULA = /^(?:[\s\p{Cc}\p{Cf}"'`]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/u
const INNER_FORMULA = /([;|\t\r\n][\s\p{Cc}\p{Cf}"'`]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/gu
const BLANKS = /^[\s\p{Cc}\p{Cf}"'`]*/u
const PLAIN = /^[\w.:-]*$/
/** Most cells, and none of them needs any care. */
const HARMLESS = /^\w[\w.:-]*$/

export function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map(toCell).join(',')}\r\n`
}

function toCell(text: string | null): string {
  if (text === null) return ''
  if (HARMLESS.test(text)) return text
  const [blanks = ''] = BLANKS.exec(text) ?? []
  const inside = blanks + text.slice(blanks.length).replaceAll(INNER_FORMULA, "$1'")
  const safe = FORMULA.test(text) ? `'${inside}` : inside
  return PLAIN.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`
}
