/** What the parts of one client share. */
import type { Transport } from './options.ts'
import type { Fetch, Repeating } from './repeat.ts'
import type { Session, SignedOutReason } from './session.ts'
import { REFRESH_TOKEN, type TokenStorage } from './storage.ts'
import type { Tabs } from './tabs.ts'

export interface Parts {
  /** Of the API, without a slash at the end. */
  baseUrl: string
  transport: Transport
  fetch: Fetch
  retries: Repeating['retries']
  storage: TokenStorage
  session: Session
  tabs: Tabs
}

/** Signs this tab out, and those that share its session. */
export async function endSession(
  { session, storage, tabs, transport }: Parts,
  reason: SignedOutReason,
): Promise<void> {
  const sessionId = session.credentials?.sessionId
  if (transport === 'body') await storage.removeItem(REFRESH_TOKEN)
  session.signOut(reason)
  tabs.tell({ kind: 'signed_out', reason, sessionId })
}
