import { describe, expect, it } from 'vitest'
import { canonicalEmail } from '../../src/lib/email-address.ts'

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
