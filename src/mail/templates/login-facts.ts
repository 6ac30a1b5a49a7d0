/**
 * The device, place and time of a login, as lines of a mail. Device and place are claims, the one of the browser, the
 * other of a table of addresses: the mail says no more than they do, and what is not known it calls so. Pure.
 */
import { describeDevice } from '../../lib/device.ts'
import { safeName } from './safe-name.ts'
import type { Locale, LoginTexts } from './texts.ts'
import { formatMoment } from './times.ts'

export interface Login {
  userAgent: string | null
  city: string | null
  /** ISO 3166-1 alpha-2. */
  country: string | null
  /** ms UTC. */
  createdAt: number
}

export function loginFacts(texts: LoginTexts, locale: Locale, login: Login): string[] {
  // Names from our own table, never a word of the User-Agent.
  const { browser, os } = describeDevice(login.userAgent)
  const city = safeName(login.city ?? '')
  const country = countryName(locale, login.country ?? '')
  return [
    texts.device(bothOrOne(browser, os, texts.deviceName) ?? texts.unknown),
    texts.place(bothOrOne(city, country, texts.placeName) ?? texts.unknown),
    texts.time(formatMoment(locale, login.createdAt)),
  ]
}

type Name = string | null | undefined

function bothOrOne(one: Name, other: Name, join: (one: string, other: string) => string) {
  return one && other ? join(one, other) : one || other || undefined
}

/** The edge also says `T1` (Tor) and `XX` (not known), which are no countries. */
function countryName(locale: Locale, code: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(code)) return undefined
  return new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' }).of(code)
}
