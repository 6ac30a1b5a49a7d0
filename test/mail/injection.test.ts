/** Nobody who types a name, a city or a reason chooses a line, a link, a recipient or a header of a mail of ours. */
import { describe, expect, it } from 'vitest'
import { en } from '../../src/mail/templates/en.ts'
import { zh } from '../../src/mail/templates/zh.ts'
import type { AcceptedMail } from '../provider-server.ts'
import { cases, inBoth, LINK, PLAIN, parse, render } from './mail-samples.ts'
import { createWorld, deliver } from './mail-world.ts'
import { queueWorded } from './worded-mails.ts'

const EVIL = 'evil.example'

/** What people type; `isLink`: a mail client would make a link of it. */
const HOSTILE: [what: string, text: string, isLink?: boolean][] = [
  ['a header', `Ada\r\nBcc: eve@${EVIL}`, true],
  ['a header after a lone line feed', `Ada\nBcc: eve@${EVIL}\nSubject: You have won`, true],
  ['a header after a lone carriage return', 'Ada\rContent-Type: text/html'],
  ['a header after a line separator', 'Ada\u2028Bcc: eve\u2029Subject: x\u0085To: y'],
  ['a body of its own', 'Ada\r\n\r\n--boundary\r\nContent-Type: text/html\r\n\r\n<h1>x</h1>'],
  ['an encoded word', '=?utf-8?B?PGgxPg==?= =0D=0ABcc: eve'],
  ['a picture', '<img src=x onerror=alert(1)>'],
  ['a link in HTML', '</p><a href="//evil/x">Log in</a><p>'],
  ['a form', `"'><form action=/x><input name=password>`],
  ['a style', '</style><style>*{display:none}</style>'],
  ['entities', '&lt;b&gt;&#60;script&#62; &amp;amp;'],
  ['a web address', `https://${EVIL}/login?x=1`, true],
  ['a host', `Your account is blocked, see www.${EVIL} now`, true],
  ['a script address', 'javascript:alert(1) data:text/html,x'],
  ['a mail address', `write to help@${EVIL}`, true],
  ['a template', '{{7919*7907}} {{constructor.constructor}} <%= 7919*7907 %> #{7919*7907}'],
  ['a template literal', '$' + '{7919*7907} $' + '{process.env}'],
  ['a replacement pattern', '$& $1 $` $<name>'],
  ['a format', '%s %d %n %1$s %%'],
  ['a bidi override', '\u202eelpmaxe.live\u202c \u2066x\u2069'],
  ['invisible characters', `e\u200bvi\u2060l\u00ad\ufeff \u{e0041}`],
  ['controls', 'Ada\0\u0007\u001b[31m\u009b'],
  ['5000 characters', 'A'.repeat(5000)],
  ['5000 emoji', '😀'.repeat(5000)],
  ['prototype keys', '__proto__ constructor toString'],
]

const VARIABLES = [
  'fullName',
  'communityName',
  'senderName',
  'reason',
  'city',
  'country',
  'userAgent',
] as const

/** A reviewer is one of us: what they write stays as it is, also where they point to a page. */
const isDefused = (variable: string, isLink = false) => !(variable === 'reason' && isLink)

const LINKS = /[a-z][a-z0-9+.-]*:\/\/[^\s"<>]+|\bwww\.\S+|[^\s@<>"]+@[^\s@<>"]+\.\w+/gi
const linksIn = (text: string) => [...new Set(text.match(LINKS))]

const templatesOf = (texts: object) =>
  Object.entries(texts)
    .filter(([, one]) => typeof one === 'object' && one !== null && 'subject' in one)
    .map(([name]) => name)
    .sort()

describe('the mails of these tests', () => {
  it('are all that there are, in each language', () => {
    const tested = [...new Set(cases.map(([template]) => template))].sort()
    expect(templatesOf(en)).toEqual(tested)
    expect(templatesOf(zh)).toEqual(tested)
  })
})

function expectOneLine(subject: string): void {
  expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}<>]/u)
  expect(subject).not.toBe('')
  expect([...subject].length).toBeLessThan(200)
}

/** Of the text part, where a line is one to a reader. */
function expectNoLineOfTheirs(text: string): void {
  expect(text).not.toMatch(/^(Bcc|To|Cc|Subject|Content-Type|--boundary)\b/im)
}

/** A link's secret is any text of 43 letters: `NaN` stands in one of six thousand. */
const TOKEN = /\btoken=[\w-]{43}(?![\w-])/g

function expectInert(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060\ufeff]/u,
  )
  expect(text.replaceAll(TOKEN, '')).not.toMatch(/62615533|\[object |undefined|NaN/)
}

