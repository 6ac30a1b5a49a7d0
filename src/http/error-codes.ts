/** Every code an error answer may carry, its status, and what it says when the thrower says nothing better. */
export const ERROR_CODES = {
  invalid_json: { status: 400, message: 'The request body is not valid JSON.' },
  token_invalid: { status: 400, message: 'This link is not valid. Ask for a new one.' },
  token_expired: { status: 400, message: 'This link has expired. Ask for a new one.' },
  token_used: {
    status: 400,
    message: 'This link has been used already. If you still need one, ask for a new one.',
  },
  code_invalid: {
    status: 400,
    message: 'This code is not valid. Check the digits, or ask for a new one.',
  },
  code_expired: { status: 400, message: 'This code has expired. Ask for a new one.' },
  password_rejected: { status: 400, message: 'Please choose another password.' },
  email_rejected: { status: 400, message: 'Please use another email address.' },
  unauthenticated: { status: 401, message: 'Please log in.' },
  access_token_expired: { status: 401, message: 'The access token has expired. Refresh it.' },
  session_ended: { status: 401, message: 'This session has ended. Please log in again.' },
  invalid_credentials: { status: 401, message: 'The email address or the password is wrong.' },
  forbidden: { status: 403, message: 'You are not allowed to do this.' },
  email_not_verified: {
    status: 403,
    message: 'Please confirm your email address first: open the link that we mailed you.',
  },
  community_not_approved: {
    status: 403,
    message: 'Your community has not been approved yet. We will tell you by mail.',
  },
  community_rejected: { status: 403, message: 'Your community was not approved.' },
  community_suspended: { status: 403, message: 'Your community is suspended.' },
  no_membership: { status: 403, message: 'You are not a member of any community.' },
  account_disabled: { status: 403, message: 'This account is disabled.' },
  csrf_failed: { status: 403, message: 'This request did not come from an allowed page.' },
  refresh_invalid: { status: 403, message: 'Please log in again.' },
  refresh_reused: { status: 403, message: 'Please log in again.' },
  wrong_password: {
    status: 403,
    message: 'The current password is wrong. Try again, or prove it is you by a mailed code.',
  },
  wrong_browser: { status: 403, message: 'Open this link in the browser that asked for it.' },
  invite_user_mismatch: { status: 403, message: 'This invitation is for another person.' },
  not_found: { status: 404, message: 'There is nothing here.' },
  method_not_allowed: { status: 405, message: 'This method is not allowed here.' },
  community_exists: { status: 409, message: 'A community with these details exists already.' },
  invalid_transition: { status: 409, message: 'The status cannot change in this way.' },
  already_member: { status: 409, message: 'This person is a member already.' },
  last_owner: { status: 409, message: 'A community needs an owner.' },
  account_exists: { status: 409, message: 'This address has an account already.' },
  payload_too_large: { status: 413, message: 'The request body is too large.' },
  unsupported_media_type: {
    status: 415,
    message: 'Send the body as JSON, with Content-Type: application/json.',
  },
  validation_failed: { status: 422, message: 'Please check the marked fields.' },
  idempotency_key_reused: {
    status: 422,
    message: 'This Idempotency-Key was used with another body. Use a new key.',
  },
  account_locked: {
    status: 423,
    message: 'This account is locked after too many attempts. Reset the password to unlock it.',
  },
  rate_limited: { status: 429, message: 'Too many requests. Please try again later.' },
  too_many_attempts: { status: 429, message: 'Too many attempts. Please try again later.' },
  internal_error: { status: 500, message: 'Something went wrong' },
  unavailable: {
    status: 503,
    message: 'The service is unavailable for a moment. Please try again.',
  },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** Where a database or a Durable Object cannot be reached, a client may try again after so long. */
export const UNAVAILABLE_RETRY_SECONDS = 1
