/// <reference types="vite/types/importMeta.d.ts" />
/**
 * The catalogues of what the API says: whole in each language, and nothing in them that nobody says. That a text which
 * is missing does not compile is asserted in types.ts, which only the compiler reads.
 */
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/http/error-codes.ts'
import { LOCALES, type Locale } from '../../src/lib/locale.ts'
import { en, FIELDS } from '../../src/messages/en.ts'
import {
  type MessageKey,
  type Messages,
  render,
  type Said,
  say,
  wordsOf,
} from '../../src/messages/message.ts'
import { zh } from '../../src/messages/zh.ts'
import { catalogueFaults } from './types.ts'

const SOURCES = Object.entries(
  import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).filter(([path]) => !path.includes('/messages/'))

type FunctionKey = {
  [Key in MessageKey]: Messages[Key] extends string ? never : Key
}[MessageKey]

/** Of each message that takes arguments: one whose every part is found again in the text. */
const ARGUMENTS: {
  [Key in FunctionKey]: Parameters<Extract<Messages[Key], (...args: never[]) => string>>
} = {
  page_limit: [47],
  choose_one_of: ['xylo, yarrow'],
  required: ['city'],
  not_text: ['phone'],
  too_long: ['country', 47],
  too_short: ['communityBio', 47],
  odd_characters: ['lastName'],
  not_list: ['skills'],
  list_too_long: ['areasOfInterest', 47],
  social_link_not_text: ['xylo'],
  social_link_too_long: ['xylo'],
  social_link_unusable: ['xylo'],
  domain_of_everybody: ['xylo.example'],
  password_too_short: [47],
  password_too_long: [47],
  password_few_kinds: [47],
  password_repetitive: [47],
  invitations_used_up: [47],
  email_changes_used_up: [47],
  cannot_become: ['xylo', 'yarrow'],
  cannot_become_now: ['xylo'],
  upload_one_file: ['xylo'],
}

const KEYS = Object.keys(en) as MessageKey[]

const argumentsOf = (key: MessageKey): readonly (string | number)[] =>
  ARGUMENTS[key as FunctionKey] ?? []

const saidOf = (key: MessageKey) =>
  (say as (key: MessageKey, ...args: readonly (string | number)[]) => Said)(
    key,
    ...argumentsOf(key),
  )

const textOf = (key: MessageKey, locale: Locale) => render(saidOf(key), locale)

/** What is spelt alike in every language: names of fields, headers, formats and products, and examples. */
const SPELT_ALIKE = [
  'PNG',
  'JPEG',
  'WebP',
  'ISO 8601',
  '2026-11-22T10:00:00Z',
  'Content-Type: application/json',
  'GET /api/v1/auth/csrf',
  'POST /account/code',
  'X-CSRF-Token',
  'Idempotency-Key',
  'keepCurrent=true',
  'keepCurrent=false',
  '"hybrid"',
  '"body"',
  '"cookie"',
  'https://example.org',
  'mailer.example',
  'Europe/Paris',
  'ISO 8601',
  '2026-11-22T10:00:00Z',
  'Authorization',
  'nextCursor',
  'Turnstile',
  'data: URL',
  'https://',
  'flowId',
  'Cookie',
  'ASCII',
  'false',
  'JSON',
  'JPEG',
  'WebP',
  'IANA',
  'true',
  'PNG',
  'MiB',
  'ID',
  'true',
  'false',
]

function withoutSpeltAlike(text: string, key: MessageKey): string {
  const named = argumentsOf(key).filter((one) => typeof one === 'string' && !(one in FIELDS))
  return [...named, ...SPELT_ALIKE].reduce<string>(
    (rest, one) => rest.replaceAll(String(one), ' '),
    text,
  )
}

