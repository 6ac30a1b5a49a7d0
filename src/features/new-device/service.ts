/**
 * "This wasn't me": whoever reads the mailbox ends the session that the mail told of, makes the account forget its
 * device, and gets a link to choose a new password. The browser that says so is known from then on.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { mailLane, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { outboxGuardDevice, outboxGuardForget, underSendCaps } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { claimLink, isClaimed, judgeLink } from '../passwords/account-link.ts'
import { mailResetLink, recordResetRequest } from '../passwords/reset-link.ts'
import { type Denial, endSessionsOfDevice, findNotMeToken, recordDenial } from './repository.ts'

export interface NotMe {
  token: string
  /** Genuine device id of the browser that says it, or undefined. */
  deviceId: string | undefined
}

/** Gives the id that the browser is known by from now on. Throws token_invalid, token_expired or token_used; none of them changes anything. */
export async function denyLogin(deps: Deps, input: NotMe, audit: AuditContext): Promise<string> {
  const { db, guard, lookup, requestId } = deps
  const { now } = audit
  const denial = await readDenial(deps, input.token, now)
  const { email, userId, deviceId: denied } = denial
  // The browser may be the very one that the mail told of: what is forgotten stays forgotten.
  const deviceId =
    input.deviceId === undefined || input.deviceId === denied ? newId(now) : input.deviceId
  const [mailId, forgetId, rememberId] = [newId(now), newId(now), newId(now)]
  const addressKey = lookup.address(email)
  // Asked for by one who reads the mailbox: strangers cannot use up what this lane may have.
  const lane = mailLane(userId)
  const delivery = { email, addressKey: '', requestId, createdAt: now }
  const [claimed] = await db.batch([
    claimLink(db, 'not_me', denial),
    endSessionsOfDevice(db, denial),
    recordDenial(db, denial, audit),
    outboxGuardForget(
      db,
      { ...delivery, id: forgetId, before: now, deviceId: denied },
      isClaimed(denial),
    ),
    outboxGuardDevice(db, { ...delivery, id: rememberId, deviceId }, isClaimed(denial)),
    ...mailResetLink(
      deps,
      {
        id: mailId,
        template: 'password_reset',
        addressKey,
        lane,
        condition: sql`${users.id} = ${userId} and ${isClaimed(denial)}
          and ${underSendCaps({ template: 'password_reset', addressKey, lane, now })}`,
      },
      audit,
    ),
    recordResetRequest(db, mailId, audit, 'not_me'),
  ])
  if (claimed.length === 0) {
    // Somebody was faster, or the address has changed since.
    judgeLink(await findNotMeToken(db, deps.keys, denial.tokenHash), now)
    throw new ApiError('token_invalid')
  }
  deps.announceOutbox([mailId])
  await tellGuard(deps, forgetId, () =>
    guard.forgetDevices(email, { before: deps.clock(), deviceId: denied }),
  )
  await tellGuard(deps, rememberId, () => guard.rememberDevice(email, deviceId))
  return deviceId
}

async function readDenial(deps: Deps, token: string, now: number): Promise<Denial> {
  const tokenHash = hashSecret(token)
  const found = judgeLink(await findNotMeToken(deps.db, deps.keys, tokenHash), now)
  const { userId, email } = found
  const { sessionId, deviceId } = found.payload ?? {}
  if (userId === null || sessionId === undefined || deviceId === undefined) {
    throw new ApiError('token_invalid')
  }
  return { tokenHash, requestId: deps.requestId, userId, email, sessionId, deviceId, now }
}
