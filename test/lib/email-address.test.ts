import { describe, expect, it } from 'vitest'
import { canonicalDomain, canonicalEmail } from '../../src/lib/email-address.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('canonicalEmail', () => {
  it.each([
    ['  Ada@Example.COM ', 'ada@example.com'],
    ["o'neil+tag@sub.example.co.uk", "o'neil+tag@sub.example.co.uk"],
    ['info@bücher.example', 'info@xn--bcher-kva.example'],
  ])('makes %j into %j', (input, canonical) => {
    expect(canonicalEmail(input)).toBe(canonical)
  })

  it.each([
    '',
    ' ',
    '@',
    'a@',
    '@b.example',
    'a@b',
    'a b@c.example',
    'a@b@c.example',
    '"a"@b.example',
    'a@b.example,c@d.example',
    'a@b.example;c@d.example',
    '<a@b.example>',
    'Ada <a@b.example>',
    'a＠b.example',
    'a@ｂ.example',
    'mıke@b.example',
    'mike@faceboo\u212a.example',
    'a@b。example',
    '.a@b.example',
    'a.@b.example',
    'a..b@c.example',
    'a@-b.example',
    'a@b-.example',
    'a@127.0.0.1',
    'a@[127.0.0.1]',
    'a@b.example\r\nBcc: x@y.example',
    'a@b.example\0',
    `${'a'.repeat(65)}@b.example`,
    `a@${'b.'.repeat(130)}example`,
    'a@b.example/path',
    'a@b.example:80',
    'a@%62.example',
    'ſam@b.example',
  ])('refuses %j', (input) => {
    expect(canonicalEmail(input)).toBeUndefined()
  })
})

describe('canonicalDomain', () => {
  const longest = `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(61)

  it.each([
    ['mailer.example', 'mailer.example'],
    ['MAILER.Example', 'mailer.example'],
    ['a.b.c.d.e.example', 'a.b.c.d.e.example'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['9.mailer.example', '9.mailer.example'],
    [longest, longest],
  ])('makes %j into %j', (input, canonical) => {
    expect(canonicalDomain(input)).toBe(canonical)
    expect(canonicalDomain(canonical)).toBe(canonical)
  })

  it.each([
    '',
    'com',
    'localhost',
    '.example',
    'mailer.example.',
    'mailer..example',
    ' mailer.example',
    'mailer.example\n',
    'a@mailer.example',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    'mailer.example:25',
    'mailer.example/',
    'mailer.example?x',
    'user:word@mailer.example',
    '*.mailer.example',
    'mailer_.example',
    '-mailer.example',
    'mailer-.example',
    'xn--.example',
    'ma%69ler.example',
    'mａiler.example',
    'mailer。example',
    'mailer\u00ad.example',
    'face\u200dbook.example',
    'faceboo\u212a.example',
    'maıler.example',
    'mailer.example\0',
    '\ud800.example',
    `${'a'.repeat(64)}.example`,
    `b${longest}`,
    // Short as it is read, too long in A-labels.
    `${`${'ü'.repeat(20)}.`.repeat(11)}example`,
  ])('refuses %j', (input) => {
    expect(canonicalDomain(input)).toBeUndefined()
  })

  it.each(HOSTILE_TEXTS)('is quick with fifty thousand %s', (_, text) => {
    expectQuick(() => canonicalDomain(text))
  })
})