describe('the catalogues', () => {
  describe('work', () => {
    it('have the same texts in each language, with as many arguments', () => {
      expect(catalogueFaults).toEqual([])
      const shape = (catalogue: object) =>
        Object.fromEntries(
          Object.entries(catalogue).map(([key, text]) => [
            key,
            typeof text === 'function' ? text.length : typeof text,
          ]),
        )
      expect(shape(zh)).toEqual(shape(en))
      expect(Object.keys(zh)).toEqual(Object.keys(en))
    })

    it.each(KEYS)('%s is said in each language, with all that it names', (key) => {
      for (const locale of LOCALES) {
        const text = textOf(key, locale)
        expect(text.trim()).toBe(text)
        expect(text).not.toMatch(/^$|undefined|null|NaN|\[object|\$\{|\s{2}/)
        for (const argument of argumentsOf(key)) {
          const isField = typeof argument === 'string' && argument in FIELDS
          if (!isField) expect(text).toContain(String(argument))
          else if (locale === 'en') {
            expect(text).toContain(FIELDS[argument as keyof typeof FIELDS])
          }
        }
      }
    })

    it.each(KEYS)('%s: no word of the one language in the other', (key) => {
      expect(textOf(key, 'en')).not.toMatch(/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u)
      const chinese = withoutSpeltAlike(textOf(key, 'zh'), key)
      expect(chinese).toMatch(/\p{Script=Han}/u)
      expect(chinese).not.toMatch(/[a-z]/i)
      // Half-width marks among Chinese words.
      expect(chinese).not.toMatch(/\p{Script=Han}[,;:.!?]/u)
    })

    it('call each field something in each language', () => {
      const names = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((field) => ({
        en: render(say('required', field), 'en'),
        zh: render(say('required', field), 'zh'),
      }))
      for (const locale of LOCALES) {
        // Chinese has one word for what English puts in the middle of a sentence and at its beginning.
        expect(new Set(names.map((name) => name[locale])).size).toBe(names.length)
      }
      for (const { zh: chinese } of names) expect(chinese).not.toMatch(/[a-z]/i)
    })

    it.each(LOCALES)('numbers are written as readers of %s write them', (locale) => {
      const written = new Intl.NumberFormat(locale).format(12_345)
      for (const key of KEYS) {
        if (!argumentsOf(key).some((one) => typeof one === 'number')) continue
        const args = argumentsOf(key).map((one) => (typeof one === 'number' ? 12_345 : one))
        const said = (say as (key: MessageKey, ...args: (string | number)[]) => Said)(key, ...args)
        expect(render(said, locale)).toContain(written)
      }
    })

    it('know each error code', () => {
      for (const code of Object.keys(ERROR_CODES)) expect(KEYS).toContain(code)
    })

    it('hold nothing that nobody says, and all that anybody does', () => {
      const code = SOURCES.map(([, text]) => text).join('\n')
      const unsaid = KEYS.filter((key) => !code.includes(`'${key}'`) && !(key in ERROR_CODES))
      expect(unsaid).toEqual([])
      const said = [...code.matchAll(/\bsay\(\s*'([^']+)'/g)].map(([, key]) => key)
      expect(said.length).toBeGreaterThan(100)
      for (const key of said) expect(KEYS).toContain(key)
    })
  })

  describe('refuse', () => {
    it.each([
      '',
      ' ',
      'Invalid input: expected string, received undefined',
      'Too small: expected string to have >=1 characters',
      'Required',
      'nothing_like_it',
      'required_',
      'required  ["city"]',
      'required ["city"] ',
      ' required ["city"]',
      'required "city"',
      'required {}',
      'page_limit[1]',
      'constructor',
      'toString',
      'hasOwnProperty []',
      '__proto__',
      'unauthenticated\nnot_found',
      '此处不能使用该值。',
    ])('to repeat a text that is no message: %j', (text) => {
      expect(render(text, 'en')).toBe('This value cannot be used here.')
      expect(render(text, 'zh')).toBe('此处不能使用该值。')
      expect(wordsOf(text, 'en')).toBeUndefined()
    })
  })

  describe('are safe', () => {
    it.each([
      '"], ["',
      '\\',
      '\n\r\t\0',
      '$' + '{1+1} {{x}} %s $&',
      '\u2028\u202e',
      '</script>',
      '😀'.repeat(500),
    ])('an argument such as %j comes out as it went in', (argument) => {
      for (const locale of LOCALES) {
        expect(render(say('choose_one_of', argument), locale)).toContain(argument)
      }
    })

    it('a message is the same in the log, whatever language its reader has', () => {
      expect(say('too_long', 'city', 100)).toBe('too_long ["city",100]')
      expect(say('not_found')).toBe('not_found')
    })
  })
})
