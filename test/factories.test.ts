import { describe, expect, it } from 'vitest'
import { isOddName } from '../src/lib/odd-name.ts'
import { unique } from './factories.ts'

describe('a name made for a test', () => {
  it('is new each time and never odd, so that no signal of a signup comes by chance', () => {
    const names = Array.from({ length: 12_000 }, unique)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => isOddName(`Circle ${name}`) || !/^[a-z]+$/.test(name))).toEqual(
      [],
    )
  })
})
