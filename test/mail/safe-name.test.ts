import { describe, expect, it } from 'vitest'
import { safeName, safeParagraph } from '../../src/mail/templates/safe-name.ts'
import { expectQuick } from '../lib/hostile.ts'

describe('safeName', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ["Conan O'Brien & <Friends>", "Conan O'Brien & <Friends>"],
    ['Dr. Ada', 'Dr. Ada'],
    ['名前', '名前'],
    ['می‌خواهم', 'می‌خواهم'],
    ['👩‍💻 Makers', '👩‍💻 Makers'],
    ['  two \t\n words ', 'two words'],
    ['Node.js Club', 'Node·js Club'],
    ['http://evil.com/x', 'evil·com/x'],
    ['hthttp://tp://evil.com', 'evil·com'],
    ['javascript:alert(1)', 'alert(1)'],
    ['//evil.com', '/evil·com'],
    ['evil\u200c.com', 'evil·com'],
    ['evil\u200b.com', 'evil·com'],
    ['evil．com evil。com', 'evil·com evil·com'],
    ['1.2.3.4', '1·2·3·4'],
    ['пример.рф', 'пример·рф'],
    ['\u202emoc.live', 'moc·live'],
    ['a\u0000b\u2028c', 'a b c'],
    ['\u{e0041}tag', 'tag'],
    ['', ''],
  ])('shows %j as %j', (name, shown) => {
    expect(safeName(name)).toBe(shown)
  })

  it('cuts at 80 characters, never within one', () => {
    expect([...safeName('😀'.repeat(81))]).toHaveLength(80)
    expect(safeName('😀'.repeat(81)).endsWith('😀…')).toBe(true)
    expect(safeName('x'.repeat(80))).toBe('x'.repeat(80))
  })

  it('takes a megabyte of hostile text in no time', () => {
    for (const piece of ['a.', 'http://', '\u200c', 'a:', '//', 'a'.repeat(50)])
      expectQuick(() => safeName(piece.repeat(20_000)), 500)
  })
})

describe('safeParagraph', () => {
  it('keeps lines and drops what cannot be seen', () => {
    expect(safeParagraph(' a\u202e\r\nb\u0007c\r\rd \n')).toBe('a\nb c\n\nd')
  })
})
