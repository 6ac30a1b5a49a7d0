import { describe, expect, it } from 'vitest'
import { equalBytes, fromBase64, toBase64Url, utf8 } from '../../src/lib/encoding.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))

describe('base64 works', () => {
  it('gives back what went in, for every length, without padding and without + or /', () => {
    for (let length = 1; length <= 100; length++) {
      const given = bytes(length)
      const text = toBase64Url(given)
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(fromBase64(text)).toEqual(given)
    }
  })

  it.each([
    ['+/+/', [251, 255, 191]],
    ['-_-_', [251, 255, 191]],
    ['AA', [0]],
    ['AA==', [0]],
    ['AAE', [0, 1]],
    ['AAE=', [0, 1]],
  ])('reads %s, in either alphabet, padded or not', (text, expected) => {
    expect(fromBase64(text)).toEqual(Uint8Array.from(expected))
  })
})

describe('base64 refuses', () => {
  it.each([
    '',
    '=',
    '==',
    'A',
    'AAAAA',
    'AA===',
    'A A',
    'AA\n',
    'A.',
    'ä',
    '!!!!',
    '\0AAA',
    '=AAA',
  ])('%j', (text) => {
    expect(fromBase64(text)).toBeUndefined()
  })

  it.each<[string, string]>([
    // These digits are base64.
    ...HOSTILE_TEXTS.filter(([name]) => name !== 'digits'),
    ['padding', `${'='.repeat(50_000)}x`],
    ['letters and padding', `${'A'.repeat(25_000)}${'='.repeat(25_000)}`],
  ])('50 000 %s at once', (_, text) => {
    expect(fromBase64(text)).toBeUndefined()
    expectQuick(() => fromBase64(text))
  })
})

describe('equalBytes', () => {
  it('is true for the same bytes and false for any other', () => {
    const given = bytes(32)
    expect(equalBytes(given, given.slice())).toBe(true)
    for (let at = 0; at < 32; at++) {
      const other = given.slice()
      other[at] = (other[at] ?? 0) ^ 1
      expect(equalBytes(given, other)).toBe(false)
    }
  })

  it('is false for another length, also where one begins with the other', () => {
    expect(equalBytes(utf8('ab'), utf8('abc'))).toBe(false)
    expect(equalBytes(utf8('abc'), utf8('ab'))).toBe(false)
    expect(equalBytes(new Uint8Array(), new Uint8Array())).toBe(true)
  })
})
