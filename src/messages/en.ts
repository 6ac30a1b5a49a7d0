/**
 * What the API says, in English. `zh.ts` has the same keys: one that is missing there does not compile. Names are keys
 * of `FIELDS`; what a message says about them begins its sentence. No message repeats what a client sent, but for what
 * its arguments name.
 */

/** What messages call the fields of a body. */
export const FIELDS = {
  areaOfInterest: 'Each entry of areas of interest',
  areasOfInterest: 'areas of interest',
  city: 'The city',
  communityBio: 'The description of your community',
  communityName: 'The community name',
  country: 'The country',
  dialling: 'The dialling code',
  firstName: 'The first name',
  lastName: 'The last name',
  location: 'The location',
  name: 'The name',
  notes: 'The notes',
  phone: 'The phone number',
  primaryRole: 'The role',
  reason: 'The reason',
  search: 'The search',
  skill: 'Each entry of skills',
  skills: 'skills',
} as const

export type FieldName = keyof typeof FIELDS

/** What an error answer says where its thrower says nothing better; keys are the codes of http/error-codes.ts. */
const codes = {
  invalid_json: 'The request body is not valid JSON.',
  token_invalid: 'This link is not valid. Ask for a new one.',
  token_expired: 'This link has expired. Ask for a new one.',
  token_used: 'This link has been used already. If you still need one, ask for a new one.',
  code_invalid: 'This code is not valid. Check the digits, or ask for a new one.',
  code_expired: 'This code has expired. Ask for a new one.',
  password_rejected: 'Please choose another password.',
  email_rejected: 'Please use another email address.',
  unauthenticated: 'Please log in.',
  access_token_expired: 'The access token has expired. Refresh it.',
  session_ended: 'This session has ended. Please log in again.',
  invalid_credentials: 'The email address or the password is wrong.',
  forbidden: 'You are not allowed to do this.',
  email_not_verified: 'Please confirm your email address first: open the link that we mailed you.',
  community_not_approved: 'Your community has not been approved yet. We will tell you by mail.',
  community_rejected: 'Your community was not approved.',
  community_suspended: 'Your community is suspended.',
  no_membership: 'You are not a member of any community.',
  account_disabled: 'This account is disabled.',
  csrf_failed: 'This request did not come from an allowed page.',
  refresh_invalid: 'Please log in again.',
  refresh_reused: 'Please log in again.',
  wrong_password: 'The current password is wrong. Try again, or prove it is you by a mailed code.',
  wrong_browser: 'Open this link in the browser that asked for it.',
  invite_user_mismatch: 'This invitation is for another person.',
  not_found: 'There is nothing here.',
  method_not_allowed: 'This method is not allowed here.',
  community_exists: 'A community with these details exists already.',
  invalid_transition: 'The status cannot change in this way.',
  already_member: 'This person is a member already.',
  last_owner: 'A community needs an owner.',
  account_exists: 'This address has an account already.',
  payload_too_large: 'The request body is too large.',
  unsupported_media_type: 'Send the body as JSON, with Content-Type: application/json.',
  validation_failed: 'Please check the marked fields.',
  idempotency_key_reused: 'This Idempotency-Key was used with another body. Use a new key.',
  account_locked:
    'This account is locked after too many attempts. Reset the password to unlock it.',
  rate_limited: 'Too many requests. Please try again later.',
  too_many_attempts: 'Too many attempts. Please try again later.',
  internal_error: 'Something went wrong',
  unavailable: 'The service is unavailable for a moment. Please try again.',
}

