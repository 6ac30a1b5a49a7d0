/** Reads CSV by the grammar of RFC 4180, letter by letter. Throws where a text breaks it. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    const { cell, end } = text[at] === '"' ? quoted(text, at) : plain(text, at)
    row.push(cell)
    if (text[end] === ',') at = end + 1
    else if (text.startsWith('\r\n', end)) {
      rows.push(row)
      row = []
      at = end + 2
    } else throw new Error(`no comma and no line end at ${end}`)
  }
  if (row.length > 0) throw new Error('the last line has no end')
  return rows
}

function quoted(text: string, start: number) {
  let cell = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') cell += text[at]
    else if (text[at + 1] === '"') {
      cell += '"'
      at += 1
    } else return { cell, end: at + 1 }
  }
  throw new Error('a quote without an end')
}

function plain(text: string, start: number) {
  const length = text.slice(start, start + 10_000).search(/[",\r\n]/)
  const end = length < 0 ? text.length : start + length
  return { cell: text.slice(start, end), end }
}
