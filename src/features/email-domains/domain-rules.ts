/**
 * How verdicts on domains apply to an address. No I/O. No clock. An entry holds for its domain and for everything
 * beneath it; of several, the one that names most of the address's domain decides, so that one customer of a denied
 * host can be allowed, and the other way round. Domains are canonical: A-labels, lower case.
 */
import type { EmailDomainVerdict } from '../../db/schema/index.ts'
import { domainOf } from '../../lib/email-address.ts'
import { registrableDomain } from '../../lib/public-suffix.ts'

export interface Verdict {
  domain: string
  verdict: EmailDomainVerdict
}

/** A name in DNS may have 127 labels; whoever makes one up must not make us ask for as many. */
const SUFFIXES_MAX = 8

/**
 * The domains whose entry would hold for this canonical address: its whole domain, and of what is above it the eight
 * that are nearest to the top. Never a top-level domain.
 */
export function domainsAbove(email: string): string[] {
  const domain = domainOf(email)
  const labels = domain.split('.')
  const suffixes = labels.map((_, at) => labels.slice(at).join('.')).slice(1, -1)
  return [domain, ...suffixes.slice(-SUFFIXES_MAX)]
}

/** Do these entries shut the address out? Entries of other domains among them mean nothing; without any, it may pass. */
export function isDenied(email: string, entries: readonly Verdict[]): boolean {
  const domain = domainOf(email)
  const own = entries.filter(
    (entry) => domain === entry.domain || domain.endsWith(`.${entry.domain}`),
  )
  const longestFirst = own.sort((a, b) => b.domain.length - a.domain.length)
  return longestFirst[0]?.verdict === 'deny'
}

/**
 * Does anybody register domains beneath this one, as beneath `co.uk`? To deny it would shut out people who have nothing
 * to do with each other. A suffix that a company runs (`github.io`, dynamic DNS) is one provider and no such domain.
 */
export function isOpenToAll(domain: string): boolean {
  const beneath = registrableDomain(`a.b.${domain}`)
  return beneath !== undefined && !beneath.isPrivate && beneath.domain.length > domain.length
}