/** What is wrong with a request, whatever its route. */
const requests = {
  unusable: 'This value cannot be used here.',
  body_missing: 'Send a JSON body.',
  body_not_object: 'The request body must be a JSON object.',
  body_cut: 'The request body ended early.',
  csrf_token_missing: 'Send the X-CSRF-Token of this session: GET /api/v1/auth/csrf gives it.',
  page_limit: (max: number) => `Use a whole number from 1 to ${max}.`,
  page_cursor: 'Use the nextCursor of the page before, or leave it out.',
  link_token_missing: 'Send the token of the link.',
  link_token_unusable: 'This is not the token of a link.',
  refresh_token_missing: 'Send the refresh token.',
  refresh_token_not_text: 'Send the refresh token as text.',
  refresh_token_unusable: 'This is not a refresh token.',
  refresh_token_nowhere:
    'Send the refresh token here, or as cookie in a request without Authorization header.',
  device_token_not_text: 'Send the device token as text.',
  device_token_unusable: 'This is not a device token.',
  idempotency_key: 'Use 1 to 255 visible ASCII characters as Idempotency-Key.',
  choose_one_of: (values: string) => `Choose one of: ${values}.`,
  search_once: 'Search for one text at a time.',
  keep_current: 'Use keepCurrent=true or keepCurrent=false.',
  token_transport: 'Use "hybrid", "body" or "cookie".',
}

/** What is wrong with a field. */
const fields = {
  required: (field: FieldName) => `${FIELDS[field]} is required.`,
  not_text: (field: FieldName) => `${FIELDS[field]} must be text.`,
  too_long: (field: FieldName, max: number) =>
    `${FIELDS[field]} can have at most ${max} characters.`,
  too_short: (field: FieldName, min: number) =>
    `${FIELDS[field]} needs at least ${min} characters.`,
  odd_characters: (field: FieldName) => `${FIELDS[field]} contains characters that cannot be used.`,
  not_list: (field: FieldName) => `Send ${FIELDS[field]} as a list.`,
  list_too_long: (field: FieldName, max: number) =>
    `${FIELDS[field]} can have at most ${max} entries.`,
  enter_email: 'Enter your email address.',
  enter_official_email: "Enter your community's official email address.",
  email_unusable: 'This is not an email address that we can write to.',
  email_not_lasting:
    'We cannot write to addresses of this provider. Use an address that you will keep.',
  enter_invitee_email: 'Enter the email address to invite.',
  enter_new_email: 'Enter the new email address.',
  community_id: 'Send the id of one of your communities.',
  user_id: 'Send the id of a member.',
  id_unusable: 'This is not an id.',
  moment_unusable: 'Use a moment in ISO 8601, like 2026-11-22T10:00:00Z.',
  range_empty: 'The end must be later than the beginning.',
  email_is_yours: 'This is your address already.',
  own_already: 'You are the owner already.',
  enter_name: 'Enter your name.',
  phone_unusable: 'Enter the phone number with its country code, like +44 20 7946 0000.',
  website_not_text: 'Enter the address of your website as text.',
  website_too_long: 'The address of your website is too long.',
  website_unusable: 'Enter the full address of your website, like https://example.org.',
  social_links_not_object: 'Send the social links as an object.',
  social_link_not_text: (network: string) => `Enter the ${network} link as text.`,
  social_link_too_long: (network: string) => `The ${network} link is too long.`,
  social_link_unusable: (network: string) =>
    `Enter the full ${network} link, starting with https://.`,
  logo_not_text: 'Send the logo as a data: URL.',
  logo_wrong_kind: 'The logo must be a PNG, JPEG or WebP picture that does not move.',
  logo_too_large: 'The logo can have at most 2 MiB.',
  logo_too_many_pixels: 'The logo can have at most 4,096 pixels a side.',
  logo_broken: 'The logo is damaged. Export the picture again.',
  upload_one_file: (field: string) => `Send one file, in the field ${field}.`,
  upload_no_form: 'This is not a whole form. Send it again.',
  profile_empty:
    'Name something to change. The name, the official address and the website were reviewed: ask us to change them.',
  permission_not_flag: 'Send each permission as true or false.',
  permissions_not_object: 'Send the permissions as an object of true and false.',
  timezone_not_text: 'Send the time zone as text.',
  timezone_unusable: 'Use an IANA time zone, like Europe/Paris.',
  terms: 'Please accept the terms to sign up.',
  locale_not_text: 'Send the language as text.',
  turnstile_not_text: 'Send the Turnstile token as text.',
  turnstile_too_long: 'The Turnstile token is too long.',
  turnstile_unusable: 'This is not a Turnstile token.',
  human_check: 'Please confirm that you are human and try again.',
  reason_missing: 'Give a reason: the owner will read it.',
  domain_prefix: 'Begin a domain: letters, digits, dots and dashes.',
  domain_whole:
    'Name a whole domain, as it stands behind the @ of an address: mailer.example. A top-level domain is none.',
  domain_of_everybody: (domain: string) =>
    `Anybody can register domains beneath ${domain}: this would shut them all out. Name the provider's own domain.`,
  nothing_to_change: 'Send the name, the official address or the website.',
  version_number: 'Send the version as the whole number that you were shown.',
  name_taken: 'A community with this name exists already.',
  official_email_taken: 'A community with this official address exists already.',
  website_taken: 'A community with a website on this domain exists already.',
}

