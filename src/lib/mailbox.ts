/**
 * Which mailbox an address probably reaches, for counting alone: sub-addresses (`+tag`) go, and so do dots, which some
 * big providers ignore. It is never an identity: elsewhere `a.b@` and `ab@` may well be two people.
 */
import { domainOf } from './email-address.ts'

/** Domains under which one provider delivers the same mailbox. */
const SAME_PROVIDER: Record<string, string> = {
  'googlemail.com': 'gmail.com',
  'protonmail.com': 'proton.me',
  'pm.me': 'proton.me',
}

/** Takes an address in canonical form. Two addresses that give the same text may be one mailbox. */
export function probableMailbox(email: string): string {
  const at = email.lastIndexOf('@')
  const [name = ''] = email.slice(0, at).split('+')
  const domain = domainOf(email)
  // An address that is nothing but a tag still is an address of its own.
  const local = name.replaceAll('.', '') || email.slice(0, at)
  return `${local}@${SAME_PROVIDER[domain] ?? domain}`
}
