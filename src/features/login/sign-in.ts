/** The right password through every gate: the session, and beside it the guard's success, which lets the device join. */
import { sql } from 'drizzle-orm'
import { FAILURES_UNTIL_RESET, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { errorFields } from '../../log.ts'
import { type OpenedSession, openJudged } from '../sessions/opening.ts'
import type { RightPassword } from './judge.ts'
import { recordRightPassword } from './repository.ts'
import type { Attempt } from './service.ts'

/** Opens the session, or gives undefined where the account changed since it was judged; nothing is written then. */
export async function signIn(
  deps: Deps,
  attempt: Attempt,
  right: RightPassword,
): Promise<OpenedSession | undefined> {
  const { email, ticket, knownDevice, ownDeviceId } = attempt
  const { account, hash } = right
  const newHash = right.needsRehash ? await deps.passwords.hash(attempt.password) : undefined
  return openJudged(deps, {
    ...attempt,
    account,
    role: right.role,
    community: right.community,
    device: { id: ownDeviceId, isKnown: knownDevice },
    method: 'password',
    condition: sql`${users.passwordHash} = ${hash}
      and ${users.failedLoginAttempts} < ${FAILURES_UNTIL_RESET}`,
    after: [recordRightPassword(deps.db, account.userId, { knownDevice, newHash })],
    book: () => deps.guard.settle(email, ticket, 'success', ownDeviceId),
  })
}

/** No session was opened in the end: a device that has joined beside the attempt is none that signed in here. */
export async function forgetStranger(deps: Deps, attempt: Attempt): Promise<void> {
  if (attempt.knownDevice) return
  const which = { before: deps.clock(), deviceId: attempt.ownDeviceId }
  await deps.guard.forgetDevices(attempt.email, which).catch((error: unknown) => {
    deps.log.warn('guard_unavailable', errorFields(error))
  })
}