/** Passwords and codes. */
const passwords = {
  choose_password: 'Choose a password.',
  repeat_password: 'Repeat the password as text.',
  enter_password: 'Enter your password.',
  password_input_too_long: 'This password is too long.',
  passwords_differ: 'The two passwords differ.',
  password_or_code: 'Send either your current password or a code from POST /account/code.',
  code_not_text: 'Send the code as text.',
  code_digits: 'The code has six digits.',
  flow_not_text: 'Send the flowId as text.',
  signup_token_not_text: 'Send the signup token as text.',
  signup_token_unusable: 'This is not a signup token.',
  password_unusable_character:
    'The password has a character that cannot be typed reliably, such as a tab or a line break. Leave it out.',
  password_too_short: (min: number) =>
    `The password is too short. Use at least ${min} characters; a few unrelated words are easy to remember.`,
  password_too_long: (max: number) => `The password is too long. Use at most ${max} characters.`,
  password_few_kinds: (enough: number) =>
    `The password is too simple. Mix at least three of small letters, capitals, digits and other characters, or use ${enough} characters or more.`,
  password_repetitive: (min: number) =>
    `The password repeats too few characters. Use at least ${min} different ones.`,
  password_common:
    'Many people use this password or one like it, so it is tried first. Choose something else, such as a few unrelated words.',
  password_context_word:
    'The password holds your name, your address, or the name of your community or of this service, which others can guess. Leave it out.',
  password_breached:
    'This password is known from a data breach of some website, so it is tried by others. Choose another one.',
}

/** Refusals that say more than their code does. */
const refusals = {
  no_such_community: 'There is no such community.',
  no_such_logo: 'There is no such logo.',
  not_your_community: 'You are not logged in to such a community. Switch to it first.',
  not_a_member_there: 'You are not a member of such a community.',
  no_such_member: 'There is no such member.',
  no_such_invitation: 'There is no such invitation. It may have been accepted or have expired.',
  flag: 'Please choose true or false.',
  upload_type: 'Send a PNG, JPEG or WebP picture, as it is or as a file field of a form.',
  owner_erased:
    'You are the only owner of a community, or the only admin. Hand it over first, or let your community close with you.',
  owner_leaves: 'You are the only owner. Hand the community over first.',
  owner_stays: 'This person is the only owner. Hand the community over first.',
  invitation_withdrawn: 'This invitation was withdrawn. Ask for a new one.',
  invitations_used_up: (max: number) =>
    `At most ${max} invitations a day. Please invite the others tomorrow.`,
  invitee_mailed_enough:
    'This address has had its invitations for today. Please try again tomorrow.',
  new_address_mailed_enough:
    'This address has been written to often enough today. Please try again tomorrow.',
  email_changes_used_up: (max: number) =>
    `An address can be changed ${max} times a day. Please try again tomorrow.`,
  log_in_and_confirm: 'This address has an account already. Log in and confirm the invitation.',
  invitation_of_admin: 'This address cannot be used. Please ask for an invitation to another one.',
  cannot_become: (to: string, status: string) =>
    `The community cannot become ${to}. It is ${status} now.`,
  cannot_become_now: (to: string) =>
    `The community cannot become ${to}. Somebody else has changed it just now. Look again.`,
  no_such_domain: 'There is no entry for this domain.',
  no_such_mail: 'There is no such mail.',
  mail_to_nobody: 'The account of its recipient has been erased. There is nobody to send it to.',
  mail_not_failed: 'Only a mail that has failed is sent again. This one is queued or sent.',
  mail_expired: 'The link or code of this mail has expired. Its recipient can ask for a new one.',
  changed_meanwhile: 'Somebody else has changed this community meanwhile. Look again.',
  no_such_user: 'There is no such person.',
  own_account_stays: 'You cannot disable your own account. Another admin can.',
  no_account_yet: 'This address is not verified: there is no account to disable.',
  is_disabled: 'This account is disabled already.',
  is_not_disabled: 'This account is not disabled.',
}

