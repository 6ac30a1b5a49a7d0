import { describe, expect, it } from 'vitest'
import { newId } from '../../src/lib/ids.ts'
import {
  firstSlugNumber,
  isReservedSlug,
  SLUG_BASE_MAX_LENGTH,
  slugBase,
} from '../../src/lib/slug.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('slugBase works', () => {
  it.each([
    ['Apex Circle', 'apex-circle'],
    ['  ÁPEX   čirclé  ', 'apex-circle'],
    ['A', 'a'],
    ['C++ & Rust / Go!', 'c-rust-go'],
    ["O'Neil's Café", 'o-neil-s-cafe'],
    ['--Dash -- ed--', 'dash-ed'],
    ['Straße GROẞ', 'strasse-gross'],
    ['Æther Œuvre', 'aether-oeuvre'],
    ['Ørsted Łódź Đà Nẵng', 'orsted-lodz-da-nang'],
    ['Þór Ðorð Ħamrun', 'thor-dord-hamrun'],
    ['Işık İstanbul', 'isik-istanbul'],
    ['Əliyev Ŋoni', 'eliyev-ngoni'],
    ['Ｆｕｌｌ Ｗｉｄｔｈ', 'full-width'],
    ['𝐁𝐨𝐥𝐝 ﬁne', 'bold-fine'],
    ['Клуб Go Москва', 'go'],
    ['東京 Tokyo 2024', 'tokyo-2024'],
    ['2024 Berlin', '2024-berlin'],
    ['Web3', 'web3'],
  ])('makes %j into %j', (name, slug) => {
    expect(slugBase(name)).toBe(slug)
  })

  it.each(['北京社区', 'Москва', 'مجتمع', '2024', '٢٠٢٤', '!!!', '🚀🚀', '', '-'])(
    'gives %j, which has no Latin letter, the slug community',
    (name) => {
      expect(slugBase(name)).toBe('community')
    },
  )

  it('keeps 60 characters and ends in no dash', () => {
    expect(slugBase('a'.repeat(100))).toBe('a'.repeat(SLUG_BASE_MAX_LENGTH))
    expect(slugBase(`${'a'.repeat(59)} b`)).toBe('a'.repeat(59))
    expect(slugBase(`${'1'.repeat(60)} apex`)).toBe('community')
  })

  it('is its own slug: no base changes when made again', () => {
    for (const name of [
      'Ørsted Łódź',
      `${'ab '.repeat(40)}`,
      'Þór',
      '北京',
      `${'1'.repeat(60)} apex`,
    ]) {
      expect(slugBase(slugBase(name))).toBe(slugBase(name))
    }
  })
})

describe('reserved slugs', () => {
  it.each(
    `admin api www mail docs health dev platform login logout signup signin support help status auth account app static
    assets security billing root system null undefined new edit settings communities me users owner moderator jwks
    openapi public internal postmaster webmaster abuse staff official verify reset password`.split(
      /\s+/,
    ),
  )('keeps the bare word %s and begins its numbers at 1', (word) => {
    expect(isReservedSlug(word)).toBe(true)
    expect(firstSlugNumber(slugBase(word.toUpperCase()))).toBe(1)
  })

  it.each([
    'community',
    'apex-circle',
    'administrators-club',
    'admin-1',
    'api-lovers',
    'deadbeef',
    '2024-berlin',
  ])('leaves %s free', (slug) => {
    expect(isReservedSlug(slug)).toBe(false)
    expect(firstSlugNumber(slug)).toBe(0)
  })

  it.each([
    newId(1_760_000_000_000),
    '01234567-89AB-7DEF-8123-456789ABCDEF',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0123456789abcdef0123456789abcdef',
  ])('takes nothing for a slug that reads as an id: %s', (id) => {
    expect(isReservedSlug(slugBase(id))).toBe(true)
    expect(isReservedSlug(`${slugBase(id)}-1`)).toBe(false)
  })

  it('a name cannot reach the properties of an object', () => {
    expect(slugBase('__proto__')).toBe('proto')
    expect(isReservedSlug('constructor')).toBe(false)
  })
})

describe('slugBase is safe', () => {
  it.each(HOSTILE_TEXTS)('answers 50 000 %s at once', (_, name) => {
    expect(slugBase(name)).toMatch(/^[a-z0-9]{1,60}$|^(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*$/)
    expectQuick(() => slugBase(name))
  })
})
