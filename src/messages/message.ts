/**
 * Messages by key. Code says which one (`say('too_long', 'city', 100)`), and what leaves turns it into words of the
 * reader's language: so a schema, a service and an error know no language. A message is text, since zod and Error carry
 * nothing else.
 * No I/O. No clock.
 */
import type { Locale } from '../lib/locale.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

/** The keys of the English catalogue, with the arguments that each takes. */
export type Messages = {
  readonly [Key in keyof typeof en]: (typeof en)[Key] extends (...args: infer Args) => string
    ? (...args: Args) => string
    : string
}

export type MessageKey = keyof Messages

type ArgsOf<Key extends MessageKey> = Messages[Key] extends (...args: infer Args) => string
  ? Args
  : []

/** A message: its key and arguments as one text. */
export type Said = string & { readonly isSaid: true }

const CATALOGUES: Readonly<Record<Locale, Messages>> = { en, zh }

export function say<Key extends MessageKey>(key: Key, ...args: ArgsOf<Key>): Said {
  return (args.length === 0 ? key : `${key} ${JSON.stringify(args)}`) as Said
}

/** The words of a message. A text that is none, such as one that zod made, says only that a value cannot be used. */
export function render(message: string, locale: Locale): string {
  return wordsOf(message, locale) ?? CATALOGUES[locale].unusable
}

/** The words of a text, if it is a message. */
export function wordsOf(text: string, locale: Locale): string | undefined {
  const catalogue = CATALOGUES[locale]
  const [, key = '', args = '[]'] = /^([a-z_]+)(?: (\[.*\]))?$/s.exec(text) ?? []
  if (!Object.hasOwn(catalogue, key)) return undefined
  const found: string | ((...args: never[]) => string) = catalogue[key as MessageKey]
  if (typeof found === 'string') return found
  const written = (JSON.parse(args) as (string | number)[]).map((one) =>
    typeof one === 'number' ? new Intl.NumberFormat(locale).format(one) : one,
  )
  return found(...(written as never[]))
}
