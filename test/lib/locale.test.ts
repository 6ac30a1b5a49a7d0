import { describe, expect, it } from 'vitest'
import { isTimeZone, pickLocale } from '../../src/lib/locale.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('pickLocale works', () => {
  it.each([
    ['zh', 'en', 'zh'],
    ['en', 'zh', 'en'],
    ['zh-CN', undefined, 'zh'],
    ['zh_TW', undefined, 'zh'],
    ['ZH', undefined, 'zh'],
    ['fr', 'zh', 'zh'],
    ['', 'zh', 'zh'],
    ['zhx', undefined, 'en'],
    ['zh;DROP', undefined, 'en'],
  ] as const)('takes the setting %j before the header %j: %s', (setting, header, locale) => {
    expect(pickLocale(setting, header)).toBe(locale)
  })

  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['zh', 'zh'],
    ['zh-Hant-TW', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['en-GB,en;q=0.9,zh;q=0.8', 'en'],
    ['en;q=0.5, zh;q=0.8', 'zh'],
    ['en;q=0.500,zh;q=0.501', 'zh'],
    ['fr-FR, de;q=0.9, zh;q=0.1', 'zh'],
    ['fr, de', 'en'],
    ['zh;q=0, fr', 'en'],
    ['zh;q=0.0, en;q=0.1', 'en'],
    ['*', 'en'],
    ['fr, *;q=0.5, zh;q=0.1', 'en'],
    ['fr, zh;q=0.6, *;q=0.5', 'zh'],
    ['en;q=0.8,zh;q=0.8', 'en'],
    ['zh;q=0.8,en;q=0.8', 'zh'],
    ['zh ; Q=1.000', 'zh'],
    [',, zh ,', 'zh'],
    ['enm, zh', 'zh'],
    ['zh-CN', 'zh'],
    ['en-GB', 'en'],
    ['zh-CN;q=0, *', 'en'],
    ['zh;q=0', 'en'],
    ['zh;q=0.001, en;q=0', 'zh'],
    ['*;q=0, zh', 'zh'],
  ] as const)('answers the header %j with %s', (header, locale) => {
    expect(pickLocale(undefined, header)).toBe(locale)
  })

  it.each([
    'zh;q=2',
    'zh;q=0.1234',
    'zh;q=',
    'zh;q=x',
    'zh;level=1',
    'zh;q=0.5;q=0.6',
    'zh-',
    '-zh',
    'zh--CN',
    'zh, \u4e2d\u6587',
    'zh; q',
    'zh en',
    'zh, abcdefghi',
    'zh,*-CN',
    `zh,${'fr,'.repeat(400)}`,
    `zh${' '.repeat(10_000)}`,
    `zh, ${'zh-CN;q=0.9, '.repeat(800)}`,
    '<script>',
    'zh\0',
    '{"zh":1}',
  ])('answers the malformed header %j in English', (header) => {
    expect(pickLocale(undefined, header)).toBe('en')
  })
})

describe('isTimeZone', () => {
  it.each([
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'America/Argentina/Buenos_Aires',
    'America/Port-au-Prince',
    'Etc/GMT+5',
    'UTC',
    'GMT',
    'US/Pacific',
    'Europe/Kyiv',
    'PST8PDT',
  ])('knows %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it.each([
    '',
    ' ',
    'Foo/Bar',
    'Berlin',
    '+05:30',
    '-0800',
    '+01',
    'Z',
    'UTC+1',
    'Europe/Berlin ',
    '../etc/passwd',
    'Europe/../Berlin',
    'Europe//Berlin',
    '/Europe/Berlin',
    'Europe/Berlin\0',
    'undefined',
    'A'.repeat(100),
  ])('refuses %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false)
  })
})

describe('locales are safe', () => {
  it.each(HOSTILE_TEXTS)('answers 50 000 %s at once', (_, text) => {
    expect(pickLocale(text, text)).toBe('en')
    expect(isTimeZone(text)).toBe(false)
    expectQuick(() => [pickLocale(text, text), isTimeZone(text)])
  })
})
