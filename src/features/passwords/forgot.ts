/**
 * A forgotten password. The same statements run for every address, known or not, verified, locked or suspended; what
 * they change, nobody can tell from the answer. The mail goes to the address that is stored, and only if it is an
 * account's. What a browser that the account knows asks for is counted apart: strangers cannot use it up.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { countEvent } from '../../db/count-event.ts'
import { mailLane, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import { underSendCaps } from '../../mail/outbox.ts'
import { policyOf } from '../../middleware/rate-limit-policies.ts'
import { mailResetLink, recordResetRequest } from './reset-link.ts'

/**
 * Mails a link if the address has an account and is under its limits. `deviceId`: the genuine one of this browser.
 * Tells the caller nothing.
 */
export async function requestReset(
  deps: Deps,
  { email, deviceId }: { email: string; deviceId: string | undefined },
  audit: AuditContext,
): Promise<void> {
  const policy = policyOf('forgotAddress', deps.config)
  const verdict = await deps.guard.countMail(email, { purpose: 'forgot', policy, deviceId })
  if (verdict.kind !== 'allowed') return
  const lane = mailLane(verdict.knownDevice ? deviceId : undefined)
  const mailId = newId(audit.now)
  const addressKey = deps.lookup.address(email)
  const cap = underSendCaps({ template: 'password_reset', addressKey, lane, now: audit.now })
  await deps.db.batch([
    ...mailResetLink(
      deps,
      {
        id: mailId,
        template: 'password_reset',
        addressKey,
        lane,
        condition: sql`${users.email} = ${email} and ${users.emailVerifiedAt} is not null and ${cap}`,
      },
      audit,
    ),
    recordResetRequest(deps.db, mailId, audit, 'forgot'),
    countEvent(deps.db, 'reset_requested', audit.now),
  ])
  deps.announceOutbox([mailId])
}
