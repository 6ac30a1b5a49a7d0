/**
 * Whether somebody is signed in, as this tab knows. It is signed out once, for one reason; whoever listens is told of
 * a change and of nothing else, which is what `useSyncExternalStore` and its like ask for.
 */
import { type Credentials, isSameSession } from './credentials.ts'

export type SignedOutReason =
  /** Nobody was signed in. */
  | 'none'
  /** By a call of this tab, or of another. */
  | 'logged_out'
  /** The refresh token has run out, or the session was ended elsewhere. */
  | 'refresh_invalid'
  /** Two have used one refresh token: the API has ended every session of the user. */
  | 'refresh_reused'
  | 'session_ended'
  | 'unauthenticated'
  /** The browser now holds another session: somebody logged in, in another tab. `restore()` goes over to it. */
  | 'replaced'

export type SessionState =
  /** Not asked yet: `restore()` asks, and so does the first call that needs a session. */
  | { status: 'unknown' }
  | { status: 'signed_in' }
  | { status: 'signed_out'; reason: SignedOutReason }

export interface Session {
  readonly state: SessionState
  readonly credentials: Credentials | undefined
  /** Another one with each change of the credentials: an answer to older ones says nothing about these. */
  readonly version: number
  signIn(credentials: Credentials): void
  signOut(reason: SignedOutReason): void
  subscribe(listener: (state: SessionState) => void): () => void
}

export function createSession(onSignedOut: ((reason: SignedOutReason) => void) | undefined) {
  const listeners = new Set<(state: SessionState) => void>()
  let state: SessionState = { status: 'unknown' }
  let credentials: Credentials | undefined
  let version = 0
  const change = (next: SessionState) => {
    state = next
    for (const listener of [...listeners]) listener(next)
  }
  const session: Session = {
    get state() {
      return state
    },
    get credentials() {
      return credentials
    },
    get version() {
      return version
    },
    signIn(next) {
      const isSame = credentials !== undefined && isSameSession(credentials, next)
      credentials = next
      version++
      if (!isSame || state.status !== 'signed_in') change({ status: 'signed_in' })
    },
    signOut(reason) {
      if (state.status === 'signed_out') return
      const wasSignedIn = state.status === 'signed_in'
      credentials = undefined
      version++
      change({ status: 'signed_out', reason })
      if (wasSignedIn || reason !== 'none') onSignedOut?.(reason)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return session
}
