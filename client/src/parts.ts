/** What the parts of one client share. */
import type { Transport } from './options.ts'
import type { Fetch, Repeating } from './repeat.ts'
import type { Session, SignedOutReason } from './session.ts'
import { type HoldingStorage, REFRESH_TOKEN } from './storage.ts'
import type { Tabs } from './tabs.ts'

export interface Parts {
  /** Of the API, without a slash at the end. */
  baseUrl: string
  transport: Transport
  fetch: Fetch
  retries: Repeating['retries']
  storage: HoldingStorage
  session: Session
  tabs: Tabs
}

/** Signs this tab out, and those that share its session; then rejects where the storage fails. */
export async function endSession(
  { session, storage, tabs, transport }: Parts,
  reason: SignedOutReason,
): Promise<void> {
  const sessionId = session.credentials?.sessionId
  try {
    session.signOut(reason)
    tabs.tell({ kind: 'signed_out', reason, sessionId })
  } finally {
    if (transport === 'body') await storage.removeItem(REFRESH_TOKEN)
  }
}
