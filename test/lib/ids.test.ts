import { describe, expect, it } from 'vitest'
import { PLATFORM_COMMUNITY_ID } from '../../src/db/schema/index.ts'
import { isUuid, newId } from '../../src/lib/ids.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 123)
const momentOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

describe('ids work', () => {
  it('are UUIDv7 that carry their moment', () => {
    for (const now of [0, 1, NOW, Date.UTC(9999, 11, 31), 2 ** 48 - 1]) {
      const id = newId(now)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(momentOf(id)).toBe(now)
      expect(isUuid(id)).toBe(true)
    }
  })

  it('sort by the moment they were made', () => {
    const ids = Array.from({ length: 1000 }, (_, n) => newId(NOW + n * 997))
    expect([...ids].sort()).toEqual(ids)
  })

  it('never come twice, not within one millisecond either', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newId(NOW)))
    expect(ids.size).toBe(10_000)
  })

  it('know the reserved community', () => {
    expect(isUuid(PLATFORM_COMMUNITY_ID)).toBe(true)
  })
})

describe('isUuid refuses', () => {
  const id = newId(NOW)
  it.each([
    '',
    'platform',
    id.toUpperCase().replace(/^./, 'A'),
    `{${id}}`,
    `urn:uuid:${id}`,
    ` ${id}`,
    `${id}\n`,
    `${id}0`,
    id.slice(1),
    id.replaceAll('-', ''),
    id.replace('-', '_'),
    `${id.slice(0, 14)}0${id.slice(15)}`,
    `${id.slice(0, 14)}f${id.slice(15)}`,
    `${id.slice(0, 19)}c${id.slice(20)}`,
    `g${id.slice(1)}`,
  ])('%j', (text) => {
    expect(isUuid(text)).toBe(false)
  })

  it.each(HOSTILE_TEXTS)('50 000 %s at once', (_, text) => {
    expect(isUuid(text)).toBe(false)
    expectQuick(() => isUuid(text))
  })
})
