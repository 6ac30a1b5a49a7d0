/** The client of the API for web pages and desktop apps. README.md shows how it is used. */
import { type Api, bindApi } from './api.ts'
import { isSameSession } from './credentials.ts'
import type { ClientOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { createRefresh } from './refresh.ts'
import { createSend } from './send.ts'
import { createSession, type SessionState } from './session.ts'
import { DEVICE_TOKEN, holdingStorage, memoryStorage, REFRESH_TOKEN } from './storage.ts'
import { joinTabs, type TabMessage } from './tabs.ts'

export type { Api, CallOptions } from './api.ts'
export type { Contract, ErrorCode } from './contract.ts'
export type { ClientOptions, Transport } from './options.ts'
export { pages } from './pages.ts'
export type { ClientErrorCode, Failure, Result, Success } from './result.ts'
export type { SessionState, SignedOutReason } from './session.ts'
export type { TokenStorage } from './storage.ts'

export interface Client {
  /** One function for each route: `api.auth.login.$post({ json: { email, password } })`. */
  api: Api
  session: {
    get(): SessionState
    /** Calls `listener` with each change until the function that this gives is called. */
    subscribe(listener: (state: SessionState) => void): () => void
    /** Asks whether somebody is signed in here, as a page does when it opens. Unknown stays what nobody could be asked about. */
    restore(): Promise<SessionState>
  }
  /** Stops listening to other tabs. */
  close(): void
}

/** A client of the API at `baseUrl`. Throws where that is no address. */
export function createClient(options: ClientOptions): Client {
  const { transport = 'hybrid', retries = 3, onSignedOut } = options
  const baseUrl = new URL(options.baseUrl).href.replace(/\/+$/, '')
  const session = createSession(onSignedOut)
  const parts: Parts = {
    baseUrl,
    transport,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    retries,
    storage: withDevice(options),
    session,
    tabs: joinTabs(tabsName(options, baseUrl), (message) => hear(parts, message)),
  }
  const refresh = createRefresh(parts)
  return {
    api: bindApi(baseUrl, createSend(parts, refresh)),
    session: {
      get: () => session.state,
      subscribe: session.subscribe,
      async restore() {
        if (session.state.status !== 'signed_in') await refresh(session.version)
        return session.state
      },
    },
    close: () => parts.tabs.close(),
  }
}

function withDevice({ storage = memoryStorage(), deviceToken }: ClientOptions) {
  return holdingStorage({
    getItem: async (key) =>
      (await storage.getItem(key)) ?? (key === DEVICE_TOKEN ? deviceToken : undefined),
    setItem: (key, value) => storage.setItem(key, value),
    removeItem: (key) => storage.removeItem(key),
  })
}

/** On a server, clients of different people live in one process: nothing is shared there unless it is asked for. */
function tabsName({ tabs, transport = 'hybrid', storage }: ClientOptions, baseUrl: string) {
  if (tabs !== undefined) return tabs === false ? undefined : tabs
  const isShared = transport !== 'body' || storage !== undefined
  return isShared && 'document' in globalThis ? `gatehouse ${transport} ${baseUrl}` : undefined
}

/** What another tab has to say about the session that this one has, or could have. */
function hear({ session, storage }: Parts, message: TabMessage): void {
  const { state, credentials } = session
  if (message.kind === 'signed_out') {
    const { reason, sessionId } = message
    const isOther = sessionId && credentials?.sessionId && sessionId !== credentials.sessionId
    if (isOther) return
    storage.forget(REFRESH_TOKEN)
    session.signOut(reason)
    return
  }
  storage.forget(REFRESH_TOKEN)
  if (credentials && !isSameSession(credentials, message.credentials)) session.signOut('replaced')
  else if (state.status !== 'signed_out' || message.kind === 'signed_in') {
    session.signIn(message.credentials)
  }
}
