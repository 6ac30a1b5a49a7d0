import { describe, expect, it } from 'vitest'
import { parseRetryAfter, retryDelaySeconds } from '../../src/mail/retry-delay.ts'
import { START } from './mail-world.ts'

describe('retryDelaySeconds', () => {
  it('doubles from ten seconds and stays at an hour', () => {
    const delays = [1, 2, 3, 9, 10, 11, 500].map((attempts) => retryDelaySeconds(attempts))
    expect(delays).toEqual([10, 20, 40, 2560, 3600, 3600, 3600])
  })

  it.each([
    [1, 0.4, 10],
    [1, 45.2, 46],
    [5, 45, 160],
    [1, 999_999, 3600],
    [0, 0, 10],
  ])('after %d attempts and Retry-After %d waits %d s', (attempts, retryAfter, seconds) => {
    expect(retryDelaySeconds(attempts, retryAfter)).toBe(seconds)
  })
})

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120],
    [' 0 ', 0],
    ['99999999999', 3600],
    [new Date(START + 90_000).toUTCString(), 90],
    [new Date(START - 90_000).toUTCString(), 0],
    [new Date(START + 90_000_000).toUTCString(), 3600],
  ])('reads %j as %d s', (header, seconds) => {
    expect(parseRetryAfter(header, START)).toBe(seconds)
  })

  it.each([null, '', 'soon', '-5', '1.5', '12 apples'])('reads %j as nothing', (header) => {
    expect(parseRetryAfter(header, START)).toBeUndefined()
  })
})
