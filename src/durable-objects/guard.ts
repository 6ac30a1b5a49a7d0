/** Asks the account guards: one object per address, named by a keyed hash, whether or not an account exists. */
import { noCosts } from '../costs.ts'
import type { Lookup } from '../lib/lookup.ts'
import type { AccountGuard } from './account-guard.ts'
import { callObject, type ObjectCalls } from './call.ts'
import { CODE_LIMITS } from './code-limits.ts'
import type { Device } from './devices.ts'
import type {
  BeginVerdict,
  CodePurpose,
  CodeVerdict,
  CountMailRequest,
  GuardChange,
  LinkVerdict,
  MailPurpose,
  MailVerdict,
  NewCode,
  SettleVerdict,
  UseCodeRequest,
} from './guard-contract.ts'
import type { WindowPolicy } from './sliding-window.ts'

/** `begin` may wait 5 s inside the object for a free place. */
const BEGIN_TIMEOUT_MS = 8_000
const TIMEOUT_MS = 3_000

export type Outcome = 'success' | 'failure' | 'neutral'

/** Moments are ms UTC. Every method throws `unavailable` when nobody answers. */
export interface Guard {
  /** Reserves a place for one attempt before it is judged. */
  begin(email: string, deviceId: string | undefined): Promise<BeginVerdict>
  /** Books how the attempt ended; `joinDevice` becomes known with a success. */
  settle(
    email: string,
    ticket: string,
    outcome: Outcome,
    joinDevice?: string,
  ): Promise<SettleVerdict>
  /**
   * The device POSTed a token from the address's mailbox, or signed in: it is counted apart from now on. News that may
   * come late say when it did `at`: a device that was forgotten after that stays forgotten.
   */
  rememberDevice(email: string, deviceId: string, at?: number): Promise<void>
  /** Forgets every failure, block and lock whose last attempt was at or before `before`, and wrong codes up to it. */
  clear(email: string, before: number): Promise<void>
  /** After a reset: clears, ends every code issued and forgets every device last used at or before `before`; `keepDevice` alone is known. */
  startOver(email: string, reset: { before: number; keepDevice?: string }): Promise<void>
  /** Forgets that device, or every device, if last used at or before `before`: they are strangers again. */
  forgetDevices(email: string, which: { before: number; deviceId?: string }): Promise<void>
  /** The devices that the address's account knows; moments in ms UTC. */
  knownDevices(email: string): Promise<Device[]>
  /** Counts a mail that anyone may ask for, in the lane of that device if the account knows it, else the strangers'. */
  countMail(
    email: string,
    mail: { purpose: MailPurpose; policy: WindowPolicy; deviceId: string | undefined },
  ): Promise<MailVerdict>
  /**
   * Counts the mail of a code by the limit of its purpose, and `perDay` in 24 hours if given; keeps its keyed digest. The
   * older code of the same flow ends.
   */
  issueCode(
    email: string,
    code: NewCode & { purpose?: CodePurpose; deviceId?: string | undefined } & Pick<
        CountMailRequest,
        'perDay' | 'isLaneFull'
      >,
  ): Promise<MailVerdict>
  /** Judges a code by its digests, one per active key. The right one is used up with the answer, and its link with it. */
  useCode(
    email: string,
    entered: { flow: string; digests: readonly string[]; deviceId?: string | undefined },
  ): Promise<CodeVerdict>
  /** Judges a genuine link by its challenge, and uses it up in the flow that asked for it, and its code with it. */
  useLink(
    email: string,
    followed: { flow: string; challengeId: string; deviceId?: string | undefined },
  ): Promise<LinkVerdict>
}

export function createGuard(
  namespace: DurableObjectNamespace<AccountGuard>,
  lookup: Lookup,
  settings: ObjectCalls & { blockSeconds: number },
): Guard {
  const { blockSeconds } = settings
  const of = (email: string) => namespace.getByName(lookup.address(email))
  const change = (email: string, what: GuardChange) =>
    callObject(settings, TIMEOUT_MS, async () => {
      await of(email).change(what)
    })
  /** A code gets no verdict of a link, and a link none of a code. */
  const use = <Verdict extends CodeVerdict | LinkVerdict>(email: string, request: UseCodeRequest) =>
    callObject(settings, TIMEOUT_MS, async () => (await of(email).useCode(request)) as Verdict)
  const count = (email: string, mail: CountMailRequest) =>
    callObject(settings, TIMEOUT_MS, async (): Promise<MailVerdict> => of(email).countMail(mail))
  return {
    begin: (email, deviceId) =>
      callObject(
        settings,
        BEGIN_TIMEOUT_MS,
        async (): Promise<BeginVerdict> =>
          of(email).begin({ deviceId: deviceId ?? null, blockSeconds }),
      ),
    settle: (email, ticket, outcome, joinDevice) =>
      // A success is booked beside the session's write: it is not on the path that the budget counts.
      callObject(
        outcome === 'success' ? { ...settings, costs: noCosts() } : settings,
        TIMEOUT_MS,
        () => of(email).settle({ ticket, outcome, joinDevice: joinDevice ?? null, blockSeconds }),
      ),
    rememberDevice: (email, deviceId, at) => change(email, { kind: 'remember', deviceId, at }),
    clear: (email, before) => change(email, { kind: 'clear', before }),
    startOver: (email, reset) => change(email, { kind: 'start_over', ...reset }),
    forgetDevices: (email, which) => change(email, { kind: 'forget', ...which }),
    knownDevices: (email) =>
      callObject(settings, TIMEOUT_MS, async (): Promise<Device[]> => of(email).knownDevices()),
    countMail: (email, { purpose, policy, deviceId }) =>
      count(email, { purpose, ...policy, deviceId }),
    issueCode: (email, { purpose = 'code', deviceId, perDay, isLaneFull, ...code }) =>
      count(email, { purpose, ...CODE_LIMITS[purpose], perDay, isLaneFull, deviceId, code }),
    useCode: (email, entered) => use<CodeVerdict>(email, { ...entered, blockSeconds }),
    useLink: (email, followed) => use<LinkVerdict>(email, { ...followed, blockSeconds }),
  }
}
