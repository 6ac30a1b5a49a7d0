import { describe, expect, it } from 'vitest'
import { cutUserAgent, USER_AGENT_MAX_LENGTH } from '../../src/lib/user-agent.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('cutUserAgent', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (X11; Linux x86_64)'],
    ['  curl/8.0  ', 'curl/8.0'],
    ['evil\r\nX-Header: 1\0\u001b[31m\u0085', 'evilX-Header: 1[31m'],
    ['a'.repeat(301), 'a'.repeat(300)],
    [`${'a'.repeat(299)}🚀`, 'a'.repeat(299)],
    [`${'a'.repeat(298)}🚀b`, `${'a'.repeat(298)}🚀`],
    [`${'a'.repeat(299)} b`, 'a'.repeat(299)],
    ['a\ud800b', 'ab'],
    [undefined, null],
    ['', null],
    [' \t\r\n', null],
  ])('makes %j into %j', (text, cut) => {
    expect(cutUserAgent(text)).toBe(cut)
  })

  it.each(HOSTILE_TEXTS)('cuts 50 000 %s at once', (_, text) => {
    expect((cutUserAgent(text) ?? '').length).toBeLessThanOrEqual(USER_AGENT_MAX_LENGTH)
    expectQuick(() => cutUserAgent(text))
  })
})
