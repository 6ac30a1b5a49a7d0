import type { Fetch } from './repeat.ts'
import type { SignedOutReason } from './session.ts'
import type { TokenStorage } from './storage.ts'

/**
 * `hybrid`: access token in memory, refresh token in a cookie that no script can read; for a web page.
 * `cookie`: both in cookies. `body`: both in answers, no cookie at all; for a desktop app, which gives a `storage`.
 */
export type Transport = 'hybrid' | 'body' | 'cookie'

export interface ClientOptions {
  /** Where the API is, such as `https://auth.example.com`. */
  baseUrl: string
  /** `hybrid` unless told otherwise. */
  transport?: Transport
  /** For `body`: where the refresh token and the token of the device stay. In memory unless told otherwise. */
  storage?: TokenStorage
  /** For `body`: the device's token of an earlier sign-in, where `storage` has none. */
  deviceToken?: string
  fetch?: Fetch
  /** Once for each time that somebody who was signed in is not any more. */
  onSignedOut?: (reason: SignedOutReason) => void
  /** How often a request that may be repeated is repeated: 3. */
  retries?: number
  /** The name under which tabs share a session, or `false`: not at all. In a browser they do wherever cookies or a `storage` are shared. */
  tabs?: string | false
}
