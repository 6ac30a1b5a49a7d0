import { describe, expect, it } from 'vitest'
import { nameOfAddress } from '../../src/lib/name-of-address.ts'

describe('the name that an address suggests', () => {
  it.each([
    ['ada@x.example', 'Ada'],
    ['ada.lovelace@x.example', 'Ada Lovelace'],
    ['ada_lovelace@x.example', 'Ada Lovelace'],
    ['ada-lovelace@x.example', 'Ada Lovelace'],
    ['a.b_c-d@x.example', 'A B C D'],
    ['ada.lovelace+events@x.example', 'Ada Lovelace'],
    ['ada+one+two@x.example', 'Ada'],
    ['joy99@x.example', 'Joy99'],
    ['42@x.example', '42'],
    ["o'brien@x.example", "O'brien"],
    ['__ada__@x.example', 'Ada'],
  ])('%s is %s', (address, name) => {
    expect(nameOfAddress(address)).toBe(name)
  })

  it.each([
    ['+events@x.example', '+events'],
    ['_@x.example', '_'],
    ['-_-@x.example', '-_-'],
    ['--+x@x.example', '--+x'],
  ])('%s, which names nobody, is taken as it stands: %s', (address, name) => {
    expect(nameOfAddress(address)).toBe(name)
  })

  it('never holds anything of the domain', () => {
    expect(nameOfAddress('ada@secret-lab.example')).not.toMatch(/secret|lab|example|@/)
  })
})
