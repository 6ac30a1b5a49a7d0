/**
 * A new password by mailed link. One batch: link used, hash set, sessions ended, older links void, audit, mail, and the
 * outbox row that clears the account's guard, so that block and lock are lifted even where the direct call fails. A
 * refused password uses nothing up. It does not log in; the browser that POSTed is the one device still known.
 */
import type { AuditContext } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { outboxGuardClear } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { claimLink, isClaimed, judgeLink, type LinkClaim } from './account-link.ts'
import { refuseWeakPassword } from './new-password.ts'
import {
  endSessionsByReset,
  findReset,
  setPassword,
  tellOfNewPassword,
  voidResetLinks,
} from './repository.ts'

export interface ResetInput {
  token: string
  password: string
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
}

/** Would a reset with this token be accepted now? Uses nothing up. */
export async function isResetToken(
  { db, clock, keys }: Pick<Deps, 'db' | 'clock' | 'keys'>,
  token: string,
): Promise<boolean> {
  const found = await findReset(db, keys, hashSecret(token))
  return found !== undefined && found.usedAt === null && found.expiresAt > clock()
}

/**
 * Sets the password. Gives the id that the browser is known by from now on. Throws token_invalid, token_expired,
 * token_used or password_rejected; none of them changes anything.
 */
export async function resetPassword(
  deps: Deps,
  { token, password, deviceId }: ResetInput,
  audit: AuditContext,
): Promise<string> {
  const { db, requestId } = deps
  const { now } = audit
  const tokenHash = hashSecret(token)
  const { userId, email } = await readReset(deps, tokenHash, password, now)
  const passwordHash = await deps.passwords.hash(password)
  const reset: LinkClaim = { tokenHash, requestId, userId, email, now }
  const keepDevice = deviceId ?? newId(now)
  const [mailId, clearId] = [newId(now), newId(now)]
  const condition = isClaimed(reset)
  const [claimed] = await db.batch([
    claimLink(db, 'reset_password', reset),
    setPassword(db, userId, { passwordHash, liftsLock: true }, condition),
    endSessionsByReset(db, reset),
    voidResetLinks(db, email, condition),
    outboxGuardClear(
      db,
      {
        id: clearId,
        email,
        addressKey: '',
        requestId,
        createdAt: now,
        before: now,
        forgetDevices: true,
        keepDevice,
      },
      condition,
    ),
    ...tellOfNewPassword(
      db,
      'password_reset',
      { id: mailId, userId, addressKey: deps.lookup.address(email), condition },
      audit,
    ),
  ])
  if (claimed.length === 0) {
    // Somebody was faster: with this link, or with a newer one that has taken its place.
    judgeLink(await findReset(db, deps.keys, tokenHash), now)
    throw new ApiError('token_invalid')
  }
  deps.announceOutbox([mailId])
  // Whoever was judged by the old password until now is forgotten too, though the request began earlier.
  const before = deps.clock()
  await tellGuard(deps, clearId, () => deps.guard.startOver(email, { before, keepDevice }))
  return keepDevice
}

async function readReset(deps: Deps, tokenHash: string, password: string, now: number) {
  const found = judgeLink(await findReset(deps.db, deps.keys, tokenHash), now)
  const { email, fullName, communityNames, isAdmin } = found
  await refuseWeakPassword(deps, password, {
    context: [email, fullName, ...communityNames],
    ...(isAdmin && { role: 'Admin' }),
    field: 'password',
  })
  return found
}
