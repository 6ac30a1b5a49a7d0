import { describe, expect, it } from 'vitest'
import { percentile } from '../../scripts/percentile.ts'

describe('a percentile works', () => {
  it('as the smallest value that so many values do not exceed, in whatever order they come', () => {
    const values = [40, 15, 35, 50, 20]
    expect([5, 30, 40, 50, 95, 100].map((percent) => percentile(values, percent))).toEqual([
      15, 20, 20, 35, 50, 50,
    ])
    expect(values).toEqual([40, 15, 35, 50, 20])
  })

  it('for one value, and for none', () => {
    expect(percentile([7], 95)).toBe(7)
    expect(percentile([], 50)).toBeNaN()
  })
})
