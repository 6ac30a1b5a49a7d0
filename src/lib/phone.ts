/**
 * Phone numbers as people type them, kept as E.164 (ITU-T): `+`, country code, national number, 8..15 digits. Nothing
 * here says that a number exists. A national trunk digit is dropped, since it is dialled only inside the country; where
 * the zero belongs to the number, it stays.
 */

/** Italy, San Marino, Vatican, Côte d'Ivoire, Benin, Congo: their numbers begin with a zero abroad too. */
const KEEPS_ZERO = new Set(['39', '378', '379', '225', '229', '242'])
const TYPED_MAX_LENGTH = 50
const E164 = /^\+[1-9]\d{7,14}$/

export type ContactPhone = { ok: true; e164: string | null } | { ok: false }

/**
 * Country code and national number as one E.164 number, or undefined for what cannot be one. The number may repeat the
 * country code with `+` or `00`; another country's code there is a contradiction and refused.
 */
export function toE164(code: string, number: string): string | undefined {
  const country = countryOf(code)
  const typed = dialled(number)
  if (!country || !typed) return undefined
  if (!typed.startsWith('+')) return asE164(`+${country}${withoutTrunk(country, typed)}`)
  if (!typed.startsWith(`+${country}`)) return undefined
  return asE164(`+${country}${withoutTrunk(country, typed.slice(1 + country.length))}`)
}

/**
 * The phone of a form that sends code, number, and both as one text. The two fields win where a number is given. A code
 * alone means that no phone was given: `e164` is null.
 */
export function parseContactPhone(
  contactPhone: string | undefined,
  code: string | undefined,
  number: string | undefined,
): ContactPhone {
  const [whole = '', ownCode = '', ownNumber = ''] = [contactPhone, code, number].map((t) =>
    t?.trim(),
  )
  if (ownNumber && ownCode) return verdict(toE164(ownCode, ownNumber))
  const typed = whole || ownNumber
  const national = whole.startsWith(ownCode) ? whole.slice(ownCode.length).trim() : whole
  if (!typed || (!national && ownCode) || isCodeOnly(typed)) return { ok: true, e164: null }
  if (ownCode) return verdict(toE164(ownCode, national))
  // Without a code apart nothing shows where it ends, so that only a bracketed zero is surely a trunk.
  return verdict(asE164(dialled(typed.replace('(0)', '')) ?? ''))
}

function verdict(e164: string | undefined): ContactPhone {
  return e164 ? { ok: true, e164 } : { ok: false }
}

function isCodeOnly(typed: string): boolean {
  return /^(?:\+|00)/.test(typed) && countryOf(typed) !== undefined
}

/** Digits of a country code; up to five, because forms offer area codes with it (+1 868, +44 1481). */
function countryOf(code: string): string | undefined {
  return /^\+?([1-9]\d{0,4})$/.exec(dialled(code) ?? '')?.[1]
}

/** What one would dial: digits, `+` before them if international. Undefined where there is anything but separators. */
function dialled(typed: string): string | undefined {
  if (typed.length > TYPED_MAX_LENGTH) return undefined
  const plain = typed
    .normalize('NFKC')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/[\s()./\-\u2010-\u2015\u2212]/g, '')
    .replace(/^00/, '+')
  return /^\+?\d+$/.test(plain) ? plain : undefined
}

function withoutTrunk(country: string, national: string): string {
  if (KEEPS_ZERO.has(country)) return national
  // North America dials 1 and Russia 8 before the ten digits of a long-distance number.
  if (country === '1' && national.length === 11) return national.replace(/^1/, '')
  if (country === '7' && national.length === 11) return national.replace(/^8/, '')
  return national.replace(/^0/, '')
}

function asE164(text: string): string | undefined {
  return E164.test(text) ? text : undefined
}