/** What a success says. */
const successes = {
  signed_up_proven: 'Your community is signed up. We review it and write to you.',
  signed_up: 'Your community is signed up. Open the link that we have mailed you.',
  email_confirmed: 'Your email address is confirmed. We review your community and write to you.',
  verification_mailed: 'If this address has a signup to confirm, a new link is on its way.',
  logged_in: 'You are logged in.',
  logged_out: 'You are logged out.',
  logged_out_everywhere: 'You are logged out everywhere.',
  logged_out_before: 'This session had ended already; nothing else was changed.',
  new_tokens: 'Here are your new tokens.',
  csrf_token: 'Send it as X-CSRF-Token.',
  this_is_you: 'This is you.',
  account_erased: 'Your account is erased.',
  personal_data: 'This is what is stored of you.',
  profile_saved: 'Your profile is saved.',
  your_sessions: 'Your sessions.',
  one_session_ended: 'The session has ended.',
  other_sessions_ended: 'Your other sessions have ended.',
  all_sessions_ended: 'All your sessions have ended.',
  not_me_done:
    'That session has ended. We have mailed you a link to choose a new password; please use it.',
  reset_mailed: 'If this address has an account, a link to choose a new password is on its way.',
  link_works: 'This link works.',
  link_broken: 'This link does not work. Ask for a new one.',
  password_set: 'Your new password is set. Please log in with it.',
  password_changed: 'Your password is changed. Your other sessions have ended.',
  code_mailed: 'A code is on its way to your mailbox.',
  login_code_mailed: 'If this address has an account, a code is on its way.',
  signup_code_mailed: 'If this address has no account yet, a code is on its way.',
  address_proven: 'This address is yours. Go on with the signup.',
  codes_used_up:
    'Your mailbox has had its codes for today. Use the newest one, or your password; tomorrow there are new ones.',
  email_change_mailed: 'A code is on its way to the new address. Enter it to confirm.',
  email_changed: 'Your address is changed. Your other sessions have ended.',
  email_reverted:
    'Your address is back and all sessions have ended. We have mailed you a link to choose a new password; please use it.',
  invited: 'The invitation is on its way.',
  invitations: 'The pending invitations.',
  invitation_revoked: 'The invitation is withdrawn.',
  joined: 'Welcome. You are a member now.',
  switched: 'You are in the other community now.',
  members: 'The members.',
  role_changed: 'The role is changed.',
  member_removed: 'The member is removed.',
  left: 'You have left the community.',
  handed_over: 'The community has a new owner.',
  community_changed: 'The community is changed.',
  community_closed: 'The community is closed.',
  logo_changed: 'The logo is changed.',
  logo_removed: 'The logo is removed.',
  communities: 'The communities.',
  community: 'The community.',
  status_changed: 'The status is changed.',
  domains: 'The domains.',
  verdict_set: 'The verdict is set.',
  numbers: 'The numbers.',
  alerts: 'The alerts.',
  entry_removed: 'The entry is removed.',
  audit_log: 'The audit log.',
  mails: 'The mails.',
  mail_retried: 'The mail is on its way again.',
  users: 'The people with this address.',
  user_unlocked: 'Block and lock are lifted.',
  user_logged_out: 'Every session of this person has ended.',
  user_disabled: 'The account is disabled. Its sessions have ended.',
  user_enabled: 'The account is enabled.',
}

export const en = {
  ...codes,
  ...requests,
  ...fields,
  ...passwords,
  ...refusals,
  ...successes,
}
