/**
 * What a person is told about a device: the browser, the system and the kind of machine that its User-Agent claims.
 * Names as people know them, no versions. It is a claim: nothing may be decided by it. Browsers pose as others, so order
 * is the rule: whoever pretends to be Chrome or Safari stands before them. Brave poses as Chrome, an iPad that asks for
 * desktop pages as a Mac; both stay unseen. Every expression takes linear time. No I/O.
 */

export interface Device {
  browser: string | null
  os: string | null
  type: 'desktop' | 'mobile' | 'tablet' | 'bot' | null
}

type Names = readonly (readonly [name: string, claim: RegExp])[]

const BOTS: Names = [
  ['Googlebot', /Googlebot|Google-InspectionTool/],
  ['Bingbot', /bingbot/i],
  ['Baiduspider', /Baiduspider/],
  ['YandexBot', /YandexBot/],
  ['DuckDuckBot', /DuckDuckBot/],
  ['Applebot', /Applebot/],
  ['GPTBot', /GPTBot/],
  ['ClaudeBot', /ClaudeBot/],
  ['Facebook preview', /facebookexternalhit/],
  ['Slack preview', /Slackbot/],
  ['Headless Chrome', /HeadlessChrome/],
]

/** Cubot makes phones. */
const ANY_BOT = /(?<!cu)bot\b|crawl|spider|slurp|lighthouse/i

const BROWSERS: Names = [
  ['WeChat', /MicroMessenger\//],
  ['Alipay', /AlipayClient\//],
  ['DingTalk', /DingTalk[/(]/],
  ['Facebook', /\bFBA[NV]\//],
  ['Instagram', /\bInstagram /],
  ['LINE', /\bLine\//],
  ['Postman', /\bPostman(?:Runtime)?\//],
  ['Insomnia', /\binsomnia\//i],
  ['Slack', /\bSlack(?:_SSB)?\//],
  ['Tauri', /\btauri\b/i],
  ['Electron', /\bElectron\//],
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|OPT|OPX|OPiOS|Opera)\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Huawei Browser', /\bHuaweiBrowser\//],
  ['Mi Browser', /\bMiuiBrowser\//],
  ['QQ Browser', /\bM?QQBrowser\//],
  ['UC Browser', /\bUC?Browser\//],
  ['Yandex Browser', /\bYaBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['DuckDuckGo', /\b(?:DuckDuckGo|Ddg)\//],
  ['Amazon Silk', /\bSilk\//],
  ['Google app', /\bGSA\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chromium', /\bChromium\//],
  ['Chrome', /\b(?:Chrome|CriOS)\//],
  ['Internet Explorer', /\bMSIE |\bTrident\//],
  ['Android Browser', /\bVersion\/4\.0 (?:Mobile )?Safari\//],
  ['Safari', /\bSafari\//],
  ['curl', /^curl\//],
  ['Wget', /^Wget\//],
  ['HTTPie', /^HTTPie\//],
  ['Python', /^(?:python|aiohttp\/|Python)/],
  ['Node.js', /^(?:node|undici|axios\/)/],
  ['Go', /^Go-http-client\//],
  ['OkHttp', /^okhttp\//],
  ['Dart', /^Dart\//],
  ['Java', /^(?:Java|Apache-HttpClient)\//],
]

const SYSTEMS: Names = [
  ['Windows Phone', /Windows Phone/],
  ['HarmonyOS', /HarmonyOS|OpenHarmony/],
  ['iPadOS', /\biPad\b/],
  ['iOS', /\biP(?:hone|od)\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac(?:intosh| OS X\b)/],
  ['Linux', /\bLinux\b/],
]

/** Reads a User-Agent as it is stored or sent. What it does not know, and null or an empty text, is null. */
export function describeDevice(userAgent: string | null): Device {
  const claim = userAgent ?? ''
  const os = nameIn(SYSTEMS, claim)
  const bot = nameIn(BOTS, claim)
  if (bot !== null || ANY_BOT.test(claim)) return { browser: bot, os, type: 'bot' }
  return { browser: nameIn(BROWSERS, claim), os, type: kindOf(claim, os) }
}

function nameIn(names: Names, claim: string): string | null {
  return names.find(([, pattern]) => pattern.test(claim))?.[0] ?? null
}

function kindOf(claim: string, os: string | null): Device['type'] {
  // A television runs Android or Linux; a program that names only its system may run on anything.
  if (os === null || /TV\b/.test(claim) || !/^(?:Mozilla|Opera)\//.test(claim)) return null
  if (os === 'iPadOS') return 'tablet'
  if (os === 'Windows' || os === 'macOS' || os === 'ChromeOS') return 'desktop'
  if (/\(PC;/.test(claim)) return 'desktop'
  if (/\bTablet\b/.test(claim)) return 'tablet'
  if (os === 'iOS' || /\bMobi|Opera M(?:ini|obi)/.test(claim)) return 'mobile'
  if (os === 'Linux') return 'desktop'
  return os === 'Windows Phone' ? 'mobile' : 'tablet'
}
