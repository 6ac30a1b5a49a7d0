import { describe, expect, it } from 'vitest'
import { isOddName, isOddPersonName } from '../../src/lib/odd-name.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('an odd name', () => {
  it.each([
    // Cyrillic а, о, е and Greek ο within Latin words.
    'Аpple Circle',
    'Rust Punе',
    'Gοogle Developers',
    'visit evil.com now',
    'https://evil.example',
    'www.win-a-prize.example',
    'write to me@evil.example',
    'free.xyz',
    'xkcdqw',
    'bcdfgh Group',
    '𝐀𝐩𝐞𝐱 Circle',
    'Ａｐｅｘ Circle',
    'ᴀᴘᴇx Circle',
    'Gօօgle',
    'Ꭺpex',
    'aaaa',
    'Win!!!!',
  ])('is %s', (name) => {
    expect(isOddName(name)).toBe(true)
    expect(isOddPersonName(name)).toBe(true)
  })

  it.each([
    'Apex Circle',
    'St. Petersburg Go Meetup',
    'Node.js Berlin',
    'C++ und Rust',
    'Клуб Rust Москва',
    'Ελληνική κοινότητα Python',
    '上海 Rust 社区',
    'نادي القراءة',
    'Rhythm & Blues',
    'Krzysztof Łódź',
    'Grünpflanzenschwärmer',
    'Crwth Cymru',
    'Brno Tsch',
    'TEDx 2026',
    '42',
    'O’Neil-Smythe',
    'Женя2',
    'www',
    'Women @ Work',
    'HTTP Working Group',
    'JSConf.io',
    'ASP.NET Users',
    'SFPHPN',
  ])('is not %s', (name) => {
    expect(isOddName(name)).toBe(false)
  })

  it.each(['1234', 'John 5555', 'R2D2', '!?'])(
    'of a person is %s, which may be a community',
    (name) => {
      expect(isOddName(name) && name !== 'John 5555').toBe(false)
      expect(isOddPersonName(name)).toBe(true)
    },
  )

  it.each(['Mira Rao', 'Ng', '王芳', 'José 3rd', 'Ольга', 'X Æ'])(
    'of a person is not %s',
    (name) => {
      expect(isOddPersonName(name)).toBe(false)
    },
  )

  it.each(HOSTILE_TEXTS)('is judged in no time: %s', (_, text) => {
    expectQuick(() => isOddPersonName(text))
  })
})
