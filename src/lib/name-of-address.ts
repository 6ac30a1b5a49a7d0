/**
 * A name to begin with, for somebody of whom only the address is known: `ada.lovelace+x@…` gives `Ada Lovelace`. What
 * stands behind a plus sign is no part of it; digits stay. Never empty.
 * No I/O. No clock.
 */
export function nameOfAddress(email: string): string {
  const [local = ''] = email.split('@')
  const [base = ''] = local.split('+')
  const words = (base || local).split(/[._-]+/).filter(Boolean)
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
  return name || local
}
