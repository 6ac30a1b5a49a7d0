/** What callers of an AccountGuard say and hear: plain data; unknown fields are ignored. */
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

/** What the guard is told. Each may be told again, and late: what came after its moment (ms UTC) stands. */
export type GuardChange =
  /** The device is known; it proved itself `at` that moment, now where left out. */
  | { kind: 'remember'; deviceId: string; at?: number | null }
  /** Failures, blocks, locks and wrong codes up to `before` are lifted. */
  | { kind: 'clear'; before: number }
  /** The same, and codes and devices end with them; `keepDevice` alone is known. */
  | { kind: 'start_over'; before: number; keepDevice?: string | null }
  /** The device, or every device where none is named, is forgotten if it was last used up to `before`. */
  | { kind: 'forget'; before: number; deviceId?: string | null }

/** Why a mail is sent: what counts it. */
export type MailPurpose = 'code' | 'forgot' | 'resend'

export interface CountMailRequest {
  purpose: MailPurpose
  /** So many of this purpose are allowed in one lane within any `windowSeconds`. */
  limit: number
  windowSeconds: number
  /** As in BeginRequest: whose lane the mail is counted in. */
  deviceId?: string | null
  /** The code that the mail carries. */
  code?: NewCode
}

export interface NewCode {
  /** Who asked: a secret of one browser, or a session. A new code ends the older one of its flow, and no other. */
  flow: string
  /** Keyed digest of the code; the guard never sees the code itself. */
  digest: string
  ttlSeconds: number
}

export interface Limited {
  kind: 'limited'
  retryAfterSeconds: number
}

/** `knownDevice`: the mail was counted in the lane of the device that was named. */
export type MailVerdict = { kind: 'allowed'; knownDevice: boolean } | Limited

export interface UseCodeRequest {
  flow: string
  /** Digests of the code that was entered, one per active key: any of them counts. */
  digests: readonly string[]
  /** As in BeginRequest: whose lane a wrong try is counted in. */
  deviceId?: string | null
  blockSeconds: number
}

export type UseCodeVerdict =
  | { kind: 'right' }
  /** Another code, or none of that flow that could be right any more. */
  | { kind: 'wrong' }
  | { kind: 'expired' }
  | Limited
  | { kind: 'blocked'; retryAfterSeconds: number }
  | { kind: 'locked' }
