/** Books how an attempt that did not sign in ended: in the guard first, then in the database. */
import { type AuditContext, auditRow } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import type { Judgement } from './judge.ts'
import { countEvent, LOCKED_UNTIL_RESET, recordFailure, recordRightPassword } from './repository.ts'
import type { Attempt } from './service.ts'

/** What booking needs of an attempt, at login or where a signed-in person gives the password once more. */
type BookedAttempt = Pick<Attempt, 'email' | 'ticket' | 'knownDevice' | 'now'> & {
  client: AuditContext['client']
}

export function auditContextOf(
  deps: Pick<Deps, 'requestId'>,
  attempt: Pick<BookedAttempt, 'now' | 'client'>,
): AuditContext {
  return { now: attempt.now, requestId: deps.requestId, client: attempt.client }
}

/** A wrong password. An account gets its audit rows and the mirror; an unknown address a count, at the same cost. */
export async function bookFailure(
  deps: Deps,
  attempt: BookedAttempt,
  userId: string | undefined,
): Promise<void> {
  const { db, guard, log, lookup } = deps
  const settled = await guard.settle(attempt.email, attempt.ticket, 'failure')
  const lane = attempt.knownDevice ? 'known_device' : 'strangers'
  const event = settled.event
  log.warn('login_failed', { addressKey: lookup.address(attempt.email), lane, guard: event })
  if (userId === undefined) {
    await db.batch([countEvent(db, 'login_failed_unknown', attempt.now)])
    return
  }
  const audit = auditContextOf(deps, attempt)
  const failed = auditRow(db, 'login_failed', audit, {
    userId,
    details: { reason: 'wrong_password', lane },
  })
  if (event !== 'blocked' && event !== 'locked') {
    await db.batch([recordFailure(db, userId, undefined), failed])
    return
  }
  const lockUntil = event === 'locked' ? LOCKED_UNTIL_RESET : (settled.blockedUntil ?? undefined)
  await db.batch([
    // A known device's block is its own: the account as a whole is not blocked by it.
    recordFailure(db, userId, attempt.knownDevice ? undefined : lockUntil),
    failed,
    auditRow(db, event === 'locked' ? 'account_locked' : 'account_blocked', audit, {
      userId,
      details: { lane },
    }),
  ])
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
      recordRightPassword(db, gate.userId),
      auditRow(db, 'login_failed', auditContextOf(deps, attempt), {
        userId: gate.userId,
        communityId: gate.communityId,
        details: { reason: gate.code },
      }),
    ]),
  ])
}

/** Neither a success nor a failure: the place is free again. */
export async function bookNeutral(deps: Deps, attempt: Attempt): Promise<void> {
  await deps.guard.settle(attempt.email, attempt.ticket, 'neutral')
}

/** An attempt that was not even judged; a count by the hour, after the answer. */
export function countRefusal(deps: Deps, now: number): void {
  deps.later((db) => db.batch([countEvent(db, 'login_refused', now)]))
}
