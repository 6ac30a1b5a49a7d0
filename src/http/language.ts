/**
 * The language of an answer: the setting of whoever is signed in, else what `Accept-Language` asks for, also where the
 * account is not read (logout, CSRF token). Never that of an account whose holder has not proven to be one: the language
 * would tell that there is an account.
 */
import type { Context } from 'hono'
import { type Locale, pickLocale } from '../lib/locale.ts'
import type { AppEnv } from './factory.ts'

export function requestLocale(c: Context<AppEnv>): Locale {
  return c.get('locale') ?? pickLocale(undefined, c.req.header('Accept-Language'))
}

/** The language to answer in, as the answer's header says too. */
export function writeLocale(c: Context<AppEnv>): Locale {
  const locale = requestLocale(c)
  c.header('Content-Language', locale)
  return locale
}
