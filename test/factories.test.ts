import { describe, expect, it } from 'vitest'
import { isOddName } from '../src/lib/odd-name.ts'
import { UNIQUE, unique } from './factories.ts'

describe('a name made for a test', () => {
  const names = Array.from({ length: 12_000 }, unique)

  it('is new each time and never odd, so that no signal of a signup comes by chance', () => {
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => isOddName(`Circle ${name}`))).toEqual([])
  })

  it('is found in any text by its pattern', () => {
    const left = names.map((name) => `"Mira@${name}.example"`.replace(UNIQUE, ''))
    expect([...new Set(left)]).toEqual(['"Mira@.example"'])
  })
})
