/**
 * How often codes may be asked for and tried. Sends and wrong tries are counted per lane in sliding windows, whatever
 * the flow: a new code gives nobody more tries, and strangers cannot use up what a known device may. Each code bears
 * five tries besides.
 * No I/O. No clock.
 */
export const TRIES_PER_CODE = 5
/** For so long an expired code is told apart from one that never was. */
export const EXPIRED_KEPT_MS = 60 * 60 * 1000

const WINDOW_SECONDS = 15 * 60

export const CODE_LIMITS = {
  /** To log in, to sign up, or in place of a password. */
  code: { limit: 3, windowSeconds: WINDOW_SECONDS },
  /** To a new address that a person who is signed in asks for, who may mistype it; the database counts five a day. */
  email_change: { limit: 5, windowSeconds: WINDOW_SECONDS },
  wrong: { limit: 10, windowSeconds: WINDOW_SECONDS },
} as const
