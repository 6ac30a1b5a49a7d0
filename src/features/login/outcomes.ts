/** Books how an attempt that did not sign in ended: in the guard first, then in the database. */
import { type AuditContext, auditRow } from '../../audit.ts'
import { countEvent } from '../../db/count-event.ts'
import type { AuditAction } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import type { Judgement } from './judge.ts'
import { auditOfAccount, type Met, tellOfLock } from './lock.ts'
import { countUnknownFailure, recordFailure, recordRightPassword } from './repository.ts'
import type { Attempt } from './service.ts'

/** What booking needs of an attempt, at login or where a signed-in person gives the password once more. */
type BookedAttempt = Met & Pick<Attempt, 'ticket' | 'knownDevice'>

export function auditContextOf(
  deps: Pick<Deps, 'requestId'>,
  attempt: Pick<BookedAttempt, 'now' | 'client'>,
): AuditContext {
  return { now: attempt.now, requestId: deps.requestId, client: attempt.client }
}

/**
 * A wrong password. The same statements run whether or not the address has an account, and cost the same: what they
 * change, nobody can tell from outside. With a lock the account's owner is told, at most once a day.
 */
export async function bookFailure(deps: Deps, attempt: BookedAttempt): Promise<void> {
  const { db, guard, log, lookup } = deps
  const { email, now } = attempt
  const { event, blockedUntil } = await guard.settle(email, attempt.ticket, 'failure')
  const isLocked = event === 'locked'
  // Only strangers are locked: a device that was forgotten meanwhile is one of them.
  const isStranger = isLocked || !attempt.knownDevice
  const lane = isStranger ? 'strangers' : 'known_device'
  log.warn('login_failed', { addressKey: lookup.address(email), lane, guard: event })
  const blockUntil = event === 'blocked' && isStranger ? blockedUntil : null
  const mailId = newId(now)
  const audit = (action: AuditAction, details: Record<string, unknown>) =>
    auditOfAccount(deps, attempt, { action, details })
  await db.batch([
    // A known device's block is its own: the account as a whole is not blocked by it.
    recordFailure(db, email, blockUntil ?? undefined),
    countUnknownFailure(db, email, now),
    audit('login_failed', { reason: 'wrong_password', lane }),
    ...(event === 'blocked' ? [audit('account_blocked', { lane })] : []),
    ...(isLocked ? tellOfLock(deps, attempt, mailId) : []),
  ])
  if (isLocked) deps.announceOutbox([mailId])
}

/** The right password, stopped by a gate: it ends the row of failures, makes no device known, and is on record. */
export async function bookRefusedByGate(
  deps: Deps,
  attempt: Attempt,
  gate: Extract<Judgement, { reason: 'gate' }>,
): Promise<void> {
  const { db, guard } = deps
  await Promise.all([
    guard.settle(attempt.email, attempt.ticket, 'success'),
    db.batch([
      recordRightPassword(db, gate.userId, attempt),
      auditRow(db, 'login_failed', auditContextOf(deps, attempt), {
        userId: gate.userId,
        communityId: gate.communityId,
        details: { reason: gate.code },
      }),
    ]),
  ])
}

/** The right password, but it was switched off by too many failures: only a reset ends their row. */
export async function bookSwitchedOff(
  deps: Deps,
  attempt: BookedAttempt,
  userId: string,
): Promise<void> {
  await Promise.all([
    deps.guard.settle(attempt.email, attempt.ticket, 'neutral'),
    deps.db.batch([
      auditRow(deps.db, 'login_failed', auditContextOf(deps, attempt), {
        userId,
        details: { reason: 'password_switched_off' },
      }),
    ]),
  ])
}

/** Neither a success nor a failure: the place is free again. */
export async function bookNeutral(deps: Deps, attempt: Attempt): Promise<void> {
  await deps.guard.settle(attempt.email, attempt.ticket, 'neutral')
}

/** An attempt that was not even judged: a count by the hour, after the answer, and news of the lock that nobody has told of. */
export function bookRefusal(deps: Deps, met: Met, isLocked: boolean): void {
  deps.later(async (db) => {
    const count = countEvent(db, 'login_refused', met.now)
    if (!isLocked) return db.batch([count])
    const mailId = newId(met.now)
    const [, , mailed] = await db.batch([count, ...tellOfLock({ ...deps, db }, met, mailId)])
    // Seen by nobody: the answer has gone out.
    if (mailed.meta.changes > 0) deps.announceOutbox([mailId])
  })
}
