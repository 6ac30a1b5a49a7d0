/**
 * Web addresses that people type: a community's website and its social links. What comes out is an absolute http(s)
 * address of a named host, normalised by the URL parser, so that whoever puts it into a link gets no `javascript:`,
 * no other host than the one that was read (userinfo, back slashes, full-width dots), and no machine of an inner
 * network. It is stored and shown, never fetched. `domain` is who owns the site by the public suffix list, so that one
 * organisation does not sign up twice; on a host that many share it says nothing and is null.
 */
import { registrableDomain } from './public-suffix.ts'
import { isSharedHost } from './shared-hosts.ts'

export const WEBSITE_MAX_LENGTH = 2048
export const SOCIAL_LINK_MAX_LENGTH = 300

/** White space and controls (the URL parser drops some silently), invisible characters, and the slash that is none. */
const DISGUISE = /[\s\p{Cc}\p{Default_Ignorable_Code_Point}\\]/u
const ADDRESS = /^(?:(https?):\/\/)?([^/?#:]+)(?::(\d{1,5}))?((?:[/?#].*)?)$/i
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const LOCAL_TLD = /^(?:localhost|local|internal|\d+)$/

/** The website and who owns it, or undefined for what is none. A bare domain is taken as https. */
export function parseWebsite(text: string): { url: string; domain: string | null } | undefined {
  const url = parseAddress(text.trim())
  return url && { url: url.href, domain: ownDomain(url.hostname) }
}

/** A link to a profile, normalised: https only and written out, 300 characters at most. Undefined for anything else. */
export function parseSocialLink(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.length > SOCIAL_LINK_MAX_LENGTH || !/^https:\/\//i.test(trimmed)) return undefined
  return parseAddress(trimmed)?.href
}

function parseAddress(text: string): URL | undefined {
  if (text.length > WEBSITE_MAX_LENGTH || !text.isWellFormed() || DISGUISE.test(text))
    return undefined
  const [, scheme = 'https', name, port, rest = ''] = ADDRESS.exec(text) ?? []
  const host = name && toAsciiHost(name)
  if (!host || port === '0') return undefined
  const address = `${scheme}://${host}${port ? `:${port}` : ''}${rest}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url && url.href.length <= WEBSITE_MAX_LENGTH ? url : undefined
}

/** The host as it is in DNS (A-labels, lower case, no trailing dot), or undefined for IP addresses and inner names. */
function toAsciiHost(typed: string): string | undefined {
  const name = typed.normalize('NFC').replace(/\.$/, '')
  // The URL parser would decode %2e and fold full-width letters onto ASCII: what is read must be what is resolved.
  if (name !== name.normalize('NFKC') || /[^\p{L}\p{N}\p{M}.-]/u.test(name)) return undefined
  const host = URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : ''
  const labels = host.split('.')
  const isName = labels.length >= 2 && labels.every((label) => LABEL.test(label))
  return isName && host.length <= 253 && !LOCAL_TLD.test(labels.at(-1) ?? '') ? host : undefined
}

/** The registrable domain, private suffixes such as github.io counted, or null where it names no single owner. */
function ownDomain(host: string): string | null {
  const found = registrableDomain(host)
  if (!found || isSharedHost(found.domain, found.isPrivate ? null : found.label)) return null
  return found.domain
}
