/** No text becomes code: neither a program nor a regular expression. */
import { describe, expect, it } from 'vitest'
import { codeOf, SOURCES } from './read-sources.ts'

const PATHS = Object.keys(SOURCES).filter((path) => !path.endsWith('.d.ts'))
const using = (pattern: RegExp) => PATHS.filter((path) => pattern.test(codeOf(path)))

describe('the code', () => {
  it('runs nothing that was a text', () => {
    expect(using(/\beval\b|\bnew Function\b|\bFunction\(|\bAsyncFunction\b/)).toEqual([])
    expect(using(/\bset(Timeout|Interval)\(\s*['"`]/)).toEqual([])
    expect(using(/\bimport\(\s*[^'\s]/)).toEqual([])
    expect(using(/\bWebAssembly\.(compile|Module)\b/)).toEqual([])
  })

  it('makes regular expressions of its own constants alone', () => {
    const calls = PATHS.flatMap((path) =>
      [...codeOf(path).matchAll(/^(.*)\bnew RegExp\(([\s\S]*?)\n?\)$/gm)].map(
        ([, before = '', made = '']) => ({
          path,
          before,
          made,
        }),
      ),
    )
    const all = PATHS.flatMap((path) => codeOf(path).match(/\bRegExp\(/g) ?? [])
    expect(calls).toHaveLength(all.length)
    expect(calls.length).toBeGreaterThan(0)
    for (const { path, before, made } of calls) {
      // At the top of a module, of capitals only: nothing of a request is there yet.
      expect({ path, before }).toEqual({
        path,
        before: expect.stringMatching(/^const [A-Z_]+ = $/),
      })
      const values = [...made.matchAll(/\$\{([^}]*)\}/g)].map(([, value]) => value)
      expect({ path, values }).toEqual({
        path,
        values: values.filter((v) => /^[A-Z\d_]+$/.test(v ?? '')),
      })
    }
  })

  it('takes its lists as bytes, by two modules alone, and runs none of them', () => {
    expect(using(/from '#lists\//)).toEqual(['lib/common-passwords.ts', 'lib/public-suffix.ts'])
  })

  it('compares no text by a pattern that a request could write', () => {
    expect(using(/\b(like|ilike|glob|notLike)\(|\b(LIKE|GLOB)\b(?!\s*')/)).toEqual([])
  })
})
