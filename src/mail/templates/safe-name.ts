/**
 * What a stranger may write into a mail that we send. A name typed into a form reaches a mailbox under our sender, so
 * it is a phisher's text field ("Your account is blocked, see evil.com"). Names are shown as names: one line, of
 * bounded length, without invisible characters, and with nothing that a mail client turns into a link. Pure.
 */
const MAX_CHARACTERS = 80

/** Control characters and line separators: they end words, and in a header they would end the header. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]/gu
/** Invisible ones: bidirectional controls, zero-width characters, tags. A joiner stays between non-ASCII characters (Persian, emoji). */
const INVISIBLE =
  /(?<!\P{ASCII})[\u200c\u200d]|[\u200c\u200d](?!\P{ASCII})|(?![\u200c\u200d])\p{Cf}/gu
const SCHEME = /[a-z][a-z0-9+.-]{0,20}:\/+|\b(javascript|data|mailto|tel|sms):/gi
/** A dot, in any of its forms in DNS names, that joins two letters or digits: what makes text look like a host. */
const JOINING_DOT =
  /(?<=[\p{L}\p{N}\p{M}_-])(?:[.\uff0e\uff61]|\u3002(?=[a-z0-9]))(?=[\p{L}\p{N}])/giu

/** A person's or community's name as a mail may show it: `evil.com` becomes `evil·com`, `https://` goes. May be empty. */
export function safeName(name: string): string {
  const text = name
    .replace(BREAKS, ' ')
    .replace(INVISIBLE, '')
    .replace(SCHEME, '')
    .replace(/\/{2,}/g, '/')
    .replace(JOINING_DOT, '·')
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...text]
  if (characters.length <= MAX_CHARACTERS) return text
  return `${characters
    .slice(0, MAX_CHARACTERS - 1)
    .join('')
    .trimEnd()}…`
}

/** Several lines by a reviewer: invisible characters go, line breaks stay. */
export function safeParagraph(text: string): string {
  return text.replace(/\r\n?/g, '\n').split('\n').map(safeLine).join('\n').trim()
}

/** One line of our own (the product's name): nothing is defused in it. */
export function safeLine(text: string): string {
  return text.replace(BREAKS, ' ').replace(INVISIBLE, '').replace(/\s+/g, ' ').trim()
}

/** A subject: one line without markup. */
export function safeSubject(text: string): string {
  return safeLine(text.replace(/[<>]/g, ''))
}
