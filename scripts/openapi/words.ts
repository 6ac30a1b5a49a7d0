/** What the document says of the whole, beside what each route says of itself. */

export const INFO = {
  title: 'Gatehouse',
  version: '1',
  summary: 'Community-first signup and auth.',
  description:
    'A community signs up, its owner proves the mailbox, an admin approves it, and only then does anyone log in.\n\nEach success is `{ success: true, message, data }`, each error `{ success: false, message, code, requestId, errors? }`. The `code` says what went wrong; the words are for people and come in the language of `Accept-Language`.',
  contact: { name: 'Who runs this service', url: '/.well-known/security.txt' },
  license: { name: 'MIT', identifier: 'MIT' },
} as const

/** In the order in which /docs shows them. */
export const TAGS: Readonly<Record<string, string>> = {
  Signup: 'A community registers, and its owner proves the mailbox.',
  Login: 'A password, a code or a link becomes a session.',
  Codes: 'One-time codes and links by mail, in place of a password.',
  Sessions: 'Tokens, the sessions of a person, and their ends.',
  Passwords: 'Forgotten, reset and changed.',
  Account: 'What a person sees and changes of their own account.',
  Invitations: 'How others join a community.',
  Members: 'Who is in a community, and with which role.',
  Communities: 'The public card of a community, its profile and its logo.',
  Admin: 'For the admins of this service alone.',
  Service: 'For machines: health, keys, and where to report a weakness.',
  Development: 'On a laptop only.',
}
