/** The right password through every gate: session, tokens, audit and the device, in one batch and one call beside it. */
import { auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import { hashSecret, newRandomSecret } from '../../lib/tokens.ts'
import { errorFields } from '../../log.ts'
import { activateAtOwnersLogin, selectCommunityStatus } from '../communities/activation.ts'
import { newDeviceNotice } from '../new-device/notice.ts'
import type { SessionCommunity, SessionUser } from '../sessions/authenticated-session.ts'
import { endSurplusSessions, lifetimeOf, openSession, undoOpening } from '../sessions/service.ts'
import { issueTokens, type SessionTokens } from '../sessions/tokens.ts'
import type { RightPassword } from './judge.ts'
import { auditContextOf } from './outcomes.ts'
import { recordRightPassword, touchMembership } from './repository.ts'
import type { Attempt } from './service.ts'

export interface OpenedSession {
  user: SessionUser
  role: RightPassword['role']
  community: SessionCommunity
  session: { id: string; expiresAt: number }
  tokens: SessionTokens
  /** How long the refresh token lives unless it is used, in seconds. */
  refreshSeconds: number
}

/** Opens the session, or gives undefined where the account changed since it was judged; nothing is written then. */
export async function signIn(
  deps: Deps,
  attempt: Attempt,
  right: RightPassword,
): Promise<OpenedSession | undefined> {
  const { now } = attempt
  const deviceId = attempt.ownDeviceId
  const refresh = { sessionId: newId(now), generation: 1, secret: newRandomSecret() }
  const expiry = lifetimeOf(deps.config, right.role, now)
  const row = {
    id: refresh.sessionId,
    userId: right.account.userId,
    communityId: right.community.id,
    deviceId,
    transport: attempt.transport,
    tokenHash: hashSecret(refresh.secret),
    generation: refresh.generation,
    createdAt: now,
    lastActiveAt: now,
    ...expiry,
    ip: attempt.client.ip,
    userAgent: attempt.client.userAgent,
    country: attempt.client.country,
    city: attempt.client.city,
  }
  const newHash = right.needsRehash ? await deps.passwords.hash(attempt.password) : undefined
  const { userId, email, fullName, locale } = right.account
  const issued = { userId, communityId: row.communityId, role: right.role, deviceId, refresh }
  // Signed before anything is written: a session whose tokens cannot be made is never opened.
  const tokens = await issueTokens(deps, issued, now)
  const status = await writeAndBook(deps, attempt, { right, row, newHash, mailId: newId(now) })
  if (status === undefined) return undefined
  const expiresAt = Math.min(expiry.idleExpiresAt, expiry.absoluteExpiresAt)
  return {
    user: { id: userId, email, fullName, locale },
    role: right.role,
    community: { ...right.community, status },
    session: { id: row.id, expiresAt },
    tokens,
    refreshSeconds: Math.floor((expiresAt - now) / 1000),
  }
}

interface SessionWrite {
  right: RightPassword
  row: Parameters<typeof openSession>[1]
  newHash: string | undefined
  /** Of the outbox row that tells of a new device. */
  mailId: string
}

/** The write and the guard's success beside each other. Whichever fails, no living session stays behind that nobody holds. */
async function writeAndBook(deps: Deps, attempt: Attempt, write: SessionWrite) {
  const [written, booked] = await Promise.allSettled([
    writeSession(deps, attempt, write),
    deps.guard.settle(attempt.email, attempt.ticket, 'success', write.row.deviceId),
  ])
  if (written.status === 'rejected') throw written.reason
  if (booked.status === 'rejected') {
    const { heldSessionId, now } = attempt
    await deps.db.batch([...undoOpening(deps.db, write.row, heldSessionId, now)])
    throw booked.reason
  }
  return written.value
}

/** No session was opened in the end: a device that has joined beside the attempt is none that signed in here. */
export async function forgetStranger(deps: Deps, attempt: Attempt): Promise<void> {
  if (attempt.knownDevice) return
  const which = { before: deps.clock(), deviceId: attempt.ownDeviceId }
  await deps.guard.forgetDevices(attempt.email, which).catch((error: unknown) => {
    deps.log.warn('guard_unavailable', errorFields(error))
  })
}

async function writeSession(
  deps: Deps,
  attempt: Attempt,
  { right, row, newHash, mailId }: SessionWrite,
) {
  const { db } = deps
  const audit = auditContextOf(deps, attempt)
  const who = { userId: row.userId, communityId: row.communityId }
  try {
    const results = await db.batch([
      ...newDeviceNotice(deps, {
        mailId,
        isNewDevice: !attempt.knownDevice,
        userId: row.userId,
        email: right.account.email,
        communityId: row.communityId,
        sessionId: row.id,
        deviceId: row.deviceId,
        now: attempt.now,
      }),
      ...openSession(db, row, right.hash, attempt.heldSessionId),
      endSurplusSessions(db, row.userId, row.createdAt),
      ...activateAtOwnersLogin(db, who, audit),
      touchMembership(db, row.userId, row.communityId, row.createdAt),
      recordRightPassword(db, row.userId, { knownDevice: attempt.knownDevice, newHash }),
      auditRow(db, 'login_success', audit, {
        actorId: row.userId,
        userId: row.userId,
        communityId: row.communityId,
        details: { method: 'password', sessionId: row.id, transport: row.transport },
      }),
      selectCommunityStatus(db, row.communityId),
    ])
    if (results[0].meta.changes > 0) deps.announceOutbox([mailId])
    return results[13][0]?.status
  } catch (error) {
    if (isConstraintError(error)) return undefined
    throw error
  }
}
