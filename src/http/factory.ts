import { createFactory } from 'hono/factory'
import type { Deps } from '../deps.ts'
import type { AuthenticatedSession } from '../features/sessions/authenticated-session.ts'
import type { Locale } from '../lib/locale.ts'

export interface AppVariables {
  /** Made here for each request, never taken from the client. */
  requestId: string
  /** Missing only before configuration has been read. */
  deps: Deps
  /** Why the request was refused, for its log line. */
  refusal?: { refused: string; reason?: string }
  /** Set by `authenticate`. */
  auth: AuthenticatedSession
  /** The setting of who is signed in; missing for anyone else. */
  locale?: Locale
  /** Set by `validate` where a body that may be left out was left out. */
  bodyIsLeftOut?: boolean
  /** Set by `takeUpload`: the file that was sent. */
  upload: Uint8Array
  /** Settles when the IP limit of a route that asks it beside its own work has answered; rejects when refused. */
  admitted: Promise<void>
}

export type AppEnv = { Bindings: Env; Variables: AppVariables }

export const factory = createFactory<AppEnv>()
