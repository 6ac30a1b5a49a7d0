/** Books how an attempt that did not sign in ended: in the guard first, then in the database. */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow, auditRowWhere } from '../../audit.ts'
import { countEvent } from '../../db/count-event.ts'
import { type AuditAction, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import { underSendCaps } from '../../mail/outbox.ts'
import { mailResetLink } from '../passwords/reset-link.ts'
import type { Judgement } from './judge.ts'
import {
  countUnknownFailure,
  isAccountOf,
  LOCKED_UNTIL_RESET,
  recordFailure,
  recordRightPassword,
} from './repository.ts'
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

/**
 * A wrong password. The same statements run whether or not the address has an account, and cost the same: what they
 * change, nobody can tell from outside. With a lock the account's owner is told, at most once a day.
 */
export async function bookFailure(deps: Deps, attempt: BookedAttempt): Promise<void> {
  const { db, guard, log, lookup } = deps
  const { email, now } = attempt
  const settled = await guard.settle(email, attempt.ticket, 'failure')
  const lane = attempt.knownDevice ? 'known_device' : 'strangers'
  const event = settled.event
  log.warn('login_failed', { addressKey: lookup.address(email), lane, guard: event })
  const lockUntil = event === 'locked' ? LOCKED_UNTIL_RESET : (settled.blockedUntil ?? undefined)
  const mailId = newId(now)
  await db.batch([
    // A known device's block is its own: the account as a whole is not blocked by it.
    recordFailure(db, email, event === null || attempt.knownDevice ? undefined : lockUntil),
    countUnknownFailure(db, email, now),
    auditOfAccount(deps, attempt, 'login_failed', { reason: 'wrong_password', lane }),
    ...(event === 'blocked' ? [auditOfAccount(deps, attempt, 'account_blocked', { lane })] : []),
    ...(event === 'locked'
      ? [
          auditOfAccount(deps, attempt, 'account_locked', { lane }),
          ...mailOfLock(deps, attempt, mailId),
        ]
      : []),
  ])
  if (event === 'locked') deps.announceOutbox([mailId])
}

/** An audit row of the account of the address; none where it has none. */
function auditOfAccount(
  deps: Deps,
  attempt: BookedAttempt,
  action: AuditAction,
  details: Record<string, unknown>,
) {
  return auditRowWhere(deps.db, action, auditContextOf(deps, attempt), {
    userId: sql<string>`${users.id}`,
    details,
    from: sql`${users}`,
    condition: isAccountOf(attempt.email),
  })
}

/** Tells the owner of the lock, with a link that unlocks by a new password. */
function mailOfLock(deps: Deps, attempt: BookedAttempt, mailId: string) {
  const template = 'account_locked'
  const addressKey = deps.lookup.address(attempt.email)
  const cap = underSendCaps({ template, addressKey, now: attempt.now })
  const condition = sql`${isAccountOf(attempt.email)} and ${cap}`
  return mailResetLink(
    deps,
    { id: mailId, template, addressKey, condition },
    auditContextOf(deps, attempt),
  )
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

/** An attempt that was not even judged; a count by the hour, after the answer. */
export function countRefusal(deps: Deps, now: number): void {
  deps.later((db) => db.batch([countEvent(db, 'login_refused', now)]))
}
