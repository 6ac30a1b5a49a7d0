import { describe, expect, it } from 'vitest'
import { communityNameKey } from '../../src/lib/community-name.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('communityNameKey works', () => {
  it.each([
    ['Apex Circle', 'ÁPEX  circle'],
    ['Apex Circle', 'apexcircle'],
    ['Apex Circle', ' a p e x\u00a0c i r c l e\u3000'],
    ['Apex Circle', 'Apex\u200b Cir\u00adcle\u2060\ufeff'],
    ['Apex Circle', 'Ａｐｅｘ Ｃｉｒｃｌｅ'],
    ['Apex Circle', 'A\u0301\u0302pex Circle'],
    ['Apex Circle', 'A \u0301pex Circle'],
    ['Apex Circle', 'A\u034f\u0301pex Circle'],
    ['Straße', 'STRASSE'],
    ['Straße', 'STRAẞE'],
    ['İstanbul Işık', 'istanbul ışık'],
    ['Łódź Đakovo Ørsted', 'lodz dakovo orsted'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ ΑΒ', 'οδόςαβ'],
    ['ᾼθως', 'αθωσ'],
    ['ЁЖИК', 'ежик'],
    ['МОСКВА Клуб', 'москва клуб'],
    ['한국 모임', '한국모임'],
    ['한국', '\u1112\u1161\u11ab\u1100\u116e\u11a8'],
    ['ﾊﾟﾝ', 'パン'],
    ['مُجْتَمَع', 'مجتمع'],
    ['مجـــتمع', 'مجتمع'],
    ['שָׁלוֹם', 'שלום'],
    ['Kelvin', '\u212aelvin'],
  ])('takes %j and %j for one name', (one, other) => {
    expect(communityNameKey(one)).toBe(communityNameKey(other))
  })

  it.each([
    ['Apex Circle', 'Apex Circles'],
    ['Apex Circle', 'Apex-Circle'],
    ['Apex 1', 'Apex 2'],
    ['Apex', 'Арех'],
    ['ΑΒ', 'AB'],
    ['かき', 'がき'],
    ['は', 'ぱ'],
    ['か', 'カ'],
    ['कम', 'किम'],
    ['ไทย', 'ไท'],
    ['ا', 'أ'],
    ['각', '가'],
    ['東京', '北京'],
    ['🚀', '🛸'],
    ['👍🏻', '👍🏿'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(communityNameKey(one)).not.toBe(communityNameKey(other))
  })

  it('makes readable keys', () => {
    expect(communityNameKey('ÁPEX  Circle')).toBe('apexcircle')
  })
})

describe('communityNameKey is safe', () => {
  it.each(['北京', '🚀🚀', '!!', '12', 'ـــ', '\u0301\u0301', '\u0651\u0651', '-–', "''"])(
    'is never empty: %j',
    (name) => {
      expect(communityNameKey(name)).not.toBe('')
    },
  )

  it('changes nothing when applied to a key, whatever the letters', () => {
    const unstable: string[] = []
    for (let point = 0x20; point < 0x30000; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue
      const key = communityNameKey(`x${String.fromCodePoint(point)}y`)
      if (communityNameKey(key) !== key) unstable.push(point.toString(16))
    }
    expect(unstable).toEqual([])
  })

  it.each(HOSTILE_TEXTS)('answers 50 000 %s at once', (_, name) => {
    expect(communityNameKey(name)).not.toBe('')
    expectQuick(() => communityNameKey(name))
  })
})
