/** Asks the account guards: one object per address, named by a keyed hash, whether or not an account exists. */
import { type Costs, noCosts } from '../costs.ts'
import type { Lookup } from '../lib/lookup.ts'
import type { AccountGuard, BeginVerdict, SettleVerdict } from './account-guard.ts'
import { callObject } from './call.ts'

/** `begin` may wait 5 s inside the object for a free place. */
const BEGIN_TIMEOUT_MS = 8_000
const TIMEOUT_MS = 3_000

export type Outcome = 'success' | 'failure' | 'neutral'

export interface Guard {
  /** Reserves a place for one attempt before it is judged. Throws `unavailable` when nobody answers. */
  begin(email: string, deviceId: string | undefined): Promise<BeginVerdict>
  /** Books how the attempt ended; `joinDevice` becomes known with a success. */
  settle(
    email: string,
    ticket: string,
    outcome: Outcome,
    joinDevice?: string,
  ): Promise<SettleVerdict>
  /** The device POSTed a token from the address's mailbox, or signed in: it is counted apart from now on. */
  rememberDevice(email: string, deviceId: string): Promise<void>
  /** Forgets every failure, block and lock whose last attempt was at or before `before` (ms UTC). */
  clear(email: string, before: number): Promise<void>
}

export function createGuard(
  namespace: DurableObjectNamespace<AccountGuard>,
  lookup: Lookup,
  settings: { costs: Costs; blockSeconds: number },
): Guard {
  const { costs, blockSeconds } = settings
  const of = (email: string) => namespace.getByName(lookup.address(email))
  return {
    begin: (email, deviceId) =>
      callObject(
        costs,
        BEGIN_TIMEOUT_MS,
        async (): Promise<BeginVerdict> =>
          of(email).begin({ deviceId: deviceId ?? null, blockSeconds }),
      ),
    settle: (email, ticket, outcome, joinDevice) =>
      // A success is booked beside the session's write: it is not on the path that the budget counts.
      callObject(outcome === 'success' ? noCosts() : costs, TIMEOUT_MS, () =>
        of(email).settle({ ticket, outcome, joinDevice: joinDevice ?? null, blockSeconds }),
      ),
    rememberDevice: (email, deviceId) =>
      callObject(costs, TIMEOUT_MS, async () => {
        await of(email).rememberDevice({ deviceId })
      }),
    clear: (email, before) =>
      callObject(costs, TIMEOUT_MS, async () => {
        await of(email).clear({ before })
      }),
  }
}
