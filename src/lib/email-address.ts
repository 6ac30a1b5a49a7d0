/**
 * One canonical form for an address, made once, in one place: trimmed, lower-cased, ASCII only, domain as it is in
 * DNS. Look-alikes (full-width @, dotless i, Kelvin sign) are refused, never folded onto ASCII, so that two people
 * never share an identity. Quoted local parts, lists and display names are refused: one address, one recipient.
 */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
export const EMAIL_MAX_LENGTH = 254
/** RFC 1035 §2.3.4, without the root. */
export const DOMAIN_MAX_LENGTH = 253

/** The canonical form, or undefined for what is no single plain address. A domain in Unicode becomes its A-labels (IDNA). */
export function canonicalEmail(input: string): string | undefined {
  const text = input.trim()
  const at = text.lastIndexOf('@')
  if (at < 1 || text.length > EMAIL_MAX_LENGTH) return undefined
  // Lower-casing is ASCII only: toLowerCase() would fold the Kelvin sign onto k (CVE-2019-19844).
  const local = text.slice(0, at).replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const domain = canonicalDomain(text.slice(at + 1))
  if (local.length > 64 || !LOCAL_PART.test(local) || !domain) return undefined
  const email = `${local}@${domain}`
  return email.length <= EMAIL_MAX_LENGTH ? email : undefined
}

/** The domain of an address in canonical form. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1)
}

/**
 * A domain as it is in DNS: A-labels (IDNA), lower case, at least two of them, 253 characters at most. Undefined for
 * what is none, such as an IP address, a port behind it, or a look-alike. Takes it as it stands: no trimming.
 */
export function canonicalDomain(domain: string): string | undefined {
  // Full-width letters and dots would be folded onto ASCII by the URL parser, after validation (CVE-2026-73420).
  if (domain !== domain.normalize('NFKC') || /[^\p{L}\p{N}\p{M}.-]/u.test(domain)) return undefined
  if (/[\u017f\u212a\u0131]/u.test(domain)) return undefined
  const host = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`).hostname : ''
  const labels = host.split('.')
  const isName = labels.length >= 2 && labels.every((label) => LABEL.test(label))
  if (!isName || /^\d+$/.test(labels.at(-1) ?? '')) return undefined
  return host.length <= DOMAIN_MAX_LENGTH ? host : undefined
}
