import { describe, expect, it } from 'vitest'
import { delayMs, request, unlessAborted } from '../../client/src/repeat.ts'
import { type Failure, failed } from '../../client/src/result.ts'

const isWorthIt = ({ error }: Failure) => error.code === 'network_error'

/** A network that fails so many times, and counts. */
function failing(times: number) {
  const sent: number[] = []
  const fetch = async () => {
    sent.push(sent.length)
    if (sent.length <= times) throw new TypeError('no network')
    return Response.json({ success: true, message: 'Hello.', data: { it: 'works' } })
  }
  return { fetch, sent }
}

describe('the pause before a request is sent again', () => {
  it('doubles, and is spread over its second half', () => {
    expect([0, 1, 2, 3].map((tried) => delayMs(tried, undefined, 1))).toEqual([200, 400, 800, 1600])
    expect([0, 1, 2, 3].map((tried) => delayMs(tried, undefined, 0))).toEqual([100, 200, 400, 800])
  })
  it('is never shorter than Retry-After, and nobody waits for longer than 20 s', () => {
    expect(delayMs(0, 3, 0)).toBe(3_100)
    expect(delayMs(0, 20, 0)).toBe(20_100)
    expect(delayMs(0, 21, 0)).toBeUndefined()
  })
})

describe('a request', () => {
  it('is sent again as often as it may, and not once more', async () => {
    const { fetch, sent } = failing(2)
    const twice = { fetch, retries: 2, isWorthIt }
    expect(await request('https://a.example', {}, twice)).toMatchObject({ data: { it: 'works' } })
    expect(sent).toHaveLength(3)
    const never = failing(9)
    const once = { fetch: never.fetch, retries: 1, isWorthIt }
    expect(await request('https://a.example', {}, once)).toEqual(failed('network_error'))
    expect(never.sent).toHaveLength(2)
  })
  it('is not sent again where that is of no use', async () => {
    const { fetch, sent } = failing(9)
    await request('https://a.example', {}, { fetch, retries: 5, isWorthIt: () => false })
    expect(sent).toHaveLength(1)
  })
  it('that somebody else waits for too goes on when one of them gives up', async () => {
    const work = Promise.withResolvers<string>()
    const stop = new AbortController()
    const gone = unlessAborted(work.promise, stop.signal)
    const other = unlessAborted(work.promise, undefined)
    stop.abort()
    expect(await gone).toEqual(failed('aborted'))
    work.resolve('done')
    expect(await other).toBe('done')
    expect(await unlessAborted(work.promise, stop.signal)).toEqual(failed('aborted'))
  })
})
