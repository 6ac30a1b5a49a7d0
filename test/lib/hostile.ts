import { expect } from 'vitest'

/** Texts of 50 000 characters that make careless patterns slow. */
export const HOSTILE_TEXTS: [string, string][] = [
  ['letters', `${'a'.repeat(50_000)}!`],
  ['dots', 'a.'.repeat(25_000)],
  ['dashes', `a${'-'.repeat(50_000)}`],
  ['spaces', `a${' '.repeat(50_000)}b`],
  ['digits', `+${'0'.repeat(50_000)}x`],
  ['brackets', '('.repeat(50_000)],
  ['commas', 'zh;q=0.5,'.repeat(5_000)],
  ['colons', `https://${'a:'.repeat(25_000)}`],
  ['accents', `a${'\u0301'.repeat(50_000)}`],
  ['loose accents', '\u0301'.repeat(50_000)],
  ['joiners', `\u0915${'\u200d'.repeat(50_000)}`],
  ['joined letters', '\u0915\u094d\u200d'.repeat(16_000)],
  ['emoji in a row', '\u{1f468}\u200d'.repeat(16_000)],
  ['selectors', `a${'\ufe0f'.repeat(50_000)}`],
  ['flag tags', `\u{1f3f4}${'\u{e0067}'.repeat(25_000)}`],
  ['half surrogates', '\ud800'.repeat(50_000)],
  ['line breaks', '\r\n'.repeat(25_000)],
]

/** Runs `act` and expects it to take less than `limitMs`; the best of three, because other work shares the machine. */
export function expectQuick(act: () => unknown, limitMs = 50): void {
  const times = [1, 2, 3].map(() => {
    const start = performance.now()
    act()
    return performance.now() - start
  })
  expect(Math.min(...times), times.join(' ')).toBeLessThan(limitMs)
}

/** The same for what answers later. */
export async function expectQuickAnswer(
  act: () => Promise<unknown>,
  limitMs: number,
): Promise<void> {
  const times: number[] = []
  for (let run = 0; run < 3; run++) {
    const start = performance.now()
    await act()
    times.push(performance.now() - start)
  }
  expect(Math.min(...times), times.join(' ')).toBeLessThan(limitMs)
}
