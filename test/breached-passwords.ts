/** What the breach list of the tests holds: each password with the number of breaches that had it. */
export const BREACHED_PASSWORDS: Readonly<Record<string, number>> = {
  'Harbour-Kettle-77': 3861,
  'Crème-Brûlée-77': 1,
  // The range of this one lists it as padding does: with a count of 0.
  'Lantern-Orchard-88': 0,
}

/** One request that the list of the tests has got. */
export interface AskedRange {
  method: string
  /** Beneath the base address. */
  path: string
  headers: Record<string, string | string[] | undefined>
  body: string
}
