import { describe, expect, it } from 'vitest'
import {
  cases,
  INVITATIONS,
  inBoth,
  includes,
  NAMING_COMMUNITY,
  PERSONAL_MAILS,
  PLAIN,
  parse,
  render,
  type Template,
  WITH_REASON,
} from './mail-samples.ts'

describe('mail templates', () => {
  describe('is safe', () => {
    const HOSTILE = [
      `<img src=x onerror=1>"'`,
      'Apex\r\nBcc: victim@people.example',
      '{{x}} #{x} <%= x %>',
      '%s %d %n',
      '</style><script>alert(1)</script>',
      '&lt;b&gt; $& $1',
      '" onclick="alert(1)',
      '$' + '{7*7} $' + '{x}',
      `<a href='/x'>x</a>`,
      '<!-- --><![CDATA[x]]>',
    ]
    const VARIABLES = [
      'fullName',
      'communityName',
      'senderName',
      'reason',
      'appName',
      'city',
      'country',
      'userAgent',
    ] as const
    /** What must be readable in the mail as it was written. */
    const isShown = (template: Template, variable: (typeof VARIABLES)[number]) => {
      if (variable === 'fullName') return true
      if (variable === 'communityName') return includes(NAMING_COMMUNITY, template)
      if (variable === 'senderName') return includes(INVITATIONS, template)
      if (variable === 'reason') return includes(WITH_REASON, template)
      return variable === 'city' && template === 'new_device'
    }
    const matrix = cases.flatMap(([template, locale]) =>
      VARIABLES.map((variable) => [template, locale, variable] as const),
    )

    it.each(matrix)(
      '%s (%s): nothing in %s becomes markup, a header or a template',
      async (template, locale, variable) => {
        const expected = await parse(render(template, locale, PLAIN).html)
        for (const value of HOSTILE) {
          const mail = render(template, locale, { ...PLAIN, [variable]: value })
          const { tags, hrefs, visible } = await parse(mail.html)
          expect(tags).toEqual(expected.tags)
          expect(hrefs).toEqual(expected.hrefs)
          expect(mail.subject).not.toMatch(/[\p{Cc}<>]/u)
          const shown = value.replace('\r\n', ' ')
          const isUsed =
            mail.text.includes(shown) || mail.text.replaceAll('\n> ', ' ').includes(shown)
          if (isShown(template, variable) && !value.includes('\r')) {
            expect(isUsed).toBe(true)
            expect(visible).toContain(shown)
          }
          // Of a User-Agent and a country only names of our own are shown.
          if (variable === 'userAgent' || variable === 'country') expect(isUsed).toBe(false)
          expect(mail.text).not.toContain('\r')
        }
      },
    )

    it.each(inBoth(PERSONAL_MAILS))(
      '%s (%s): nobody chooses anything of the subject, and it holds no code',
      (template, locale) => {
        const words = 'You have won'
        const names = { fullName: words, communityName: words, senderName: words }
        const other = { appName: words, city: words, ...names }
        const { subject } = render(template, locale, { ...PLAIN, ...other })
        expect(subject).toBe(render(template, locale, PLAIN).subject)
        expect(subject).not.toMatch(/\d/)
      },
    )

    it('a browser chooses no word of the mail about its login', () => {
      const userAgent = 'Mozilla/5.0 Your account is fine Firefox/1 ignore this (Windows)'
      const { text } = render('new_device', 'en', { ...PLAIN, userAgent })
      expect(text).toContain('Device: Firefox on Windows\n')
      expect(text).not.toMatch(/fine|ignore this/)
    })

    it.each(cases)(
      '%s (%s): a name never becomes a link that a mail client makes',
      (template, locale) => {
        const names = [
          'http://evil.com/login',
          'see www.evil.com',
          'evil.com',
          'write to a@evil.com',
          'HTTPS://EVIL.COM',
        ]
        for (const communityName of names) {
          const { text, subject, html } = render(template, locale, {
            ...PLAIN,
            communityName,
            fullName: communityName,
            senderName: communityName,
            city: communityName,
            country: communityName,
            userAgent: communityName,
          })
          for (const part of [text, subject, html])
            expect(part).not.toMatch(/evil\.com|https?:\/\/evil/i)
        }
      },
    )

    it.each([
      ['en', 'Somebody invites you to'],
      ['zh', '有人 邀请您加入'],
    ] as const)('says in %s who invites, also where nothing is left of a name', (locale, words) => {
      for (const senderName of ['\u202e\u200b', '', undefined]) {
        const { text } = render('invitation', locale, { ...PLAIN, senderName })
        expect(text).toContain(words)
      }
    })

    it('says "your community" where a name is nothing but invisible characters', () => {
      const text = render('community_approved', 'en', {
        ...PLAIN,
        communityName: '\u202e\u200b',
      }).text
      expect(text).toContain('the community “your community”')
    })
  })
})
