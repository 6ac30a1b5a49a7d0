/** What callers of an AccountGuard say and hear: plain data, unknown fields are ignored, nothing is thrown. */
export interface BeginRequest {
  /** The device cookie's id after its MAC was checked; one the account does not know counts as a stranger. */
  deviceId?: string | null
  blockSeconds: number
}

export type BeginVerdict =
  | { kind: 'granted'; ticket: string; knownDevice: boolean }
  | { kind: 'blocked'; retryAfterSeconds: number }
  | { kind: 'locked' }
  | { kind: 'busy'; retryAfterSeconds: 1 }

export interface SettleRequest {
  ticket: string
  /** `neutral`: neither a success nor a failure, such as the password of a signup nobody has verified. */
  outcome: 'success' | 'failure' | 'neutral'
  /** With a success: this device is known from now on. */
  joinDevice?: string | null
  blockSeconds: number
}

export interface SettleVerdict {
  /** Failures in a row in the lane of the attempt, after it. */
  failed: number
  /** What this very failure brought about. */
  event: 'blocked' | 'locked' | 'device_forgotten' | null
  /** End of the block that is in force in that lane (ms UTC). */
  blockedUntil: number | null
}
