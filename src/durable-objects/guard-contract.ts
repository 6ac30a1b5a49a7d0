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
export type MailPurpose = CodePurpose | 'forgot' | 'resend'

export type CodePurpose = 'code' | 'email_change'

export interface CountMailRequest {
  purpose: MailPurpose
  /** So many of this purpose are allowed in one lane within any `windowSeconds`. */
  limit: number
  windowSeconds: number
  /** So many more are allowed in one lane within 24 hours; what is beyond is `capped`. */
  perDay?: number
  /**
   * The lane of the device that is named may be mailed nothing more today, as the database says: `capped` too, where the
   * account knows it. Never asked for strangers: what they are told must not depend on there being an account.
   */
  isLaneFull?: boolean
  /** As in BeginRequest: whose lane the mail is counted in. */
  deviceId?: string | null
  /** The code that the mail carries. */
  code?: NewCode
}

export interface NewCode {
  /** Who asked: a secret of one browser, or a session. A new code ends the older one of its flow, and no other. */
  flow: string
  /** Names the code, and the link of the same mail. */
  challengeId: string
  /** Keyed digest of the code; the guard never sees the code itself. */
  digest: string
  ttlSeconds: number
}

export interface Limited {
  kind: 'limited'
  retryAfterSeconds: number
}

/** `knownDevice`: the mail was counted in the lane of the device that was named. */
export type MailVerdict =
  | { kind: 'allowed'; knownDevice: boolean }
  /** Enough for today: nobody is to be mailed, and the older code lives on. */
  | { kind: 'capped' }
  | Limited

/** What was entered: the digests of a code, one per active key, any of which counts; or the challenge of a genuine link. */
type Entered = { digests: readonly string[] } | { challengeId: string }

export type UseCodeRequest = Entered & {
  flow: string
  /** As in BeginRequest: whose lane a wrong try is counted in. */
  deviceId?: string | null
  blockSeconds: number
}

type Used =
  | { kind: 'right'; challengeId: string; knownDevice: boolean }
  /** Another code, or none of that flow that could be right any more; or a link whose challenge has ended. */
  | { kind: 'wrong' }
  | { kind: 'expired' }
  | { kind: 'blocked'; retryAfterSeconds: number }
  | { kind: 'locked' }

export type CodeVerdict = Used | Limited
/** `wrong_browser`: the link was asked for in another flow, where it lives on. */
export type LinkVerdict = Used | { kind: 'wrong_browser' }
export type UseCodeVerdict = CodeVerdict | LinkVerdict
