import { describe, expect, it } from 'vitest'
import { isSharedHost } from '../../src/lib/shared-hosts.ts'
import { parseSocialLink, parseWebsite } from '../../src/lib/website.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('parseWebsite works', () => {
  it.each([
    ['https://apex.example', 'https://apex.example/', 'apex.example'],
    ['apex.example', 'https://apex.example/', 'apex.example'],
    [
      '  www.Apex.EXAMPLE/About?x=1#team ',
      'https://www.apex.example/About?x=1#team',
      'apex.example',
    ],
    ['http://apex.example', 'http://apex.example/', 'apex.example'],
    ['HTTPS://APEX.EXAMPLE', 'https://apex.example/', 'apex.example'],
    ['apex.example:8443/x', 'https://apex.example:8443/x', 'apex.example'],
    ['https://apex.example:443', 'https://apex.example/', 'apex.example'],
    ['https://apex.example.', 'https://apex.example/', 'apex.example'],
    ['apex.example.:8443', 'https://apex.example:8443/', 'apex.example'],
    ['apex.example?ref=x', 'https://apex.example/?ref=x', 'apex.example'],
    ['https://apex.example/a/../b', 'https://apex.example/b', 'apex.example'],
    ['https://apex.example/@team:1', 'https://apex.example/@team:1', 'apex.example'],
    ['https://apex.example/日本', 'https://apex.example/%E6%97%A5%E6%9C%AC', 'apex.example'],
    ['https://apex.example/"<script>', 'https://apex.example/%22%3Cscript%3E', 'apex.example'],
    ['a.b.apex.co.uk', 'https://a.b.apex.co.uk/', 'apex.co.uk'],
    ['bücher.example', 'https://xn--bcher-kva.example/', 'xn--bcher-kva.example'],
    ['BU\u0308CHER.example', 'https://xn--bcher-kva.example/', 'xn--bcher-kva.example'],
    ['kadıköy.example', 'https://xn--kadky-mua52b.example/', 'xn--kadky-mua52b.example'],
    ['www.社区.公司.cn', 'https://www.xn--dkrp89f.xn--55qx5d.cn/', 'xn--dkrp89f.xn--55qx5d.cn'],
    ['1.apex.example', 'https://1.apex.example/', 'apex.example'],
    ['foo.github.io/page', 'https://foo.github.io/page', 'foo.github.io'],
    ['a.foo.github.io', 'https://a.foo.github.io/', 'foo.github.io'],
    ['foo.wixsite.com/home', 'https://foo.wixsite.com/home', 'foo.wixsite.com'],
    ['foo.notion.site', 'https://foo.notion.site/', 'foo.notion.site'],
  ])('reads %j as %j, which belongs to %j', (text, url, domain) => {
    expect(parseWebsite(text)).toEqual({ url, domain })
  })

  it.each([
    'github.io',
    'co.uk',
    'facebook.com/apex',
    'www.facebook.com',
    'm.facebook.com',
    'FB.com/apex',
    'fb.me/e/1',
    'linktr.ee/apex',
    'instagram.com/apex',
    'linkedin.com/company/apex',
    'uk.linkedin.com/x',
    'twitter.com/apex',
    'x.com/apex',
    'youtube.com/@apex',
    'youtu.be/x',
    't.me/apex',
    'telegram.me/apex',
    'discord.gg/x',
    'discord.com/invite/x',
    'meetup.com/apex',
    'eventbrite.com/o/1',
    'www.eventbrite.co.uk/o/1',
    'eventbrite.de',
    'github.com/apex',
    'gitlab.com/apex',
    'medium.com/@apex',
    'apex.medium.com',
    'reddit.com/r/apex',
    'sites.google.com/view/apex',
    'google.co.in',
    'notion.so/x',
    'notion.site',
    'wa.me/1',
    'chat.whatsapp.com/x',
    'tiktok.com/@apex',
    'lu.ma/apex',
    'luma.com/apex',
    'patreon.com/apex',
    'apex.tumblr.com',
    'weibo.com/1',
    'mp.weixin.qq.com/x',
    'zhihu.com/org/1',
    'space.bilibili.com/1',
    'vk.com/apex',
    'carrd.co',
    'beacons.ai/apex',
    'bio.link/apex',
    'apex.substack.com',
    'apex.wordpress.com',
    'facebook.com.',
  ])('keeps no owner for %s, where many have a page', (text) => {
    expect(parseWebsite(text)).toMatchObject({ domain: null })
  })

  it.each([
    'notfacebook.com',
    'facebook.com.evil.example',
    'google.github.io',
    'mygoogle.example',
    'x.com.example',
  ])('takes %s for a domain of its own', (text) => {
    expect(parseWebsite(text)?.domain).toBeTruthy()
  })

  it('accepts 2048 characters and no more', () => {
    const longest = `https://apex.example/${'a'.repeat(2048 - 21)}`
    expect(parseWebsite(longest)?.url).toHaveLength(2048)
    expect(parseWebsite(`${longest}a`)).toBeUndefined()
    expect(parseWebsite(`https://apex.example/${'日'.repeat(300)}`)).toBeUndefined()
  })
})

