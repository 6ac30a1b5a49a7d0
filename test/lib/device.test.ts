import { describe, expect, it } from 'vitest'
import { type Device, describeDevice } from '../../src/lib/device.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

const KHTML = '(KHTML, like Gecko)'
const BLINK = `AppleWebKit/537.36 ${KHTML}`
const WEBKIT = `AppleWebKit/605.1.15 ${KHTML}`
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X)'
const IPAD = 'Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X)'
const LINUX = 'Mozilla/5.0 (X11; Linux x86_64)'
const PIXEL = 'Mozilla/5.0 (Linux; Android 10; K)'

type Row = [browser: string | null, os: string | null, type: Device['type'], userAgent: string]

const BROWSERS: Row[] = [
  ['Chrome', 'Windows', 'desktop', `${WINDOWS} ${BLINK} Chrome/124.0.0.0 Safari/537.36`],
  ['Edge', 'Windows', 'desktop', `${WINDOWS} ${BLINK} Chrome/124.0.0.0 Safari/537.36 Edg/124.0`],
  ['Edge', 'Windows', 'desktop', `${WINDOWS} ${BLINK} Chrome/64.0 Safari/537.36 Edge/17.17134`],
  ['Opera', 'Windows', 'desktop', `${WINDOWS} ${BLINK} Chrome/123.0.0.0 Safari/537.36 OPR/109.0`],
  ['Vivaldi', 'Windows', 'desktop', `${WINDOWS} ${BLINK} Chrome/122.0 Safari/537.36 Vivaldi/6.6`],
  [
    'Firefox',
    'Windows',
    'desktop',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0',
  ],
  [
    'Internet Explorer',
    'Windows',
    'desktop',
    'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; Tablet PC 2.0; rv:11.0) like Gecko',
  ],
  [
    'WeChat',
    'Windows',
    'desktop',
    `${WINDOWS} ${BLINK} Chrome/107.0 Safari/537.36 MicroMessenger/7`,
  ],
  ['Safari', 'macOS', 'desktop', `${MAC} ${WEBKIT} Version/17.4.1 Safari/605.1.15`],
  ['Chrome', 'macOS', 'desktop', `${MAC} ${BLINK} Chrome/124.0.0.0 Safari/537.36`],
  [
    'Firefox',
    'macOS',
    'desktop',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:125.0) Gecko/20100101 Firefox/125.0',
  ],
  ['DuckDuckGo', 'macOS', 'desktop', `${MAC} ${WEBKIT} Version/17.4 Safari/605.1.15 Ddg/17.4`],
  [
    'Electron',
    'macOS',
    'desktop',
    `${MAC} ${BLINK} Gatehouse/1.2.0 Chrome/120.0.6099.291 Electron/28.2.10 Safari/537.36`,
  ],
  [
    'Slack',
    'macOS',
    'desktop',
    `${MAC} ${BLINK} Slack/4.37.101 Chrome/122.0 Electron/29.1.4 Safari/537.36`,
  ],
  ['Tauri', 'macOS', 'desktop', `${MAC} ${WEBKIT} Tauri/2.0`],
  [null, 'macOS', 'desktop', `${MAC} ${WEBKIT}`],
  ['Chrome', 'Linux', 'desktop', `${LINUX} ${BLINK} Chrome/124.0.0.0 Safari/537.36`],
  [
    'Firefox',
    'Linux',
    'desktop',
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0',
  ],
  [
    'Chromium',
    'Linux',
    'desktop',
    `${LINUX} ${BLINK} Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36`,
  ],
  [
    'Chrome',
    'ChromeOS',
    'desktop',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/124.0.0.0 Safari/537.36`,
  ],
  ['Safari', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} Version/17.4.1 Mobile/15E148 Safari/604.1`],
  ['Chrome', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1`],
  ['Firefox', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} FxiOS/125.0 Mobile/15E148 Safari/605.1.15`],
  [
    'Edge',
    'iOS',
    'mobile',
    `${IPHONE} ${WEBKIT} Version/17.0 EdgiOS/124.0 Mobile/15E148 Safari/605`,
  ],
  ['Opera', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1 OPT/4.6`],
  ['Google app', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} GSA/314.0 Mobile/15E148 Safari/604.1`],
  [
    'WeChat',
    'iOS',
    'mobile',
    `${IPHONE} ${WEBKIT} Mobile/15E148 MicroMessenger/8.0.48(0x1800302d)`,
  ],
  ['LINE', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} Mobile/15E148 Safari Line/14.5.0`],
  ['Instagram', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} Mobile/21E236 Instagram 328.0.4.23.85`],
  ['Facebook', 'iOS', 'mobile', `${IPHONE} ${WEBKIT} Mobile/21E236 [FBAN/FBIOS;FBAV/460.0.0.31]`],
  ['Safari', 'iPadOS', 'tablet', `${IPAD} ${WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1`],
  ['Chrome', 'iPadOS', 'tablet', `${IPAD} ${WEBKIT} CriOS/124.0 Mobile/15E148 Safari/604.1`],
  ['Chrome', 'Android', 'mobile', `${PIXEL} ${BLINK} Chrome/124.0.0.0 Mobile Safari/537.36`],
  ['Chrome', 'Android', 'tablet', `${PIXEL} ${BLINK} Chrome/124.0.0.0 Safari/537.36`],
  [
    'Firefox',
    'Android',
    'mobile',
    'Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0',
  ],
  [
    'Firefox',
    'Android',
    'tablet',
    'Mozilla/5.0 (Android 12; Tablet; rv:125.0) Gecko/125.0 Firefox/125.0',
  ],
  [
    'Samsung Internet',
    'Android',
    'mobile',
    `${PIXEL} ${BLINK} SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36`,
  ],
  ['Edge', 'Android', 'mobile', `${PIXEL} ${BLINK} Chrome/124.0 Mobile Safari/537.36 EdgA/124.0`],
  ['Opera', 'Android', 'mobile', `${PIXEL} ${BLINK} Chrome/122.0 Mobile Safari/537.36 OPR/81.4`],
  [
    'Opera',
    'Android',
    'mobile',
    'Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.11',
  ],
  [
    'UC Browser',
    'Android',
    'mobile',
    `Mozilla/5.0 (Linux; U; Android 11; en-US) ${BLINK} Version/4.0 Chrome/100 UCBrowser/13.4 Mobile`,
  ],
  [
    'Android Browser',
    'Android',
    'mobile',
    `Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100) AppleWebKit/534.30 ${KHTML} Version/4.0 Mobile Safari/534.30`,
  ],
  [
    'Chrome',
    'Android',
    'mobile',
    `Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) ${BLINK} Chrome/124.0.0.0 Mobile Safari/537.36`,
  ],
  [
    'Huawei Browser',
    'HarmonyOS',
    'mobile',
    `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${BLINK} Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.0`,
  ],
  [
    'Huawei Browser',
    'HarmonyOS',
    'desktop',
    `Mozilla/5.0 (PC; OpenHarmony 5.1) ${BLINK} Chrome/132.0 Safari/537.36 ArkWeb/5.1 HuaweiBrowser/6.1`,
  ],
  [
    'Huawei Browser',
    'HarmonyOS',
    'mobile',
    `Mozilla/5.0 (Linux; Android 12; HarmonyOS; ANA-AN00) ${BLINK} Chrome/99.0 HuaweiBrowser/13.0 Mobile Safari/537.36`,
  ],
  [
    'Edge',
    'Windows Phone',
    'mobile',
    `Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) ${BLINK} Chrome/52.0 Mobile Safari/537.36 Edge/15.15063`,
  ],
]

