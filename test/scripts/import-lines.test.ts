import { describe, expect, it } from 'vitest'
import { LINE_MAX_BYTES, type Line, readLines } from '../../scripts/import/lines.ts'
import { createProgress, describeCounts } from '../../scripts/import/progress.ts'
import { chunksOf } from './import-world.ts'

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(chunks)) lines.push(line)
  return lines
}

const linesOf = (text: string, size?: number) => allOf(chunksOf(text, size))

describe('the lines of an import', () => {
  it.each([1, 2, 3, 7, 1000])('are the same in pieces of %i bytes', async (size) => {
    const lines = await linesOf('{"a":"é🦀"}\r\n\n  \n{"b":"密码"}\nlast', size)
    expect(lines.map(({ number, text }) => [number, text?.trim()])).toEqual([
      [1, '{"a":"é🦀"}'],
      [4, '{"b":"密码"}'],
      [5, 'last'],
    ])
    expect(lines.at(-1)?.end).toBe(
      new TextEncoder().encode('{"a":"é🦀"}\r\n\n  \n{"b":"密码"}\nlast').length,
    )
  })

  it('lose a byte order mark at the beginning of the file and no other', async () => {
    const lines = await linesOf('\ufeff{}\n\ufeff{}')
    expect(lines.map(({ text }) => text)).toEqual(['{}', '\ufeff{}'])
  })

  it('are none in an empty file', async () => {
    expect(await linesOf('')).toEqual([])
    expect(await linesOf('\n\n')).toEqual([])
  })

  it('that are too long are skipped to their end, however long', async () => {
    const longest = 'x'.repeat(LINE_MAX_BYTES)
    const lines = await linesOf(`${longest}\n${longest}x\n${'y'.repeat(3_000_000)}\nshort`, 50_000)
    expect(lines.map(({ number, text, fault }) => [number, text?.length, fault])).toEqual([
      [1, LINE_MAX_BYTES, undefined],
      [2, undefined, 'too_long'],
      [3, undefined, 'too_long'],
      [4, 5, undefined],
    ])
  })

  it('that are no UTF-8 are told apart, and the next one is read', async () => {
    async function* bytes() {
      yield new Uint8Array([0xff, 0xfe, 10, 0x7b, 0x7d, 10, 0xc3])
    }
    const lines = await allOf(bytes())
    expect(lines.map(({ text, fault }) => [text, fault])).toEqual([
      [undefined, 'not_utf8'],
      ['{}', undefined],
      [undefined, 'not_utf8'],
    ])
  })
})

describe('the progress of an import', () => {
  const counts = {
    lines: 300,
    communities: 1,
    accounts: 2,
    memberships: 3,
    alreadyThere: 4,
    refused: 5,
  }

  it('tells percent, speed and counts, once a second at most', () => {
    const told: string[] = []
    let now = 0
    const progress = createProgress({
      now: () => now,
      size: 4000,
      write: (text) => told.push(text),
    })
    for (const moment of [10, 999, 1500, 1600, 3000]) {
      now = moment
      progress(counts, moment)
    }
    expect(told).toEqual([
      '300 lines (37 %), 200 a second: 1 communities, 2 accounts, 3 further memberships, 4 already there, 5 refused',
      '300 lines (75 %), 100 a second: 1 communities, 2 accounts, 3 further memberships, 4 already there, 5 refused',
    ])
  })

  it('tells no percent where nobody knows the size, and says at the end that a dry run wrote nothing', () => {
    const told: string[] = []
    let now = 0
    const progress = createProgress({
      now: () => now,
      size: undefined,
      write: (text) => told.push(text),
    })
    now = 1000
    progress(counts, 5)
    expect(told[0]).toMatch(/^300 lines, 300 a second: /)
    expect(describeCounts(counts, true)).toMatch(/^Dry run, nothing was written\. 300 lines: /)
    expect(describeCounts(counts, false)).toMatch(/^300 lines: .* 5 refused\.$/)
  })
})
