import { describe, expect, it } from 'vitest'
import { en } from '../../src/mail/templates/en.ts'
import type { Login } from '../../src/mail/templates/login-facts.ts'
import type { Locale } from '../../src/mail/templates/texts.ts'
import { formatDuration, formatMoment } from '../../src/mail/templates/times.ts'
import { zh } from '../../src/mail/templates/zh.ts'
import {
  CODE,
  CODE_ALONE,
  CODE_AND_LINK,
  cases,
  INVITATIONS,
  inBoth,
  includes,
  LINK,
  LINK_TEMPLATES,
  LOCALES,
  MOMENT,
  NAMING_COMMUNITY,
  PLAIN,
  parse,
  render,
  type Template,
  WITH_REASON,
} from './mail-samples.ts'

/** What a mail says in any language: its shape, and what of it is neither words nor punctuation. */
function factsOf(template: Template, locale: Locale) {
  const { text, html } = render(template, locale, { ...PLAIN, appName: 'Appname' })
  const names = [
    'Appname',
    'Ada Lovelace',
    'Apex Circle',
    'Mira Rao',
    'Please add a website.',
    CODE,
  ]
  const times = (part: string) => text.split(part).length - 1
  return {
    template,
    blocks: text.split('\n\n').length,
    lines: text.split('\n').length,
    paragraphs: html.split('<p').length,
    named: names.map((name) => [name, times(name)]),
    links: times(LINK),
    moments: times(formatMoment(locale, MOMENT)),
    lifetimes: times(formatDuration(locale, 300)) + times(formatDuration(locale, 86_400)),
  }
}

