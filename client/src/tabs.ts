/**
 * What tabs that share a session say to each other, and how one of them at a time refreshes it. Without Web Locks each
 * refreshes for itself: the API then gives those who ask together the same successor. Messages stay within the origin;
 * they hold no refresh token, and an access token gives a script of this origin nothing that the cookie does not.
 */
import type { Credentials } from './credentials.ts'
import type { SignedOutReason } from './session.ts'

export type TabMessage =
  | { kind: 'signed_in' | 'refreshed'; credentials: Credentials }
  | { kind: 'signed_out'; reason: SignedOutReason; sessionId: string | undefined }

export interface Tabs {
  /** Runs `work` while no other tab does. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  tell(message: TabMessage): void
  close(): void
}

/** The parts of a browser that are used here; none of them has to be there. */
interface Surroundings {
  navigator?: { locks?: Locks }
  BroadcastChannel?: new (name: string) => Channel
}
interface Locks {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    work: (lock: object | null) => Promise<T>,
  ): Promise<T>
}
interface Channel {
  onmessage: ((event: { data: TabMessage }) => void) | null
  postMessage(message: TabMessage): void
  close(): void
}

/** A tab that has hung up must not keep the others from going on. */
const LONGEST_WAIT_MS = 15_000
/** For what another tab said just before it let go of the lock. */
const LISTEN_MS = 30

const ALONE: Tabs = { exclusively: (work) => work(), tell() {}, close() {} }

/** Without a name, a tab of its own. */
export function joinTabs(
  name: string | undefined,
  onMessage: (message: TabMessage) => void,
  { navigator, BroadcastChannel }: Surroundings = globalThis as unknown as Surroundings,
): Tabs {
  if (name === undefined) return ALONE
  const locks = navigator?.locks
  const channel = BroadcastChannel && new BroadcastChannel(name)
  if (channel) channel.onmessage = ({ data }) => onMessage(data)
  return {
    exclusively: (work) => (locks ? inTurn(locks, name, work) : work()),
    tell: (message) => channel?.postMessage(message),
    close: () => channel?.close(),
  }
}

async function inTurn<T>(locks: Locks, name: string, work: () => Promise<T>): Promise<T> {
  const atOnce = await locks.request(name, { ifAvailable: true }, async (lock) =>
    lock ? { done: await work() } : undefined,
  )
  if (atOnce) return atOnce.done
  let begun: Promise<T> | undefined
  const once = () => {
    begun ??= new Promise((resolve) => setTimeout(resolve, LISTEN_MS)).then(work)
    return begun
  }
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS)
  // The signal ends the waiting alone, never work that has begun.
  return locks.request(name, { signal }, once).catch(once)
}
