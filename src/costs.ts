/** What one request cost; shown as `Server-Timing` in dev and asserted by tests. */
export interface Costs {
  /** D1 round trips in sequence. */
  roundTrips: number
  /** Durable Object calls. */
  objectCalls: number
  /** Password hashes computed. */
  hashes: number
  hashMs: number
}

export const noCosts = (): Costs => ({ roundTrips: 0, objectCalls: 0, hashes: 0, hashMs: 0 })

/** `Server-Timing` (W3C): counts as descriptions, the time of the hashes as duration in ms. */
export function toServerTiming(costs: Costs): string {
  const hash = costs.hashes > 0 ? [`hash;desc="${costs.hashes}";dur=${costs.hashMs}`] : []
  return [`d1;desc="${costs.roundTrips}"`, `do;desc="${costs.objectCalls}"`, ...hash].join(', ')
}