describe('mail templates', () => {
  describe('works', () => {
    it.each(cases)(
      '%s (%s): greets, says who sends, and names the community where it is about one',
      async (template, locale) => {
        const mail = render(template, locale, PLAIN)
        const { visible } = await parse(mail.html)
        for (const part of [mail.text, visible]) {
          expect(part).toContain('Ada Lovelace')
          expect(part.includes('Apex Circle')).toBe(includes(NAMING_COMMUNITY, template))
          expect(part).toContain('Gatehouse')
        }
        expect(mail.subject).not.toBe('')
        expect(mail.html).toMatch(locale === 'en' ? /<html lang="en">/ : /<html lang="zh-Hans">/)
      },
    )

    it.each(cases)('%s (%s): greets without a name where it is not known', (template, locale) => {
      const { text } = render(template, locale, { ...PLAIN, fullName: undefined })
      expect(text.split('\n')[0]).toBe(locale === 'en' ? 'Hello,' : '您好：')
    })

    it.each(inBoth(LINK_TEMPLATES))(
      '%s (%s): carries the link twice as a link and once as text, and its lifetime',
      async (template, locale) => {
        const mail = render(template, locale, PLAIN)
        const { hrefs, visible } = await parse(mail.html)
        expect(hrefs).toEqual([LINK, LINK])
        expect(mail.text).toContain(`\n${LINK}\n`)
        const lifetime = formatDuration(locale, includes(CODE_AND_LINK, template) ? 300 : 86_400)
        expect(mail.text).toContain(lifetime)
        expect(visible).toContain(lifetime)
      },
    )

    it.each(inBoth(WITH_REASON))(
      '%s (%s): gives the reason, with its line breaks',
      async (template, locale) => {
        const mail = render(template, locale, { ...PLAIN, reason: 'First.\r\nSecond & last.' })
        expect(mail.text).toContain('> First.\n> Second & last.')
        expect((await parse(mail.html)).visible).toContain('First.\nSecond & last.')
        expect(render(template, locale, { ...PLAIN, reason: undefined }).text).not.toContain('>')
      },
    )

    it('tells an existing account that nothing happens if it ignores the mail', () => {
      expect(render('signup_existing_account', 'en', PLAIN).text).toContain(
        'ignore this mail: nothing happens to your account',
      )
    })

    it.each(LOCALES)(
      'password_changed (%s): says when, and what to do if it was not you, without a link',
      async (locale) => {
        const mail = render('password_changed', locale, PLAIN)
        const { hrefs, visible } = await parse(mail.html)
        expect(hrefs).toEqual([])
        for (const part of [mail.text, visible]) {
          expect(part).toContain(formatMoment(locale, MOMENT))
          expect(part).toContain(locale === 'en' ? '“forgot password”' : '“忘记密码”')
        }
      },
    )

    it.each(inBoth(['refresh_reused', 'account_locked']))(
      '%s (%s): says when; without a link it says where to get one',
      async (template, locale) => {
        const [withLink, without] = [true, false].map((hasLink) =>
          render(template, locale, PLAIN, hasLink),
        )
        const { hrefs, visible } = await parse(without?.html ?? '')
        expect(hrefs).toEqual([])
        for (const part of [withLink?.text, without?.text, visible]) {
          expect(part).toContain(formatMoment(locale, MOMENT))
          expect(part).toContain(locale === 'en' ? '“forgot password”' : '“忘记密码”')
        }
        expect(visible).not.toContain(locale === 'en' ? 'The link works' : '此链接')
      },
    )

    it.each(LOCALES)(
      'account_locked (%s): says who is still let in, how to unlock it, and how often we write',
      async (locale) => {
        const mail = render('account_locked', locale, PLAIN)
        const { visible } = await parse(mail.html)
        const told =
          locale === 'en'
            ? [
                'but the devices that you have logged in on before',
                'A new password unlocks it',
                'at most once a day',
              ]
            : ['除您曾经登录过的设备外', '设置新密码即可解锁', '每天最多发送一封']
        for (const part of [mail.text, visible])
          for (const words of told) expect(part).toContain(words)
      },
    )

    it.each(inBoth([...CODE_ALONE, ...CODE_AND_LINK]))(
      '%s (%s): has the code on a line of its own and in no subject, its lifetime, and keeps it from others',
      async (template, locale) => {
        const mail = render(template, locale, PLAIN)
        const { hrefs, visible } = await parse(mail.html)
        expect(hrefs).toEqual(includes(CODE_AND_LINK, template) ? [LINK, LINK] : [])
        expect(mail.text).toContain(`\n\n${CODE}\n\n`)
        expect(mail.subject).not.toMatch(/\d/)
        for (const part of [mail.text, visible]) {
          expect(part).toContain(CODE)
          expect(part).toContain(formatDuration(locale, 300))
          expect(part).toContain(locale === 'en' ? 'to nobody; we never ask you' : '请勿告诉任何人')
        }
      },
    )

    it.each<[Template, Locale, string[]]>([
      ['otp_code', 'en', ['end your other sessions and change your password']],
      ['otp_code', 'zh', ['请结束其他会话并更改密码']],
      [
        'otp_code_to_log_in',
        'en',
        ['log in to Gatehouse', 'only in the browser or app that asked'],
      ],
      ['otp_code_to_log_in', 'zh', ['登录 Gatehouse', '仅限申请时所用的浏览器或应用']],
      ['otp_code_to_sign_up', 'en', ['sign your community up', 'only in the browser or app']],
      ['otp_code_to_sign_up', 'zh', ['注册您的社区', '仅限申请时所用的浏览器或应用']],
      ['email_change_code', 'en', ['use this email address for their account', 'not taken']],
      ['email_change_code', 'zh', ['将此邮箱地址用于其', '此地址不会被使用']],
      ['email_change_taken', 'en', ['October 1, 2026 at 09:05 UTC', 'nothing was changed']],
      ['email_change_taken', 'zh', ['2026年10月1日 09:05 UTC', '没有进行任何更改']],
      [
        'account_deleted',
        'en',
        ['was erased on October 1, 2026 at 09:05 UTC', 'does not come back'],
      ],
      ['account_deleted', 'zh', ['已于 2026年10月1日 09:05 UTC', '无法恢复']],
      [
        'email_change_notice',
        'en',
        ['since October 1, 2026 at 09:05 UTC', 'ends all sessions, takes the password away'],
      ],
      ['email_change_notice', 'zh', ['自 2026年10月1日 09:05 UTC 起', '结束所有会话，清除密码']],
      ['invitation', 'en', ['Your account will have this email address', 'Pass it on to nobody']],
      ['invitation', 'zh', ['您的账户将使用此邮箱地址', '请勿转发']],
      ['invitation_to_account', 'en', ['You have an account', 'log in, and confirm']],
      ['invitation_to_account', 'zh', ['此邮箱地址已有账户', '登录并确认加入']],
    ])('%s (%s) says %j', async (template, locale, told) => {
      const mail = render(template, locale, PLAIN)
      const { visible } = await parse(mail.html)
      for (const part of [mail.text, visible])
        for (const words of told) expect(part).toContain(words)
    })

    it.each(inBoth(INVITATIONS))('%s (%s): says who invites, and where to', (template, locale) => {
      const { text, subject } = render(template, locale, PLAIN)
      expect(text).toMatch(
        locale === 'en'
          ? /^Mira Rao invites you to the community “Apex Circle” on Gatehouse\.$/m
          : /^Mira Rao 邀请您加入 Gatehouse 上的社区“Apex Circle”。$/m,
      )
      expect(subject).not.toMatch(/Mira|Apex/)
    })

    it.each<[Locale, Partial<Login>, string[]]>([
      ['en', {}, ['Firefox on Windows', 'Kathmandu, Nepal']],
      ['zh', {}, ['Windows 上的 Firefox', '尼泊尔 Kathmandu']],
      ['en', { userAgent: null, city: null, country: null }, ['unknown', 'unknown']],
      ['zh', { userAgent: null, city: null, country: null }, ['未知', '未知']],
      ['en', { userAgent: 'curl/8.5.0', city: null }, ['curl', 'Nepal']],
      ['zh', { userAgent: 'Mozilla/5.0 (Windows)', country: null }, ['Windows', 'Kathmandu']],
      ['en', { country: 'T1', city: null }, ['Firefox on Windows', 'unknown']],
      ['en', { country: 'XX', city: null }, ['Firefox on Windows', 'unknown']],
      ['en', { country: '', city: '' }, ['Firefox on Windows', 'unknown']],
    ])('new_device (%s) of %j: %j', async (locale, login, [device, place]) => {
      const { text, html } = render('new_device', locale, { ...PLAIN, ...login })
      const lines =
        locale === 'en'
          ? `Device: ${device}\nPlace (estimated): ${place}\nTime: October 1, 2026 at 09:05 UTC`
          : `设备：${device}\n地点（估计）：${place}\n时间：2026年10月1日 09:05 UTC`
      expect(text).toContain(`\n\n${lines}\n\n`)
      expect((await parse(html)).visible).toContain(lines)
    })

    it('are all in the tables of these tests', () => {
      const texts = Object.entries(en).filter(([, text]) => Object.hasOwn(Object(text), 'subject'))
      const tested = new Set<string>(cases.map(([template]) => template))
      expect([...tested].sort()).toEqual(texts.map(([template]) => template).sort())
    })

    it('has each text in both languages, and no text of one in the other', () => {
      expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort())
      for (const [template] of cases) {
        const [english, chinese] = LOCALES.map((locale) => render(template, locale, PLAIN).text)
        expect(english).not.toMatch(/\p{Script=Han}/u)
        expect(chinese).toMatch(/\p{Script=Han}/u)
      }
    })

    it('says the same in both: links, codes, names, numbers, paragraphs, and how many lines', () => {
      for (const [template] of cases) {
        const [english, chinese] = LOCALES.map((locale) => factsOf(template, locale))
        expect(chinese).toEqual(english)
      }
    })

    it.each([
      ['en', 86_400, '24 hours'],
      ['en', 3600, '1 hour'],
      ['en', 300, '5 minutes'],
      ['en', 60, '1 minute'],
      ['en', 2, '2 seconds'],
      ['en', 1, '1 second'],
      ['en', 604_800, '7 days'],
      ['en', 172_800, '2 days'],
      ['en', 5400, '90 minutes'],
      ['en', 3661, '61 minutes'],
      ['en', 90, '90 seconds'],
      ['zh', 86_400, '24小时'],
      ['zh', 604_800, '7天'],
    ] as const)('says in %s of %d seconds: %s', (locale, seconds, words) => {
      expect(formatDuration(locale, seconds).replace(/\s(?=[小天])/, '')).toBe(words)
    })

    it('says a moment in UTC, by 24 hours', () => {
      expect(formatMoment('en', Date.UTC(2026, 0, 2))).toBe('January 2, 2026 at 00:00 UTC')
      expect(formatMoment('zh', Date.UTC(2026, 11, 31, 23, 59, 59))).toBe(
        '2026年12月31日 23:59 UTC',
      )
    })

    it.each(cases)(
      '%s (%s): is light and dark, fits a phone, loads nothing',
      (template, locale) => {
        const { html } = render(template, locale, PLAIN)
        expect(html).toContain('<meta name="color-scheme" content="light dark"/>')
        expect(html).toContain('@media (prefers-color-scheme: dark)')
        expect(html).toContain('width=device-width')
        expect(html).toContain('max-width:600px')
        expect(html).not.toMatch(/<img|<script|<link|url\(|@import|<iframe/)
      },
    )

    it('gives the same bytes for the same values', () => {
      for (const [template, locale] of cases) {
        expect(render(template, locale, PLAIN)).toEqual(render(template, locale, PLAIN))
      }
    })
  })
})
