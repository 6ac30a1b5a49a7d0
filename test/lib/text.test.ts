import { describe, expect, it } from 'vitest'
import { cleanLine, cleanText, codePoints } from '../../src/lib/text.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('cleanLine works', () => {
  it.each([
    ['Apex Circle', 'Apex Circle'],
    ['  Apex \u00a0 Circle\u3000', 'Apex Circle'],
    ['\n Apex\u2028Circle \r\n', 'Apex Circle'],
    ['A\u0301pex', 'Ápex'],
    ['', ''],
    ['   ', ''],
    [`O'Neil & <b>"'},{"`, `O'Neil & <b>"'},{"`],
    ['100 % $' + '{x} {{y}}', '100 % $' + '{x} {{y}}'],
    ['soft\u00adhyphen', 'softhyphen'],
    ['\u200fשלום\u200e!', 'שלום!'],
    ['北京社区', '北京社区'],
    ['مجتمع', 'مجتمع'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['क्\u200dष', 'क्\u200dष'],
    ['ന്\u200d', 'ന്\u200d'],
    ['ශ්\u200dරී', 'ශ්\u200dරී'],
    ['👩\u200d💻 coders', '👩\u200d💻 coders'],
    ['👩🏽\u200d💻', '👩🏽\u200d💻'],
    ['🏳\ufe0f\u200d🌈', '🏳\ufe0f\u200d🌈'],
    ['❤\ufe0f', '❤\ufe0f'],
    ['1\ufe0f\u20e3', '1\ufe0f\u20e3'],
    ['葛\u{e0100}城', '葛\u{e0100}城'],
    [
      '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
      '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    ],
  ])('keeps %j as %j', (text, line) => {
    expect(cleanLine(text)).toBe(line)
  })
})

const HIDDEN: [string, string][] = [
  ['NUL', 'Apex\0Circle'],
  ['escape', 'Apex\u001b[31m'],
  ['backspace', 'Apex\bCircle'],
  ['form feed', 'Apex\fCircle'],
  ['delete', 'Apex\u007f'],
  ['C1 next line', 'Apex\u0085Circle'],
  ['C1 control', 'Apex\u009bCircle'],
  ['LRE', 'Apex\u202aCircle'],
  ['RLE', 'Apex\u202bCircle'],
  ['PDF', 'Apex\u202cCircle'],
  ['LRO', 'Apex\u202dCircle'],
  ['RLO', 'Apex\u202eelcriC'],
  ['LRI', 'Apex\u2066Circle'],
  ['RLI', 'Apex\u2067Circle'],
  ['FSI', 'Apex\u2068Circle'],
  ['PDI', 'Apex\u2069Circle'],
  ['zero-width space', 'Apex\u200bCircle'],
  ['word joiner', 'Apex\u2060Circle'],
  ['byte order mark inside', 'Apex\ufeffCircle'],
  ['byte order mark in front', '\ufeffApex'],
  ['byte order mark at the end', 'Apex\ufeff'],
  ['invisible plus', 'Apex\u2064Circle'],
  ['Mongolian separator', 'Apex\u180eCircle'],
  ['Hangul filler', '\u3164\u3164'],
  ['half-width Hangul filler', '\uffa0\uffa0'],
  ['Braille blank', '\u2800\u2800'],
  ['grapheme joiner', 'A\u034fpex'],
  ['annotation anchor', 'Apex\ufff9Circle'],
  ['joiner between Latin letters', 'Ap\u200dex'],
  ['non-joiner between Latin letters', 'Ap\u200cex'],
  ['joiner in front', '\u200dApex'],
  ['joiner at the end', 'خواهم\u200c'],
  ['two joiners', 'می\u200c\u200cخواهم'],
  ['two joiners after a virama', 'क्\u200d\u200dष'],
  ['joiner after an emoji only', '👩\u200d'],
  ['joiner between a letter and an emoji', 'a\u200d💻'],
  ['selector in front', '\ufe0fApex'],
  ['selector after a space', 'Apex \ufe0fCircle'],
  ['a row of selectors that hides a message', '😀\ufe01\u{e0110}\u{e0120}'],
  ['tags that hide a message', 'Apex\u{e0041}\u{e0042}'],
  ['a flag that hides a message', '🏴\u{e0041}\u{e0042}\u{e0043}\u{e007f}'],
  ['a flag without end', '🏴\u{e0067}\u{e0062}'],
  ['a noncharacter', 'Apex\uffff'],
  ['another noncharacter', 'Apex\ufdd0'],
  ['first half of a pair', 'Apex\ud83d'],
  ['second half of a pair', '\ude80Apex'],
]

describe('cleanLine refuses', () => {
  it.each(HIDDEN)('%s', (_, text) => {
    expect(cleanLine(text)).toBeUndefined()
  })

  it.each(['Apex\nCircle', 'Apex\r\nBcc: ada@apex.example', 'Apex\tCircle', 'Apex\u000bCircle'])(
    'a line break or tab: %j',
    (text) => {
      expect(cleanLine(text)).toBeUndefined()
    },
  )
})

describe('cleanText works', () => {
  it.each([
    ['one\ntwo', 'one\ntwo'],
    ['one\r\ntwo\rthree\n\nfour', 'one\ntwo\nthree\n\nfour'],
    ['\r\n  one\n\ttwo  three \r\n', 'one\n\ttwo  three'],
    ['A\u0301', 'Á'],
    ['a\u2028b', 'a\u2028b'],
    ['', ''],
    ['[x](javascript:alert(1)) {{7*7}}', '[x](javascript:alert(1)) {{7*7}}'],
    ['می\u200cخواهم\n👩\u200d💻', 'می\u200cخواهم\n👩\u200d💻'],
  ])('keeps %j as %j', (text, clean) => {
    expect(cleanText(text)).toBe(clean)
  })
})

describe('cleanText refuses', () => {
  it.each(HIDDEN)('%s', (_, text) => {
    expect(cleanText(text)).toBeUndefined()
  })
})

describe('codePoints', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['日本', 2],
    ['🚀', 1],
    ['a\u0301', 2],
    ['👩\u200d💻', 3],
    ['🚀'.repeat(50), 50],
  ])('counts %j as %i', (text, count) => {
    expect(codePoints(text)).toBe(count)
  })
})

describe('texts are safe', () => {
  it('changes nothing in what it has cleaned', () => {
    for (const text of [
      ' Ａ  b\u00ad ',
      'A\u0301 x',
      '\u200f שלום',
      'e\u00ad\u0301',
      ' \u200e a',
    ]) {
      const line = cleanLine(text)
      expect(line).toBeDefined()
      expect(cleanLine(line ?? '')).toBe(line)
      expect(cleanText(cleanText(text) ?? '')).toBe(cleanText(text))
    }
  })

  it('lets no character through that hides, alone between two letters', () => {
    const let_through: string[] = []
    for (let point = 0; point < 0x110000; point++) {
      const line = cleanLine(`a${String.fromCodePoint(point)}b`)
      if (
        line !== undefined &&
        /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Join_Control}]|[\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/u.test(
          line,
        )
      ) {
        let_through.push(point.toString(16))
      }
    }
    expect(let_through).toEqual([])
  })

  it.each(HOSTILE_TEXTS)('answers 50 000 %s at once', (_, text) => {
    expectQuick(() => [cleanLine(text), cleanText(text), codePoints(text)])
  })
})
