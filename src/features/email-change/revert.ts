/**
 * The old mailbox takes its address back, for a week after each change, also after the address has moved on. Whoever
 * moved it may know the password and be signed in anywhere: password, sessions, devices, codes, links and the undos of
 * later changes are void, and the mail of a link for a new password goes out. One batch, under the claim of the link.
 */
import { eq, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { oneTimeTokens, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { outboxGuardClear } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { judgeLink } from '../passwords/account-link.ts'
import { mailResetLink } from '../passwords/reset-link.ts'
import {
  endSessionsByUndo,
  findUndo,
  movedAt,
  nameHolder,
  voidLaterUndos,
  voidSecrets,
} from './repository.ts'

export interface Undo {
  token: string
  /** Genuine device id of the browser that asks, or undefined. */
  deviceId: string | undefined
}

/**
 * Brings the address back. Gives the id that the browser is known by from now on. Throws token_invalid, token_expired or
 * token_used; none of them changes anything.
 */
export async function revertEmail(
  deps: Deps,
  { token, deviceId }: Undo,
  audit: AuditContext,
): Promise<string> {
  const { db, keys, guard } = deps
  const { now } = audit
  const tokenHash = hashSecret(token)
  const found = judgeLink(await findUndo(db, keys, tokenHash), now)
  const keepDevice = deviceId ?? newId(now)
  const ids = { mail: newId(now), left: newId(now), back: newId(now) }
  const leftEmail = await writeUndo(deps, { found, tokenHash, keepDevice, ids }, audit)
  if (leftEmail === undefined) {
    // Somebody was faster: with this link, or with that of an earlier change.
    judgeLink(await findUndo(db, keys, tokenHash), now)
    throw new ApiError('token_invalid')
  }
  deps.announceOutbox([ids.mail])
  // Whoever was judged until now is forgotten too, though the request began earlier.
  const before = deps.clock()
  await tellGuard(deps, ids.left, () => guard.startOver(leftEmail, { before }))
  await tellGuard(deps, ids.back, () => guard.startOver(found.email, { before, keepDevice }))
  return keepDevice
}

interface Reverting {
  found: NonNullable<Awaited<ReturnType<typeof findUndo>>>
  tokenHash: string
  keepDevice: string
  ids: { mail: string; left: string; back: string }
}

/** Gives the address that the account had until then; undefined where nothing was done. */
async function writeUndo(
  deps: Deps,
  { found, tokenHash, keepDevice, ids }: Reverting,
  audit: AuditContext,
): Promise<string | undefined> {
  const { db, lookup, requestId } = deps
  const { now } = audit
  const { userId, email, leftEmail } = found
  const isClaimed = sql`exists (select 1 from ${oneTimeTokens} where ${oneTimeTokens.tokenHash} = ${tokenHash}
    and ${oneTimeTokens.usedBy} = ${requestId})`
  const delivery = { addressKey: '', requestId, createdAt: now, before: now, forgetDevices: true }
  try {
    const results = await db.batch([
      db.select({ email: users.email }).from(users).where(eq(users.id, userId)),
      db
        .update(oneTimeTokens)
        .set({ usedAt: now, usedBy: requestId })
        .where(
          sql`${oneTimeTokens.tokenHash} = ${tokenHash} and ${oneTimeTokens.purpose} = 'revert_email'
            and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.expiresAt} > ${now}`,
        ),
      // The address that it has at this moment, whatever was read before.
      outboxGuardClear(
        db,
        { ...delivery, id: ids.left, email: sql<string>`${users.email}` },
        sql`${users.id} = ${userId} and ${isClaimed}`,
        sql`${users}`,
      ),
      outboxGuardClear(db, { ...delivery, id: ids.back, email, keepDevice }, isClaimed),
      // What came before they had it is of whoever moved them there.
      ...nameHolder(
        db,
        {
          userId,
          email: leftEmail,
          addressKey: lookup.address(leftEmail),
          since: movedAt(userId, leftEmail),
        },
        sql`exists (select 1 from users u where u.id = ${userId} and u.email = ${leftEmail}) and ${isClaimed}`,
      ),
      db
        .update(users)
        .set({
          email,
          emailVerifiedAt: now,
          passwordHash: null,
          failedLoginAttempts: 0,
          lockUntil: null,
        })
        .where(sql`${users.id} = ${userId} and ${isClaimed}`),
      endSessionsByUndo(db, userId, now, isClaimed),
      ...voidSecrets(db, { userId, now }, isClaimed),
      voidLaterUndos(db, { userId, since: found.createdAt }, isClaimed),
      ...mailResetLink(
        deps,
        {
          id: ids.mail,
          template: 'set_password',
          addressKey: '',
          condition: sql`${users.id} = ${userId} and ${isClaimed}`,
        },
        audit,
      ),
      auditRowWhere(db, 'email_change_reverted', audit, {
        actorId: userId,
        userId,
        condition: isClaimed,
      }),
    ])
    const [[user], claimed] = results
    return claimed.meta.changes > 0 ? user?.email : undefined
  } catch (error) {
    if (isConstraintError(error)) return undefined
    throw error
  }
}
