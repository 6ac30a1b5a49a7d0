import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../src/mail/templates/durations.ts'
import { en } from '../../src/mail/templates/en.ts'
import { renderLinkMail, renderReviewMail } from '../../src/mail/templates/render.ts'
import { safeName, safeParagraph } from '../../src/mail/templates/safe-name.ts'
import type { LinkTemplate, Locale, ReviewTemplate } from '../../src/mail/templates/texts.ts'
import { zh } from '../../src/mail/templates/zh.ts'
import { expectQuick } from '../lib/hostile.ts'

const LINK_TEMPLATES: LinkTemplate[] = [
  'signup_confirmation',
  'signup_existing_account',
  'verify_email',
]
const REVIEW_TEMPLATES: ReviewTemplate[] = [
  'community_under_review',
  'community_approved',
  'community_rejected',
  'community_suspended',
  'community_reinstated',
]
const WITH_REASON: ReviewTemplate[] = ['community_rejected', 'community_suspended']
const LOCALES: Locale[] = ['en', 'zh']
const LINK = 'https://app.example/verify-email?token=abc_DEF-123'

interface Values {
  appName: string
  fullName?: string
  communityName: string
  reason?: string
}

const PLAIN: Values = {
  appName: 'Gatehouse',
  fullName: 'Ada Lovelace',
  communityName: 'Apex Circle',
  reason: 'Please add a website.',
}

function render(template: LinkTemplate | ReviewTemplate, locale: Locale, values: Values) {
  const found = LINK_TEMPLATES.find((one) => one === template)
  if (found) return renderLinkMail(found, locale, { ...values, link: LINK, linkTtlSeconds: 86_400 })
  const reason = WITH_REASON.some((one) => one === template) ? values.reason : undefined
  return renderReviewMail(template as ReviewTemplate, locale, { ...values, reason })
}

/** The tags and attribute names of an HTML text in their order, as a real parser sees them, and its visible text. */
async function parse(html: string) {
  const tags: string[] = []
  const hrefs: string[] = []
  const texts: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      const names = [...element.attributes].map(([name]) => name)
      tags.push([element.tagName, ...names].join(' '))
      const href = element.getAttribute('href')
      if (href !== null) hrefs.push(href.replaceAll('&amp;', '&'))
    },
    text: (chunk) => void texts.push(chunk.text),
  })
  await rewriter.transform(new Response(html)).text()
  const visible = texts
    .join('')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  return { tags, hrefs, visible }
}

const cases = [...LINK_TEMPLATES, ...REVIEW_TEMPLATES].flatMap((template) =>
  LOCALES.map((locale) => [template, locale] as const),
)

describe('mail templates', () => {
  describe('works', () => {
    it.each(cases)(
      '%s (%s): greets, names the community, says who sends',
      async (template, locale) => {
        const mail = render(template, locale, PLAIN)
        const { visible } = await parse(mail.html)
        for (const part of [mail.text, visible]) {
          expect(part).toContain('Ada Lovelace')
          expect(part).toContain('Apex Circle')
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

    it.each(LINK_TEMPLATES.flatMap((one) => LOCALES.map((locale) => [one, locale] as const)))(
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

    it.each(WITH_REASON.flatMap((one) => LOCALES.map((locale) => [one, locale] as const)))(
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

  describe('is safe', () => {
    const HOSTILE = [
      `<img src=x onerror=1>"'`,
      'Apex\r\nBcc: victim@people.example',
      '{{x}} #{x} <%= x %>',
      '%s %d %n',
      '</style><script>alert(1)</script>',
      '&lt;b&gt; $& $1',
      '" onclick="alert(1)',
    ]
    const VARIABLES = ['fullName', 'communityName', 'reason', 'appName'] as const
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
          const isNamed =
            variable !== 'appName' &&
            (variable !== 'reason' || WITH_REASON.some((one) => one === template))
          if (isNamed && !value.includes('\r')) {
            expect(isUsed).toBe(true)
            expect(visible).toContain(shown)
          }
          expect(mail.text).not.toContain('\r')
        }
      },
    )

    it.each(LINK_TEMPLATES)('%s: a stranger chooses nothing of the subject', (template) => {
      const plain = render(template, 'en', PLAIN).subject
      const other = { ...PLAIN, fullName: 'You have won', communityName: 'Call us now' }
      expect(render(template, 'en', other).subject).toBe(plain)
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
          })
          for (const part of [text, subject, html])
            expect(part).not.toMatch(/evil\.com|https?:\/\/evil/i)
        }
      },
    )

    it('says "your community" where a name is nothing but invisible characters', () => {
      const text = render('community_approved', 'en', {
        ...PLAIN,
        communityName: '\u202e\u200b',
      }).text
      expect(text).toContain('the community “your community”')
    })
  })
})

describe('safeName', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ["Conan O'Brien & <Friends>", "Conan O'Brien & <Friends>"],
    ['Dr. Ada', 'Dr. Ada'],
    ['名前', '名前'],
    ['می‌خواهم', 'می‌خواهم'],
    ['👩‍💻 Makers', '👩‍💻 Makers'],
    ['  two \t\n words ', 'two words'],
    ['Node.js Club', 'Node·js Club'],
    ['http://evil.com/x', 'evil·com/x'],
    ['hthttp://tp://evil.com', 'evil·com'],
    ['javascript:alert(1)', 'alert(1)'],
    ['//evil.com', '/evil·com'],
    ['evil\u200c.com', 'evil·com'],
    ['evil\u200b.com', 'evil·com'],
    ['evil．com evil。com', 'evil·com evil·com'],
    ['1.2.3.4', '1·2·3·4'],
    ['пример.рф', 'пример·рф'],
    ['\u202emoc.live', 'moc·live'],
    ['a\u0000b\u2028c', 'a b c'],
    ['\u{e0041}tag', 'tag'],
    ['', ''],
  ])('shows %j as %j', (name, shown) => {
    expect(safeName(name)).toBe(shown)
  })

  it('cuts at 80 characters, never within one', () => {
    expect([...safeName('😀'.repeat(81))]).toHaveLength(80)
    expect(safeName('😀'.repeat(81)).endsWith('😀…')).toBe(true)
    expect(safeName('x'.repeat(80))).toBe('x'.repeat(80))
  })

  it('takes a megabyte of hostile text in no time', () => {
    for (const piece of ['a.', 'http://', '\u200c', 'a:', '//', 'a'.repeat(50)])
      expectQuick(() => safeName(piece.repeat(20_000)), 500)
  })
})

describe('safeParagraph', () => {
  it('keeps lines and drops what cannot be seen', () => {
    expect(safeParagraph(' a\u202e\r\nb\u0007c\r\rd \n')).toBe('a\nb c\n\nd')
  })
})