const REST: Row[] = [
  ['curl', null, null, 'curl/8.7.1'],
  ['Wget', null, null, 'Wget/1.21.4 (linux-gnu)'],
  ['Postman', null, null, 'PostmanRuntime/7.37.3'],
  [
    'Postman',
    'macOS',
    'desktop',
    `${MAC} ${BLINK} Postman/11.1.0 Chrome/118.0 Electron/27.3 Safari/537.36`,
  ],
  ['Python', null, null, 'python-requests/2.31.0'],
  ['Node.js', null, null, 'node'],
  ['Go', null, null, 'Go-http-client/2.0'],
  ['OkHttp', null, null, 'okhttp/4.12.0'],
  [null, 'Android', null, 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 7 Build/UQ1A.240205.004)'],
  [null, null, null, 'Gatehouse/12 CFNetwork/1494.0.7 Darwin/23.4.0'],
  [
    'Chrome',
    'Android',
    null,
    `Mozilla/5.0 (Linux; Android 12; Smart TV) ${BLINK} Chrome/96.0 Safari/537.36`,
  ],
  [
    'Googlebot',
    'Android',
    'bot',
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${BLINK} Chrome/124.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  ],
  [
    'Bingbot',
    null,
    'bot',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  ],
  ['Headless Chrome', 'Linux', 'bot', `${LINUX} ${BLINK} HeadlessChrome/124.0.0.0 Safari/537.36`],
  [null, null, 'bot', 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)'],
]

const NOTHING: Device = { browser: null, os: null, type: null }

describe('describeDevice works', () => {
  it.each(BROWSERS)('names %s on %s (%s): %s', (browser, os, type, userAgent) => {
    expect(describeDevice(userAgent)).toEqual({ browser, os, type })
  })

  it.each(REST)('tells programs, televisions and bots from people: %s, %s, %s: %s', (...row) => {
    const [browser, os, type, userAgent] = row
    expect(describeDevice(userAgent)).toEqual({ browser, os, type })
  })

  it('says the same each time it is asked', () => {
    const [, , , userAgent] = BROWSERS[0] as Row
    expect(describeDevice(userAgent)).toEqual(describeDevice(userAgent))
  })
})

describe('describeDevice refuses to guess', () => {
  it.each([
    null,
    '',
    ' ',
    'x'.repeat(300),
    '(((((((((('.repeat(30),
    '\u202e\ufffd🚀'.repeat(75),
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty/1.0',
    "<script>alert('1')</script>",
  ])('%j is nothing we know', (userAgent) => {
    expect(describeDevice(userAgent)).toEqual(NOTHING)
  })
})

describe('describeDevice is safe', () => {
  it('never repeats what it was told', () => {
    const { browser, os } = describeDevice(`${WINDOWS} <b>Firefox/125.0</b> Edg/"><script>`)
    expect([browser, os]).toEqual(['Edge', 'Windows'])
  })

  const parts = ['Version/4.0 Mobile ', 'Mozilla/5.0 (Linux; Android ', 'cubot', 'Edg', 'iPhone; ']
  const nearMisses = parts.map((part): [string, string] => [part, part.repeat(4_000)])

  it.each([...HOSTILE_TEXTS, ...nearMisses])('reads very long %s at once', (_, text) => {
    expectQuick(() => describeDevice(text))
  })
})
