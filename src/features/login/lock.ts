/**
 * What follows the lock of an account: audit row and a mail to its owner, at most once a day, with a link that unlocks.
 * A lock may begin with nobody at hand to tell of it (a worker that died within an attempt, a database that failed right
 * then). The mirror in the account's row shows whether it was told; whoever meets the lock next makes up for it.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { type AuditAction, LOCKED_UNTIL_RESET, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { underSendCaps } from '../../mail/outbox.ts'
import { mailResetLink } from '../passwords/reset-link.ts'
import { isAccountOf } from './login-account.ts'

/** Of whom, when, and from where. */
export interface Met extends Pick<AuditContext, 'now' | 'client'> {
  email: string
}

type StatementDeps = Pick<Deps, 'db' | 'keys' | 'config' | 'lookup' | 'requestId'>

/** An audit row of the account of the address; none where it has none. */
export function auditOfAccount(
  deps: Pick<Deps, 'db' | 'requestId'>,
  { email, now, client }: Met,
  row: { action: AuditAction; details: Record<string, unknown>; condition?: SQL },
) {
  const { action, details, condition = sql`true` } = row
  const audit = { now, client, requestId: deps.requestId }
  return auditRowWhere(deps.db, action, audit, {
    userId: sql<string>`${users.id}`,
    details,
    from: sql`${users}`,
    condition: sql`${isAccountOf(email)} and ${condition}`,
  })
}

/**
 * Audit row, mail and mirror of a lock, for a batch, unless somebody has told of it already. Alike for every address,
 * known or not. `mailId`: of the outbox row, to be announced after the commit.
 */
export function tellOfLock(deps: StatementDeps, met: Met, mailId: string) {
  const template = 'account_locked'
  const addressKey = deps.lookup.address(met.email)
  // Without failures it has just been lifted, and the guard has yet to hear of that.
  const isUntold = sql`${users.lockUntil} is not ${LOCKED_UNTIL_RESET} and ${users.failedLoginAttempts} > 0`
  const cap = underSendCaps({ template, addressKey, now: met.now })
  const condition = sql`${isAccountOf(met.email)} and ${isUntold} and ${cap}`
  return [
    auditOfAccount(deps, met, {
      action: 'account_locked',
      details: { lane: 'strangers' },
      condition: isUntold,
    }),
    ...mailResetLink(
      deps,
      { id: mailId, template, addressKey, condition },
      { now: met.now, requestId: deps.requestId },
    ),
    deps.db
      .update(users)
      .set({ lockUntil: LOCKED_UNTIL_RESET })
      .where(sql`${isAccountOf(met.email)} and ${isUntold}`),
  ] as const
}
