import { describe, expect, it } from 'vitest'
import { en } from '../../src/mail/templates/en.ts'
import type { Login } from '../../src/mail/templates/login-facts.ts'
import type { Locale } from '../../src/mail/templates/texts.ts'
import { formatDuration, formatMoment } from '../../src/mail/templates/times.ts'
import { zh } from '../../src/mail/templates/zh.ts'
import {
  CODE,
  cases,
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
  WITH_REASON,
} from './mail-samples.ts'

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
        const lifetime = formatDuration(locale, 86_400)
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

    it.each(LOCALES)(
      'otp_code (%s): has the code on a line of its own, and what to do if you did not ask for it',
      async (locale) => {
        const mail = render('otp_code', locale, PLAIN)
        const { hrefs, visible } = await parse(mail.html)
        expect(hrefs).toEqual([])
        expect(mail.text).toContain(`\n\n${CODE}\n\n`)
        expect(visible).toContain(CODE)
        for (const part of [mail.text, visible]) {
          expect(part).toContain(formatDuration(locale, 300))
          expect(part).toContain(
            locale === 'en'
              ? 'somebody is logged in as you: end your other sessions and change your password'
              : '请结束其他会话并更改密码',
          )
        }
        expect(mail.subject).not.toMatch(/\d/)
      },
    )

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
