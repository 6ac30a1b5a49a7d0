import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/lib/encoding.ts'
import { createLookup } from '../../src/lib/lookup.ts'

const lookup = createLookup(utf8('a secret of thirty-two bytes, ok'))

describe('keyed names', () => {
  it('are the same each time, in each isolate that has the secret', () => {
    const again = createLookup(utf8('a secret of thirty-two bytes, ok'))
    expect(lookup.address('ada@apex.example')).toBe(again.address('ada@apex.example'))
    expect(lookup.ip('192.0.2.1')).toBe(again.ip('192.0.2.1'))
  })

  it('differ by address, by kind and by secret', () => {
    const other = createLookup(utf8('b secret of thirty-two bytes, ok'))
    const names = [
      lookup.address('ada@apex.example'),
      lookup.address('adb@apex.example'),
      lookup.ip('ada@apex.example'),
      other.address('ada@apex.example'),
      lookup.address('ip:ada@apex.example'),
    ]
    expect(new Set(names).size).toBe(names.length)
  })

  it('show nothing of what they name', () => {
    expect(lookup.address('ada@apex.example')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(lookup.ip('2001:db8::/64')).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})
