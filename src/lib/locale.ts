/**
 * Which of our languages a person reads, and whether a time zone exists. Never fails: whatever a client sends, mail
 * goes out in English at worst.
 */
export const LOCALES = ['en', 'zh'] as const
export type Locale = (typeof LOCALES)[number]

export const DEFAULT_LOCALE: Locale = 'en'
const HEADER_MAX_LENGTH = 1000
const RANGE =
  /^([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]{0,31}(?:\/[A-Za-z0-9_+-]{1,31}){0,2}$/

/**
 * The person's own setting, else the best match of `Accept-Language` (RFC 4647 lookup: `zh-Hant-TW` falls back to
 * `zh`), else English; English also for a malformed header.
 */
export function pickLocale(
  setting: string | undefined,
  acceptLanguage: string | undefined,
): Locale {
  return localeOf(setting ?? '') ?? lookUp(acceptLanguage ?? '') ?? DEFAULT_LOCALE
}

function lookUp(header: string): Locale | undefined {
  if (header.length > HEADER_MAX_LENGTH) return undefined
  const elements = header.split(',').map((element) => element.trim())
  const ranges = elements.filter(Boolean).map((element) => RANGE.exec(element))
  if (ranges.includes(null)) return undefined
  const wanted = ranges
    .map((range) => ({ tag: range?.[1] ?? '', q: Number(range?.[2] ?? 1) }))
    .filter(({ q }) => q > 0)
    .toSorted((a, b) => b.q - a.q)
  // A bare * asks for whatever there is: the default. Anything after it is wanted less.
  const best = wanted.find(({ tag }) => tag === '*' || localeOf(tag))
  return best && localeOf(best.tag)
}

function localeOf(tag: string): Locale | undefined {
  const language = /^[a-z]+(?=$|[-_])/i.exec(tag)?.[0].toLowerCase()
  return LOCALES.find((locale) => locale === language)
}

/** Is this the name of an IANA time zone (`Asia/Kolkata`, `UTC`)? Offsets such as `+05:30` are none. */
export function isTimeZone(text: string): boolean {
  if (!ZONE_NAME.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
