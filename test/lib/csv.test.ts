import { describe, expect, it } from 'vitest'
import { csvLine } from '../../src/lib/csv.ts'
import { parseCsv } from '../support/csv.ts'

const cellOf = (text: string) => csvLine([text]).slice(0, -2)

describe('a line of CSV works', () => {
  it('is cells with commas between them, and CRLF at the end', () => {
    expect(csvLine(['a', 'b-2', null, '', '1.5'])).toBe('a,b-2,,,1.5\r\n')
  })

  it.each([
    ['say "hi"', '"say ""hi"""'],
    ['one,two', '"one,two"'],
    ['one\r\ntwo', '"one\r\ntwo"'],
    ['one;two', '"one;two"'],
    ['one\ttwo', '"one\ttwo"'],
    ['Mira Rao', '"Mira Rao"'],
    ['村上', '"村上"'],
    ['{"a":1}', '"{""a"":1}"'],
  ])('puts %j in quotes', (text, cell) => {
    expect(cellOf(text)).toBe(cell)
  })

  it('gives back what it was given, whatever that is', () => {
    const texts = ['a', '"', '""', ',', '\n', '\r', '\r\n', '"\r\n,', 'é', '😀', '\0', ' a ', "'"]
    const lines = texts.map((text) => csvLine([text, 'end'])).join('')
    expect(parseCsv(lines)).toEqual(
      texts.map((text) => [text === '\n' || text.startsWith('\r') ? `'${text}` : text, 'end']),
    )
  })
})

describe('a line of CSV is safe', () => {
  const SIGNS = ['=', '+', '-', '@', '＝', '＋', '－', '＠']
  const BEFORE = [
    '',
    ' ',
    '   ',
    '"',
    "'",
    '""',
    ' "',
    '\u00a0',
    '\ufeff',
    '\u200b',
    '\t',
    '\n',
    '\0',
    '`',
  ]

  it.each(SIGNS)('no cell is a formula by %s, whatever hides it', (sign) => {
    for (const before of BEFORE) {
      const [[cell = '']] = parseCsv(csvLine([`${before}${sign}1+1`])) as [string[]]
      expect(cell).toBe(`'${before}${sign}1+1`)
    }
  })

  it.each([';', '|', '\t', '\r\n'])(
    'nor what another spreadsheet makes of a cell with %j',
    (end) => {
      for (const sign of SIGNS) {
        for (const before of ['', ' ', '"', '\u200b']) {
          const [[cell = '']] = parseCsv(csvLine([`x${end}${before}${sign}1+1${end}y`])) as [
            string[],
          ]
          expect(cell).toBe(`x${end}${before}'${sign}1+1${end}y`)
        }
      }
    },
  )

  it.each(['\ttab', '\rreturn', '\nline'])('nor one that begins with %j', (text) => {
    expect(cellOf(text)).toBe(`"'${text}"`)
  })

  it('and what is none stays as it is', () => {
    for (const text of ['a=1', 'x@y.example', '2026-11-22', '1+1', '{"a":"=1"}', '(=)']) {
      expect(parseCsv(csvLine([text]))).toEqual([[text]])
    }
  })

  it('is made as quickly of a text that is made to take long', () => {
    for (const piece of [' ', '"', "'", '\u200b']) {
      expect(csvLine([piece.repeat(100_000)]).length).toBeGreaterThan(100_000)
    }
  })
})