describe('parseWebsite refuses', () => {
  it.each([
    '',
    ' ',
    'apex',
    'https://',
    'http://apex',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'javascript://apex.example/%0aalert(1)',
    'data:text/html,<script>',
    'data:text/html;base64,AAAA',
    'vbscript:x.y',
    'file:///etc/passwd',
    'ftp://apex.example',
    'mailto:ada@apex.example',
    'tel:+4420',
    'ws://apex.example',
    'blob:https://apex.example/1',
    'view-source:https://apex.example',
    '//evil.example',
    '///evil.example',
    '/path',
    '?x',
    '#x',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'http://https://apex.example',
    'https//apex.example:x',
    '\\\\evil.example',
    'https:\\\\evil.example',
    'https://apex.example\\@evil.example',
    'https://apex.example/a\\b',
    'https://user@apex.example',
    'https://user:pass@apex.example',
    'apex.example@evil.example',
    'ada@apex.example',
    'https://apex.example%40evil.example',
    'https://apex%2eexample',
    'https://apex.example%00.evil.example',
    'localhost',
    'http://localhost:3000',
    'app.localhost',
    'printer.local',
    'db.internal',
    '127.0.0.1',
    'http://127.0.0.1/x',
    '127.1',
    '0x7f.1',
    '2130706433',
    'http://0x7f000001',
    '017700000001',
    '10.0.0.1:80',
    '1.2.3',
    'apex.123',
    '[::1]',
    'http://[::1]:80/',
    '::1',
    '１２７.０.０.１',
    'apex。example',
    'ａｐｅｘ.example',
    'apex．example',
    'ⓐpex.example',
    'ſite.example',
    'apex..example',
    '.apex.example',
    'apex.example..',
    '-apex.example',
    'apex-.example',
    'a_b.example',
    'apex.exa mple',
    'apex.example/a b',
    'apex.example/\ta',
    'apex.exam\nple',
    'apex.example\r\nX: y',
    'apex.example/\0',
    'apex.example/\u0085',
    'apex.example/\u202e',
    'ap\u200bex.example',
    'ap\u00adex.example',
    'apex.example/\ud800',
    'apex.example:',
    'apex.example:0',
    'apex.example:65536',
    'apex.example:999999',
    'apex.example:8a',
    'apex.example:80:80',
    'apex.example:-1',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}example`,
    '*.apex.example',
    'apex.example,evil.example',
    '<b>.example',
    '"apex.example"',
    "apex'.example",
    '{x}.example',
    '🚀.example\u200d',
  ])('%j', (text) => {
    expect(parseWebsite(text)).toBeUndefined()
  })
})

describe('parseSocialLink', () => {
  it.each([
    ['https://twitter.com/apex', 'https://twitter.com/apex'],
    [' HTTPS://GitHub.com/Apex ', 'https://github.com/Apex'],
    [
      'https://www.linkedin.com/company/apex/?lang=en',
      'https://www.linkedin.com/company/apex/?lang=en',
    ],
    ['https://www.facebook.com/日本', 'https://www.facebook.com/%E6%97%A5%E6%9C%AC'],
  ])('reads %j', (text, url) => {
    expect(parseSocialLink(text)).toBe(url)
  })

  it.each([
    '',
    'twitter.com/apex',
    '@apex',
    'http://twitter.com/apex',
    '//twitter.com/apex',
    'javascript:alert(1)',
    'https:twitter.com',
    'https://user@twitter.com',
    'https://localhost',
    'https://1.2.3.4/x',
    'https://twitter.com/a b',
  ])('refuses %j', (text) => {
    expect(parseSocialLink(text)).toBeUndefined()
  })

  it('accepts 300 characters and no more', () => {
    const longest = `https://github.com/${'a'.repeat(281)}`
    expect(longest).toHaveLength(300)
    expect(parseSocialLink(longest)).toBe(longest)
    expect(parseSocialLink(`${longest}a`)).toBeUndefined()
  })
})

describe('web addresses are safe', () => {
  it('puts out what it reads in again, always http(s) and without userinfo', () => {
    for (const text of [
      'apex.example',
      'http://a.b.example:81/x?y#z',
      'bücher.example/日本',
      'https://apex.example/"<script>',
    ]) {
      const found = parseWebsite(text)
      expect(found?.url).toMatch(/^https?:\/\/[a-z0-9.-]+(:\d+)?\/[^\s"<>]*$/)
      expect(parseWebsite(found?.url ?? '')).toEqual(found)
    }
  })

  it('asks the list by registrable domain and by name', () => {
    expect(isSharedHost('eventbrite.fr', 'eventbrite')).toBe(true)
    expect(isSharedHost('eventbrite.github.io', null)).toBe(false)
  })

  it.each(HOSTILE_TEXTS)('refuses 50 000 %s at once', (_, text) => {
    expect(parseWebsite(text)).toBeUndefined()
    expect(parseSocialLink(text)).toBeUndefined()
    expectQuick(() => parseWebsite(text))
    expectQuick(() => parseWebsite(text.slice(0, 2048)))
  })
})