describe.each(cases)('%s (%s)', (template, locale) => {
  it.each(VARIABLES)('is the same mail, whatever stands in %s', async (variable) => {
    const plain = render(template, locale, PLAIN)
    const parsed = await parse(plain.html)
    const lines = plain.text.split('\n').length
    for (const [what, text, isLink] of HOSTILE) {
      const mail = render(template, locale, { ...PLAIN, [variable]: text })
      const { tags, hrefs, visible } = await parse(mail.html)
      expect({ what, tags, hrefs }).toEqual({ what, tags: parsed.tags, hrefs: parsed.hrefs })
      expectOneLine(mail.subject)
      expectNoLineOfTheirs(quoteless(mail.text))
      for (const part of [mail.text, visible]) expectInert(part)
      if (isDefused(variable, isLink)) {
        expect({ what, links: linksIn(mail.text) }).toEqual({ what, links: linksIn(plain.text) })
        expect({ what, links: linksIn(mail.html) }).toEqual({ what, links: linksIn(plain.html) })
        expect(`${mail.text}${mail.subject}${mail.html}`).not.toContain(EVIL)
      }
      if (variable !== 'reason') expect(mail.text.split('\n')).toHaveLength(lines)
    }
  })

  it('names each name at most so long that the mail stays one', () => {
    const long = 'A'.repeat(5000)
    const names = {
      fullName: long,
      communityName: long,
      senderName: long,
      city: long,
      country: long,
    }
    const { text, subject } = render(template, locale, { ...PLAIN, ...names, userAgent: long })
    const plain = render(template, locale, PLAIN)
    expect(text.length).toBeLessThan(plain.text.length + 400)
    expect(subject.length).toBeLessThan(plain.subject.length + 100)
  })
})

/** Without the mark of a quoted line: behind it a reviewer may begin a line with any word. */
const quoteless = (text: string) => text.replaceAll(/^> .*$/gm, '>')

const PROVIDERS = ['resend', 'postmark'] as const

function payloadOf({ body, headers }: AcceptedMail) {
  const { to, To, subject, Subject, html, HtmlBody, text, TextBody } = body
  return {
    to: [to ?? To].flat(),
    subject: String(subject ?? Subject),
    html: String(html ?? HtmlBody),
    text: String(text ?? TextBody),
    fields: Object.keys(body).map((name) => name.toLowerCase()),
    headers: Object.keys(headers),
  }
}

/** Few enough that a busy machine hands each over in time. */
const AT_ONCE = 5

const FIELDS =
  /^(from|to|subject|html|htmlbody|text|textbody|messagestream|metadata|trackopens|tracklinks)$/

describe('what a provider is handed', () => {
  const rows = inBoth([...new Set(cases.map(([template]) => template))]).flatMap(
    ([template, locale]) => PROVIDERS.map((name) => [template, locale, name] as const),
  )

  it.each(rows)(
    '%s (%s) by %s: one recipient, one line of subject, no header of anybody else',
    async (template, locale, name) => {
      const { deps, accepted } = createWorld(name)
      const mails: { id: string; email: string; text: string }[] = []
      for (const [, text] of HOSTILE)
        mails.push({ ...(await queueWorded(template, text, { locale })), text })
      for (let at = 0; at < mails.length; at += AT_ONCE) {
        const ids = mails.slice(at, at + AT_ONCE).map(({ id }) => id)
        expect(await deliver(deps, ids)).toEqual(ids.map(() => 'acked'))
      }
      const payloads = (await accepted()).map(payloadOf)
      // They leave side by side.
      const recipients = payloads.map(({ to }) => to).sort()
      expect(recipients).toEqual(mails.map(({ email }) => [email]).sort())
      const [first] = payloads
      for (const payload of payloads) {
        expectOneLine(payload.subject)
        expect(payload.fields.filter((field) => !FIELDS.test(field))).toEqual([])
        expect(payload.headers).toEqual(first?.headers)
        expectNoLineOfTheirs(quoteless(payload.text))
        expectInert(payload.text)
        const { hrefs, tags } = await parse(payload.html)
        for (const href of hrefs) expect(href).toMatch(/^https:\/\/app\.example\/[a-z-]+\?token=/)
        expect(tags.filter((tag) => /^(img|script|iframe|form|input|h1)\b/.test(tag))).toEqual([])
      }
    },
  )
})

describe('these tests', () => {
  it('would see a link, a line and a header', () => {
    expect(linksIn(`a ${LINK} b www.x.example c@d.example`)).toHaveLength(3)
    expect(() => expectNoLineOfTheirs('Hello\nBcc: x')).toThrow()
    expect(() => expectInert('a\rb')).toThrow()
    expect(() => expectInert(`${7919 * 7907} people`)).toThrow()
    expect(() => expectInert('NaN hours')).toThrow()
    expect(() => expectInert(`${LINK} undefined`)).toThrow()
    expectInert(`https://app.example/not-me?token=${'NaN'.padEnd(43, 'x')}`)
    expect(() => expectOneLine('a\nb')).toThrow()
    expect(() => expectOneLine('<b>')).toThrow()
  })
})
